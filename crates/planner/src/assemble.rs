//! From a layout to a plan: prices, moves, reasons.

use std::collections::BTreeMap;

use model::Money;

use crate::certificate::{Certificate, MachineWorth, NodeWorth, PricedClass};
use crate::commitments::{self, Coverable};
use crate::formulate::{BinOf, Formulation, Role, Scope};
use crate::ground::{Ground, not_ours};
use crate::layout::{Laid, Layout};
use crate::movable::goes_with_node;
use crate::plan::{Bound, KeptNode, NodeIndex, Place, Plan, PlannedNode, PodIndex, RemovedNode, Unplaced};
use crate::reason::{Alternative, Choice, NodeReason, Verdict};
use crate::solve::{LowerBound, Problem};
use crate::waves::{Leaving, in_waves};
use crate::{explain, preferences, verdict, waiting};

/// The plan that a layout stands for, its bound still unknown.
pub(crate) fn assemble(
    ground: &Ground<'_>,
    scope: &Scope,
    formulation: &Formulation,
    mut layout: Layout,
) -> Plan {
    let offers = Cheapest::of(formulation);
    layout.nodes.iter_mut().for_each(|laid| offers.improve(formulation, laid));
    preferences::honour(ground, formulation, &mut layout);
    let waiting = if scope.buys_for_waiting { Vec::new() } else { waiting::place(ground, &mut layout) };
    let prices = prices(ground, &layout);
    let charge = ground.input.policies.node_charge;
    let mut demanded = vec![false; ground.pods.len()];
    scope.demand.iter().for_each(|&pod| demanded[pod] = true);

    let mut plan = Plan {
        before: ground.node_prices.iter().map(|&price| price + charge).sum(),
        after: prices.iter().map(|&price| price + charge).sum(),
        ..Plan::default()
    };
    let mut leaving = Vec::new();
    let mut stays = vec![false; ground.input.cluster.nodes.len()];
    for (laid, &price) in layout.nodes.iter().zip(&prices) {
        let at = plan.nodes.len();
        let mut pods: Vec<PodIndex> =
            laid.pods.iter().copied().filter(|&pod| !ground.is_stand_in(pod)).collect();
        let (place, reason) = match laid.bin {
            BinOf::Existing(node) => {
                stays[node] = true;
                pods.extend(
                    ground.pods_on[node]
                        .iter()
                        .filter(|&&pod| !demanded[pod] && !goes_with_node(&ground.pods[pod])),
                );
                let dropped = preferences::dropped(ground, laid);
                (Place::Existing(node), NodeReason { dropped, ..NodeReason::default() })
            }
            BinOf::New { candidate, .. } => {
                let one = &ground.candidates[candidate];
                (
                    Place::New { offer: one.offer, template: one.template },
                    offers.reason(ground, formulation, laid),
                )
            }
        };
        pods.sort_unstable();
        for &pod in &pods {
            let home = ground.node_of[pod];
            if let Some(from) = home.filter(|&home| laid.bin != BinOf::Existing(home)) {
                leaving.push(Leaving { pod, from, to: at });
            }
        }
        plan.nodes.push(PlannedNode { place, price, pods, reason });
    }
    leaving.sort_by_key(|one| (one.from, one.pod));
    plan.moves = in_waves(ground, &leaving);
    plan.removed = (0..stays.len())
        .filter(|&node| !stays[node])
        .map(|node| RemovedNode { node, price: ground.node_prices[node] })
        .collect();
    plan.unplaced = unplaced(ground, formulation, &layout);
    plan.unplaced.extend(waiting);
    plan.unplaced.sort_by_key(|one| one.pod);
    plan.kept = (0..stays.len())
        .filter(|&node| stays[node])
        .map(|node| KeptNode {
            node,
            reasons: explain::kept_reasons(ground, scope, &offers, formulation, &layout, node),
        })
        .collect();
    plan
}

/// What each node costs per hour, commitments used.
fn prices(ground: &Ground<'_>, layout: &Layout) -> Vec<Money> {
    let input = ground.input;
    let machines: Vec<Coverable<'_>> = layout
        .nodes
        .iter()
        .map(|laid| match laid.bin {
            BinOf::Existing(node) => Coverable::of_node(&input.cluster.nodes[node]),
            BinOf::New { candidate, .. } => {
                Coverable::of_offer(&input.offers[ground.candidates[candidate].offer])
            }
        })
        .collect();
    commitments::apply(input, &machines).0
}

/// Waiting pods without a place, with the reason of each.
fn unplaced(ground: &Ground<'_>, formulation: &Formulation, layout: &Layout) -> Vec<Unplaced> {
    let mut unplaced: Vec<Unplaced> = layout
        .unplaced
        .iter()
        .filter(|&&pod| !ground.is_stand_in(pod))
        .map(|&pod| Unplaced { pod, verdict: verdict::of(ground, formulation, layout, pod) })
        .collect();
    let others = ground
        .input
        .cluster
        .pods
        .iter()
        .enumerate()
        .filter(|(_, pod)| pod.is_unbound() && !pod.is_terminating());
    unplaced.extend(
        others.filter_map(|(pod, one)| {
            Some(Unplaced { pod, verdict: Verdict::NotOurs { why: not_ours(one)? } })
        }),
    );
    unplaced.sort_by_key(|one| one.pod);
    unplaced
}

/// New machines by price.
pub(crate) struct Cheapest {
    /// Bins that are new, the cheapest first.
    order: Vec<usize>,
}

impl Cheapest {
    fn of(formulation: &Formulation) -> Self {
        let is_new = |&bin: &usize| matches!(formulation.bins[bin], BinOf::New { commitment: None, .. });
        let mut order: Vec<usize> = (0..formulation.bins.len()).filter(is_new).collect();
        order.sort_by_key(|&bin| (formulation.problem.bins[bin].price, bin));
        Self { order }
    }

    /// New machines that could hold these contents, the cheapest first.
    pub(crate) fn holding<'f>(
        &'f self,
        problem: &'f Problem,
        contents: &'f [(usize, u32)],
    ) -> impl Iterator<Item = usize> + 'f {
        let mut need = vec![0_i64; problem.resources];
        for &(class, count) in contents {
            let one = &problem.classes[class].need;
            need.iter_mut().zip(one).for_each(|(sum, one)| *sum += one * i64::from(count));
        }
        self.order.iter().copied().filter(move |&bin| {
            let bin = &problem.bins[bin];
            bin.room.iter().zip(&need).all(|(&room, &need)| need == 0 || need <= room)
                && contents.iter().all(|&(class, _)| bin.accepts.contains(class))
        })
    }

    /// Takes a cheaper machine for the same contents where no limit is in the way.
    fn improve(&self, formulation: &Formulation, laid: &mut Laid) {
        let problem = &formulation.problem;
        if !matches!(laid.bin, BinOf::New { commitment: None, .. }) {
            return;
        }
        let Some(own) = formulation.bins.iter().position(|&bin| bin == laid.bin) else { return };
        let is_allowed = |&bin: &usize| {
            problem.bins[bin].supply.is_none()
                && problem.limits.iter().all(|limit| limit.per_bin[bin] <= limit.per_bin[own])
        };
        let better = self.holding(problem, &laid.contents).find(is_allowed);
        if let Some(better) = better.filter(|&bin| problem.bins[bin].price < problem.bins[own].price) {
            laid.bin = formulation.bins[better];
        }
    }

    /// Why this machine, with the next best two types.
    fn reason(&self, ground: &Ground<'_>, formulation: &Formulation, laid: &Laid) -> NodeReason {
        let BinOf::New { candidate: own, commitment } = laid.bin else { return NodeReason::default() };
        let own_offer = &ground.input.offers[ground.candidates[own].offer];
        let own_type = &own_offer.machine.instance_type.name;
        let mut next_best: Vec<Alternative> = Vec::new();
        let mut cheaper = None;
        for bin in self.holding(&formulation.problem, &laid.contents) {
            let BinOf::New { candidate, .. } = formulation.bins[bin] else { continue };
            let offer = &ground.input.offers[ground.candidates[candidate].offer];
            let name = &offer.machine.instance_type.name;
            if offer.price < own_offer.price && commitment.is_none() {
                cheaper = cheaper.or(Some(bin));
            }
            if name == own_type || next_best.iter().any(|known| known.instance_type == *name) {
                continue;
            }
            next_best.push(Alternative {
                instance_type: name.clone(),
                zone: offer.zone.clone(),
                lifecycle: offer.lifecycle,
                price: offer.price,
            });
            if next_best.len() == 2 {
                break;
            }
        }
        let choice = match (commitment, cheaper) {
            (Some(index), _) => Choice::Limited {
                limit: format!("the commitment {} pays for it", ground.input.commitments[index].name).into(),
            },
            (None, None) => Choice::Cheapest,
            (None, Some(bin)) => Choice::Limited { limit: self.obstacle(formulation, bin).into() },
        };
        NodeReason { choice, next_best, dropped: preferences::dropped(ground, laid) }
    }

    /// What keeps a cheaper machine from being taken.
    fn obstacle(&self, formulation: &Formulation, bin: usize) -> String {
        match formulation.problem.bins[bin].supply {
            Some(supply) => format!("only {supply} of the cheapest machine can be had"),
            None => match formulation.limits.first() {
                Some(limit) => format!("the {limit}"),
                None => "other pods of the plan take it".to_owned(),
            },
        }
    }
}

/// The published form of a bound.
pub(crate) fn certify(
    ground: &Ground<'_>,
    formulation: &Formulation,
    problem: &Problem,
    pods: &[Vec<PodIndex>],
    bound: &LowerBound,
) -> Bound {
    let real = |pods: &[PodIndex]| -> Vec<PodIndex> {
        pods.iter().copied().filter(|&pod| !ground.is_stand_in(pod)).collect()
    };
    let classes =
        pods.iter().zip(&bound.duals).map(|(pods, &dual)| PricedClass { pods: real(pods), dual_nanos: dual });
    let mut certificate = Certificate { classes: classes.collect(), ..Certificate::default() };
    for ((&of, bin), &worth) in formulation.bins.iter().zip(&problem.bins).zip(&bound.worth) {
        if let BinOf::Existing(node) = of {
            certificate.nodes.push(NodeWorth {
                node,
                price: Money::from_nanos(bin.price),
                max_value: Money::from_nanos(worth),
                stays: bin.stays,
            });
        }
    }
    // A machine that another one beats holds nothing that the other could not hold.
    let plain = formulation.best_bins.iter().enumerate().map(|(candidate, best)| {
        let price = ground.candidates[candidate].price.nanos();
        let supply =
            best.filter(|&best| formulation.bins[best] == BinOf::New { candidate, commitment: None });
        (
            candidate,
            None,
            price,
            best.map_or(0, |best| bound.worth[best]),
            supply.and_then(|best| problem.bins[best].supply),
        )
    });
    let covered = formulation.bins.iter().enumerate().filter_map(|(at, &of)| match of {
        BinOf::New { candidate, commitment: Some(index) } => {
            Some((candidate, Some(index), problem.bins[at].price, bound.worth[at], problem.bins[at].supply))
        }
        _ => None,
    });
    let mut machines: BTreeMap<_, MachineWorth> = BTreeMap::new();
    for (candidate, commitment, price, worth, supply) in plain.chain(covered) {
        let offer = &ground.input.offers[ground.candidates[candidate].offer];
        let one = MachineWorth {
            instance_type: offer.machine.instance_type.name.clone(),
            zone: offer.zone.clone(),
            lifecycle: offer.lifecycle,
            price: Money::from_nanos(price),
            max_value: Money::from_nanos(worth),
            supply,
        };
        let key = (&offer.machine.instance_type.name, &offer.zone, offer.lifecycle, commitment);
        let known = machines.entry(key).or_insert_with(|| one.clone());
        known.max_value = known.max_value.max(one.max_value);
    }
    certificate.machines = machines.into_values().collect();
    Bound::Certified { per_hour: Money::from_nanos(bound.price), certificate }
}

/// Whether a node may go, as far as the question is concerned.
pub(crate) fn may_go(scope: &Scope, node: NodeIndex) -> bool {
    scope.nodes[node] == Role::MayGo
}
