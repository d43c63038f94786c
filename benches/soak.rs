//! An hour in the life of a busy pod, or as many minutes as `PAPPUS_SOAK_MINUTES` says: streams are read, posts, photos
//! and comments are written, fifty letters a second come in, and everything goes out to five hundred pods of which a
//! third fail, each in its way. Prints how memory, threads, descriptors and queues went, and fails when one of them
//! grew for ever or a queue did not run empty.
//!
//!     cargo bench --bench soak

#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_macros, unused_imports)]
mod support;

#[path = "measure/crowd.rs"]
mod crowd;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crowd::Crowd;
use support::double::Double;
use support::page::Page;
use support::paint::{Scene, jpeg};
use support::pod::TestPod;
use support::user::User;
use support::wait::within;

const MINUTES: u64 = 60;
const PODS: usize = 500;
const LETTERS_A_SECOND: u64 = 50;
/// Threads that send letters.
const SENDERS: u64 = 2;
/// Pods that the letters come from.
const VOICES: usize = 25;
const READERS: usize = 3;
/// Between two pages that a reader asks for.
const READING: Duration = Duration::from_millis(300);
/// Between two deeds of who writes.
const WRITING: Duration = Duration::from_secs(15);
const SAMPLE: Duration = Duration::from_secs(5);
/// Until a queue must be empty when nothing is added any more.
const DRAINING: Duration = Duration::from_secs(900);
/// Between two rings for those who send.
const RING: Duration = Duration::from_secs(35);

/// How the pod is at a moment.
#[derive(Clone, Copy, Default)]
struct Sample {
    seconds: u64,
    /// KiB.
    resident: u64,
    anonymous: u64,
    threads: u64,
    files: u64,
    inbox: i64,
    outbox: i64,
    needs: i64,
}

fn main() {
    // `cargo test --benches` only wants to know whether this builds and runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let minutes = std::env::var("PAPPUS_SOAK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(MINUTES);
    let crowd = Crowd::new(PODS);
    let pod = TestPod::new("me");
    assert!(pod.stop());
    pod.is_followed_from(&crowd.ports);
    pod.start();
    let voices: Vec<Double> = (0..VOICES).map(|_| Double::new(&["dora"])).collect();
    let me = pod.user("me");
    for voice in &voices {
        me.shares_with(&voice.handle("dora"));
    }
    let (over, taken, refused, pages) =
        (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let samples = std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (pod, voices, over, taken, refused) = (&pod, &voices, &over, &taken, &refused);
            scope.spawn(move || send(pod, voices, over, sender, taken, refused));
        }
        for reader in 0..READERS {
            let (pod, over, pages) = (&pod, &over, &pages);
            scope.spawn(move || read(pod, over, reader, pages));
        }
        scope.spawn(|| write(&me, &over));
        let samples = watch(&pod, Duration::from_secs(minutes * 60));
        over.store(true, Ordering::SeqCst);
        samples
    });
    print(&samples);
    let start = Instant::now();
    within(DRAINING, "an empty inbox", || (Sample::of(&pod, 0).inbox == 0).then_some(()));
    let inbox = start.elapsed();
    let (heard, failed) = crowd.heard();
    let waiting = Sample::of(&pod, 0).outbox;
    let start = Instant::now();
    drain(&pod, &me, &crowd);
    let outbox = start.elapsed();
    let (taken, refused) = (taken.into_inner(), refused.into_inner());
    println!("\nletters in: {taken} taken, {refused} refused; pages read: {}", pages.into_inner());
    println!("letters out: {heard} heard, {failed} attempts at pods that fail, {waiting} waiting at the end");
    println!(
        "the inbox was empty after {:.1} s, the outbox {:.1} s after all pods were well",
        inbox.as_secs_f64(),
        outbox.as_secs_f64()
    );
    println!("highest resident memory: {:.1} MiB", pod.status("VmHWM") as f64 / 1024.0);
    assert!(refused * 100 <= taken, "one of a hundred letters may be told to come again");
    judge(&samples);
    assert!(pod.stop());
    assert!(pod.command(&["check"]).status.success(), "the database is sound");
}

/// Says something at the public door, at an even pace.
fn send(pod: &TestPod, voices: &[Double], over: &AtomicBool, sender: u64, taken: &AtomicUsize, refused: &AtomicUsize) {
    let client = pod.visitor();
    let start = Instant::now();
    for (number, far) in (0_u64..).zip(voices.iter().cycle()) {
        let due = start + Duration::from_millis((number * SENDERS + sender) * 1_000 / LETTERS_A_SECOND);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if over.load(Ordering::SeqCst) {
            return;
        }
        let (_, xml) =
            far.post("dora", &format!("Letter {number} of sender {sender}, about #soaking and little else."));
        let envelope = far.envelope("dora", &xml);
        let sent = client.try_post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
        let count = if sent.is_ok_and(|answer| answer.status == 202) { taken } else { refused };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads pages like a person with many windows; signs in again now and then.
fn read(pod: &TestPod, over: &AtomicBool, reader: usize, pages: &AtomicUsize) {
    const PAGES: [&str; 7] =
        ["/stream", "/public", "/notifications", "/people?q=soaking", "/activity", "/settings", "/conversations"];
    'signed_in: loop {
        let me = pod.user("me");
        let stranger = pod.visitor();
        for round in 0..100 {
            for path in PAGES {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                assert_eq!(me.page(path).status, 200, "{path}");
                assert_eq!(stranger.get(&format!("/u/me?{reader}.{round}")).status / 100, 3);
                pages.fetch_add(2, Ordering::Relaxed);
                std::thread::sleep(READING);
            }
        }
        continue 'signed_in;
    }
}

/// Writes posts, comments on them and photos, in turn.
fn write(me: &User, over: &AtomicBool) {
    let picture = jpeg(Scene::Morning, 1600, 1200);
    let mut post = me.pod.database().text("select guid from every_post", &[]);
    for number in 0.. {
        let start = Instant::now();
        let page = me.page("/settings");
        let text = format!("Number {number} of what I had to say.");
        let status = match (number % 4, &post) {
            (1, _) => post_photo(me, &page, &picture, &text),
            (2, Some(post)) => me.client.submit(&page, &format!("/posts/{post}/comments"), &[("text", &text)]).status,
            (3, Some(post)) => me.client.submit(&page, &format!("/posts/{post}/like"), &[]).status,
            _ => {
                let status = me.client.submit(&page, "/posts", &[("text", &text), ("audience", "public")]).status;
                post = me.pod.database().text("select guid from every_post where text = ?", &[&text]);
                status
            }
        };
        assert!(matches!(status, 200 | 303), "{number}: {status}");
        while start.elapsed() < WRITING {
            if over.load(Ordering::SeqCst) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn post_photo(me: &User, page: &Page, picture: &[u8], text: &str) -> u16 {
    let brought = me.client.submit_files(page, "/photos", &[], &[("photos", picture)]).text();
    let guid = brought.split("name=\"photo\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let guid = guid.unwrap_or_else(|| panic!("the photo was not taken: {brought}"));
    me.client.submit(page, "/posts", &[("text", text), ("audience", "public"), ("photo", guid)]).status
}

impl Sample {
    fn of(pod: &TestPod, seconds: u64) -> Sample {
        let files = std::fs::read_dir(format!("/proc/{}/fd", pod.pid())).map_or(0, |entries| entries.count() as u64);
        let database = pod.database();
        let count = |table: &str| database.number(&format!("select count(*) from {table}"), &[]);
        Sample {
            seconds,
            resident: pod.status("VmRSS"),
            anonymous: pod.status("RssAnon"),
            threads: pod.status("Threads"),
            files,
            inbox: count("inbox"),
            outbox: count("outbox"),
            needs: count("needs"),
        }
    }
}

fn watch(pod: &TestPod, time: Duration) -> Vec<Sample> {
    let (start, mut samples) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        std::thread::sleep(SAMPLE);
        samples.push(Sample::of(pod, start.elapsed().as_secs()));
    }
    samples
}

/// All pods are well: the outbox must run empty. What failed in hand at that moment is made due once more.
fn drain(pod: &TestPod, me: &User, crowd: &Crowd) {
    crowd.heal();
    let connection = rusqlite::Connection::open(pod.database_path()).expect("the pod's database opens");
    connection.busy_timeout(Duration::from_secs(60)).expect("a time-out can be set");
    let mut rang: Option<Instant> = None;
    within(DRAINING, "an empty outbox", || {
        if rang.is_none_or(|at| at.elapsed() > RING) {
            let sql = "begin immediate; update outbox set due = 0; update pods set due = 0; commit";
            connection.execute_batch(sql).expect("everything is due");
            // Any deed rings for the workers; this one sends nothing.
            me.does("/notifications/read", &[]);
            rang = Some(Instant::now());
        }
        (Sample::of(pod, 0).outbox == 0).then_some(())
    });
}

fn print(samples: &[Sample]) {
    println!("| minute | resident | of it anonymous | threads | descriptors | inbox | outbox | needs |");
    println!("|---|---|---|---|---|---|---|---|");
    let step = (samples.len() / 13).max(1);
    for sample in samples.iter().step_by(step).chain(samples.last()) {
        let (minute, mib) = (sample.seconds as f64 / 60.0, |kib: u64| kib as f64 / 1024.0);
        println!(
            "| {minute:.1} | {:.1} MiB | {:.1} MiB | {} | {} | {} | {} | {} |",
            mib(sample.resident),
            mib(sample.anonymous),
            sample.threads,
            sample.files,
            sample.inbox,
            sample.outbox,
            sample.needs
        );
    }
}

/// What the last quarter needs must be what the second quarter needed, nearly; the first warms up.
fn judge(samples: &[Sample]) {
    let quarter = samples.len() / 4;
    let (early, late) = (&samples[quarter..2 * quarter], &samples[3 * quarter..]);
    let middle = |samples: &[Sample], of: fn(&Sample) -> u64| {
        let mut values: Vec<u64> = samples.iter().map(of).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(0)
    };
    type Reading = fn(&Sample) -> u64;
    let kinds: [(&str, Reading, u64); 3] = [
        ("KiB of memory", |sample| sample.anonymous, 3 << 10),
        ("threads", |sample| sample.threads, 2),
        ("descriptors", |sample| sample.files, 12),
    ];
    for (what, of, slack) in kinds {
        let (before, after) = (middle(early, of), middle(late, of));
        println!("{what}: {before} in the second quarter, {after} in the last");
        assert!(after <= before + slack, "{what} leak: {before}, then {after}");
    }
}
