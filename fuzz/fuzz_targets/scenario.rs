//! Any bytes are a scenario or an error, and a scenario is a question that the planner can be asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use planner::scenario::Scenario;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(scenario) = Scenario::read(bytes) {
        let input = scenario.input();
        assert_eq!(input.cluster.pods.len(), scenario.pods());
    }
});
