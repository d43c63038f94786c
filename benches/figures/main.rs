//! What a pod costs on this machine, beside what we hold ourselves to: memory, processor, disk, time; what comes in,
//! what goes out, how it grows. Prints a Markdown table and judges nothing.
//!
//!     cargo bench --bench figures                     everything up to a hundred thousand posts
//!     cargo bench --bench figures -- receive growth   some parts: pod, receive, delivery, growth, million
//!
//! The processor's share is what the kernel charged the process, so a busy machine changes it little; times and rates
//! drift with the machine.

#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code, unused_macros, unused_imports)]
mod support;

#[path = "../measure/mod.rs"]
mod measure;

mod delivery;
mod growth;
mod receive;
mod scenario;

use measure::Table;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know whether this builds and runs.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let chosen: Vec<&str> = arguments.iter().map(String::as_str).filter(|name| !name.starts_with('-')).collect();
    let wants = |part: &str| chosen.is_empty() || chosen.contains(&part);
    let mut table = Table::default();
    if wants("pod") {
        scenario::measure(&mut table);
    }
    if wants("receive") {
        receive::measure(&mut table);
    }
    if wants("delivery") {
        delivery::measure(&mut table);
    }
    let million = chosen.contains(&"million");
    if wants("growth") || million {
        growth::measure(&mut table, million);
    }
    table.print();
}
