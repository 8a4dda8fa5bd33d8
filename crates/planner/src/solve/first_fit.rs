//! The plainest packing: each pod into the first bin that takes it, or into the cheapest new one.

use super::problem::{Packed, Packing, Problem};

struct Open {
    bin: usize,
    room: Vec<i64>,
    pods: Vec<(usize, u32)>,
}

fn takes(problem: &Problem, open: &Open, class: usize) -> bool {
    let need = &problem.classes[class].need;
    let kind = &problem.bins[open.bin];
    let within = |cap: usize| {
        let used = kind.used_caps.iter().find(|used| used.0 == cap).map_or(0, |used| used.1);
        let inside = open.pods.iter().filter(|pod| problem.caps[cap].classes.contains(pod.0));
        used + inside.map(|pod| pod.1).sum::<u32>() < problem.caps[cap].most
    };
    let apart = |conflict: &super::Conflict| {
        !open.pods.iter().any(|pod| {
            pod.0 != class
                && ((conflict.left.contains(pod.0) && conflict.right.contains(class))
                    || (conflict.right.contains(pod.0) && conflict.left.contains(class)))
        })
    };
    kind.accepts.contains(class)
        && need.iter().zip(&open.room).all(|(need, room)| *need == 0 || need <= room)
        && (0..problem.caps.len()).filter(|&cap| problem.caps[cap].classes.contains(class)).all(within)
        && problem.conflicts.iter().all(apart)
}

/// Packs class after class, in their order.
pub fn pack(problem: &Problem) -> Packing {
    let mut left: Vec<Option<u32>> = problem.bins.iter().map(|bin| bin.supply).collect();
    let mut budget: Vec<i64> = problem.limits.iter().map(|limit| limit.most).collect();
    let mut order: Vec<usize> = (0..problem.bins.len()).collect();
    order
        .sort_by_key(|&bin| (!problem.bins[bin].stays, problem.bins[bin].tier, problem.bins[bin].price, bin));
    let mut open: Vec<Open> = Vec::new();
    let mut unplaced = vec![0; problem.classes.len()];
    for (class, members) in problem.classes.iter().enumerate() {
        for pod in 0..members.count {
            let found = open.iter().position(|open| takes(problem, open, class)).or_else(|| {
                let bin = order.iter().copied().find(|&bin| {
                    let fresh = Open { bin, room: problem.bins[bin].room.to_vec(), pods: Vec::new() };
                    left[bin] != Some(0)
                        && problem.limits.iter().zip(&budget).all(|(limit, left)| limit.per_bin[bin] <= *left)
                        && takes(problem, &fresh, class)
                })?;
                left[bin] = left[bin].map(|left| left - 1);
                for (limit, left) in problem.limits.iter().zip(&mut budget) {
                    *left -= limit.per_bin[bin];
                }
                open.push(Open { bin, room: problem.bins[bin].room.to_vec(), pods: Vec::new() });
                Some(open.len() - 1)
            });
            let Some(at) = found else {
                unplaced[class] = members.count - pod;
                break;
            };
            for (room, need) in open[at].room.iter_mut().zip(&members.need) {
                *room -= need;
            }
            match open[at].pods.iter_mut().find(|pods| pods.0 == class) {
                Some(pods) => pods.1 += 1,
                None => open[at].pods.push((class, 1)),
            }
        }
    }
    let bins = open.into_iter().map(|open| Packed { bin: open.bin, pods: open.pods }).collect();
    Packing { bins, unplaced }
}
