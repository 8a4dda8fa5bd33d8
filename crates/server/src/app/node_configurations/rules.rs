//! What a node configuration may say: here what is common to all clusters, in [`blocks`] what is up to
//! their provider. Ranges are those of the clouds' own APIs.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::node_configurations::{ContainerRuntime, NodeConfigurationUpdate};

use crate::app::fields::Fields;
use crate::app::identity::{AKS, EKS, GKE, KOPS, SELF_HOSTED_EC2};
use crate::http::error::ApiResult;

mod blocks;

/// Size of the root disk where none was ever given, in GiB.
pub const DEFAULT_DISK_GIB: i32 = 100;

const DISK_GIB: RangeInclusive<i32> = 30..=65_536;
const DISK_CPU_RATIO: RangeInclusive<i32> = 0..=10_000;
const DRAIN_SECONDS: RangeInclusive<i32> = 0..=3_600;
/// Most tags of a machine, and the longest key and value, in characters: what providers allow.
const MOST_TAGS: usize = 50;
const LONGEST_TAG_KEY: usize = 128;
const LONGEST_TAG_VALUE: usize = 256;

/// The settings of a configuration of which nobody said anything.
pub fn nothing_special() -> NodeConfigurationUpdate {
    NodeConfigurationUpdate {
        disk_cpu_ratio: Some(0),
        min_disk_size: Some(DEFAULT_DISK_GIB),
        ..NodeConfigurationUpdate::default()
    }
}

/// The settings as they are kept for a cluster of this provider: as they came, and with the numbers
/// that a configuration always has.
///
/// # Errors
/// 400 that names the field and what would be right.
pub fn checked(provider: &str, settings: &NodeConfigurationUpdate) -> ApiResult<NodeConfigurationUpdate> {
    let body = Fields::at("");
    one_block(&body, provider, settings)?;
    body.within("diskCpuRatio", settings.disk_cpu_ratio, DISK_CPU_RATIO)?;
    body.within("minDiskSize", settings.min_disk_size, DISK_GIB)?;
    body.within("drainTimeoutSec", settings.drain_timeout_sec, DRAIN_SECONDS)?;
    let runtime = settings.container_runtime.as_ref().map(ContainerRuntime::as_str);
    body.known("containerRuntime", runtime, ContainerRuntime::KNOWN)?;
    body.each_given("subnets", settings.subnets.as_deref())?;
    tags(&body, settings)?;
    if let Some(script) = &settings.init_script
        && STANDARD.decode(script.trim()).is_err()
    {
        return Err(body.refuse("initScript", "must be a script in Base64"));
    }
    blocks::check(settings)?;
    Ok(NodeConfigurationUpdate {
        disk_cpu_ratio: settings.disk_cpu_ratio.or(Some(0)),
        min_disk_size: settings.min_disk_size.or(Some(DEFAULT_DISK_GIB)),
        ..settings.clone()
    })
}

/// One block, the cluster's provider's. It may be left out where nothing in it is required.
fn one_block(body: &Fields, provider: &str, settings: &NodeConfigurationUpdate) -> ApiResult<()> {
    for (field, given, of, required) in [
        ("eks", settings.eks.is_some(), EKS, true),
        ("aks", settings.aks.is_some(), AKS, false),
        ("gke", settings.gke.is_some(), GKE, false),
        ("kops", settings.kops.is_some(), KOPS, false),
        ("selfHostedWithEc2Nodes", settings.self_hosted_with_ec2_nodes.is_some(), SELF_HOSTED_EC2, true),
    ] {
        if given && provider != of {
            return Err(body.refuse(field, format!("does not fit: the cluster is of type {provider}")));
        }
        if required && !given && provider == of {
            return Err(body.refuse(field, format!("is required: the cluster is of type {provider}")));
        }
    }
    Ok(())
}

fn tags(body: &Fields, settings: &NodeConfigurationUpdate) -> ApiResult<()> {
    let Some(tags) = &settings.tags else { return Ok(()) };
    if tags.len() > MOST_TAGS {
        return Err(body.refuse("tags", format!("must be at most {MOST_TAGS}")));
    }
    for (key, value) in tags {
        let at = body.inside("tags");
        if key.is_empty() || key.chars().count() > LONGEST_TAG_KEY {
            return Err(at.refuse(key, format!("a tag's key must have 1 to {LONGEST_TAG_KEY} characters")));
        }
        if value.chars().count() > LONGEST_TAG_VALUE {
            let wanted = format!("a tag's value must have at most {LONGEST_TAG_VALUE} characters");
            return Err(at.refuse(key, wanted));
        }
    }
    Ok(())
}
