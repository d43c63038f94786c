//! What comes in: public posts of one author at the public door, until they are in the database; beside what verifying
//! their signatures alone takes, by the same library with the same key, of the size that diaspora* makes.

use std::time::Instant;

use pappus::federation::diaspora::crypto::{KEY_BITS, PrivateKey, PublicKey};
use pappus::federation::diaspora::envelope;
use pappus::model::Handle;

use crate::measure::crowd::Crowd;
use crate::measure::{Line, Table, Usage, memory, post, seconds, soon, threads_cpu};
use crate::scenario::BEHIND_A_PROXY;
use crate::support::double::{entity, guid};
use crate::support::pod::TestPod;

/// Posts in all.
const POSTS: usize = 2_000;
/// Connections that bring them.
const SENDERS: usize = 16;
/// Posts that come one after the other, each when the one before is through.
const ALONE: usize = 50;
/// Posts that come at the same time.
const BURST: usize = 100;
/// Signatures that are only verified.
const VERIFIED: usize = 5_000;
/// Things the podmin removed, that nothing of what comes may be.
const TOMBSTONES: usize = 100_000;

pub fn measure(table: &mut Table) {
    let author = Author::new();
    let bare = author.verifying();
    table.row("verifying a signature (RSA, 4096 bits), processor", bare * 1e3, "ms");
    let each = receive(&author, 0, Some((bare, &mut *table)));
    let guarded = receive(&author, TOMBSTONES, None);
    table.most(&format!("a received post, processor, {TOMBSTONES} tombstones to none"), guarded / each, "", 1.2);
}

/// Somebody on a pod that hears.
struct Author {
    handle: Handle,
    key: PrivateKey,
    _pod: Crowd,
}

impl Author {
    fn new() -> Author {
        let pod = Crowd::new(1);
        let handle = Handle::parse(&format!("bob@127.0.0.1:{}", pod.ports[0])).expect("an ID");
        Author { handle, key: PrivateKey::generate(KEY_BITS).expect("a key can be made"), _pod: pod }
    }

    fn public(&self) -> PublicKey {
        self.key.public().expect("a key has a public half")
    }

    /// Seconds of the processor for a signature.
    fn verifying(&self) -> f64 {
        let text = self.letter(0);
        let signature = self.key.sign(text.as_bytes()).expect("the key signs");
        let key = self.public();
        let before = seconds("/proc/thread-self/stat");
        for _ in 0..VERIFIED {
            key.verify(text.as_bytes(), &signature).expect("it is the right one");
        }
        (seconds("/proc/thread-self/stat") - before) / VERIFIED as f64
    }

    /// A post in its envelope.
    fn letter(&self, number: usize) -> String {
        let text = format!(
            "Post number {number} that comes from elsewhere. A short note of about two hundred characters, as a person \
             would write it: some words, a #hashtag{}, and nothing else that a server would need to fetch.",
            number % 7
        );
        let fields = [
            ("author", self.handle.as_str()),
            ("guid", &guid()),
            ("created_at", "2026-11-01T03:04:05Z"),
            ("public", "true"),
            ("text", &text),
        ];
        envelope::sign(&entity("status_message", &fields), &self.handle, &self.key).expect("it can be signed")
    }

    /// Makes the author known to a stopped pod.
    fn is_known_to(&self, pod: &TestPod) {
        let key: String =
            self.public().to_der().expect("a key can be written").iter().map(|byte| format!("{byte:02x}")).collect();
        let (handle, host, guid) = (self.handle.as_str(), self.handle.host(), guid());
        pod.change(&format!(
            "insert into every_person (handle, guid, host, url, key, name, found_at) \
             values ('{handle}', '{guid}', '{host}', 'http://{host}', x'{key}', 'Bob', 1); \
             insert into pods (host, url) values ('{host}', 'http://{host}')"
        ));
    }
}

/// Seconds of the pod's processor for a post, without those for asking its author to be kept told; everything that can
/// be said of it goes to the table.
fn receive(author: &Author, tombstones: usize, told: Option<(f64, &mut Table)>) -> f64 {
    let pod = TestPod::unborn();
    pod.set_up("me");
    author.is_known_to(&pod);
    pod.change(&format!(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < {tombstones}) \
         insert into tombstones (mac, \"case\", at) select randomblob(32), 1, 1 from n where {tombstones} > 0"
    ));
    pod.start_with(&BEHIND_A_PROXY);
    let letters = |count: usize| -> Vec<Vec<u8>> {
        let of = |number| {
            post(&pod, "/receive/public", "content-type: application/magic-envelope+xml\r\n", &author.letter(number))
        };
        (0..count).map(of).collect()
    };
    let (many, some, few) = (letters(POSTS), letters(BURST), letters(ALONE));
    let (asking, before, start) = (threads_cpu(&pod, "outbox"), Usage::of(&pod), Instant::now());
    send(&pod, &many, SENDERS);
    arrived(&pod, POSTS);
    let seconds = start.elapsed().as_secs_f64();
    let used = Usage::of(&pod).since(&before);
    let asking = threads_cpu(&pod, "outbox") - asking;
    let each = (used.cpu - asking) / POSTS as f64;
    let Some((bare, table)) = told else { return each };
    table.row("received posts a second, all in the database", POSTS as f64 / seconds, "");
    table.row("a received post, processor", each * 1e3, "ms");
    table.least("received posts, share of what verifying alone allows", bare / each, "", 0.5);
    table.row("a received post, the same for asking its author for news", asking / POSTS as f64 * 1e3, "ms");
    table.row(
        &format!("a received post, {SENDERS} connections, bytes written"),
        used.written / POSTS as f64 / 1e3,
        "kB",
    );
    told_all(&pod);
    let before = Usage::of(&pod);
    send(&pod, &some, BURST);
    arrived(&pod, POSTS + BURST);
    told_all(&pod);
    let written = Usage::of(&pod).since(&before).written / BURST as f64;
    table.row(
        &format!("a received post, {BURST} at once, bytes written until its author is asked"),
        written / 1e3,
        "kB",
    );
    let before = Usage::of(&pod);
    for (number, letter) in few.iter().enumerate() {
        send(&pod, std::slice::from_ref(letter), 1);
        arrived(&pod, POSTS + BURST + number + 1);
        told_all(&pod);
    }
    let written = Usage::of(&pod).since(&before).written / ALONE as f64;
    table.row("a received post, alone, bytes written until its author is asked", written / 1e3, "kB");
    table.most("highest resident memory while receiving", memory(&pod, "VmHWM"), "MiB", 16.0);
    each
}

/// Brings letters by so many connections.
fn send(pod: &TestPod, letters: &[Vec<u8>], connections: usize) {
    let barrier = std::sync::Barrier::new(connections);
    std::thread::scope(|scope| {
        for first in 0..connections {
            let barrier = &barrier;
            scope.spawn(move || {
                let mut line = Line::new(pod);
                barrier.wait();
                for letter in letters.iter().skip(first).step_by(connections) {
                    assert_eq!(line.send(letter), 202);
                }
            });
        }
    });
}

fn arrived(pod: &TestPod, posts: usize) {
    let database = pod.database();
    soon("the posts", || database.number("select count(*) from every_post", &[]) == posts as i64);
    soon("an empty inbox", || database.number("select count(*) from inbox", &[]) == 0);
}

fn told_all(pod: &TestPod) {
    let database = pod.database();
    soon("an empty outbox", || database.number("select count(*) from outbox", &[]) == 0);
}
