//! What could be moved and replaced, as far as marks, owners and budgets decide it: what every question about
//! a cluster begins with, for whoever wants to see it without asking one. Whether a pod would fit elsewhere
//! is not looked at: only a plan knows.

use crate::PlanningInput;
use crate::movable::{Movability, goes_with_node, node_obstacle};
use crate::reason::{KeptReason, PodObstacle};

/// What can become of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be moved.
    Movable,
    /// It comes and goes with its node, and is in nobody's way: DaemonSets' pods, static and leaving ones.
    GoesWithNode,
    /// It has to stay, and its node with it.
    Stuck(PodObstacle),
}

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// By pod of [`Picture::pods`](crate::Picture::pods).
    pub pods: Vec<Standing>,
    /// By node of [`Picture::nodes`](crate::Picture::nodes): what keeps the node whatever is on it.
    pub nodes: Vec<Option<KeptReason>>,
}

/// Looks at every pod and node of an input.
pub fn readiness(input: &PlanningInput) -> Readiness {
    let movability = Movability::of(input);
    let pods = input.cluster.pods.iter().enumerate().map(|(index, pod)| {
        if goes_with_node(pod) {
            return Standing::GoesWithNode;
        }
        movability.obstacle(index).map_or(Standing::Movable, |obstacle| Standing::Stuck(obstacle.clone()))
    });
    let nodes = (0..input.cluster.nodes.len()).map(|index| node_obstacle(input, index));
    Readiness { pods: pods.collect(), nodes: nodes.collect() }
}
