//! The life of a small pod: it idles, a person writes, pages are read, alone and together, it starts again.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::measure::{Line, Table, Usage, get, memory, page_cost, post};
use crate::support::pod::TestPod;
use crate::support::user::User;

/// How long the pod is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(60);
/// Posts that are written one after the other.
const POSTS: usize = 200;
/// Posts that are written at the same time.
const BURST: usize = 100;
/// Posts whose syncs are counted.
const SYNCED: usize = 20;
/// Connections at a time, and how long they ask.
const CROWD: usize = 16;
const CROWD_TIME: Duration = Duration::from_secs(8);
/// Starts of the pod.
const STARTS: usize = 7;

/// As behind a proxy on the same machine, which may open more connections than anybody else.
pub const BEHIND_A_PROXY: [(&str, &str); 1] = [("PAPPUS_TRUSTED_PROXIES", "127.0.0.1")];

pub fn measure(table: &mut Table) {
    let pod = TestPod::unborn();
    pod.set_up("me");
    pod.start_with(&BEHIND_A_PROXY);
    idle(&pod, table);
    let me = pod.user("me");
    write_posts(&me, table);
    write_at_once(&me, table);
    count_syncs(&me, table);
    ask(&me, table);
    ask_together(&me, table);
    table.most("highest resident memory of all this", memory(&pod, "VmHWM"), "MiB", 16.0);
    drop(me);
    table.most("start to the first 200", start_time(&pod) * 1e3, "ms", 30.0);
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_pappus")).expect("the program is there").len();
    table.most("program as built here", program as f64 / 1e6, "MB", 7.0);
}

fn idle(pod: &TestPod, table: &mut Table) {
    let before = Usage::of(pod);
    std::thread::sleep(IDLE);
    let used = Usage::of(pod).since(&before);
    table.most("resident memory when idle", memory(pod, "VmRSS"), "MiB", 8.0);
    table.most("of it anonymous", memory(pod, "RssAnon"), "MiB", 3.0);
    table.none("written in an idle minute", used.written, "B");
    table.row("processor in an idle minute", used.cpu * 1e3, "ms");
}

/// The form that publishes a post, as a browser sends it.
fn form(me: &User, csrf: &str, number: usize) -> Vec<u8> {
    let text = format!(
        "Post number {number} of the measuring scenario. A short note of about two hundred characters, as a person \
         would write it: some words, a #hashtag{}, and nothing else that a server would need to fetch.",
        number % 7
    );
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("csrf", csrf).append_pair("text", &text).append_pair("audience", "public");
    let session = me.client.cookie("session").expect("signed in");
    let headers = format!("content-type: application/x-www-form-urlencoded\r\ncookie: session={session}\r\n");
    post(me.pod, "/posts", &headers, &body.finish())
}

fn write_posts(me: &User, table: &mut Table) {
    let csrf = me.page("/settings").csrf();
    let mut line = Line::new(me.pod);
    let size = folded_bytes(me.pod);
    let before = Usage::of(me.pod);
    for number in 0..POSTS {
        assert_eq!(line.send(&form(me, &csrf, number)), 303);
    }
    let used = Usage::of(me.pod).since(&before);
    let each = |value: f64| value / POSTS as f64;
    table.row("a post, processor", each(used.cpu) * 1e3, "ms");
    table.most("a post, bytes written", each(used.written) / 1e3, "kB", 16.0);
    table.most("a post, files grown", each(folded_bytes(me.pod) - size) / 1e3, "kB", 1.2);
}

/// Each of them has its connection and its form ready before the first is sent.
fn write_at_once(me: &User, table: &mut Table) {
    let csrf = me.page("/settings").csrf();
    let before = Usage::of(me.pod);
    let barrier = std::sync::Barrier::new(BURST);
    std::thread::scope(|scope| {
        for number in 0..BURST {
            let (csrf, barrier) = (&csrf, &barrier);
            scope.spawn(move || {
                let (mut line, form) = (Line::new(me.pod), form(me, csrf, number));
                barrier.wait();
                assert_eq!(line.send(&form), 303);
            });
        }
    });
    let written = Usage::of(me.pod).since(&before).written / BURST as f64;
    table.most(&format!("a post, {BURST} at once, bytes written"), written / 1e3, "kB", 3.0);
}

/// Where strace is there, and may look.
fn count_syncs(me: &User, table: &mut Table) {
    let trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-p", &me.pod.pid().to_string(), "-o"]).arg(trace.path());
    let Ok(mut strace) = command.stderr(std::process::Stdio::null()).spawn() else { return };
    // It says nothing when it has begun.
    std::thread::sleep(Duration::from_secs(2));
    let csrf = me.page("/settings").csrf();
    let mut line = Line::new(me.pod);
    for number in 0..SYNCED {
        line.send(&form(me, &csrf, number));
    }
    if strace.try_wait().is_ok_and(|ended| ended.is_none()) {
        let traced = std::fs::read_to_string(trace.path()).unwrap_or_default();
        let syncs = traced.lines().filter(|line| line.contains("sync(")).count() as f64 / SYNCED as f64;
        table.most("a post, times synced to disk", syncs, "", 1.0);
    }
    let _ = strace.kill();
    let _ = strace.wait();
}

fn ask(me: &User, table: &mut Table) {
    let session = me.client.cookie("session").expect("signed in");
    let post = me.page("/stream").posts().remove(0).guid;
    let handle = me.handle().replace('@', "%40").replace(':', "%3A");
    let pages = [
        ("profile page", format!("/people/{}", me.guid()), None, 0.20),
        ("post page", format!("/posts/{post}"), None, 0.20),
        ("own stream of 20 posts", "/stream".to_owned(), Some(session.as_str()), 0.50),
        ("webfinger", format!("/.well-known/webfinger?resource=acct%3A{handle}"), None, 0.06),
    ];
    for (name, path, session, wanted) in pages {
        table.most(&format!("{name}, processor a request"), page_cost(me.pod, &path, session) * 1e3, "ms", wanted);
    }
}

fn ask_together(me: &User, table: &mut Table) {
    let request = get(me.pod, "/stream", me.client.cookie("session").as_deref());
    let mut times = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CROWD).map(|_| scope.spawn(|| ask_for_a_while(me.pod, &request))).collect();
        asking.into_iter().flat_map(|one| one.join().expect("nobody fails")).collect::<Vec<Duration>>()
    });
    times.sort();
    let rate = times.len() as f64 / CROWD_TIME.as_secs_f64();
    let late = times[times.len() * 99 / 100].as_secs_f64() * 1e3;
    table.most(&format!("own stream, {CROWD} connections, 99th percentile"), late, "ms", 20.0);
    table.row(&format!("own stream, {CROWD} connections, requests a second"), rate, "");
}

fn ask_for_a_while(pod: &TestPod, request: &[u8]) -> Vec<Duration> {
    let mut line = Line::new(pod);
    let end = Instant::now() + CROWD_TIME;
    let mut times = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        line.ask(request);
        times.push(start.elapsed());
    }
    times
}

/// Seconds from the call of the program to its first answer; the middle of several. The pod runs before and after.
pub fn start_time(pod: &TestPod) -> f64 {
    let request = get(pod, "/health", None);
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            assert!(pod.stop());
            let start = Instant::now();
            pod.spawn_with(&BEHIND_A_PROXY);
            let mut line = loop {
                if let Some(line) = Line::open(pod) {
                    break line;
                }
                std::thread::sleep(Duration::from_micros(500));
            };
            line.ask(&request);
            start.elapsed()
        })
        .collect();
    times.sort();
    times[STARTS / 2].as_secs_f64()
}

/// Bytes of the files in the data folder, with what the log still holds folded into the database.
fn folded_bytes(pod: &TestPod) -> f64 {
    let database = rusqlite::Connection::open(pod.database_path()).expect("the pod's database opens");
    let folded: i64 =
        database.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0)).expect("the log can be folded");
    assert_eq!(folded, 0, "nobody reads just now");
    folder_bytes(&pod.data())
}

fn folder_bytes(folder: &Path) -> f64 {
    let entries = std::fs::read_dir(folder).expect("the folder can be read").flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len() as f64).sum()
}
