//! The loop that acts: gather, plan, check, commit, execute, each in a place of its own.
//!
//! - [`gather`] makes a planning input of what is known of a cluster, or says what it waits for.
//! - [`answer`] asks the planner, and has its own check refuse what breaks a rule.
//! - [`rebalancing`] commits a plan, and carries it out step by step: each step is written against the version of
//!   the plan that it was decided on, together with the controller's actions and the audit entries, so that of
//!   several servers one takes it, and a crash leaves either all of it or nothing.
//!
//! The loop takes no hint about what changed: it looks at everything that is open, by timer and by poke. What
//! a cloud is asked for carries the id of its step, so that asking twice makes one machine.

pub mod answer;
pub mod gather;
mod machine_setup;
pub mod rebalancing;

use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::App;
use crate::http::listen;

/// How often the loop looks when nobody pokes it.
const EVERY: Duration = Duration::from_secs(1);

/// What wakes the loop.
#[derive(Default)]
pub struct Engine {
    poked: Notify,
    rebalancing: rebalancing::UnderWay,
}

impl Engine {
    /// Has the loop look now.
    pub fn poke(&self) {
        self.poked.notify_one();
    }
}

/// Looks at everything that is open, until the server stops.
pub async fn run(app: App, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = app.engine.poked.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
            () = listen::told_to_stop(&mut stopped) => return,
        }
        if let Err(error) = rebalancing::look(&app).await {
            tracing::warn!("cannot look at rebalancing plans: {error}");
        }
    }
}
