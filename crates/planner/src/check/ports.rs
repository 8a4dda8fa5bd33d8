//! Host ports: two pods of a node cannot have the same one.

use model::HostPort;

use super::world::{Guest, World};
use crate::reason::{Refusal, Rule};

pub(super) fn verdict(world: &World<'_>, guest: &Guest<'_>, site: usize) -> Result<(), Refusal> {
    if guest.spec.host_ports.is_empty() {
        return Ok(());
    }
    for resident in world.residents_of(site) {
        if resident.guest.pod.is_some() && resident.guest.pod == guest.pod {
            continue;
        }
        if let Some(port) = clash(&guest.spec.host_ports, &resident.guest.spec.host_ports) {
            return Err(Refusal {
                rule: Rule::NodePorts,
                detail: format!("port {} of the node is taken", port.port).into(),
            });
        }
    }
    Ok(())
}

fn clash<'p>(wanted: &'p [HostPort], taken: &[HostPort]) -> Option<&'p HostPort> {
    let same = |a: &HostPort, b: &HostPort| {
        a.protocol == b.protocol
            && a.port == b.port
            && match (&a.address, &b.address) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
    };
    wanted.iter().find(|one| taken.iter().any(|other| same(one, other)))
}
