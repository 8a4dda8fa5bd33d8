//! Which node templates make sense.

use wire::node_templates::{Gpu, NodeTemplate, PriceAdjustmentConfiguration, TaintEffect};
use wire::template_constraints::{
    ConstraintState, CpuManufacturer, DedicatedNodeAffinity, GpuConstraints, TemplateConstraints,
};

use super::DEFAULT;
use crate::http::error::{ApiError, ApiResult};

/// Longest name of a template, in characters.
const LONGEST_NAME: usize = 253;
/// Longest key and value of a label, in characters: what Kubernetes takes.
const LONGEST_KEY: usize = 317;
const LONGEST_VALUE: usize = 63;
/// Most pods that can share a GPU.
const MOST_SHARERS: i32 = 48;

/// Refuses a name that no template could have. It need not be one that Kubernetes takes for a label.
///
/// # Errors
/// 400.
pub(super) fn check_name(name: Option<&str>) -> ApiResult<()> {
    let name = name.unwrap_or_default();
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count()) && name.trim() == name;
    match fits && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(ApiError::field(
            "name",
            format!("must have 1 to {LONGEST_NAME} characters, and no white space around them"),
        )),
    }
}

/// Refuses a template that makes no sense.
///
/// # Errors
/// 400 with the field and what would be right.
pub(super) fn check(template: &NodeTemplate) -> ApiResult<()> {
    if template.is_default == Some(true) && template.name.as_deref() != Some(DEFAULT) {
        return Err(ApiError::field(
            "isDefault",
            format!("must be false: the default template is {DEFAULT}"),
        ));
    }
    for (key, value) in template.custom_labels.iter().flatten() {
        label("customLabels", key, value)?;
    }
    if let Some(one) = &template.custom_label {
        label(
            "customLabel",
            one.key.as_deref().unwrap_or_default(),
            one.value.as_deref().unwrap_or_default(),
        )?;
    }
    for (index, taint) in template.custom_taints.iter().flatten().enumerate() {
        let field = format!("customTaints[{index}]");
        label(&field, taint.key.as_deref().unwrap_or_default(), taint.value.as_deref().unwrap_or_default())?;
        if let Some(TaintEffect::Other(_)) = &taint.effect {
            return Err(ApiError::field(field + ".effect", "must be NoSchedule or NoExecute"));
        }
    }
    let min_nodes = template.rebalancing_config.as_ref().and_then(|config| config.min_nodes);
    not_negative("rebalancingConfig.minNodes", min_nodes)?;
    template.gpu.as_ref().map_or(Ok(()), gpu_sharing)?;
    template.price_adjustment_configuration.as_ref().map_or(Ok(()), price_adjustments)?;
    template.constraints.as_ref().map_or(Ok(()), constraints)
}

fn label(field: &str, key: &str, value: &str) -> ApiResult<()> {
    let is_plain = |text: &str| !text.chars().any(|one| one.is_whitespace() || one.is_control());
    if !(1..=LONGEST_KEY).contains(&key.chars().count()) || !is_plain(key) {
        let wanted =
            format!("a key must have 1 to {LONGEST_KEY} characters without white space, not {key:?}");
        return Err(ApiError::field(field, wanted));
    }
    if value.chars().count() > LONGEST_VALUE || !is_plain(value) {
        let wanted =
            format!("the value of {key} must have at most {LONGEST_VALUE} characters without white space");
        return Err(ApiError::field(field, wanted));
    }
    Ok(())
}

fn gpu_sharing(gpu: &Gpu) -> ApiResult<()> {
    let sharers = |field: &str, number: Option<i32>| match number {
        Some(number) if !(1..=MOST_SHARERS).contains(&number) => {
            Err(ApiError::field(field, format!("must be from 1 to {MOST_SHARERS}, not {number}")))
        }
        _ => Ok(()),
    };
    sharers("gpu.defaultSharedClientsPerGpu", gpu.default_shared_clients_per_gpu)?;
    for (name, shared) in gpu.sharing_configuration.iter().flatten() {
        sharers(
            &format!("gpu.sharingConfiguration.{name}.sharedClientsPerGpu"),
            shared.shared_clients_per_gpu,
        )?;
    }
    Ok(())
}

fn price_adjustments(adjustments: &PriceAdjustmentConfiguration) -> ApiResult<()> {
    for (instance_type, factor) in adjustments.instance_type_adjustments.iter().flatten() {
        let is_factor = factor.parse::<f64>().is_ok_and(|factor| factor.is_finite() && factor > 0.0);
        if !is_factor {
            let field = format!("priceAdjustmentConfiguration.instanceTypeAdjustments.{instance_type}");
            return Err(ApiError::field(field, format!("must be a factor above zero, not {factor:?}")));
        }
    }
    Ok(())
}

fn constraints(constraints: &TemplateConstraints) -> ApiResult<()> {
    let one = constraints;
    in_order("constraints.minCpu", one.min_cpu, "constraints.maxCpu", one.max_cpu)?;
    in_order("constraints.minMemory", one.min_memory, "constraints.maxMemory", one.max_memory)?;
    for (field, number) in [
        ("fallbackRestoreRateSeconds", one.fallback_restore_rate_seconds),
        ("spotDiversityPriceIncreaseLimitPercent", one.spot_diversity_price_increase_limit_percent),
        ("spotReliabilityPriceIncreaseLimitPercent", one.spot_reliability_price_increase_limit_percent),
        (
            "resourceLimits.cpuLimitMaxCores",
            one.resource_limits.as_ref().and_then(|limits| limits.cpu_limit_max_cores),
        ),
    ] {
        not_negative(&format!("constraints.{field}"), number)?;
    }
    if one.max_price_per_cpu.is_some_and(|price| !price.is_finite() || price < 0.0) {
        return Err(ApiError::field("constraints.maxPricePerCpu", "must be 0 or more"));
    }
    for (field, names) in
        [("architectures", &one.architectures), ("architecturePriority", &one.architecture_priority)]
    {
        known(&format!("constraints.{field}"), names.iter().flatten(), &["amd64", "arm64"])?;
    }
    known("constraints.os", one.os.iter().flatten(), &["linux", "windows"])?;
    for (field, state) in [("burstable", &one.burstable), ("customerSpecific", &one.customer_specific)] {
        known_state(&format!("constraints.{field}"), state.as_ref())?;
    }
    for (index, manufacturer) in one.cpu_manufacturers.iter().flatten().enumerate() {
        if let CpuManufacturer::Other(name) = manufacturer {
            let wanted = format!("must be one of {}, not {name:?}", CpuManufacturer::KNOWN.join(", "));
            return Err(ApiError::field(format!("constraints.cpuManufacturers[{index}]"), wanted));
        }
    }
    one.gpu.as_ref().map_or(Ok(()), gpus)?;
    let predictions = one.spot_interruption_predictions_type.iter().filter(|name| !name.is_empty());
    known(
        "constraints.spotInterruptionPredictionsType",
        predictions,
        &["aws-rebalance-recommendations", "interruption-predictions"],
    )?;
    one.dedicated_node_affinity.iter().flatten().enumerate().try_for_each(|(index, one)| hosts(index, one))
}

fn gpus(gpu: &GpuConstraints) -> ApiResult<()> {
    in_order("constraints.gpu.minCount", gpu.min_count, "constraints.gpu.maxCount", gpu.max_count)?;
    known_state("constraints.gpu.fractionalGpus", gpu.fractional_gpus.as_ref())
}

fn hosts(index: usize, hosts: &DedicatedNodeAffinity) -> ApiResult<()> {
    for (at, affinity) in hosts.affinity.iter().flatten().enumerate() {
        let operator = affinity.operator.as_str().to_ascii_lowercase();
        if !["in", "notin", "exists", "doesnotexist", "gt", "lt"].contains(&operator.as_str()) {
            let field = format!("constraints.dedicatedNodeAffinity[{index}].affinity[{at}].operator");
            return Err(ApiError::field(field, "must be In, NotIn, Exists, DoesNotExist, Gt or Lt"));
        }
    }
    Ok(())
}

fn known<'a>(field: &str, names: impl Iterator<Item = &'a String>, known: &[&str]) -> ApiResult<()> {
    for name in names {
        if !known.contains(&name.as_str()) {
            return Err(ApiError::field(field, format!("must be of {}, not {name:?}", known.join(", "))));
        }
    }
    Ok(())
}

fn known_state(field: &str, state: Option<&ConstraintState>) -> ApiResult<()> {
    match state {
        Some(ConstraintState::Other(name)) if !name.is_empty() => {
            Err(ApiError::field(field, format!("must be ENABLED, DISABLED or NOT_SET, not {name:?}")))
        }
        _ => Ok(()),
    }
}

fn not_negative(field: &str, number: Option<i32>) -> ApiResult<()> {
    match number {
        Some(number) if number < 0 => Err(ApiError::field(field, format!("must be 0 or more, not {number}"))),
        _ => Ok(()),
    }
}

/// 0 is no limit.
fn in_order(least_field: &str, least: Option<i32>, most_field: &str, most: Option<i32>) -> ApiResult<()> {
    not_negative(least_field, least)?;
    not_negative(most_field, most)?;
    match (least, most) {
        (Some(least), Some(most)) if most > 0 && least > most => Err(ApiError::field(
            least_field,
            format!("must be at most {most_field}, which is {most}, not {least}"),
        )),
        _ => Ok(()),
    }
}
