//! Receiving: keep → understand (reads, cryptography) → apply (one transaction for a batch).

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::diaspora::{PrivateKey, Proven, envelope, links};
use super::prove::prove;
use super::{Fate, backoff, fetch, keys, read, until};
use crate::model::{Need, Person, User, UserId};
use crate::pod::{Pod, Stop};
use crate::social::{self, account};
use crate::store::{self, Tx, accounts, inbox, json_list, needs, outbox, pods, posts};
use crate::sync::lock;
use inbox::Waiting;

/// Messages taken in one transaction at the most.
const BATCH: u32 = 32;

/// How long a worker lets messages gather: what comes together is written together, which spares flash and time.
const GATHER: Duration = Duration::from_millis(50);

/// Times a message is tried: over about 17 hours, as diaspora* does.
const ATTEMPTS_MAX: u32 = 10;

/// How many look after the inbox: proving signatures keeps a core busy, small machines have few.
const WORKERS: usize = 2;

/// Whether a message was kept.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    Yes,
    /// Too much waits already, or the last room on the disk is for those who live here.
    Full,
}

/// Keeps a message before anything is believed; `user` is whose private door it came by.
pub fn accept(pod: &Pod, user: Option<UserId>, body: &[u8]) -> Result<Kept, store::Error> {
    let (rows, bytes) = pod.store.read(inbox::load)?;
    let too_much = rows >= inbox::ROWS_MAX || bytes + i64::try_from(body.len()).unwrap_or(i64::MAX) > inbox::BYTES_MAX;
    if too_much || !pod.photos.has_room() {
        return Ok(Kept::Full);
    }
    pod.store.write(pod.now(), |tx| inbox::add(tx, user, body))?;
    pod.wakes.inbox.ring();
    Ok(Kept::Yes)
}

/// Takes in what waits, until `stop`.
pub fn run(pod: &Pod, stop: &Stop) {
    let desk = Desk { pod, keys: keys::Ring::default(), in_hand: Mutex::default(), counted: Mutex::default() };
    std::thread::scope(|scope| {
        for number in 0..WORKERS {
            let worker = std::thread::Builder::new().name(format!("inbox {number}")).stack_size(1024 * 1024);
            if let Err(error) = worker.spawn_scoped(scope, || desk.work(stop)) {
                log::error!(target: "inbox", "a worker could not be started: {error}");
            }
        }
    });
}

struct Desk<'a> {
    pod: &'a Pod,
    keys: keys::Ring,
    in_hand: Mutex<HashSet<i64>>,
    /// Large messages whose try was counted: what the machine fails at without ending the pod counts once.
    counted: Mutex<HashSet<i64>>,
}

/// A message that was understood as far as it goes without writing.
struct Understood {
    sender: Person,
    proven: Proven,
    me: Option<User>,
}

impl Desk<'_> {
    fn work(&self, stop: &Stop) {
        while !stop.is_set() {
            let seen = self.pod.wakes.inbox.count();
            let batch = self.take();
            let result = match batch {
                Ok(batch) if batch.is_empty() => {
                    self.pod.wakes.inbox.sleep(seen, self.pause());
                    std::thread::sleep(GATHER);
                    continue;
                }
                Ok(batch) => self.process(&batch).inspect(|()| {
                    if batch.len() < BATCH as usize {
                        std::thread::sleep(GATHER);
                    }
                }),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = result {
                log::error!(target: "inbox", "{error}");
                self.pod.wakes.inbox.sleep(seen, Some(Duration::from_secs(5)));
            }
        }
    }

    fn take(&self) -> Result<Vec<Waiting>, store::Error> {
        if !self.pod.clock_is_plausible() {
            return Ok(Vec::new());
        }
        let mut in_hand = lock(&self.in_hand);
        let busy = json_list(in_hand.iter());
        let batch = self.pod.store.read(|db| inbox::due(db, self.pod.now(), &busy, BATCH))?;
        in_hand.extend(batch.iter().map(|waiting| waiting.id));
        Ok(batch)
    }

    fn pause(&self) -> Option<Duration> {
        let now = self.pod.now();
        if !self.pod.clock_is_plausible() {
            return Some(Duration::from_secs(10));
        }
        // What another worker has in hand is due all the time: look again in a second, not at once.
        let next = self.pod.store.read(inbox::next_due).unwrap_or(Some(now.plus(60)));
        until(next.map(|due| due.max(now.plus(1))), now)
    }

    /// Takes in a batch, in as many passes as it needs.
    fn process(&self, batch: &[Waiting]) -> Result<(), Arc<store::Error>> {
        let mut left = Ok(batch.iter().collect::<Vec<_>>());
        while let Ok(messages) = &left
            && !messages.is_empty()
        {
            left = self.pass(messages);
        }
        let (mut in_hand, mut counted) = (lock(&self.in_hand), lock(&self.counted));
        for waiting in batch {
            in_hand.remove(&waiting.id);
            if left.is_ok() {
                counted.remove(&waiting.id);
            }
        }
        left.map(drop)
    }

    /// Understands messages, then applies them in one transaction. Those that lack what others of them may have brought
    /// are left for another pass.
    fn pass<'a>(&self, messages: &[&'a Waiting]) -> Result<Vec<&'a Waiting>, Arc<store::Error>> {
        let understood = messages.iter().map(|waiting| match self.understand(waiting) {
            Err(Fate::Broken(error)) => Err(error),
            known => Ok(known),
        });
        let understood = understood.collect::<Result<Vec<_>, _>>()?;
        let any = understood.iter().any(Result::is_ok);
        let (early, ended): (Vec<_>, Vec<_>) =
            messages.iter().zip(&understood).partition(|(_, message)| any && message.as_ref().is_err_and(Fate::waits));
        self.pod.write(|tx| {
            let mut parked = false;
            for (waiting, understood) in ended {
                let fate = match understood {
                    Ok(message) => match apply(tx, message).map_err(Fate::from) {
                        Err(Fate::Broken(error)) => return Err(error),
                        // What cannot be stored now must not hold up the others.
                        Ok(fate) | Err(fate) => fate,
                    },
                    Err(fate) => fate.clone(),
                };
                tx.is_open()?;
                parked |= fate.waits();
                settle(tx, waiting, understood.as_ref().ok(), fate)?;
            }
            if parked {
                let gone = inbox::make_room(tx)?;
                if gone > 0 {
                    log::warn!(target: "inbox", "too much waits for other pods: gave up {gone}");
                }
            }
            Ok::<_, Arc<store::Error>>(())
        })?;
        Ok(early.into_iter().map(|(waiting, _)| *waiting).collect())
    }

    /// Opens and judges a message; of what it says nothing is written.
    fn understand(&self, waiting: &Waiting) -> Result<Understood, Fate> {
        let me = match waiting.user {
            Some(user) => Some(self.recipient(user)?),
            None => None,
        };
        let body = match &waiting.body {
            Some(body) => Cow::Borrowed(body),
            None => Cow::Owned(self.read_large(waiting)?),
        };
        let envelope = match &me {
            Some(me) => envelope::decrypt(&body, &*self.key(me)?),
            None => envelope::parse(&body),
        };
        drop(body);
        let envelope = envelope.map_err(|error| Fate::Drop(error.to_string()))?;
        let (sender, proven) = prove(self.pod, envelope, me.as_ref())?;
        Ok(Understood { sender, proven, me })
    }

    /// Reads a message for which a small machine may lack the memory. That is counted as a try before: it ends the pod so
    /// many times at the most.
    fn read_large(&self, waiting: &Waiting) -> Result<Vec<u8>, Fate> {
        if lock(&self.counted).insert(waiting.id) {
            if waiting.attempts >= ATTEMPTS_MAX {
                return Err(Fate::Drop("nothing came of it so many times".to_owned()));
            }
            self.pod.write(|tx| inbox::tried(tx, waiting.id, waiting.attempts + 1))?;
        }
        self.pod.store.read(|db| inbox::body(db, waiting.id)).map_err(Fate::from)
    }

    fn recipient(&self, user: UserId) -> Result<User, Fate> {
        let found = self.pod.store.read(|db| accounts::owner_of_mailbox(db, user))?;
        found.ok_or_else(|| Fate::Drop("the recipient is unknown".to_owned()))
    }

    fn key(&self, me: &User) -> Result<Arc<PrivateKey>, Fate> {
        let key = self.keys.get(&self.pod.store, me.id)?;
        key.ok_or_else(|| Fate::Retry("the recipient's key is still being made".to_owned()))
    }
}

/// Does what a message says, and asks for the posts that its text leads to.
fn apply(tx: &Tx, message: &Understood) -> Result<Fate, store::Error> {
    if let Some(me) = &message.me
        && accounts::is_closed(tx, me.id)?
    {
        return Ok(match account::say_goodbye(tx, me, &message.sender) {
            Err(social::Error::Store(error)) => return Err(error),
            _ => Fate::Drop("the recipient's account is closed".to_owned()),
        });
    }
    let fate = read::apply(tx, &message.sender, &message.proven, message.me.as_ref())?;
    if matches!(fate, Fate::Done) {
        // Not for what was fetched itself: links there could lead on for ever.
        for link in links::of(message.proven.entity()).into_iter().filter(|link| link.kind == "post") {
            if posts::by_guid(tx, link.guid.as_str())?.is_none() {
                needs::mention(tx, &Need::Post(link.guid, link.author), message.sender.host.as_deref())?;
            }
        }
    }
    Ok(fate)
}

/// Ends a message, or puts it back.
fn settle(tx: &Tx, waiting: &Waiting, message: Option<&Understood>, fate: Fate) -> Result<(), store::Error> {
    let what = message.map_or("message".to_owned(), |message| {
        format!("{} from={}", message.proven.entity().name(), message.sender.handle)
    });
    if let Some(host) = message.and_then(|message| message.sender.host.as_deref()) {
        outbox::pod_is_back(tx, host)?;
        pods::seen(tx, host)?;
    }
    match fate {
        Fate::Done => {
            log::info!(target: "inbox", "took {what}");
            inbox::done(tx, waiting.id)
        }
        Fate::Drop(why) => {
            log::info!(target: "inbox", "dropped {what}: {why}");
            inbox::done(tx, waiting.id)
        }
        fate if fate.waits() && waiting.attempts + 1 >= ATTEMPTS_MAX => {
            log::info!(target: "inbox", "gave up {what}: {fate:?}");
            inbox::done(tx, waiting.id)
        }
        // It stays as it is.
        Fate::Broken(_) => Ok(()),
        Fate::Retry(why) => later(tx, waiting, &what, &why, None),
        Fate::Await(guid) => later(tx, waiting, &what, "it needs what is not here (yet)", Some(&inbox::need_of(&guid))),
        Fate::Park(need) => {
            needs::add(tx, &need)?;
            later(tx, waiting, &what, "it needs what must be fetched", Some(&need.to_string()))
        }
    }
}

/// Puts a message back that waits for something.
fn later(tx: &Tx, waiting: &Waiting, what: &str, why: &str, need: Option<&str>) -> Result<(), store::Error> {
    let wait = backoff(waiting.attempts + 1, waiting.id);
    log::debug!(target: "inbox", "later {what} in={wait}s need={}: {why}", need.unwrap_or("none"));
    inbox::later(tx, waiting, tx.now.plus(wait), need)
}

/// Takes in a message that was fetched: like one that came by the public door, but at once.
pub fn take_fetched(pod: &Pod, body: &[u8]) -> Result<(), fetch::Error> {
    let envelope = envelope::parse(body).map_err(|error| fetch::Error::Wrong(error.to_string()))?;
    let (sender, proven) = prove(pod, envelope, None).map_err(fetch::Error::from)?;
    let fate = pod.write(|tx| read::apply(tx, &sender, &proven, None))?;
    match fate {
        Fate::Done => Ok(()),
        fate => Err(fate.into()),
    }
}
