//! NodePorts, and the disks and claims that pods cannot share: what on one node excludes what.
//!
//! Each becomes a conflict between two sets of pods within a node (or, for a claim that one pod alone may
//! use, within the cluster): none of the one set beside one of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{HostPort, InlineDisk, PodSpec, Protocol};

use super::class_rules::{ClassRules, Forbids};
use super::compile::Compiler;
use super::shape::Domain;

/// Something that excludes others, by which pods are put into a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Holding {
    /// A port at any address.
    Port(u16, Protocol),
    /// A port at this address.
    PortAt(u16, Protocol, Arc<str>),
    /// A port at all addresses.
    PortEverywhere(u16, Protocol),
    /// A disk, by source and name.
    Disk(Arc<str>, Arc<str>),
    /// A disk for writing.
    DiskForWriting(Arc<str>, Arc<str>),
    /// A claim that one pod alone may use, by namespace and name.
    Claim(Arc<str>, Arc<str>),
}

impl Holding {
    const fn why(&self) -> Forbids {
        match self {
            Self::Port(port, _) | Self::PortAt(port, ..) | Self::PortEverywhere(port, _) => {
                Forbids::Port(*port)
            }
            Self::Disk(..) | Self::DiskForWriting(..) => Forbids::Disk,
            Self::Claim(..) => Forbids::Claim,
        }
    }

    /// The set of pods that one of these may not be beside; `None` for those that only others exclude.
    pub(super) fn excludes(&self) -> Option<Self> {
        Some(match self {
            Self::Port(..) => return None,
            Self::PortAt(..) | Self::Claim(..) => self.clone(),
            Self::PortEverywhere(port, protocol) => Self::Port(*port, *protocol),
            Self::Disk(source, id) if &**source == EBS => Self::Disk(Arc::clone(source), Arc::clone(id)),
            Self::Disk(..) => return None,
            Self::DiskForWriting(source, id) => Self::Disk(Arc::clone(source), Arc::clone(id)),
        })
    }
}

/// Of these disks not even two readers share a node.
const EBS: &str = "awsElasticBlockStore";
/// Disks that one writer or many readers can have; volumes of other sources are shared freely.
const EXCLUSIVE: [&str; 4] = [EBS, "gcePersistentDisk", "iscsi", "rbd"];

/// Keeps apart whoever holds what excludes the other.
pub(super) fn compile(compiler: &mut Compiler<'_>, rules: &mut [ClassRules]) {
    let mut holders: BTreeMap<Holding, Vec<u32>> = BTreeMap::new();
    for (class, rule) in rules.iter().enumerate() {
        let alone = rule.claims.iter().flat_map(|claims| claims.alone.iter().cloned());
        let held: BTreeSet<Holding> = of_spec(&rule.spec).chain(alone).collect();
        held.into_iter().for_each(|one| holders.entry(one).or_default().push(class as u32));
    }
    for (holding, carriers) in &holders {
        let Some(excluded) = holding.excludes() else { continue };
        let Some(matching) = holders.get(&excluded) else { continue };
        let domain = match holding {
            Holding::Claim(..) => Domain::Cluster,
            _ => Domain::Node,
        };
        compiler.keep_apart(rules, domain, [carriers, matching], [holding.why(); 2]);
    }
}

fn of_spec(spec: &PodSpec) -> impl Iterator<Item = Holding> + '_ {
    let ports = spec.host_ports.iter().flat_map(of_port);
    ports.chain(spec.inline_disks.iter().flat_map(of_disk))
}

/// What the port puts a pod into.
fn of_port(port: &HostPort) -> [Holding; 2] {
    let at = match &port.address {
        Some(address) => Holding::PortAt(port.port, port.protocol, Arc::clone(address)),
        None => Holding::PortEverywhere(port.port, port.protocol),
    };
    [Holding::Port(port.port, port.protocol), at]
}

/// What the disk puts a pod into.
fn of_disk(disk: &InlineDisk) -> Vec<Holding> {
    if !EXCLUSIVE.contains(&&*disk.source) {
        return Vec::new();
    }
    let name = (Arc::clone(&disk.source), Arc::clone(&disk.id));
    let mut holdings = vec![Holding::Disk(name.0.clone(), name.1.clone())];
    if !disk.read_only && &*disk.source != EBS {
        holdings.push(Holding::DiskForWriting(name.0, name.1));
    }
    holdings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Rule;
    use crate::rules::testing::*;

    fn port(address: Option<&str>) -> model::Pod {
        let port = HostPort { port: 80, protocol: Protocol::Tcp, address: address.map(Into::into) };
        pod("new", |spec| spec.host_ports = Box::new([port]))
    }

    #[test]
    fn an_address_excludes_itself_and_all_addresses() {
        let nodes = [node("all", "a"), node("one", "a"), node("other", "a")];
        let there = [
            on(&port(None), "all"),
            on(&port(Some("10.0.0.1")), "one"),
            on(&port(Some("10.0.0.2")), "other"),
        ];
        let picture = picture(nodes, there);
        let taken = Some(Rule::NodePorts);
        assert_eq!(refusals(&picture, port(Some("10.0.0.1"))), [taken, taken, None]);
        assert_eq!(refusals(&picture, port(None)), [taken; 3]);
    }

    #[test]
    fn readers_share_disks_that_are_no_ebs_disks() {
        let disk = |source: &str, read_only| {
            let disk = InlineDisk { source: source.into(), id: "d".into(), read_only };
            pod("new", |spec| spec.inline_disks = Box::new([disk]))
        };
        let nodes = [node("reads", "a"), node("writes", "a"), node("ebs", "a")];
        let gce = "gcePersistentDisk";
        let there =
            [on(&disk(gce, true), "reads"), on(&disk(gce, false), "writes"), on(&disk(EBS, true), "ebs")];
        let picture = picture(nodes, there);
        let taken = Some(Rule::VolumeRestrictions);
        assert_eq!(refusals(&picture, disk(gce, true)), [None, taken, None]);
        assert_eq!(refusals(&picture, disk(gce, false)), [taken, taken, None]);
        assert_eq!(refusals(&picture, disk(EBS, true)), [None, None, taken]);
        assert_eq!(refusals(&picture, disk("nfs", false)), [None; 3]);
    }
}
