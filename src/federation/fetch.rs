//! Fetching what is needed from other pods: people, missing posts, the last posts of somebody newly found.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::turns::Turns;
use super::{Fate, backoff, discovery, inbox, neighbour, preview, until};
use crate::model::case::Kind;
use crate::model::{Guid, Handle, Need};
use crate::net::{self, Ask};
use crate::pod::{Pod, Stop};
use crate::social::gate;
use crate::store::needs::Due;
use crate::store::{self, held, inbox as waiting, needs, pods, posts};
use crate::sync::lock;

/// Requests in flight at once.
const WORKERS: usize = 2;

/// Of these at most so many at pods that failed last time, were slow lately or were never heard of, and for links: each
/// can hold a worker for a minute.
const DOUBTFUL: usize = 1;

/// A pod that holds a worker for longer is slow, whatever comes of it.
const SLOW: Duration = Duration::from_secs(10);

/// Times a thing is tried before nobody is asked any more.
const ATTEMPTS_MAX: u32 = 9;

/// The same for what a message only mentions: nothing waits for it.
const MENTIONED_MAX: u32 = 3;

/// For each question of the first look-up at such a pod: anybody can send us there.
const FIRST_TRY: Duration = Duration::from_secs(10);

/// Bytes of a fetched message at the most (diaspora* protocol, "Sizes").
const MESSAGE_MAX: u64 = 4 << 20;

/// Bytes of a person's list of posts at the most.
const STREAM_MAX: u64 = 2 << 20;

/// Posts of somebody newly found, as diaspora* takes them.
const POSTS_MAX: usize = 15;

/// Why something was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Discovery(#[from] discovery::Error),
    #[error(transparent)]
    Net(#[from] net::Error),
    #[error("{url}: answered {status}")]
    Status { url: String, status: u16 },
    /// What came is wrong, or not what was asked for.
    #[error("{0}")]
    Wrong(String),
    /// Something else must come first.
    #[error("needs {0}")]
    First(Need),
    #[error("{0}")]
    Later(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<Fate> for Error {
    fn from(fate: Fate) -> Error {
        match fate {
            Fate::Park(need) => Error::First(need),
            Fate::Retry(why) => Error::Later(why),
            Fate::Await(guid) => Error::Later(format!("{guid} is not here (yet)")),
            Fate::Drop(why) => Error::Wrong(why),
            Fate::Broken(error) => Error::Later(error.to_string()),
            Fate::Done => Error::Later("done".to_owned()),
        }
    }
}

impl Error {
    /// Whether asking again later may help.
    fn may_pass(&self) -> bool {
        match self {
            Error::Discovery(error) => error.may_pass(),
            Error::Net(error) => error.may_pass(),
            Error::Wrong(_) => false,
            Error::First(_) | Error::Later(_) | Error::Store(_) => true,
            Error::Status { status, .. } => *status >= 500 || *status == 429,
        }
    }
}

/// Fetches until `stop`.
pub fn run(pod: &Pod, stop: &Stop) {
    let turns = Mutex::default();
    std::thread::scope(|scope| {
        for number in 0..WORKERS {
            let worker = std::thread::Builder::new().name(format!("fetch {number}")).stack_size(1024 * 1024);
            if let Err(error) = worker.spawn_scoped(scope, || work(pod, &turns, stop)) {
                log::error!(target: "fetch", "a worker could not be started: {error}");
            }
        }
    });
}

fn work(pod: &Pod, turns: &Mutex<Turns>, stop: &Stop) {
    while !stop.is_set() {
        let seen = pod.wakes.needs.count();
        let result = match take(pod, turns) {
            Ok(Some(due)) => {
                let result = serve(pod, &due);
                lock(turns).end(&due.host);
                result
            }
            Ok(None) => {
                let now = pod.now();
                let next = pod.store.read(needs::next_due).unwrap_or(Some(now.plus(60)));
                let pause =
                    if pod.clock_is_plausible() { next.map(|due| due.max(now.plus(1))) } else { Some(now.plus(10)) };
                pod.wakes.needs.sleep(seen, until(pause, now));
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            log::error!(target: "fetch", "{error}");
            pod.wakes.needs.sleep(seen, Some(Duration::from_secs(5)));
        }
    }
}

/// What is due next, at a pod that nobody asks now.
fn take(pod: &Pod, turns: &Mutex<Turns>) -> Result<Option<Due>, store::Error> {
    if !pod.clock_is_plausible() {
        return Ok(None);
    }
    let mut turns = lock(turns);
    let (in_hand, proven_only) = (turns.in_hand(), turns.doubtful() >= DOUBTFUL);
    let next = pod.store.read(|db| needs::due(db, turns.last(), pod.now(), &in_hand, proven_only))?;
    if let Some(due) = &next {
        turns.begin(&due.host, due.proven);
    }
    Ok(next)
}

/// Fetches one thing and wakes the messages that wait for it.
fn serve(pod: &Pod, due: &Due) -> Result<(), store::Error> {
    let text = due.need.as_str();
    let began = Instant::now();
    let result = match Need::parse(text) {
        Some(Need::Person(handle)) if !due.proven && due.attempts == 0 => {
            discovery::find_within(pod, &handle, FIRST_TRY).map(drop).map_err(Error::from)
        }
        Some(need) => get(pod, &need),
        None => Err(Error::Wrong("not understood".to_owned())),
    };
    let slow = began.elapsed() > SLOW;
    match &result {
        Ok(()) => log::info!(target: "fetch", "got {text}"),
        Err(error) => log::info!(target: "fetch", "not got {text}: {error}"),
    }
    pod.write(|tx| {
        if slow {
            pods::was_slow(tx, &due.host)?;
        }
        settle(tx, due, &result)
    })
}

/// Notes what came of it.
fn settle(tx: &store::Tx, due: &Due, result: &Result<(), Error>) -> Result<(), store::Error> {
    let (text, attempts) = (due.need.as_str(), due.attempts);
    let tries = if due.mentioned { MENTIONED_MAX } else { ATTEMPTS_MAX };
    match result {
        Ok(()) => {
            needs::done(tx, text)?;
            waiting::wake(tx, text).map(drop)
        }
        Err(error) if error.may_pass() && attempts + 1 < tries => {
            let first = match error {
                Error::First(need) => Some(need),
                _ => None,
            };
            match first {
                // A pod could lead us from post to post for ever.
                Some(first @ Need::Post(..)) if text.starts_with("post ") => {
                    needs::mention(tx, first, Some(&due.host))?
                }
                Some(first) => needs::note(tx, first, due.mentioned)?,
                None => {}
            }
            // What comes first is fetched within seconds as a rule.
            let wait = if first.is_some() && attempts < 3 { 2 } else { backoff(attempts + 1, i64::from(attempts)) };
            needs::later(tx, text, tx.now.plus(wait))
        }
        Err(_) => needs::done(tx, text),
    }
}

fn get(pod: &Pod, need: &Need) -> Result<(), Error> {
    match need {
        Need::Person(handle) => discovery::find(pod, handle).map(drop).map_err(Error::from),
        Need::Post(guid, handle) => post(pod, guid, handle),
        Need::Posts(handle) => posts_of(pod, handle),
        Need::Link(url) => preview::get(pod, url),
        Need::Pod(host) => neighbour::look(pod, host),
    }
}

/// A post, asked for at the pod of a person; that pod may send us on to its author's.
pub(super) fn post(pod: &Pod, guid: &Guid, handle: &Handle) -> Result<(), Error> {
    if is_here(pod, guid)? {
        return Ok(());
    }
    if pod.store.read(|db| gate::is_removed(db, Kind::Post, guid))? {
        return Err(Error::Wrong("removed here for good".to_owned()));
    }
    if pod.store.read(|db| held::has(db, guid.as_str()))? {
        return Err(Error::Later("held here".to_owned()));
    }
    let person = discovery::find(pod, handle)?;
    if person.is_local() {
        return Err(Error::Wrong("not here".to_owned()));
    }
    let url = format!("{}/fetch/post/{guid}", person.url);
    let body = ask(pod, &url, "application/magic-envelope+xml", MESSAGE_MAX)?;
    inbox::take_fetched(pod, &body)?;
    if is_here(pod, guid)? { Ok(()) } else { Err(Error::Wrong(format!("{url}: answered with something else"))) }
}

fn is_here(pod: &Pod, guid: &Guid) -> Result<bool, Error> {
    Ok(pod.store.read(|db| posts::by_guid(db, guid.as_str()))?.is_some())
}

fn ask(pod: &Pod, url: &str, accept: &str, max_bytes: u64) -> Result<Vec<u8>, Error> {
    let ask = Ask { accept, max_bytes, redirects: 4, timeout: Duration::from_secs(30) };
    let answer = pod.net.get(url, &ask)?;
    match answer.status {
        200..=299 => Ok(answer.body),
        status => Err(Error::Status { url: url.to_owned(), status }),
    }
}

/// A post in a person's public list, as far as it is looked at.
#[derive(Deserialize)]
struct Listed {
    guid: String,
    #[serde(default)]
    public: bool,
    author: ListedAuthor,
}

#[derive(Deserialize)]
struct ListedAuthor {
    guid: String,
}

/// A person's newest public posts: the list, then each post that is not here.
fn posts_of(pod: &Pod, handle: &Handle) -> Result<(), Error> {
    let person = discovery::find(pod, handle)?;
    if person.is_local() {
        return Ok(());
    }
    let url = format!("{}/people/{}/stream", person.url, person.guid);
    let body = ask(pod, &url, "application/json", STREAM_MAX)?;
    let listed: Vec<Listed> = serde_json::from_slice(&body).map_err(|error| Error::Wrong(format!("{url}: {error}")))?;
    let mut wanted: Vec<Guid> = listed
        .into_iter()
        .take(POSTS_MAX)
        .filter(|post| post.public && post.author.guid == person.guid.as_str())
        .filter_map(|post| Guid::parse(&post.guid))
        .collect();
    // The oldest first, as if they had come one by one.
    wanted.reverse();
    for guid in wanted {
        if !is_here(pod, &guid)? {
            pod.write(|tx| needs::add(tx, &Need::Post(guid, handle.clone())))?;
        }
    }
    Ok(())
}
