use model::{Lifecycle, MachineSize, Provider};
use proptest::prelude::*;

use super::*;

const SIZE: MachineSize = MachineSize { cpu_millis: 4_000, memory_bytes: 16 << 30, gpus: 0 };

fn query(instance_type: &str) -> PriceQuery<'_> {
    PriceQuery {
        provider: Provider::Aws,
        region: Some("us-east-1"),
        zone: Some("us-east-1a"),
        instance_type: Some(instance_type),
        lifecycle: Lifecycle::OnDemand,
        size: SIZE,
    }
}

fn adjustments(json: &str) -> Vec<PriceAdjustment> {
    serde_json::from_str(json).unwrap()
}

fn book() -> PriceBook {
    PriceBook::new(Catalog::builtin())
}

#[test]
fn a_known_machine_has_the_list_price_and_says_of_which_day() {
    let price = book().price(&query("m5.large"));
    assert_eq!((price.per_hour.to_string().as_str(), price.estimated), ("0.096", false));
    assert_eq!(
        serde_json::to_string(&price.sources).unwrap(),
        r#"[{"kind":"catalogue","source":"aws-pricelist-2026-07-20","date":"2026-07-20"}]"#
    );
}

#[test]
fn spot_has_its_own_price_and_fallback_the_one_of_on_demand() {
    let at = |lifecycle| book().price(&PriceQuery { lifecycle, ..query("m5.large") });
    assert_eq!(at(Lifecycle::SpotFallback), at(Lifecycle::OnDemand));
    let spot = at(Lifecycle::Spot);
    assert!(spot.per_hour < at(Lifecycle::OnDemand).per_hour && !spot.estimated);
}

#[test]
fn spot_without_a_known_price_is_estimated_from_on_demand() {
    let price = book().price(&PriceQuery {
        provider: Provider::Azure,
        region: Some("eastus"),
        lifecycle: Lifecycle::Spot,
        ..query("Standard_D4s_v5")
    });
    assert_eq!((price.per_hour.to_string().as_str(), price.estimated), ("0.0672", true));
    assert!(matches!(price.sources.last(), Some(PriceSource::SpotEstimate { percent: 35, .. })));
}

#[test]
fn the_usual_spot_ratio_is_the_median_of_the_catalogue() {
    let catalog = Catalog::builtin();
    let offers = Provider::ALL.into_iter().flat_map(|provider| {
        catalog.regions(provider).flat_map(move |region| Catalog::builtin().offers(provider, region).to_vec())
    });
    let mut percents: Vec<i64> =
        offers.filter_map(|offer| Some(offer.spot?.nanos() * 100 / offer.on_demand.nanos())).collect();
    percents.sort_unstable();
    assert_eq!(percents[percents.len() / 2], i64::from(SPOT_PERCENT));
}

#[test]
fn a_type_that_its_region_does_not_list_costs_what_it_does_elsewhere() {
    let price = book().price(&PriceQuery { region: None, ..query("m5.large") });
    assert!(price.estimated);
    assert!(matches!(price.sources[..], [PriceSource::RegionEstimate { regions: 31 }]), "{price:?}");
}

#[test]
fn an_unknown_machine_is_priced_by_its_size_and_marked() {
    let own = PriceQuery { provider: Provider::Other, region: None, ..query("rack-1") };
    let price = book().price(&own);
    assert_eq!((price.per_hour.to_string().as_str(), price.estimated), ("0.194236", true));
    // A type newer than the catalogue costs about what others of its size do.
    let new = book().price(&query("m99.xlarge"));
    assert!(new.estimated);
    assert!((0.15..0.30).contains(&(new.per_hour.nanos() as f64 / 1e9)), "{}", new.per_hour);
}

#[test]
fn adjustments_apply_in_their_order_each_on_the_result_of_the_one_before() {
    let book = book()
        .adjusted_by(adjustments(r#"[{"name":"deal","provider":"aws","multiplier":0.8}]"#))
        .adjusted_by(adjustments(
            r#"[{"family":"m5","multiplier":"0.5"},{"family":"c5","multiplier":0},
                {"lifecycle":"spot","pricePerHour":"9"}]"#,
        ));
    let price = book.price(&query("m5.large"));
    assert_eq!(price.per_hour.to_string(), "0.0384");
    let steps: Vec<(usize, String)> = price
        .sources
        .iter()
        .filter_map(|source| match source {
            PriceSource::Adjustment { index, price, .. } => Some((*index, price.to_string())),
            _ => None,
        })
        .collect();
    assert_eq!(steps, [(0, "0.0768".to_owned()), (1, "0.0384".to_owned())]);

    let spot = book.price(&PriceQuery { lifecycle: Lifecycle::Spot, ..query("m5.large") });
    assert_eq!(spot.per_hour.to_string(), "9");
    assert_eq!(book.price(&query("c5.large")).per_hour, Money::ZERO);
}

#[test]
fn a_stated_price_is_no_estimate_and_a_discount_on_an_estimate_still_is() {
    let own = PriceQuery { provider: Provider::Other, ..query("rack-1") };
    let by_size = r#"[{"pricePerVcpuHour":0.01,"pricePerGibHour":0.002}]"#;
    let stated = book().adjusted_by(adjustments(by_size)).price(&own);
    assert_eq!((stated.per_hour.to_string().as_str(), stated.estimated), ("0.072", false));
    let discounted = book().adjusted_by(adjustments(r#"[{"multiplier":0.5}]"#)).price(&own);
    assert!(discounted.estimated);
}

#[test]
fn a_price_by_size_takes_the_size_that_is_sold() {
    let less_than_sold = MachineSize { cpu_millis: 1_930, memory_bytes: 7 << 30, gpus: 0 };
    let book = book().adjusted_by(adjustments(r#"[{"pricePerVcpuHour":0.01,"pricePerGibHour":0.001}]"#));
    let price = book.price(&PriceQuery { size: less_than_sold, ..query("m5.large") });
    assert_eq!(price.per_hour.to_string(), "0.028");
}

#[test]
fn a_condition_that_does_not_hold_leaves_the_price_alone() {
    for condition in [
        r#""provider":"gcp""#,
        r#""region":"us-west-2""#,
        r#""zone":"us-east-1b""#,
        r#""family":"m6i""#,
        r#""instanceType":"m5.xlarge""#,
        r#""lifecycle":"spot""#,
    ] {
        let book = book().adjusted_by(adjustments(&format!(r#"[{{{condition},"multiplier":0}}]"#)));
        assert_eq!(book.price(&query("m5.large")).per_hour.to_string(), "0.096", "{condition}");
    }
}

proptest! {
    #[test]
    fn no_machine_is_free(
        provider in prop::sample::select(Provider::ALL.to_vec()),
        lifecycle in prop::sample::select(Lifecycle::ALL.to_vec()),
        name in "[a-z][0-9]\\.[a-z]{2,6}",
        cpu_millis in 1_000_u64..512_000,
        memory_gib in 1_u64..4_096,
        gpus in 0_u64..9,
    ) {
        let size = MachineSize { cpu_millis, memory_bytes: memory_gib << 30, gpus };
        let price = book().price(&PriceQuery { provider, lifecycle, size, ..query(&name) });
        prop_assert!(price.per_hour > Money::ZERO);
        prop_assert!(!price.sources.is_empty());
        let query = PriceQuery { provider, lifecycle, size, ..query(&name) };
        let parts = book().parts(&query, price.per_hour);
        prop_assert_eq!(parts.into_iter().sum::<Money>(), price.per_hour);
        prop_assert_eq!(parts[2].is_zero(), gpus == 0);
    }
}
