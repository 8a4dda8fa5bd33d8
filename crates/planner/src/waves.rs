//! In which order pods may move, so that no budget is exceeded and no more nodes are drained at a time than
//! the policies allow.

use std::collections::BTreeMap;

use crate::ground::Ground;
use crate::plan::{Move, NodeIndex, PodIndex};

/// A pod that is to move, before it is known when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    pub(crate) pod: PodIndex,
    pub(crate) from: NodeIndex,
    /// An index into the plan's nodes.
    pub(crate) to: usize,
}

/// Gives every move its wave. Nodes are emptied one after another in the order of their first move, at most
/// as many in one wave as the policies allow; of one budget's pods no more leave in a wave than it spares.
pub(crate) fn in_waves(ground: &Ground<'_>, leaving: &[Leaving]) -> Vec<Move> {
    let at_once = ground.input.policies.max_drained_at_once.map_or(usize::MAX, |most| most.max(1) as usize);
    let mut drained: Vec<NodeIndex> = Vec::new();
    for one in leaving {
        if !drained.contains(&one.from) {
            drained.push(one.from);
        }
    }
    let mut moves = Vec::with_capacity(leaving.len());
    let mut first_wave = 0;
    for batch in drained.chunks(at_once.min(drained.len().max(1))) {
        let mut gone: BTreeMap<usize, i32> = BTreeMap::new();
        let mut last_wave = first_wave;
        for one in leaving.iter().filter(|one| batch.contains(&one.from)) {
            let wave = match ground.movability.budget(one.pod) {
                None => first_wave,
                Some(budget) => {
                    let spared = ground.input.cluster.budgets[budget].disruptions_allowed.max(1);
                    let gone = gone.entry(budget).or_default();
                    *gone += 1;
                    first_wave + ((*gone - 1) / spared) as u32
                }
            };
            last_wave = last_wave.max(wave);
            moves.push(Move { pod: one.pod, from: one.from, to: one.to, wave });
        }
        first_wave = last_wave + 1;
    }
    moves.sort_by_key(|one| one.wave);
    moves
}
