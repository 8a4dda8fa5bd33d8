//! Any bytes are a dump or an error; what was read can be read again, and asked about.
#![no_main]

use cluster::DumpReader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = DumpReader::new();
    if reader.read(bytes).is_ok() {
        assert!(reader.read(bytes).is_ok());
        let state = reader.finish();
        for pod in state.pods() {
            let _ = state.workload_of(pod);
        }
        let _ = state.requested_by_node();
    }
});
