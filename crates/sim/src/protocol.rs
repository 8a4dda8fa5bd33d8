//! Requests and responses as values: what the protocol machines yield and take. Who sends them is not
//! their concern.

/// A request to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path under the server's URL.
    pub path: String,
    /// Headers beside the key.
    pub headers: Vec<(&'static str, String)>,
    /// The body, not compressed; empty is none.
    pub body: Vec<u8>,
    /// Whether the body is to be sent compressed, in chunks.
    pub compressed: bool,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The agent registers its cluster.
    Register,
    /// The agent asks for its configuration.
    AgentConfig,
    /// The agent sends everything.
    FullSnapshot,
    /// The agent sends what changed.
    Delta,
    /// The controller asks what to do.
    Poll,
    /// The controller says what it did.
    Acknowledge,
    /// A spot handler passes a notice on.
    CloudEvent,
}

impl Purpose {
    /// A name for reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::AgentConfig => "agentConfig",
            Self::FullSnapshot => "fullSnapshot",
            Self::Delta => "delta",
            Self::Poll => "poll",
            Self::Acknowledge => "acknowledge",
            Self::CloudEvent => "cloudEvent",
        }
    }
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header `Continuity-Token`, if there is one.
    pub continuity_token: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the official clients take it for a success.
    pub fn is_success(&self) -> bool {
        self.status < 400
    }

    /// The body as text, cut to what a message may hold.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(300).collect()
    }
}

/// What a protocol machine wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this, and give the answer back.
    Send(Request),
    /// Nothing before this time.
    Wait(model::Timestamp),
}
