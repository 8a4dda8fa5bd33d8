//! The agent against a server's answers, without a network.

use jiff::SignedDuration;
use model::Timestamp;
use sim::protocol::{Purpose, Request, Response, Step};
use sim::{Agent, Provider, Rhythm, Subject};

use super::{after, start, troubled};

/// An agent, its cluster and the time.
struct Driven {
    agent: Agent,
    subject: Subject,
    now: Timestamp,
}

impl Driven {
    fn new() -> Self {
        let rhythm = Rhythm::of(SignedDuration::from_secs(15));
        let agent = Agent::new(Provider::Eks, "shop", 1, rhythm, start());
        Self { agent, subject: troubled(Provider::Eks, 1).into(), now: start() }
    }

    /// The next request of all that are due, after waiting for it.
    fn next(&mut self) -> Request {
        loop {
            match self.agent.step(&mut self.subject, self.now) {
                Step::Send(request) => return request,
                Step::Wait(until) => self.now = until,
            }
        }
    }

    /// The next delta or snapshot; configurations on the way are answered with `resync`.
    fn next_delta(&mut self, resync: bool) -> (Purpose, String, i64) {
        loop {
            let request = self.next();
            if request.purpose == Purpose::AgentConfig {
                let body = format!("{{\"intervalSeconds\":\"15\",\"resync\":{resync}}}");
                self.answer(200, None, &body).unwrap();
                continue;
            }
            let token =
                request.headers.iter().find(|(name, _)| *name == "continuity-token").unwrap().1.clone();
            assert_eq!(
                String::from_utf8_lossy(&request.body).contains("\"fullSnapshot\":true"),
                request.purpose == Purpose::FullSnapshot
            );
            return (request.purpose, token, self.now.duration_since(start()).as_secs());
        }
    }

    fn answer(&mut self, status: u16, token: Option<&str>, body: &str) -> Result<(), String> {
        let response =
            Response { status, continuity_token: token.map(str::to_owned), body: body.as_bytes().to_vec() };
        self.agent.answer(Some(response), self.now)
    }

    fn registered() -> Self {
        let mut driven = Self::new();
        assert_eq!(driven.next().purpose, Purpose::Register);
        driven.answer(200, None, r#"{"id":"c1","organizationId":"o"}"#).unwrap();
        driven
    }
}

#[test]
fn registers_settles_and_sends_everything_then_deltas() {
    let mut driven = Driven::registered();
    assert_eq!(driven.next_delta(false), (Purpose::FullSnapshot, String::new(), 30));
    driven.answer(200, Some("t1"), "").unwrap();
    assert_eq!(driven.next_delta(false), (Purpose::Delta, "t1".to_owned(), 45));
    driven.answer(200, Some("t2"), "").unwrap();
    assert_eq!(driven.next_delta(false), (Purpose::Delta, "t2".to_owned(), 60));
}

#[test]
fn a_refused_registration_is_tried_twice_and_then_after_the_process_died() {
    let mut driven = Driven::new();
    for seconds in [0, 0, 15, 15] {
        assert_eq!(driven.next().purpose, Purpose::Register);
        assert_eq!(driven.now, after(start(), seconds));
        assert!(driven.answer(401, None, "no").is_err());
    }
}

#[test]
fn a_refused_token_makes_it_send_everything_with_the_stale_token() {
    let mut driven = Driven::registered();
    driven.next_delta(false);
    driven.answer(200, Some("t1"), "").unwrap();
    driven.next_delta(false);
    assert!(driven.answer(400, None, r#"{"message":"invalid continuity token"}"#).is_err());
    assert_eq!(driven.next_delta(false), (Purpose::FullSnapshot, "t1".to_owned(), 45 + 45));
}

#[test]
fn other_refusals_and_broken_connections_keep_what_was_to_be_said() {
    let mut driven = Driven::registered();
    driven.next_delta(false);
    driven.answer(200, Some("t1"), "").unwrap();
    driven.next_delta(false);
    assert!(driven.answer(500, None, "").is_err());
    assert_eq!(driven.next_delta(false), (Purpose::Delta, "t1".to_owned(), 60));
    assert!(driven.agent.answer(None, driven.now).is_err());
    assert_eq!(driven.next_delta(false), (Purpose::Delta, "t1".to_owned(), 75));
}

#[test]
fn a_wish_to_resync_is_heard_only_after_the_first_snapshot() {
    let mut driven = Driven::registered();
    assert_eq!(driven.next_delta(true), (Purpose::FullSnapshot, String::new(), 30));
    driven.answer(200, Some("t1"), "").unwrap();
    assert_eq!(driven.next_delta(true), (Purpose::FullSnapshot, "t1".to_owned(), 45 + 45));
}

#[test]
fn an_answer_without_token_empties_it() {
    let mut driven = Driven::registered();
    driven.next_delta(false);
    driven.answer(200, Some("t1"), "").unwrap();
    driven.next_delta(false);
    driven.answer(200, None, "").unwrap();
    assert_eq!(driven.next_delta(false).1, "");
}
