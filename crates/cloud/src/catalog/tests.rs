use model::{Architecture, Lifecycle, Provider, SpotInterruptions};

use super::*;

/// Public list prices in US dollars per hour, to be met within 0.2 %.
const LIST_PRICES: [(Provider, &str, &str, f64); 20] = [
    (Provider::Aws, "us-east-1", "m5.large", 0.096),
    (Provider::Aws, "us-east-1", "c5.xlarge", 0.17),
    (Provider::Aws, "eu-central-1", "m5.large", 0.115),
    (Provider::Aws, "ap-northeast-1", "m5.large", 0.124),
    (Provider::Aws, "sa-east-1", "m5.large", 0.153),
    (Provider::Aws, "eu-west-1", "t3.medium", 0.0456),
    (Provider::Aws, "us-west-2", "g4dn.xlarge", 0.526),
    (Provider::Aws, "us-east-1", "m7g.large", 0.0816),
    (Provider::Gcp, "us-central1", "e2-standard-4", 0.134023),
    (Provider::Gcp, "us-central1", "n2-standard-4", 0.194236),
    (Provider::Gcp, "us-central1", "n1-standard-1", 0.0475),
    (Provider::Gcp, "us-central1", "a2-highgpu-1g", 3.673385),
    (Provider::Azure, "eastus", "Standard_D4s_v5", 0.192),
    (Provider::Azure, "eastus", "Standard_D2s_v3", 0.096),
    (Provider::Azure, "eastus", "Standard_D2as_v5", 0.086),
    (Provider::Azure, "westeurope", "Standard_D4as_v5", 0.208),
    (Provider::Azure, "eastus", "Standard_B2s", 0.0416),
    (Provider::Azure, "eastus", "Standard_B2ats_v2", 0.0094),
    (Provider::Azure, "eastus", "Standard_B4s_v2", 0.166),
    (Provider::Azure, "eastus", "Standard_NC4as_T4_v3", 0.526),
];

#[test]
fn the_builtin_catalogue_has_the_public_list_prices() {
    let catalog = Catalog::builtin();
    for (provider, region, name, expected) in LIST_PRICES {
        let price = catalog.offer(provider, region, name).unwrap().on_demand;
        let ratio = price.nanos() as f64 / (expected * 1e9);
        assert!((ratio - 1.0).abs() < 0.002, "{provider} {region} {name}: {price}");
    }
}

#[test]
fn the_builtin_catalogue_is_whole() {
    let catalog = Catalog::builtin();
    let count = |provider| {
        let sizes = catalog.regions(provider).map(|region| catalog.offers(provider, region).len());
        let sizes: Vec<usize> = sizes.collect();
        (sizes.iter().sum::<usize>(), sizes.len(), catalog.types(provider).count())
    };
    assert_eq!(count(Provider::Aws), (20_690, 31, 1_353));
    assert_eq!(count(Provider::Gcp), (12_701, 43, 519));
    assert_eq!(count(Provider::Azure), (54_847, 57, 1_367));
    assert_eq!(catalog.len(), 88_238);
    assert_eq!(catalog.date(), Some("2026-08-03"));
}

#[test]
fn an_offer_knows_its_machine_zones_and_sources() {
    let catalog = Catalog::builtin();
    let offer = catalog.offer(Provider::Aws, "af-south-1", "c5.12xlarge").unwrap();
    let machine = &offer.instance_type;
    assert_eq!((machine.vcpus, machine.memory_mib, machine.gpus), (48, 98_304, 0));
    assert_eq!((machine.architecture, &*machine.family), (Architecture::Amd64, "c5"));
    assert_eq!((machine.max_pods, machine.burstable), (Some(234), false));
    assert_eq!(offer.zones.join(" "), "af-south-1a af-south-1b af-south-1c");
    assert_eq!(offer.price(Lifecycle::SpotFallback).unwrap().to_string(), "2.736");
    assert_eq!(offer.price(Lifecycle::Spot).unwrap().to_string(), "0.35568");
    assert_eq!(offer.spot_interruptions, Some(SpotInterruptions::Above20));
    assert_eq!(&*offer.price_source, "aws-pricelist-2024-04-03");
    assert_eq!(offer.spot_source.as_deref(), Some("derived-advisor-2025-06"));

    let unknown = catalog.offer(Provider::Azure, "eastus", "Standard_D4s_v5").unwrap();
    assert_eq!((unknown.spot, unknown.zones.len()), (None, 0));
    assert!(catalog.offer(Provider::Aws, "us-central1", "m5.large").is_none());
}

#[test]
fn regions_and_zones_are_listed() {
    let catalog = Catalog::builtin();
    assert!(catalog.regions(Provider::Aws).any(|region| &**region == "eu-central-1"));
    let zones = catalog.zones(Provider::Aws, "eu-central-1");
    assert_eq!(Vec::from_iter(zones), ["eu-central-1a", "eu-central-1b", "eu-central-1c"]);
    assert_eq!(catalog.regions(Provider::Other).count(), 0);
}

#[test]
fn packing_and_unpacking_changes_nothing() {
    let catalog = Catalog::builtin();
    let again = Catalog::from_compact(&catalog.to_compact().unwrap()).unwrap();
    let offers = |catalog: &Catalog| -> Vec<Offer> {
        let regions = catalog.shelves.values().flat_map(|shelf| shelf.regions.values().flatten());
        regions.cloned().collect()
    };
    assert_eq!(offers(&catalog), offers(&again));
    assert!(Catalog::from_compact(b"not gzip").is_err());
}

#[test]
fn a_file_lies_over_the_builtin_one() {
    let csv = "instance_type,provider,region,vcpus,memory_mib,on_demand_usd_per_hour,zones\n\
               m5.large,aws,us-east-1,2,8192,0.08,us-east-1b;us-east-1a\n\
               rack-1,other,basement,64,262144,0.75,\n";
    let own = Catalog::from_csv(csv.as_bytes(), "own.csv").unwrap();
    let catalog = Catalog::builtin().overlaid_with(&own);
    assert_eq!(catalog.len(), 88_239);
    let offer = catalog.offer(Provider::Aws, "us-east-1", "m5.large").unwrap();
    assert_eq!(offer.on_demand.to_string(), "0.08");
    assert_eq!(&*offer.price_source, "own.csv");
    assert_eq!(offer.zones.join(" "), "us-east-1a us-east-1b");
    let elsewhere = catalog.offer(Provider::Aws, "eu-central-1", "m5.large").unwrap();
    assert_eq!(elsewhere.on_demand.to_string(), "0.115");
    assert_eq!(elsewhere.instance_type, offer.instance_type);
    assert!(catalog.offer(Provider::Other, "basement", "rack-1").is_some());
}

#[test]
fn a_bad_file_is_refused_with_line_and_column() {
    const HEAD: &str = "provider,region,instance_type,vcpus,memory_mib,on_demand_usd_per_hour,family\n";
    let error = |text: &str| Catalog::from_csv(text.as_bytes(), "x").unwrap_err().to_string();
    let with_head = |rows: &str| error(&format!("{HEAD}{rows}"));
    for (found, expected) in [
        (error("provider,region\n"), "line 1: column instance_type is missing"),
        (error("provider,price\n"), "line 1: unknown column \"price\""),
        (with_head("ibm,r,t,1,1,1,\n"), "line 2, column provider: \"ibm\": unknown provider"),
        (with_head("aws,r,t,two,1,1,\n"), "line 2, column vcpus: \"two\": invalid digit"),
        (with_head("aws,r,t,0,1,1,\n"), "line 2, column vcpus: 0 is too little"),
        (with_head("aws,r,t,1,1,,\n"), "line 2, column on_demand_usd_per_hour: is empty"),
        (with_head("aws,r,t,1,1,0,\n"), "line 2, column on_demand_usd_per_hour: 0 is not a price"),
        (with_head("aws,,t,1,1,1,\n"), "line 2, column region: is empty"),
        (with_head("aws,r,t,1,1,1,\naws,r,t,1,1,2,\n"), "line 3: t in r stands here for the second time"),
        (with_head("aws,r,t,1,1,1,\naws,s,t,2,1,1,\n"), "line 3: t differs from an earlier line"),
        (with_head("aws,r,t\n"), "reading the catalogue"),
    ] {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn the_day_of_a_price_list_is_read_off_its_name() {
    for (source, date) in [
        ("aws-pricelist-2026-07-20", Some("2026-07-20")),
        ("azure-retail-2026-06-18-less-windows", Some("2026-06-18")),
        ("derived-advisor-2025-06", Some("2025-06")),
        ("derived-ratio:m5", None),
        ("", None),
    ] {
        assert_eq!(date_in(source), date, "{source}");
    }
}
