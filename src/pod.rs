//! The value that every handler and worker gets: what the pod is, its store, its way out.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::media::folder::{self, Folder};
use crate::media::looked::Looked;
use crate::media::proxy;
use crate::media::silent::Silent;
use crate::model::{Hashes, Timestamp};
use crate::net::Client;
use crate::net::mail::Mailer;
use crate::store::{self, Left, Store, Tx, Work, hashes, photos};
use crate::sync::lock;

/// A time before which no clock that is right can be: this program was written later. A machine without a battery
/// thinks it is 1970 after a power cut, until the network tells it better.
pub const BUILT: Timestamp = Timestamp(1_795_392_000);

/// Seconds after which this program is not run any more: a broken clock may say 2099, and then all would be old enough
/// to be thrown away.
const RUN_MAX: i64 = 20 * 366 * 86_400;

pub struct Pod {
    /// Base address without a slash at the end. Fixed once there is an account.
    pub url: String,
    /// 32 random bytes that keys for sessions, forms and the proxy are derived from.
    pub secret: Vec<u8>,
    pub store: Store,
    /// The pictures of people here.
    pub photos: Folder,
    /// The folder of archives that are being brought in.
    pub imports: PathBuf,
    pub net: Client,
    /// What pictures of other pods are known by, until it is written down.
    pub looked: Looked,
    /// Hosts of pictures that did not answer.
    pub silent: Silent,
    /// Sends mails; `None` when the podmin named no server.
    pub mail: Option<Mailer>,
    /// What a person must know to set the pod up; `None` when it is set up.
    pub setup_code: Mutex<Option<String>>,
    /// Days after which posts of other pods go that nobody here took part in; `None`: never.
    pub retention_days: Option<u32>,
    pub wakes: Wakes,
}

/// Rings for the workers: something new is there.
#[derive(Default)]
pub struct Wakes {
    pub inbox: Wake,
    pub needs: Wake,
    pub outbox: Wake,
    pub keys: Wake,
    pub mail: Wake,
    pub cases: Wake,
    pub census: Wake,
    pub imports: Wake,
}

impl Pod {
    /// The time. Nobody else below `jobs` reads the clock.
    pub fn now(&self) -> Timestamp {
        now()
    }

    /// Host, and port when it is not the scheme's own.
    pub fn authority(&self) -> &str {
        crate::social::account::authority(&self.url)
    }

    /// The host alone.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        let port = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        &authority[..port.unwrap_or(authority.len())]
    }

    /// Whether this pod lives on one machine only: it speaks http, and only to loopback (`ARCHITECTURE.md`, the guarded client).
    pub fn is_trial(&self) -> bool {
        self.url.starts_with("http://")
    }

    /// Whether the clock can be right.
    pub fn clock_is_plausible(&self) -> bool {
        is_plausible(self.now())
    }

    /// The address of the folder of pictures, with a slash at its end.
    pub fn photos_url(&self) -> String {
        format!("{}{}", self.url, folder::PATH)
    }

    /// Removes pictures that nobody needs any more. What cannot be removed now is tried again another day.
    pub fn sweep(&self) -> Result<(), store::Error> {
        let names = self.store.read(photos::litter)?;
        let (swept, left): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| self.photos.remove(name).is_ok());
        if !left.is_empty() {
            log::warn!(target: "media", "{} pictures could not be removed", left.len());
        }
        if swept.is_empty() { Ok(()) } else { self.store.write(self.now(), |tx| photos::swept(tx, &swept)) }
    }

    /// What the picture at an address elsewhere is known by, now that it was fetched.
    pub fn look(&self, address: &str, file: &[u8]) -> Result<Hashes, store::Error> {
        let key = proxy::key(address);
        let stored = self.store.read(|db| hashes::proxied(db, &key))?;
        let known = self.looked.look(&key, file, stored);
        if self.looked.is_full() {
            self.write_looked()?;
        }
        Ok(known)
    }

    /// Writes down what pictures of other pods are known by.
    pub fn write_looked(&self) -> Result<(), store::Error> {
        match self.looked.take() {
            waiting if waiting.is_empty() => Ok(()),
            waiting => self.store.write(self.now(), |tx| hashes::add_proxied(tx, &waiting)),
        }
    }

    /// Does a deed (see `Store::write`) and rings for those whom it left something to do.
    pub fn write<T, E: From<store::Error>>(&self, f: impl FnOnce(&Tx) -> Result<T, E>) -> Result<T, E> {
        let (value, left) = self.store.write(self.now(), |tx| f(tx).map(|value| (value, tx.left())))?;
        self.wakes.ring(&left);
        Ok(value)
    }
}

/// Whether it can be this time now.
pub fn is_plausible(time: Timestamp) -> bool {
    (BUILT..=BUILT.plus(RUN_MAX)).contains(&time)
}

/// The clock of the machine.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl Wakes {
    pub fn all(&self) {
        self.each().iter().for_each(|(_, wake)| wake.ring());
    }

    fn ring(&self, left: &Left) {
        for (_, wake) in self.each().into_iter().filter(|(work, _)| left.has(*work)) {
            wake.ring();
        }
    }

    fn each(&self) -> [(Work, &Wake); 8] {
        [
            (Work::Inbox, &self.inbox),
            (Work::Needs, &self.needs),
            (Work::Outbox, &self.outbox),
            (Work::Keys, &self.keys),
            (Work::Mail, &self.mail),
            (Work::Cases, &self.cases),
            (Work::Census, &self.census),
            (Work::Imports, &self.imports),
        ]
    }
}

/// A ring that one or more workers sleep on. It only wakes them earlier: what there is to do stands in the database.
#[derive(Default)]
pub struct Wake {
    rings: Mutex<usize>,
    heard: Condvar,
}

impl Wake {
    pub fn ring(&self) {
        let mut rings = lock(&self.rings);
        *rings = rings.wrapping_add(1);
        self.heard.notify_all();
    }

    /// The ring's count; what comes after it wakes `sleep`.
    pub fn count(&self) -> usize {
        *lock(&self.rings)
    }

    /// Sleeps until a ring after `seen`, or `for_at_most` (for ever when it is `None`).
    pub fn sleep(&self, seen: usize, for_at_most: Option<Duration>) {
        let rings = lock(&self.rings);
        match for_at_most {
            Some(time) => drop(self.heard.wait_timeout_while(rings, time, |rings| *rings == seen)),
            None => drop(self.heard.wait_while(rings, |rings| *rings == seen)),
        }
    }
}

/// Says that the process is to end.
#[derive(Default)]
pub struct Stop {
    set: AtomicBool,
}

impl Stop {
    /// Ends everything: workers finish what they have in hand.
    pub fn set(&self, pod: &Pod) {
        self.set.store(true, Ordering::SeqCst);
        pod.wakes.all();
    }

    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_right_says_neither_1970_nor_2099() {
        let times = [Timestamp(86_400), BUILT, BUILT.plus(10 * 366 * 86_400), Timestamp(4_070_908_800)];
        assert_eq!(times.map(is_plausible), [false, true, true, false]);
    }
}
