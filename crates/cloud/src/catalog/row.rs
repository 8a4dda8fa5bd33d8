//! The columns of a catalogue, and how each is read and written as text.

use std::sync::Arc;

use model::{InstanceType, Money, SpotInterruptions};

/// All columns, in the order in which files are written.
pub(super) const COLUMNS: [&str; 18] = [
    "provider",
    "region",
    "instance_type",
    "family",
    "arch",
    "vcpus",
    "memory_mib",
    "gpus",
    "gpu_model",
    "local_ssd_gib",
    "on_demand_usd_per_hour",
    "spot_usd_per_hour",
    "spot_interruption_band",
    "max_pods",
    "zones",
    "burstable",
    "price_source",
    "spot_source",
];

/// The columns that describe a type, whatever the region.
pub(super) const TYPE_COLUMNS: [&str; 11] = [
    "provider",
    "instance_type",
    "family",
    "arch",
    "vcpus",
    "memory_mib",
    "gpus",
    "gpu_model",
    "local_ssd_gib",
    "max_pods",
    "burstable",
];

/// A field that does not hold what its column asks for.
#[derive(Debug)]
pub(super) struct FieldError {
    pub(super) column: &'static str,
    pub(super) reason: String,
}

/// Reads a type from the texts of [`TYPE_COLUMNS`], in that order. Empty means not known; of what
/// must be known, GPUs are none, the type is not burstable and a family is the type's own name.
pub(super) fn read_type(fields: [&str; 11]) -> Result<InstanceType, FieldError> {
    let [provider, name, family, arch, vcpus, memory, gpus, gpu_model, local_ssd, max_pods, burstable] =
        fields;
    let burstable = if burstable.is_empty() { "false" } else { burstable };
    Ok(InstanceType {
        provider: required("provider", provider)?,
        name: required::<String>("instance_type", name)?.into(),
        family: if family.is_empty() { name.into() } else { family.into() },
        architecture: required("arch", if arch.is_empty() { "amd64" } else { arch })?,
        vcpus: positive("vcpus", vcpus)?,
        memory_mib: u64::from(positive("memory_mib", memory)?),
        gpus: optional("gpus", gpus)?.unwrap_or(0),
        gpu_model: Some(gpu_model).filter(|model| !model.is_empty()).map(Arc::from),
        local_ssd_gib: optional("local_ssd_gib", local_ssd)?,
        max_pods: optional("max_pods", max_pods)?,
        burstable: required("burstable", burstable)?,
    })
}

/// Writes the texts of [`TYPE_COLUMNS`].
pub(super) fn write_type(instance_type: &InstanceType) -> [String; 11] {
    let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    [
        instance_type.provider.to_string(),
        instance_type.name.to_string(),
        instance_type.family.to_string(),
        instance_type.architecture.to_string(),
        instance_type.vcpus.to_string(),
        instance_type.memory_mib.to_string(),
        instance_type.gpus.to_string(),
        instance_type.gpu_model.as_deref().unwrap_or_default().to_owned(),
        number(instance_type.local_ssd_gib),
        number(instance_type.max_pods),
        instance_type.burstable.to_string(),
    ]
}

/// Reads the on-demand price, which must be known and more than nothing.
pub(super) fn read_on_demand(text: &str) -> Result<Money, FieldError> {
    let price: Money = required("on_demand_usd_per_hour", text)?;
    above_zero("on_demand_usd_per_hour", price)
}

/// Reads the spot price, which may be unknown but not nothing.
pub(super) fn read_spot(text: &str) -> Result<Option<Money>, FieldError> {
    optional("spot_usd_per_hour", text)?.map(|price| above_zero("spot_usd_per_hour", price)).transpose()
}

/// Reads the interruption band.
pub(super) fn read_band(text: &str) -> Result<Option<SpotInterruptions>, FieldError> {
    optional("spot_interruption_band", text)
}

fn above_zero(column: &'static str, price: Money) -> Result<Money, FieldError> {
    match price > Money::ZERO {
        true => Ok(price),
        false => {
            Err(FieldError { column, reason: format!("{price} is not a price; leave it empty if not known") })
        }
    }
}

fn positive(column: &'static str, text: &str) -> Result<u32, FieldError> {
    match required(column, text)? {
        0 => Err(FieldError { column, reason: "0 is too little".to_owned() }),
        number => Ok(number),
    }
}

fn required<T: std::str::FromStr<Err: std::fmt::Display>>(
    column: &'static str,
    text: &str,
) -> Result<T, FieldError> {
    if text.is_empty() {
        return Err(FieldError { column, reason: "is empty".to_owned() });
    }
    text.parse().map_err(|error| FieldError { column, reason: format!("{text:?}: {error}") })
}

fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(
    column: &'static str,
    text: &str,
) -> Result<Option<T>, FieldError> {
    if text.is_empty() { Ok(None) } else { required(column, text).map(Some) }
}
