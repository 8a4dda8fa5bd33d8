//! What the blocks of a node configuration may say, one for each provider.

use std::ops::RangeInclusive;

use wire::aws_node_settings::{
    Ec2Volume, EksConfig, EksImageFamily, SelfHostedImageFamily, SelfHostedWithEc2NodesConfig, TargetGroup,
};
use wire::azure_node_settings::{
    AcceleratedNetworkingMode, AksConfig, AksImageFamily, AksLoadBalancer, AksPublicIp, EphemeralOsDisk,
    OsDiskCacheType, OsDiskPlacement, OsDiskType,
};
use wire::gcp_node_settings::{GkeConfig, OnHostMaintenance};
use wire::node_configurations::NodeConfigurationUpdate;

use crate::app::fields::Fields;
use crate::app::node_configurations::max_pods::{Formula, Variable};
use crate::http::error::ApiResult;

const VOLUME_GIB: RangeInclusive<i32> = 1..=65_536;
const VOLUME_IOPS: RangeInclusive<i32> = 100..=256_000;
const VOLUME_THROUGHPUT: RangeInclusive<i32> = 125..=2_000;
const VOLUME_TYPES: [&str; 4] = ["gp2", "gp3", "io1", "io2"];
const HOPS: RangeInclusive<i32> = 1..=64;
const PORTS: RangeInclusive<i32> = 1..=65_535;
const INSTANCE_PROFILE: &str = ":instance-profile/";
/// Most network tags of a machine at Google Cloud.
const MOST_NETWORK_TAGS: usize = 64;

/// Checks whichever blocks are there.
///
/// # Errors
/// 400 that names the field and what would be right.
pub fn check(settings: &NodeConfigurationUpdate) -> ApiResult<()> {
    if let Some(block) = &settings.eks {
        eks(&Fields::at("eks"), block)?;
    }
    if let Some(block) = &settings.aks {
        aks(&Fields::at("aks"), block)?;
    }
    if let Some(block) = &settings.gke {
        gke(&Fields::at("gke"), block)?;
    }
    if let Some(block) = &settings.self_hosted_with_ec2_nodes {
        self_hosted(&Fields::at("selfHostedWithEc2Nodes"), block)?;
    }
    Ok(())
}

fn eks(at: &Fields, eks: &EksConfig) -> ApiResult<()> {
    at.required("instanceProfileArn", Some(&eks.instance_profile_arn))?;
    at.arn("instanceProfileArn", Some(&eks.instance_profile_arn), INSTANCE_PROFILE)?;
    at.arn("nodeGroupArn", eks.node_group_arn.as_deref(), ":nodegroup/")?;
    at.arn("volumeKmsKeyArn", eks.volume_kms_key_arn.as_deref(), ":kms:")?;
    at.each_given("securityGroups", eks.security_groups.as_deref())?;
    let family = eks.image_family.as_ref().map(EksImageFamily::as_str);
    at.known("imageFamily", family, EksImageFamily::KNOWN)?;
    at.known("volumeType", eks.volume_type.as_deref(), &VOLUME_TYPES)?;
    at.within_or_0("volumeIops", eks.volume_iops, VOLUME_IOPS)?;
    at.within_or_0("volumeThroughput", eks.volume_throughput, VOLUME_THROUGHPUT)?;
    at.within_or_0("imdsHopLimit", eks.imds_hop_limit, HOPS)?;
    at.within_or_0("threadsPerCpu", eks.threads_per_cpu, 1..=2)?;
    at.within_or_0("enaQueueCountPerInterface", eks.ena_queue_count_per_interface, 1..=32)?;
    if !matches!(eks.ips_per_prefix, None | Some(0 | 1 | 16)) {
        return Err(at.refuse("ipsPerPrefix", "must be 1, or 16 where prefixes are delegated"));
    }
    if let Some(address) = eks.dns_cluster_ip.as_deref().filter(|text| !text.is_empty())
        && address.parse::<std::net::IpAddr>().is_err()
    {
        return Err(at.refuse("dnsClusterIp", "must be an IP address"));
    }
    formula(at, eks.max_pods_per_node_formula.as_deref(), &Variable::ALL)?;
    if let Some(group) = &eks.target_group {
        target_group(&at.inside("targetGroup"), group)?;
    }
    let mut groups = eks.target_groups.iter().flatten().enumerate();
    groups.try_for_each(|(position, group)| target_group(&at.item("targetGroups", position), group))
}

fn target_group(at: &Fields, group: &TargetGroup) -> ApiResult<()> {
    at.required("arn", group.arn.as_deref())?;
    at.arn("arn", group.arn.as_deref(), ":targetgroup/")?;
    at.within_or_0("port", group.port, PORTS)
}

fn self_hosted(at: &Fields, ec2: &SelfHostedWithEc2NodesConfig) -> ApiResult<()> {
    at.required("instanceProfileArn", Some(&ec2.instance_profile_arn))?;
    at.arn("instanceProfileArn", Some(&ec2.instance_profile_arn), INSTANCE_PROFILE)?;
    at.each_given("securityGroups", ec2.security_groups.as_deref())?;
    let family = ec2.image_family.as_ref().map(SelfHostedImageFamily::as_str);
    at.known("imageFamily", family, SelfHostedImageFamily::KNOWN)?;
    at.within_or_0("imdsHopLimit", ec2.imds_hop_limit, HOPS)?;
    for (position, image) in ec2.ami_selector.iter().flatten().enumerate() {
        at.item("amiSelector", position).required("amiId", image.ami_id.as_deref())?;
    }
    let mut volumes = ec2.volumes.iter().flatten().enumerate();
    volumes.try_for_each(|(position, one)| volume(&at.item("volumes", position), one))
}

fn volume(at: &Fields, volume: &Ec2Volume) -> ApiResult<()> {
    at.required("deviceName", Some(&volume.device_name))?;
    at.known("type", volume.r#type.as_deref(), &VOLUME_TYPES)?;
    at.within_or_0("size", volume.size, VOLUME_GIB)?;
    at.within_or_0("iops", volume.iops, VOLUME_IOPS)?;
    at.within_or_0("throughput", volume.throughput, VOLUME_THROUGHPUT)?;
    at.arn("kmsKeyArn", volume.kms_key_arn.as_deref(), ":kms:")
}

fn aks(at: &Fields, aks: &AksConfig) -> ApiResult<()> {
    at.within_or_0("maxPodsPerNode", aks.max_pods_per_node, 10..=250)?;
    at.each_given("applicationSecurityGroupIds", aks.application_security_group_ids.as_deref())?;
    let networking = aks.accelerated_networking.as_ref().map(AcceleratedNetworkingMode::as_str);
    at.known("acceleratedNetworking", networking, AcceleratedNetworkingMode::KNOWN)?;
    let family = aks.image_family.as_ref().map(AksImageFamily::as_str);
    at.known("imageFamily", family, AksImageFamily::KNOWN)?;
    let disk = aks.os_disk_type.as_ref().map(OsDiskType::as_str);
    at.known("osDiskType", disk, OsDiskType::KNOWN)?;
    if let Some(disk) = &aks.os_disk_ephemeral {
        ephemeral_disk(&at.inside("osDiskEphemeral"), disk)?;
    }
    if let Some(addresses) = &aks.public_ip {
        public_ip(&at.inside("publicIp"), addresses)?;
    }
    let mut balancers = aks.load_balancers.iter().flatten().enumerate();
    balancers.try_for_each(|(position, one)| azure_balancer(&at.item("loadBalancers", position), one))
}

fn ephemeral_disk(at: &Fields, disk: &EphemeralOsDisk) -> ApiResult<()> {
    let cache = disk.cache_type.as_ref().map(OsDiskCacheType::as_str);
    at.known("cacheType", cache, OsDiskCacheType::KNOWN)?;
    let placement = disk.placement.as_ref().map(OsDiskPlacement::as_str);
    at.known("placement", placement, OsDiskPlacement::KNOWN)
}

fn public_ip(at: &Fields, addresses: &AksPublicIp) -> ApiResult<()> {
    at.within_or_0("idleTimeoutInMinutes", addresses.idle_timeout_in_minutes, 4..=30)?;
    for (position, tag) in addresses.tags.iter().flatten().enumerate() {
        at.item("tags", position).required("ipTagType", tag.ip_tag_type.as_deref())?;
    }
    Ok(())
}

fn azure_balancer(at: &Fields, balancer: &AksLoadBalancer) -> ApiResult<()> {
    let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if !given(&balancer.id) && !given(&balancer.name) {
        return Err(at.refuse("id", "is required where no name is given"));
    }
    for (position, pool) in balancer.ip_based_backend_pools.iter().flatten().enumerate() {
        at.item("ipBasedBackendPools", position).required("name", pool.name.as_deref())?;
    }
    for (position, pool) in balancer.nic_based_backend_pools.iter().flatten().enumerate() {
        at.item("nicBasedBackendPools", position).required("name", pool.name.as_deref())?;
    }
    Ok(())
}

fn gke(at: &Fields, gke: &GkeConfig) -> ApiResult<()> {
    at.within_or_0("maxPodsPerNode", gke.max_pods_per_node, 8..=256)?;
    formula(at, gke.max_pods_per_node_formula.as_deref(), &Variable::OF_ANY_MACHINE)?;
    at.each_given("networkTags", gke.network_tags.as_deref())?;
    if gke.network_tags.as_ref().is_some_and(|tags| tags.len() > MOST_NETWORK_TAGS) {
        return Err(at.refuse("networkTags", format!("must be at most {MOST_NETWORK_TAGS}")));
    }
    at.each_given("zones", gke.zones.as_deref())?;
    let maintenance = gke.on_host_maintenance.as_ref().map(OnHostMaintenance::as_str);
    at.known("onHostMaintenance", maintenance, OnHostMaintenance::KNOWN)?;
    if let Some(range) = &gke.secondary_ip_range {
        at.inside("secondaryIpRange").required("rangeName", range.range_name.as_deref())?;
    }
    for (position, balancer) in gke.load_balancers.iter().flatten().enumerate() {
        let at = at.item("loadBalancers", position);
        for (position, pool) in balancer.target_backend_pools.iter().flatten().enumerate() {
            at.item("targetBackendPools", position).required("name", pool.name.as_deref())?;
        }
        for (position, group) in balancer.unmanaged_instance_groups.iter().flatten().enumerate() {
            let at = at.item("unmanagedInstanceGroups", position);
            at.required("name", group.name.as_deref())?;
            at.required("zone", group.zone.as_deref())?;
        }
    }
    Ok(())
}

fn formula(at: &Fields, text: Option<&str>, variables: &[Variable]) -> ApiResult<()> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(()) };
    Formula::parse(text, variables)
        .map(|_| ())
        .map_err(|error| at.refuse("maxPodsPerNodeFormula", error.to_string()))
}
