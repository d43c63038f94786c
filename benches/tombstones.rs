//! Whether a hundred thousand tombstones make receiving dearer: processor time for each public post that comes in, with
//! none and with many. Prints a Markdown table and judges nothing.
//!
//!     cargo bench --bench tombstones

#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_macros, unused_imports)]
mod support;

#[allow(dead_code)]
mod measure;

use measure::Usage;
use support::double::Double;
use support::pod::TestPod;
use support::wait::within;

const MANY: usize = 100_000;
const POSTS: usize = 2_000;

fn main() {
    // `cargo test --benches` only wants to know whether this builds and runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("| tombstones | a received post, processor | ratio |\n|---|---|---|");
    let mut first = None;
    for count in [0, MANY, 0, MANY] {
        let each = received(count);
        let ratio = each / *first.get_or_insert(each);
        println!("| {count} | {:.3} ms | {ratio:.2} |", each * 1e3);
    }
}

/// Seconds of processor time for each post that comes in.
fn received(tombstones: usize) -> f64 {
    let pod = TestPod::new("me");
    assert!(pod.stop());
    pod.change(&format!(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < {tombstones}) \
         insert into tombstones (mac, \"case\", at) select randomblob(32), 1, 1 from n where n <= {tombstones} and {tombstones} > 0"
    ));
    pod.start();
    let double = Double::new(&["bob"]);
    let letters: Vec<String> = (0..POSTS).map(|number| double.post("bob", &format!("Number {number}")).1).collect();
    let arrived = |count: usize| {
        let database = pod.database();
        within(std::time::Duration::from_secs(300), "the posts", || {
            (database.number("select count(*) from posts", &[]) >= count as i64).then_some(())
        });
    };
    // The first one brings its author with it.
    double.says("bob", &pod, &letters[0]);
    arrived(1);
    let before = Usage::of(&pod);
    for letter in &letters[1..] {
        double.says("bob", &pod, letter);
    }
    arrived(POSTS);
    Usage::of(&pod).since(&before).cpu / (POSTS - 1) as f64
}
