//! How the pod is doing, at one look: what the dashboard shows and `pappus admin status` prints.

use std::path::Path;
use std::sync::Mutex;

use serde::Serialize;

use super::machine::{self, Machine};
use crate::model::Timestamp;
use crate::store::figures::{self, Kind, Queues};
use crate::store::{self, Db, Store, accounts, cases, limits, pods, requests, retention, tombstones};
use crate::sync::lock;

/// Seconds that what is slow to count is believed.
const BELIEVED: i64 = 3_600;

/// Pods that fail which are named.
const FAILING_MAX: i64 = 20;

/// Days that are asked about when nothing is ever forgotten.
const SUPPOSED_DAYS: u32 = 90;

#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub version: &'static str,
    pub accounts: i64,
    /// People who asked for an account and wait.
    pub requests: i64,
    pub cases: Cases,
    pub queues: Queues,
    pub pods: Pods,
    pub machine: Machine,
    pub storage: Storage,
    pub retention: Retention,
    /// Things that were removed for good and never come back.
    pub tombstones: i64,
    pub limits: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Cases {
    /// Cases that wait for the podmin.
    pub waiting: i64,
    /// Of these, those that are late.
    pub late: i64,
    /// When the first of them is due, in unix seconds.
    pub next_due: Option<Timestamp>,
    /// Removals that are not at their end.
    pub removing: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct Pods {
    pub known: i64,
    pub failing: i64,
    /// Those that fail the longest.
    pub worst: Vec<pods::Pod>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Storage {
    /// Bytes of the database file.
    pub database: i64,
    /// Of these, bytes that are free for what comes next.
    pub free: i64,
    pub kinds: Vec<Kind>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Retention {
    /// Days that posts nobody here took part in are kept; `None`: for ever.
    pub days: Option<u32>,
    /// Days that `would_free` is counted for.
    pub counted_for: u32,
    /// Posts that would go now.
    pub would_free: i64,
    /// Posts that went so far.
    pub freed: i64,
}

/// What takes long to count, and when it was counted.
#[derive(Clone)]
struct Slow {
    at: Timestamp,
    kinds: Vec<Kind>,
    would_free: i64,
}

static SLOW: Mutex<Option<Slow>> = Mutex::new(None);

/// Looks at everything. `days`: the setting `retention_days`.
pub fn look(store: &Store, days: Option<u32>, now: Timestamp) -> Result<Status, store::Error> {
    let data = store.path().parent().unwrap_or(Path::new("."));
    let counted_for = days.unwrap_or(SUPPOSED_DAYS);
    let slow = slow(store, counted_for, now)?;
    store.read(|db| {
        let (database, free) = figures::file(db)?;
        let (known, failing) = pods::count(db)?;
        Ok(Status {
            version: env!("CARGO_PKG_VERSION"),
            accounts: accounts::count_since(db, Timestamp(0))?,
            requests: requests::count(db)?,
            cases: cases(db, now)?,
            queues: figures::queues(db, now)?,
            pods: Pods { known, failing, worst: pods::list(db, true, 0, FAILING_MAX)? },
            machine: machine::look(data),
            storage: Storage { database, free, kinds: slow.kinds },
            retention: Retention { days, counted_for, would_free: slow.would_free, freed: retention::forgotten(db)? },
            tombstones: tombstones::count(db)?,
            limits: limits::count(db)?,
        })
    })
}

/// The cases alone: what `/health?cases` tells strangers.
pub fn cases(db: &Db, now: Timestamp) -> Result<Cases, store::Error> {
    let (waiting, next_due) = cases::waiting(db)?;
    Ok(Cases { waiting, late: cases::count_late(db, now)?, next_due, removing: cases::to_finish(db)?.len() })
}

fn slow(store: &Store, days: u32, now: Timestamp) -> Result<Slow, store::Error> {
    let mut known = lock(&SLOW);
    // The second half: the clock went back.
    if let Some(slow) = known.as_ref().filter(|slow| slow.at.plus(BELIEVED) > now && slow.at <= now) {
        return Ok(slow.clone());
    }
    let before = now.plus(-i64::from(days) * 86_400);
    let counted = store.read::<_, store::Error>(|db| {
        Ok(Slow { at: now, kinds: figures::kinds(db)?, would_free: retention::count(db, before)? })
    })?;
    *known = Some(counted.clone());
    Ok(counted)
}
