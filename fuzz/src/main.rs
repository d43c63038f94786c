//! The fuzzer: one program for all targets. libFuzzer brings `main`; `FUZZ_TARGET` says which target it feeds.

#![no_main]

mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = targets::ALL.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("FUZZ_TARGET={name}: no such target")).1
});

fuzz_target!(|data: &[u8]| TARGET(data));
