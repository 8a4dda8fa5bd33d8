//! Machines for sale: what the catalogue has in the places where the cluster is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud::PriceBook;
use model::{InstanceType, Lifecycle, MachineSize, Node, Offer, PriceQuery, Provider};
use planner::machines::KnownMachines;
use planner::{MachineOffer, NodeTemplate};

/// Offers in the regions and zones in which the cluster has nodes, at one's own prices.
///
/// - A type whose zones the catalogue does not know is taken to be in all zones of the cluster.
/// - Spot is for sale at its listed price. In regions for which no spot price at all is known, it is for
///   sale at the price book's estimate, as the spot nodes there are priced.
/// - Bare metal and AWS's first two generations are for sale only where the cluster has such machines
///   already or a template names them: they take long to start, or run no current image.
pub(super) fn for_sale(
    nodes: &[Arc<Node>],
    prices: &PriceBook,
    templates: &[NodeTemplate],
    known: &KnownMachines,
) -> Vec<MachineOffer> {
    let mut places = BTreeMap::<(Provider, &Arc<str>), BTreeSet<&Arc<str>>>::new();
    for node in nodes.iter().filter(|node| !node.region.is_empty() && !node.zone.is_empty()) {
        places.entry((node.provider, &node.region)).or_default().insert(&node.zone);
    }
    let wants_spot = templates.iter().any(|template| {
        template.constraints.lifecycles.as_ref().is_none_or(|only| only.contains(&Lifecycle::Spot))
    });
    let mut all = Vec::new();
    for ((provider, region), zones) in places {
        let offers = prices.catalog().offers(provider, region);
        let spot_is_listed = offers.iter().any(|offer| offer.spot.is_some());
        for offer in offers {
            let machine = &offer.instance_type;
            if is_unusual(machine) && !is_wanted(machine, nodes, templates) {
                continue;
            }
            let machine = Arc::new(known.machine(machine));
            for &zone in zones.iter().filter(|&&zone| is_in(offer, zone)) {
                let spot = wants_spot && (offer.spot.is_some() || !spot_is_listed);
                let lifecycles = [Some(Lifecycle::OnDemand), spot.then_some(Lifecycle::Spot)];
                for lifecycle in lifecycles.into_iter().flatten() {
                    let query = query(&machine.instance_type, region, zone, lifecycle);
                    all.push(MachineOffer {
                        machine: Arc::clone(&machine),
                        region: Arc::clone(region),
                        zone: Arc::clone(zone),
                        lifecycle,
                        price: prices.price(&query).per_hour,
                        available: None,
                    });
                }
            }
        }
    }
    all
}

/// How the price of a machine for sale is asked for.
fn query<'a>(
    machine: &'a InstanceType,
    region: &'a str,
    zone: &'a str,
    lifecycle: Lifecycle,
) -> PriceQuery<'a> {
    PriceQuery {
        provider: machine.provider,
        region: Some(region),
        zone: Some(zone),
        instance_type: Some(&machine.name),
        lifecycle,
        size: MachineSize::default(),
    }
}

fn is_in(offer: &Offer, zone: &Arc<str>) -> bool {
    offer.zones.is_empty() || offer.zones.contains(zone)
}

fn is_unusual(machine: &InstanceType) -> bool {
    let generation = machine.family.chars().find(char::is_ascii_digit);
    is_bare_metal(machine)
        || machine.provider == Provider::Aws && matches!(generation, Some('1' | '2')) && {
            // u7i, x1e, p2, g2, f1, inf1 and so on count on their own.
            let category: String = machine.family.chars().take_while(|one| !one.is_ascii_digit()).collect();
            matches!(&*category, "a" | "c" | "cc" | "cr" | "hi" | "hs" | "m" | "t")
                && *machine.family != *"t2"
        }
}

fn is_bare_metal(machine: &InstanceType) -> bool {
    machine.name.contains("metal")
}

fn is_wanted(machine: &InstanceType, nodes: &[Arc<Node>], templates: &[NodeTemplate]) -> bool {
    let names = |list: &Option<Vec<Arc<str>>>, name| list.as_ref().is_some_and(|list| list.contains(name));
    nodes.iter().any(|node| node.provider == machine.provider && node.instance_type == machine.name)
        || templates.iter().any(|template| names(&template.constraints.instance_types, &machine.name))
        || !is_bare_metal(machine)
            && templates.iter().any(|template| names(&template.constraints.families, &machine.family))
}
