//! What goes out: one post to a thousand pods, of which every third fails, each in its way.

use std::time::Instant;

use crate::measure::crowd::Crowd;
use crate::measure::{Table, Usage, memory, soon};
use crate::support::pod::TestPod;

const PODS: usize = 1_000;

pub fn measure(table: &mut Table) {
    let crowd = Crowd::new(PODS);
    let pod = TestPod::new("me");
    assert!(pod.stop());
    pod.is_followed_from(&crowd.ports);
    let well: Vec<String> = crowd.well().map(|port| format!("'127.0.0.1:{port}'")).collect();
    let well = well.join(", ");
    // It is not the first post: who is well was heard of, who is not has failed before.
    pod.change(&format!(
        "insert into pods (host, url, seen_at, failing_since) select host, 'http://' || host, 1, iif(host in ({well}), null, 1) \
         from every_person where host is not null"
    ));
    pod.start();
    let me = pod.user("me");
    let database = pod.database();
    let waiting = format!("select count(*) from outbox where host in ({well})");
    let (before, start) = (Usage::of(&pod), Instant::now());
    me.does("/posts", &[("text", "A word to all who listen."), ("audience", "public")]);
    soon("all pods that are well", || database.number(&waiting, &[]) == 0);
    let (seconds, used) = (start.elapsed().as_secs_f64(), Usage::of(&pod).since(&before));
    let count = crowd.well().count();
    let each = count as f64;
    table.row(&format!("a post to {PODS} pods, until the {count} that are well have it"), seconds, "s");
    table.row("the same, processor for each of them", used.cpu / each * 1e3, "ms");
    table.row("the same, bytes written for each of them", used.written / each / 1e3, "kB");
    table.most("the same, highest resident memory", memory(&pod, "VmHWM"), "MiB", 16.0);
}
