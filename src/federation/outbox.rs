//! Sending: due → write → send → done or later. One request in flight a pod, a few over all. Pods have their turn one
//! after the other, and those that may not answer never take all workers, so that a pod that fails does not slow the
//! others.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::diaspora::{PublicKey, envelope};
use super::turns::Turns;
use super::{backoff, keys, until, write};
use crate::model::{Need, Outgoing, Timestamp};
use crate::pod::{Pod, Stop};
use crate::store::{self, imports, needs, outbox, people, pods};
use crate::sync::lock;
use outbox::{Delivery, Due};

/// Requests in flight at once.
const WORKERS: usize = 4;

/// Of these at most so many at pods that failed last time or were never heard of: each can hold a worker for half a
/// minute.
const DOUBTFUL: usize = 2;

/// How long a pod has to take a message, as diaspora* waits (diaspora* protocol, "Sending").
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one that was never heard of has to take the first: who is slow gets it the second time, and hundreds that are
/// gone do not hold those that are there for long.
const FIRST_PATIENCE: Duration = Duration::from_secs(10);

/// Deliveries taken for a pod before others have their turn.
const TURN: u32 = 16;

/// What could not be delivered for this long is given up, in seconds: home pods are away for a weekend, or a holiday.
pub const GIVE_UP: i64 = 30 * 86_400;

/// Signed public messages kept for the next pod on the list, so that each is signed once.
const SIGNED_KEPT: usize = 8;

/// What the workers share.
struct Post<'a> {
    pod: &'a Pod,
    keys: keys::Ring,
    turns: Mutex<Turns>,
    signed: Mutex<VecDeque<(i64, Arc<str>)>>,
}

/// Sends until `stop`.
pub fn run(pod: &Pod, stop: &Stop) {
    let post = Post { pod, keys: keys::Ring::default(), turns: Mutex::default(), signed: Mutex::default() };
    std::thread::scope(|scope| {
        for number in 0..WORKERS {
            let name = format!("outbox {number}");
            let worker = std::thread::Builder::new().name(name).stack_size(512 * 1024);
            if let Err(error) = worker.spawn_scoped(scope, || post.work(stop)) {
                log::error!(target: "outbox", "a worker could not be started: {error}");
            }
        }
    });
}

/// How a delivery ended.
enum Outcome {
    Sent,
    /// What was to be sent is gone, or can never be sent.
    Pointless(String),
    /// The podmin holds it, or suspended the pod: it waits until that ends.
    Withheld,
    /// This one failed; the pod is there.
    Later(String),
    /// The pod says that it failed: all of it, or at this one only.
    Failed(String),
    /// The pod is not there.
    Away(String),
}

impl Post<'_> {
    fn work(&self, stop: &Stop) {
        while !stop.is_set() {
            let seen = self.pod.wakes.outbox.count();
            match self.take_host() {
                Ok(Some(due)) => {
                    if let Err(error) = self.serve(&due, stop) {
                        log::error!(target: "outbox", "pod={} {error}", due.host);
                        self.pod.wakes.outbox.sleep(seen, Some(Duration::from_secs(5)));
                    }
                    // What others had to leave meanwhile because of it is this worker's next turn.
                    lock(&self.turns).end(&due.host);
                }
                Ok(None) => self.pod.wakes.outbox.sleep(seen, self.pause()),
                Err(error) => {
                    log::error!(target: "outbox", "{error}");
                    self.pod.wakes.outbox.sleep(seen, Some(Duration::from_secs(5)));
                }
            }
        }
    }

    /// The next pod that something is due for and nobody serves.
    fn take_host(&self) -> Result<Option<Due>, store::Error> {
        if !self.pod.clock_is_plausible() {
            return Ok(None);
        }
        let mut turns = lock(&self.turns);
        let (in_hand, proven_only) = (turns.in_hand(), turns.doubtful() >= DOUBTFUL);
        let now = self.pod.now();
        let due = self.pod.store.read(|db| match outbox::due_after(db, turns.last(), now, &in_hand, proven_only)? {
            Some(due) => Ok::<_, store::Error>(Some(due)),
            None => Ok(outbox::due_after(db, "", now, &in_hand, proven_only)?),
        })?;
        let Some(due) = due else { return Ok(None) };
        turns.begin(&due.host, due.proven);
        Ok(Some(due))
    }

    /// Time until something is due; what is due for pods in hand is left to those who serve them.
    fn pause(&self) -> Option<Duration> {
        if !self.pod.clock_is_plausible() {
            return Some(Duration::from_secs(10));
        }
        let now = self.pod.now();
        let next = self.pod.store.read(outbox::next_due).unwrap_or(Some(now.plus(60)));
        if lock(&self.turns).are_over() { until(next, now) } else { until(next.map(|due| due.max(now.plus(1))), now) }
    }

    /// Delivers what is due for one pod, in its order, and notes in one transaction how it went.
    fn serve(&self, Due { host, first, .. }: &Due, stop: &Stop) -> Result<(), store::Error> {
        let now = self.pod.now();
        let due = self.pod.store.read(|db| outbox::due_for(db, host, now, TURN))?;
        let mut ended = Vec::new();
        for delivery in due {
            if stop.is_set() {
                break;
            }
            let patience = if *first && ended.is_empty() { FIRST_PATIENCE } else { PATIENCE };
            let outcome = self.deliver(host, &delivery, patience);
            let fails = matches!(outcome, Outcome::Failed(_) | Outcome::Away(_));
            ended.push((delivery, outcome));
            if fails {
                break;
            }
        }
        self.pod.write(|tx| ended.iter().try_for_each(|(delivery, outcome)| settle(tx, host, delivery, outcome)))
    }

    fn deliver(&self, host: &str, delivery: &Delivery, patience: Duration) -> Outcome {
        match self.pod.store.read(|db| outbox::is_withheld(db, host, delivery)) {
            Ok(false) => {}
            Ok(true) => return Outcome::Withheld,
            Err(error) => return Outcome::Later(error.to_string()),
        }
        let message = match self.message(delivery) {
            Ok(Some(message)) => message,
            Ok(None) => return Outcome::Pointless("gone".to_owned()),
            Err(error @ write::Error::NoKey(_)) => return Outcome::Later(error.to_string()),
            Err(write::Error::Store(error)) => return Outcome::Later(error.to_string()),
            Err(write::Error::Diaspora(error)) => return Outcome::Pointless(error.to_string()),
        };
        match self.pod.net.post(&message.url, message.content_type, &message.body, patience) {
            Ok(200..=299) => Outcome::Sent,
            Ok(status @ 500..) => Outcome::Failed(format!("answered {status}")),
            Ok(status) => Outcome::Later(format!("answered {status}")),
            Err(error) if error.may_pass() => Outcome::Away(error.to_string()),
            Err(error) => Outcome::Pointless(error.to_string()),
        }
    }

    /// The message as it is sent; `None` when what it tells of is gone.
    fn message(&self, delivery: &Delivery) -> Result<Option<Message>, write::Error> {
        let Some(person) = delivery.person else {
            let Some(envelope) = self.envelope(delivery)? else { return Ok(None) };
            return Ok(Some(Message {
                url: format!("{}/receive/public", delivery.url),
                content_type: "application/magic-envelope+xml",
                body: envelope.as_bytes().to_vec(),
            }));
        };
        let found =
            self.pod.store.read(|db| Ok::<_, store::Error>((people::get(db, person)?, people::key(db, person)?)))?;
        let (person, Some(key)) = found else { return Ok(None) };
        let Some(envelope) = self.envelope(delivery)? else { return Ok(None) };
        let key = PublicKey::from_der(&key).map_err(super::diaspora::Error::from)?;
        Ok(Some(Message {
            url: format!("{}/receive/users/{}", delivery.url, person.guid),
            content_type: "application/json",
            body: envelope::encrypt(&envelope, &key)?,
        }))
    }

    /// The signed envelope, from those kept when another pod got it just now.
    fn envelope(&self, delivery: &Delivery) -> Result<Option<Arc<str>>, write::Error> {
        if let Some((_, envelope)) = lock(&self.signed).iter().find(|(outgoing, _)| *outgoing == delivery.outgoing) {
            return Ok(Some(envelope.clone()));
        }
        if let Outgoing::MovedFrom(old) = &delivery.what {
            let signed = self.pod.store.read(|db| imports::envelope(db, delivery.sender, old))?;
            return Ok(signed.map(Arc::from));
        }
        let written = self.pod.store.read(|db| -> Result<_, write::Error> {
            let payload = write::payload(db, delivery.sender, &delivery.what)?;
            let (sender, _) = store::accounts::signer(db, delivery.sender)?;
            Ok(payload.map(|payload| (payload, sender)))
        })?;
        let Some((payload, sender)) = written else { return Ok(None) };
        let key = self.keys.get(&self.pod.store, delivery.sender)?.ok_or(write::Error::NoKey(sender.clone()))?;
        let envelope: Arc<str> = envelope::sign(&payload, &sender, &key)?.into();
        let mut signed = lock(&self.signed);
        if signed.len() >= SIGNED_KEPT {
            signed.pop_front();
        }
        signed.push_back((delivery.outgoing, envelope.clone()));
        Ok(Some(envelope))
    }
}

struct Message {
    url: String,
    content_type: &'static str,
    body: Vec<u8>,
}

/// Notes how a delivery ended.
fn settle(tx: &store::Tx, host: &str, delivery: &Delivery, outcome: &Outcome) -> Result<(), store::Error> {
    let kind = delivery.what.kind();
    match outcome {
        Outcome::Sent => {
            log::info!(target: "outbox", "sent {kind} pod={host}");
            outbox::pod_works(tx, host)?;
            outbox::done(tx, delivery)
        }
        Outcome::Pointless(why) => {
            log::info!(target: "outbox", "not sent {kind} pod={host}: {why}");
            outbox::done(tx, delivery)
        }
        Outcome::Withheld => {
            log::info!(target: "outbox", "withheld {kind} pod={host}");
            outbox::withhold(tx, delivery.id)
        }
        Outcome::Later(why) => {
            outbox::pod_works(tx, host)?;
            later(tx, host, delivery, why)
        }
        Outcome::Failed(why) if pods::was_heard_lately(tx, host)? => later(tx, host, delivery, why),
        Outcome::Failed(why) => {
            // The others have their turn first, and another question tells whether the pod is there.
            outbox::later(tx, delivery.id, tx.now.plus(1))?;
            needs::note(tx, &Need::Pod(host.to_owned()), true)?;
            away(tx, host, why)
        }
        Outcome::Away(why) => away(tx, host, why),
    }
}

fn later(tx: &store::Tx, host: &str, delivery: &Delivery, why: &str) -> Result<(), store::Error> {
    let wait = backoff(delivery.attempts + 1, delivery.id);
    log::warn!(target: "outbox", "later {} pod={host} in={wait}s: {why}", delivery.what.kind());
    outbox::later(tx, delivery.id, tx.now.plus(wait))
}

fn away(tx: &store::Tx, host: &str, why: &str) -> Result<(), store::Error> {
    let salt = host.bytes().map(i64::from).sum();
    let wait = backoff(outbox::pod_attempts(tx, host)? + 1, salt);
    log::warn!(target: "outbox", "away pod={host} in={wait}s: {why}");
    outbox::pod_fails(tx, host, tx.now.plus(wait), why)
}

/// Gives up what is too old; how many deliveries.
pub fn give_up(pod: &Pod) -> Result<usize, store::Error> {
    let before = Timestamp(pod.now().0 - GIVE_UP);
    if !pod.store.read(|db| outbox::any_older(db, before))? {
        return Ok(0);
    }
    pod.store.write(pod.now(), |tx| outbox::give_up(tx, before))
}
