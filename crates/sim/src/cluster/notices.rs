//! What a cloud tells a machine about its end: notices that a spot handler on the node reads from the
//! machine's metadata.

use model::Lifecycle;
use model::node_labels::NODE_ID;

use super::{Cluster, Event, NOTICE_SECONDS};
use crate::world::meta::{Id, Kind};
use crate::world::node::{Node, Taint, UNSCHEDULABLE};
use crate::world::template::Effect;

/// The label and the taint of a node whose machine is taken back.
const DRAINING: &str = "autoscaling.cast.ai/draining";

/// Notices that nobody has read yet. They are kept from when somebody first looks: without a handler
/// nobody does.
#[derive(Debug, Default)]
pub(super) struct Notices {
    is_read: bool,
    unread: Vec<Notice>,
}

/// A notice to a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The machine's node.
    pub node: Id,
    /// The node's id in the API; empty on nodes that were not added for the cluster.
    pub node_id: String,
    /// The machine.
    pub provider_id: String,
    /// What it says.
    pub kind: NoticeKind,
}

/// What a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// The machine is taken back in two minutes.
    Interrupted,
    /// The machine is likelier than others to be taken back.
    RebalanceRecommendation,
}

impl Cluster {
    /// A spot machine gets its notice now and is gone two minutes later. False when there is no such spot
    /// node.
    pub fn reclaim(&mut self, node_name: &str) -> bool {
        let Some(id) = self.spot_node(node_name) else { return false };
        self.notice_spot(id);
        self.plan(NOTICE_SECONDS, Event::NodeGone(id));
        true
    }

    /// A spot machine gets the notice that it is likelier than others to be taken back. False when there
    /// is no such spot node.
    pub fn recommend_rebalance(&mut self, node_name: &str) -> bool {
        let Some(id) = self.spot_node(node_name) else { return false };
        self.tell(id, NoticeKind::RebalanceRecommendation);
        true
    }

    fn spot_node(&self, name: &str) -> Option<Id> {
        self.world.node_named(name).filter(|node| node.lifecycle == Lifecycle::Spot).map(|node| node.meta.id)
    }

    pub(super) fn notice_spot(&mut self, id: Id) {
        let end = self.pace.shown(self.now.plus_seconds(NOTICE_SECONDS as i64));
        self.fleet.interrupt(id, end);
        self.tell(id, NoticeKind::Interrupted);
    }

    fn tell(&mut self, node: Id, kind: NoticeKind) {
        let Some(found) = self.world.nodes.get(&node).filter(|_| self.notices.is_read) else { return };
        let node_id = found.meta.labels.get(NODE_ID).cloned().unwrap_or_default();
        self.notices.unread.push(Notice { node, node_id, provider_id: found.provider_id.clone(), kind });
    }

    /// Takes the notices since the last call; none were kept before the first.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        self.notices.is_read = true;
        std::mem::take(&mut self.notices.unread)
    }

    /// Keeps new pods off a node.
    pub(crate) fn cordon(&mut self, id: Id) {
        if self.world.nodes.get(&id).is_some_and(|node| !node.unschedulable) {
            self.change_node(id, |node| {
                node.unschedulable = true;
                node.taints.push(Taint::new(UNSCHEDULABLE, "", Effect::NoSchedule));
            });
        }
    }

    /// What the spot handler does to the node of a machine that is taken back.
    pub(crate) fn mark_interrupted(&mut self, id: Id) {
        self.cordon(id);
        self.change_node(id, |node| {
            node.meta.labels.insert(DRAINING.to_owned(), "spot-interruption".to_owned());
            node.taints.retain(|taint| taint.key != DRAINING);
            node.taints.push(Taint::new(DRAINING, "true", Effect::NoSchedule));
        });
    }

    fn change_node(&mut self, id: Id, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.world.nodes.get_mut(&id) {
            change(node);
            self.world.touch(Kind::Node, id);
        }
    }
}
