//! Periodic work: a list one can read. Each job looks first whether there is anything to do, so that an idle pod
//! writes nothing.

use std::time::Duration;

use crate::federation::{neighbour, outbox};
use crate::model::Timestamp;
use crate::moderation::vault;
use crate::pod::{BUILT, Pod, Stop, Wake};
use crate::social::notice;
use crate::store::{self, census, links, notices, photos, put_off, reports, retention, sessions, undated};

/// Posts forgotten in one transaction, so that nobody waits long behind it.
const FORGET_AT_ONCE: u32 = 200;

/// Seconds that what a link leads to is shown.
const PREVIEWS_KEPT: i64 = 180 * 86_400;

/// Seconds that a census is kept: it names what was removed.
const CENSUSES_KEPT: i64 = 180 * 86_400;

/// Seconds after the end of a case that it names who spoke up from outside.
const REPORTERS_KEPT: i64 = 180 * 86_400;

struct Job {
    name: &'static str,
    /// Seconds.
    every: i64,
    run: fn(&Pod, &Stop) -> Result<(), store::Error>,
}

const JOBS: [Job; 13] = [
    Job { name: "take up what a wrong clock put off", every: 3_600, run: take_up },
    Job { name: "end old sessions", every: 86_400, run: end_old_sessions },
    Job { name: "give up old deliveries", every: 3_600, run: give_up_old_deliveries },
    Job { name: "forget old posts", every: 86_400, run: forget_old_posts },
    Job { name: "forget what came alone", every: 86_400, run: forget_alone },
    Job { name: "forget old previews", every: 86_400, run: forget_previews },
    Job { name: "ask pods what they run", every: 3_600, run: ask_pods },
    Job { name: "forget old censuses", every: 86_400, run: forget_censuses },
    Job { name: "forget old reporters", every: 86_400, run: forget_reporters },
    Job { name: "destroy what need not be kept", every: 3_600, run: destroy_kept },
    Job { name: "tell of birthdays", every: 21_600, run: tell_of_birthdays },
    Job { name: "write down what pictures look like", every: 3_600, run: write_looked },
    Job { name: "remove pictures nobody needs", every: 86_400, run: remove_pictures },
];

/// Runs the jobs until `stop`, each one for the first time a minute after the start.
pub fn run(pod: &Pod, stop: &Stop, wake: &Wake) {
    let mut due = [pod.now().plus(60); JOBS.len()];
    let mut dated = false;
    while !stop.is_set() {
        let seen = wake.count();
        let now = pod.now();
        // The clock of a small machine jumps by decades when the network tells it the time.
        if pod.clock_is_plausible() {
            dated = dated || date_queues(pod);
            for (job, due) in JOBS.iter().zip(&mut due) {
                if is_turn(*due, job.every, now) && !stop.is_set() {
                    if let Err(error) = (job.run)(pod, stop) {
                        log::error!(target: "jobs", "{}: {error}", job.name);
                    }
                    *due = now.plus(job.every);
                }
            }
        }
        let next = due.iter().min().map_or(60, |next| next.0 - now.0).clamp(1, if dated { 3_600 } else { 10 });
        if !stop.is_set() {
            wake.sleep(seen, Some(Duration::from_secs(u64::try_from(next).unwrap_or(60))));
        }
    }
}

/// Whether a job is due that was to be done at a time, and again `every` seconds later. Further ahead than that, a clock
/// put it off that was ahead.
fn is_turn(due: Timestamp, every: i64, now: Timestamp) -> bool {
    due <= now || due > now.plus(every)
}

/// Gives what was queued while the clock was wrong the time it is now, before anybody gives it up; `false` when that
/// must be tried again.
fn date_queues(pod: &Pod) -> bool {
    let done = pod.store.read(|db| undated::any(db, BUILT)).and_then(|any| match any {
        true => pod.store.write(pod.now(), |tx| undated::date(tx, BUILT)),
        false => Ok(()),
    });
    if let Err(error) = &done {
        log::error!(target: "jobs", "date the queues: {error}");
    }
    done.is_ok()
}

fn take_up(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let now = pod.now();
    if pod.store.read(|db| put_off::any(db, now))? { pod.write(put_off::take_up) } else { Ok(()) }
}

fn end_old_sessions(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    if pod.store.read(|db| sessions::any_over(db, pod.now()))? {
        pod.store.write(pod.now(), sessions::remove_over)?;
    }
    Ok(())
}

fn give_up_old_deliveries(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let given_up = outbox::give_up(pod)?;
    if given_up > 0 {
        log::warn!(target: "outbox", "gave up {given_up} deliveries that were tried for 30 days");
    }
    Ok(())
}

/// A page may have changed since it was looked at.
fn forget_previews(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let before = Timestamp(pod.now().0 - PREVIEWS_KEPT);
    match pod.store.read(|db| links::any_before(db, before))? {
        true => pod.store.write(pod.now(), |tx| links::forget_before(tx, before)),
        false => Ok(()),
    }
}

fn ask_pods(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    neighbour::plan(pod)
}

fn forget_censuses(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let before = Timestamp(pod.now().0 - CENSUSES_KEPT);
    match pod.store.read(|db| census::any_before(db, before))? {
        true => pod.store.write(pod.now(), |tx| census::forget_before(tx, before)),
        false => Ok(()),
    }
}

fn forget_reporters(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let before = Timestamp(pod.now().0 - REPORTERS_KEPT);
    match pod.store.read(|db| reports::any_named_before(db, before))? {
        true => pod.store.write(pod.now(), |tx| reports::forget_names_before(tx, before)),
        false => Ok(()),
    }
}

fn destroy_kept(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let destroyed = vault::destroy_old(pod)?;
    if destroyed > 0 {
        log::info!(target: "vault", "destroyed {destroyed} files whose time was over");
    }
    Ok(())
}

fn tell_of_birthdays(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let now = pod.now();
    let today = now.civil();
    let day = format!("{:02}-{:02}", u8::from(today.month()), today.day());
    let birthdays = pod.store.read(|db| notices::birthdays(db, now, &day))?;
    if birthdays.is_empty() { Ok(()) } else { pod.write(|tx| notice::of_birthdays(tx, &birthdays)) }
}

fn write_looked(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    pod.write_looked()
}

/// Photos that were brought a day ago and never posted, and files that nothing knows of: what was left when the power
/// failed between a picture and its row.
fn remove_pictures(pod: &Pod, _: &Stop) -> Result<(), store::Error> {
    let yesterday = Timestamp(pod.now().0 - 86_400);
    if pod.store.read(|db| photos::any_unposted(db, yesterday))? {
        pod.store.write(pod.now(), |tx| photos::remove_unposted(tx, yesterday))?;
    }
    let old = pod.photos.names_before(yesterday);
    if !old.is_empty() {
        let needed = pod.store.read(photos::needed)?;
        for name in old.iter().filter(|name| needed.binary_search(name).is_err()) {
            if let Err(error) = pod.photos.remove(name) {
                log::warn!(target: "media", "{name}: {error}");
            }
        }
    }
    pod.sweep()
}

fn forget_old_posts(pod: &Pod, stop: &Stop) -> Result<(), store::Error> {
    let Some(days) = pod.retention_days else { return Ok(()) };
    let before = Timestamp(pod.now().0 - i64::from(days) * 86_400);
    let mut forgotten = 0;
    while !stop.is_set() && pod.store.read(|db| retention::any(db, before))? {
        forgotten += pod.store.write(pod.now(), |tx| retention::forget(tx, before, FORGET_AT_ONCE))?;
    }
    if forgotten > 0 {
        log::info!(target: "jobs", "forgot {forgotten} posts older than {days} days that nobody here took part in");
    }
    Ok(())
}

/// A photo or an event that is not in a post within a week is in none.
fn forget_alone(pod: &Pod, stop: &Stop) -> Result<(), store::Error> {
    let before = Timestamp(pod.now().0 - 7 * 86_400);
    while !stop.is_set() && pod.store.read(|db| retention::any_alone(db, before))? {
        pod.store.write(pod.now(), |tx| retention::forget_alone(tx, before, FORGET_AT_ONCE))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_comes_back_stops_no_job() {
        let now = Timestamp(1_800_000_000);
        let dues = [-1, 0, 1, 3_600, 3_601, 73 * 365 * 86_400].map(|seconds| now.plus(seconds));
        assert_eq!(dues.map(|due| is_turn(due, 3_600, now)), [true, true, false, false, true, true]);
    }
}
