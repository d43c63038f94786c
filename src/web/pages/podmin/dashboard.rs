//! The dashboard: how the pod is doing, at one look.

use minijinja::context;
use minijinja::value::Value;

use super::{clock, podmin, span, tabs};
use crate::moderation::status::{self, Status};
use crate::store::{alarm, vault};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// Pods that fail which are named.
const NAMED: usize = 5;

/// `GET /podmin`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let status = status::look(&visit.pod.store, visit.pod.retention_days, visit.now)?;
    let values = context! {
        title => visit.say("podmin.title"), tabs => tabs(visit),
        waiting => status.cases.waiting, late => status.cases.late, removing => status.cases.removing,
        due => status.cases.next_due.map(|due| clock(visit, due)),
        queues => queues(visit, &status),
        known => status.pods.known, failing => status.pods.failing,
        worst => status.pods.worst.iter().take(NAMED).map(|pod| context! {
            host => pod.host.as_str(), error => pod.error.as_deref(), since => pod.failing_since.map(|since| since.0),
        }).collect::<Vec<Value>>(),
        machine => machine(visit, &status),
        kinds => status.storage.kinds.iter().map(|kind| context! {
            name => visit.say(&format!("kind.{}", kind.name)), rows => kind.rows, size => size(kind.bytes.unsigned_abs()),
        }).collect::<Vec<Value>>(),
        days => status.retention.days, counted_for => status.retention.counted_for,
        would_free => status.retention.would_free, freed => status.retention.freed,
        tombstones => status.tombstones, accounts => status.accounts,
        requests => status.requests,
        vault => visit.pod.store.read(vault::recipient)?.is_some(),
        alarm => visit.pod.store.read(alarm::get)?.url.is_some(),
    };
    visit.page("dashboard.html", values)
}

/// Names and lengths of the queues.
fn queues(visit: &Visit, status: &Status) -> Vec<Value> {
    let queues = &status.queues;
    let all = [
        ("inbox", queues.inbox),
        ("parked", queues.parked),
        ("outbox", queues.outbox),
        ("due", queues.due),
        ("withheld", queues.withheld),
        ("needs", queues.needs),
        ("mails", queues.mails),
    ];
    all.into_iter().map(|(name, count)| context! { name => visit.say(&format!("queue.{name}")), count }).collect()
}

/// What the machine gives, in words.
fn machine(visit: &Visit, status: &Status) -> Vec<Value> {
    let machine = &status.machine;
    let all = [
        ("memory", machine.memory.map(size)),
        ("disk_free", machine.disk_free.map(size)),
        ("database", Some(size(status.storage.database.unsigned_abs() + machine.wal))),
        ("free", Some(size(status.storage.free.unsigned_abs()))),
        ("uptime", machine.uptime.and_then(|time| i64::try_from(time).ok()).map(|time| span(visit, time))),
        ("version", Some(status.version.to_owned())),
    ];
    let told = all.into_iter().filter_map(|(name, told)| Some((name, told?)));
    told.map(|(name, told)| context! { name => visit.say(&format!("machine.{name}")), told }).collect()
}

/// Bytes as one reads them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..10_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
