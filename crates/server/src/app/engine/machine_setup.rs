//! From a node configuration in the contract's words to what a driver sets machines up with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::driver::{Disk, NodeConfiguration};
use wire::node_configurations::NodeConfigurationUpdate;

use crate::http::error::{ApiError, ApiResult};

/// What machines of this configuration are set up with.
///
/// # Errors
/// 400 for an init script that is not base64 text.
pub(super) fn setup(settings: &NodeConfigurationUpdate) -> ApiResult<NodeConfiguration> {
    let text = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(Into::into);
    let number =
        |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok()).filter(|&one| one > 0);
    let mut configuration = NodeConfiguration {
        disk: Disk { gib: number(settings.min_disk_size), ..Disk::default() },
        image: text(&settings.image),
        subnet: settings.subnets.iter().flatten().next().map(|subnet| subnet.as_str().into()),
        ssh_key: text(&settings.ssh_public_key),
        init_script: settings
            .init_script
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(decoded)
            .transpose()?,
        kubelet: settings.kubelet_config.as_ref().and_then(|config| {
            let json = serde_json::to_string(config).ok()?;
            (json != "{}").then(|| json.into())
        }),
        tags: settings.tags.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        ..NodeConfiguration::default()
    };
    if let Some(eks) = &settings.eks {
        configuration.identity = text(&Some(eks.instance_profile_arn.clone()));
        configuration.security_groups =
            eks.security_groups.iter().flatten().map(|group| group.as_str().into()).collect();
        configuration.disk.kind = text(&eks.volume_type);
        configuration.disk.iops = number(eks.volume_iops);
        configuration.disk.throughput_mib = number(eks.volume_throughput);
    }
    if let Some(aks) = &settings.aks {
        configuration.max_pods = number(aks.max_pods_per_node);
    }
    if let Some(gke) = &settings.gke {
        configuration.max_pods = number(gke.max_pods_per_node);
        configuration.disk.kind = text(&gke.disk_type);
    }
    Ok(configuration)
}

fn decoded(text: &str) -> ApiResult<std::sync::Arc<str>> {
    let bytes = STANDARD.decode(text).map_err(|error| ApiError::field("initScript", error.to_string()))?;
    let script =
        String::from_utf8(bytes).map_err(|error| ApiError::field("initScript", error.to_string()))?;
    Ok(script.into())
}
