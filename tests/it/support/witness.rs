//! Who remembers what a pod acknowledged while people wrote and another pod sent, whatever became of the pod.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::double::Double;
use super::pod::TestPod;
use super::user::User;

/// Milliseconds between two things of one writer.
const PAUSE: u64 = 20;

/// Something acknowledged: how far the witness's clock was then, and the text of a post or the GUID of a letter.
type Said = (usize, String);

pub struct Witness<'a> {
    clock: Box<dyn Fn() -> usize + Send + Sync + 'a>,
    over: AtomicBool,
    posts: Mutex<Vec<Said>>,
    letters: Mutex<Vec<Said>>,
}

/// What was acknowledged.
#[derive(Clone, Default)]
pub struct Acknowledged {
    pub posts: Vec<String>,
    pub letters: Vec<String>,
}

pub struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<'a> Witness<'a> {
    pub fn new() -> Witness<'a> {
        Witness::with_clock(|| 0)
    }

    /// One who notes, too, where this stands when something is acknowledged.
    pub fn with_clock(clock: impl Fn() -> usize + Send + Sync + 'a) -> Witness<'a> {
        Witness {
            clock: Box::new(clock),
            over: AtomicBool::new(false),
            posts: Mutex::default(),
            letters: Mutex::default(),
        }
    }

    /// Everybody may begin (again).
    pub fn begins(&self) {
        self.over.store(false, Ordering::SeqCst);
    }

    /// After this deed everybody stops, even when it panics.
    pub fn until_over<T>(&self, deed: impl FnOnce() -> T) -> T {
        let _end = self.end();
        deed()
    }

    /// When this is dropped, everybody stops.
    pub fn end(&self) -> End<'_> {
        End(&self.over)
    }

    /// Somebody writes posts and reads the stream until the end.
    pub fn hears_of(&self, user: &User, name: &str) {
        let page = user.page("/settings");
        self.notes_posts(name, |_, text| {
            let sent = user.client.try_submit(&page, "/posts", &[("text", text), ("audience", "public")]);
            let _ = user.client.try_get("/stream");
            sent.is_ok_and(|answer| answer.status == 303)
        });
    }

    /// Notes each numbered text that `write` says is acknowledged, until the end.
    pub fn notes_posts(&self, name: &str, write: impl Fn(usize, &str) -> bool) {
        for number in 0.. {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            let text = format!("{name}n{number}z");
            self.notes(&self.posts, text.clone(), write(number, &text));
        }
    }

    /// `dora` of another pod sends letters until the end.
    pub fn hears_from(&self, far: &Double, pod: &TestPod) {
        let client = pod.visitor();
        while !self.over.load(Ordering::SeqCst) {
            let (guid, xml) = far.post("dora", "from afar");
            let envelope = far.envelope("dora", &xml);
            let sent = client.try_post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
            self.notes(&self.letters, guid, sent.is_ok_and(|answer| answer.status == 202));
        }
    }

    fn notes(&self, list: &Mutex<Vec<Said>>, what: String, acknowledged: bool) {
        if acknowledged {
            let said = ((self.clock)(), what);
            list.lock().unwrap().push(said);
        }
        std::thread::sleep(Duration::from_millis(PAUSE));
    }

    /// Posts and letters so far.
    pub fn counts(&self) -> (usize, usize) {
        (self.posts.lock().unwrap().len(), self.letters.lock().unwrap().len())
    }

    pub fn so_far(&self) -> Acknowledged {
        self.until(usize::MAX)
    }

    /// What was acknowledged by a time of the witness's clock.
    pub fn until(&self, moment: usize) -> Acknowledged {
        let of = |list: &Mutex<Vec<Said>>| {
            let list = list.lock().unwrap();
            list.iter().filter(|(at, _)| *at <= moment).map(|(_, what)| what.clone()).collect()
        };
        Acknowledged { posts: of(&self.posts), letters: of(&self.letters) }
    }
}

impl Acknowledged {
    /// What is not in a database.
    pub fn missing_in(&self, database: &super::database::Database) -> Acknowledged {
        let without = |known: &[String], there: Vec<String>| {
            known.iter().filter(|known| !there.contains(known)).cloned().collect()
        };
        Acknowledged {
            posts: without(&self.posts, database.texts("select text from posts")),
            letters: without(&self.letters, database.texts("select guid from posts")),
        }
    }

    /// All of it must be in a pod's database.
    pub fn is_at(&self, pod: &TestPod) {
        let Acknowledged { posts, letters } = self.missing_in(&pod.database());
        assert!(posts.is_empty(), "of {} posts are missing: {posts:?}", self.posts.len());
        assert!(letters.is_empty(), "of {} letters are missing: {letters:?}\n{}", self.letters.len(), pod.log());
    }
}
