//! Prices: an organisation's own adjustments, and where a price comes from. Ours; the contract has no
//! such operations.

use axum::extract::State;
use model::{Lifecycle, MachineSize, Price, PriceAdjustment, PriceQuery, PriceSource, Provider, Quantity};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::{App, price_adjustments, prices};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_price_adjustments))?
        .add(operation!(replace_price_adjustments))?
        .add(operation!(get_price))
}

/// An organisation's own prices. Each adjustment that matches a machine works on the price that the ones
/// before it left.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PriceAdjustments {
    /// The adjustments, in the order in which they apply.
    items: Vec<Adjustment>,
}

/// Which machines are meant, and what is done with their price. A condition that is absent matches
/// every machine. Exactly one of `multiplier`, `pricePerHour`, and `pricePerVcpuHour` with
/// `pricePerGibHour` says what is done.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PriceAdjustment, example = json!({"name": "enterprise discount", "provider": "aws", "multiplier": "0.82"}))]
struct Adjustment {
    /// What to call it where a price is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Machines of this provider: `aws`, `gcp`, `azure` or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider: Option<String>,
    /// Machines in this region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    region: Option<String>,
    /// Machines in this zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    zone: Option<String>,
    /// Machines of this family, such as `m5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    family: Option<String>,
    /// Machines of this type, such as `m5.xlarge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    instance_type: Option<String>,
    /// Machines under these terms: `on_demand`, `spot` or `spot_fallback`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lifecycle: Option<String>,
    /// The price times this: 0 to 1000, with at most nine digits after the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "decimal")]
    multiplier: Option<String>,
    /// This price, in US dollars per hour, whatever it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "decimal")]
    price_per_hour: Option<String>,
    /// The price by size: US dollars per vCPU and hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "decimal")]
    price_per_vcpu_hour: Option<String>,
    /// The price by size: US dollars per GiB of memory and hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "decimal")]
    price_per_gib_hour: Option<String>,
    /// The price by size: US dollars per GPU and hour; nothing when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "decimal")]
    price_per_gpu_hour: Option<String>,
}

/// List price adjustments
///
/// The organisation's own prices, in the order in which they apply to those of the catalogue.
#[utoipa::path(
    get, path = "/v1/pricing/adjustments", operation_id = "PricingAPIListAdjustments", tag = "inventory",
    responses((status = 200, description = "The adjustments.", body = PriceAdjustments)),
    extensions(("x-permission" = json!("inventory.read")))
)]
async fn list_price_adjustments(
    State(app): State<App>,
    principal: Principal,
) -> ApiResult<Json<PriceAdjustments>> {
    let stored = price_adjustments::list(&app, &principal).await?;
    let items: Result<Vec<Adjustment>, _> = stored.into_iter().map(serde_json::from_value).collect();
    Ok(Json(PriceAdjustments { items: items.map_err(ApiError::internal)? }))
}

/// Replace price adjustments
///
/// Puts this list in place of the one there is. It holds for every price that is asked for from now on;
/// costs that were reckoned before stay as they are.
#[utoipa::path(
    put, path = "/v1/pricing/adjustments", operation_id = "PricingAPIReplaceAdjustments", tag = "inventory",
    request_body(content = PriceAdjustments, example = json!({"items": [
        {"name": "enterprise discount", "provider": "aws", "multiplier": "0.82"},
        {"name": "machine room", "provider": "other", "pricePerVcpuHour": "0.021", "pricePerGibHour": "0.0028"},
    ]})),
    responses((status = 200, description = "The adjustments as they are kept.", body = PriceAdjustments)),
    extensions(("x-permission" = json!("inventory.write")))
)]
async fn replace_price_adjustments(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<PriceAdjustments>,
) -> ApiResult<Json<PriceAdjustments>> {
    let mut wanted: Vec<PriceAdjustment> = Vec::new();
    for (index, item) in body.items.iter().enumerate() {
        let read = serde_json::to_value(item).and_then(serde_json::from_value);
        wanted.push(read.map_err(|error| ApiError::field(format!("items[{index}]"), error.to_string()))?);
    }
    price_adjustments::replace(&app, &principal, &wanted).await?;
    list_price_adjustments(State(app), principal).await
}

/// Which machine to price.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct GetPriceQuery {
    /// Who sells it: `aws`, `gcp`, `azure` or `other`.
    #[param(required = true, example = "aws")]
    provider: Option<String>,
    /// The region it runs in.
    #[param(example = "us-east-1")]
    region: Option<String>,
    /// The zone it runs in, for adjustments that are about one.
    zone: Option<String>,
    /// The name of its type.
    #[param(example = "m5.xlarge")]
    instance_type: Option<String>,
    /// The terms it runs under: `on_demand`, which is meant when it is absent, `spot` or `spot_fallback`.
    #[param(example = "on_demand")]
    lifecycle: Option<String>,
    /// CPUs of a machine whose type no catalogue knows, as a Kubernetes quantity, such as `8`.
    cpu: Option<String>,
    /// Memory of such a machine, as a Kubernetes quantity, such as `32Gi`.
    memory: Option<String>,
    /// GPUs of such a machine; none when absent.
    gpus: Option<u32>,
}

/// A price and where it comes from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PriceAnswer {
    /// US dollars per hour.
    #[schema(value_type = String, format = "decimal", example = "0.1574")]
    price_per_hour: model::Money,
    /// US dollars per month of 730 hours.
    #[schema(value_type = String, format = "decimal", example = "114.902")]
    price_per_month: model::Money,
    /// Whether it is, or is built on, an estimate rather than a list price or one's own.
    estimated: bool,
    /// How it came about: where it starts, then each adjustment that applied.
    steps: Vec<PriceStep>,
}

/// One step on the way to a price.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PriceStep {
    /// `catalogue`: a price list. `regionEstimate`: the median of the type's prices in other regions.
    /// `sizeEstimate`: reckoned from CPU, memory and GPUs. `spotEstimate`: a usual share of the on-demand
    /// price. `adjustment`: one of the organisation's own.
    #[schema(example = "catalogue")]
    kind: &'static str,
    /// The same in words.
    #[schema(example = "price list aws-pricelist-2026-07-20")]
    description: String,
    /// The day or month of the price list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-07-20")]
    date: Option<String>,
    /// The adjustment's place in the list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    adjustment: Option<usize>,
    /// US dollars per hour after the adjustment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false, format = "decimal")]
    price_per_hour: Option<model::Money>,
}

/// Price a machine
///
/// What a machine costs this organisation, and how that comes about. A type that the catalogue does not
/// know is priced by its size, which must be given then.
#[utoipa::path(
    get, path = "/v1/pricing/price", operation_id = "PricingAPIGetPrice", tag = "inventory",
    params(GetPriceQuery),
    responses(
        (status = 200, description = "The price.", body = PriceAnswer),
        (status = 404, description = "The catalogue does not know the type, and no size was given."),
    ),
    extensions(("x-permission" = json!("inventory.read")))
)]
async fn get_price(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<GetPriceQuery>,
) -> ApiResult<Json<PriceAnswer>> {
    let provider = query.provider.as_deref().ok_or_else(|| ApiError::field("provider", "is required"))?;
    let provider: Provider = read("provider", provider)?;
    let lifecycle =
        query.lifecycle.as_deref().map(|text| read::<Lifecycle>("lifecycle", text)).transpose()?;
    let instance_type = query.instance_type.as_deref();
    let known = instance_type.is_some_and(|name| app.catalog.instance_type(provider, name).is_some());
    let size = match (&query.cpu, &query.memory) {
        (Some(cpu), Some(memory)) => MachineSize {
            cpu_millis: positive("cpu", read::<Quantity>("cpu", cpu)?.milli())?,
            memory_bytes: positive("memory", read::<Quantity>("memory", memory)?.whole())?,
            gpus: u64::from(query.gpus.unwrap_or(0)),
        },
        (None, None) if known => MachineSize::default(),
        (None, None) => {
            let name = instance_type.unwrap_or("a machine without a type");
            return Err(ApiError::not_found(format_args!(
                "{name} in the catalogue of {provider} (give cpu and memory to have it estimated)"
            )));
        }
        _ => return Err(ApiError::field("cpu", "must be given together with memory")),
    };
    let book = prices::book(&app, principal.organization).await?;
    let price = book.price(&PriceQuery {
        provider,
        region: query.region.as_deref(),
        zone: query.zone.as_deref(),
        instance_type,
        lifecycle: lifecycle.unwrap_or(Lifecycle::OnDemand),
        size,
    });
    Ok(Json(answer(price)))
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(field: &'static str, text: &str) -> ApiResult<T> {
    text.parse().map_err(|error: T::Err| ApiError::field(field, error.to_string()))
}

fn positive(field: &'static str, amount: i64) -> ApiResult<u64> {
    u64::try_from(amount)
        .ok()
        .filter(|amount| *amount > 0)
        .ok_or_else(|| ApiError::field(field, "must be more than nothing"))
}

fn answer(price: Price) -> PriceAnswer {
    PriceAnswer {
        price_per_hour: price.per_hour,
        price_per_month: price.per_hour.per_month(),
        estimated: price.estimated,
        steps: price.sources.into_iter().map(step).collect(),
    }
}

fn step(source: PriceSource) -> PriceStep {
    match source {
        PriceSource::Catalogue { source, date } => PriceStep {
            kind: "catalogue",
            description: format!("price list {source}"),
            date,
            ..PriceStep::default()
        },
        PriceSource::SpotEstimate { on_demand, percent } => PriceStep {
            kind: "spotEstimate",
            description: format!("{percent} % of the on-demand price {on_demand}: no spot price is known"),
            ..PriceStep::default()
        },
        PriceSource::RegionEstimate { regions } => PriceStep {
            kind: "regionEstimate",
            description: format!("median of the on-demand prices in {regions} other regions"),
            ..PriceStep::default()
        },
        PriceSource::SizeEstimate { rates, basis } => PriceStep {
            kind: "sizeEstimate",
            description: format!(
                "{} per vCPU, {} per GiB, {} per GPU: {basis}",
                rates.per_vcpu, rates.per_gib, rates.per_gpu
            ),
            ..PriceStep::default()
        },
        PriceSource::Adjustment { index, name, price } => PriceStep {
            kind: "adjustment",
            description: name.unwrap_or_else(|| format!("adjustment {index}")),
            adjustment: Some(index),
            price_per_hour: Some(price),
            ..PriceStep::default()
        },
    }
}
