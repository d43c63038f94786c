//! What a pod costs on this machine: memory, processor, disk, time. Prints a Markdown table and judges nothing.
//!
//!     cargo bench --bench pod
//!
//! takes about two minutes, most of them to let the pod be idle. The processor's share is what the kernel charged the
//! process, so a busy machine changes it little; times and rates drift with the machine.

#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_macros, unused_imports)]
mod support;

#[allow(dead_code)]
mod measure;

use std::path::Path;
use std::time::{Duration, Instant};

use measure::{Line, Table, Usage, memory, mib};
use support::pod::TestPod;
use support::user::User;

/// How long the pod is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(60);
/// Posts that are written one after the other.
const POSTS: usize = 200;
/// Posts that are written at the same time: fewer than the connections that one address may open.
const BURST: usize = 60;
/// Posts whose syncs are counted.
const SYNCED: usize = 20;
/// Requests of each kind.
const REQUESTS: usize = 2_000;
/// Connections at a time, and how long they ask.
const CROWD: usize = 16;
const CROWD_TIME: Duration = Duration::from_secs(8);
/// Starts of the pod.
const STARTS: usize = 7;

fn main() {
    // `cargo test --benches` only wants to know whether this builds and runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut table = Table::default();
    let pod = TestPod::new("me");
    idle(&pod, &mut table);
    let me = pod.user("me");
    write_posts(&me, &mut table);
    write_at_once(&me, &mut table);
    count_syncs(&me, &mut table);
    ask(&me, &mut table);
    ask_together(&me, &mut table);
    table.row("highest resident memory so far", &mib(memory(&pod, "VmHWM")), "≤ 16 MiB");
    drop(me);
    start_times(&pod, &mut table);
    table.row("program", &format!("{:.1} MB", program_bytes() as f64 / 1e6), "≤ 7 MB");
    table.print();
}

fn idle(pod: &TestPod, table: &mut Table) {
    let before = Usage::of(pod);
    std::thread::sleep(IDLE);
    let used = Usage::of(pod).since(&before);
    let memory = |name| memory(pod, name);
    table.row("resident memory when idle", &mib(memory("VmRSS")), "≤ 8 MiB");
    table.row("of it anonymous", &mib(memory("RssAnon")), "≤ 3 MiB");
    table.row("written in an idle minute", &format!("{} B", used.written), "0");
    table.row("processor in an idle minute", &format!("{:.0} ms", used.cpu * 1e3), "");
}

fn text(number: usize) -> String {
    format!(
        "Post number {number} of the measuring scenario. A short note of about two hundred characters, as a person \
         would write it: some words, a #hashtag{}, and nothing else that a server would need to fetch.",
        number % 7
    )
}

fn write_posts(me: &User, table: &mut Table) {
    let page = me.page("/settings");
    let (before, size) = (Usage::of(me.pod), folder_bytes(&me.pod.data()));
    for number in 0..POSTS {
        let answer = me.client.submit(&page, "/posts", &[("text", &text(number)), ("audience", "public")]);
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    let used = Usage::of(me.pod).since(&before);
    // What the log still holds is folded into the file first.
    let grown = folder_bytes(&me.pod.data()).saturating_sub(size);
    let each = |value: f64| value / POSTS as f64;
    table.row("a post, processor", &format!("{:.2} ms", each(used.cpu) * 1e3), "");
    table.row("a post, bytes written", &format!("{:.1} kB", each(used.written as f64) / 1e3), "≤ 16 kB");
    table.row("a post, files grown (log included)", &format!("{:.1} kB", each(grown as f64) / 1e3), "≤ 1.2 kB");
}

fn write_at_once(me: &User, table: &mut Table) {
    let page = me.page("/settings");
    let before = Usage::of(me.pod);
    std::thread::scope(|scope| {
        for number in 0..BURST {
            let page = &page;
            scope.spawn(move || {
                let answer = me.client.submit(page, "/posts", &[("text", &text(number)), ("audience", "public")]);
                assert_eq!(answer.status, 303, "{}", answer.text());
            });
        }
    });
    let written = Usage::of(me.pod).since(&before).written as f64 / BURST as f64;
    table.row(&format!("a post, {BURST} at once, bytes written"), &format!("{:.1} kB", written / 1e3), "≤ 3 kB");
}

/// Where strace is there, and may look.
fn count_syncs(me: &User, table: &mut Table) {
    let trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-p", &me.pod.pid().to_string(), "-o"]).arg(trace.path());
    let Ok(mut strace) = command.stderr(std::process::Stdio::null()).spawn() else { return };
    // It says nothing when it has begun.
    std::thread::sleep(Duration::from_secs(2));
    let page = me.page("/settings");
    for number in 0..SYNCED {
        me.client.submit(&page, "/posts", &[("text", &text(number)), ("audience", "public")]);
    }
    if strace.try_wait().is_ok_and(|ended| ended.is_none()) {
        let traced = std::fs::read_to_string(trace.path()).unwrap_or_default();
        let syncs = traced.lines().filter(|line| line.contains("sync(")).count() as f64 / SYNCED as f64;
        table.row("a post, times synced to disk", &format!("{syncs:.2}"), "1");
    }
    let _ = strace.kill();
    let _ = strace.wait();
}

fn ask(me: &User, table: &mut Table) {
    let session = me.client.cookie("session").expect("signed in");
    let post = me.page("/stream").posts().remove(0).guid;
    let handle = me.handle().replace('@', "%40").replace(':', "%3A");
    let pages = [
        ("profile page", format!("/people/{}", me.guid()), None, "≤ 0.20 ms"),
        ("post page", format!("/posts/{post}"), None, "≤ 0.20 ms"),
        ("own stream of 20 posts", "/stream".to_owned(), Some(&session), "≤ 0.50 ms"),
        ("webfinger", format!("/.well-known/webfinger?resource=acct%3A{handle}"), None, "≤ 0.06 ms"),
    ];
    for (name, path, session, wanted) in pages {
        let mut line = Line::new(me.pod, &path, session.map(String::as_str));
        line.ask();
        let before = Usage::of(me.pod);
        for _ in 0..REQUESTS {
            line.ask();
        }
        let cpu = Usage::of(me.pod).since(&before).cpu / REQUESTS as f64;
        table.row(&format!("{name}, processor a request"), &format!("{:.3} ms", cpu * 1e3), wanted);
    }
}

fn ask_together(me: &User, table: &mut Table) {
    let session = me.client.cookie("session").expect("signed in");
    let mut times = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CROWD).map(|_| scope.spawn(|| ask_for_a_while(me.pod, &session))).collect();
        asking.into_iter().flat_map(|one| one.join().expect("nobody fails")).collect::<Vec<Duration>>()
    });
    times.sort();
    let rate = times.len() as f64 / CROWD_TIME.as_secs_f64();
    let late = times[times.len() * 99 / 100].as_secs_f64() * 1e3;
    table.row(&format!("own stream, {CROWD} connections, 99th percentile"), &format!("{late:.1} ms"), "≤ 20 ms");
    table.row(&format!("own stream, {CROWD} connections, requests a second"), &format!("{rate:.0}"), "");
}

fn ask_for_a_while(pod: &TestPod, session: &str) -> Vec<Duration> {
    let mut line = Line::new(pod, "/stream", Some(session));
    let end = Instant::now() + CROWD_TIME;
    let mut times = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        line.ask();
        times.push(start.elapsed());
    }
    times
}

fn start_times(pod: &TestPod, table: &mut Table) {
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            assert!(pod.stop());
            let start = Instant::now();
            pod.spawn_with(&[]);
            let mut line = loop {
                if let Some(line) = Line::open(pod, "/health", None) {
                    break line;
                }
                std::thread::sleep(Duration::from_micros(500));
            };
            line.ask();
            start.elapsed()
        })
        .collect();
    times.sort();
    let middle = times[STARTS / 2].as_secs_f64() * 1e3;
    table.row("start to the first 200", &format!("{middle:.0} ms"), "≤ 30 ms");
}

fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("the folder can be read").flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

fn program_bytes() -> u64 {
    std::fs::metadata(env!("CARGO_BIN_EXE_pappus")).expect("the program is there").len()
}
