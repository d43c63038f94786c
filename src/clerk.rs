//! What decided cases still need: holding what nobody answered in time, removing accounts and pods step by step,
//! deleting the files of what was removed. It begins again where it was after a restart.

use std::time::Duration;

use crate::model::CaseId;
use crate::moderation::log::of_case as steps_of;
use crate::moderation::receipt::{self, Draft};
use crate::moderation::remove::{self, Progress};
use crate::moderation::vault;
use crate::moderation::{alarm, case};
use crate::pod::{Pod, Stop};
use crate::social;
use crate::store::{self, alarm as bell, cases, census};
use crate::web::{self, surfaces};

/// Works until `stop`.
pub fn run(pod: &Pod, stop: &Stop) {
    while !stop.is_set() {
        let seen = pod.wakes.cases.count();
        let pause = match work(pod, stop) {
            Ok(()) => pause(pod),
            Err(error) => {
                log::error!(target: "cases", "{error}");
                Duration::from_secs(5)
            }
        };
        if !stop.is_set() {
            pod.wakes.cases.sleep(seen, Some(pause));
            // Nobody rang: a shell, which is another process, may have left something to do for any worker.
            if pod.wakes.cases.count() == seen {
                pod.wakes.all();
            }
        }
    }
}

fn work(pod: &Pod, stop: &Stop) -> Result<(), social::Error> {
    let now = pod.now();
    if pod.clock_is_plausible() && !pod.store.read(|db| cases::to_hold(db, now))?.is_empty() {
        let held = pod.write(case::hold_overdue)?;
        log::warn!(target: "cases", "held {held} that nobody answered in time");
    }
    if pod.clock_is_plausible() && !pod.store.read(|db| cases::to_alarm(db, now))?.is_empty() {
        let told = pod.write(alarm::ring)?;
        log::warn!(target: "cases", "{told} cases still wait for an answer");
    }
    // What a full disk kept from being written is tried again, and so is what readers kept from being folded in.
    vault::write_out(pod)?;
    pod.store.fold_again()?;
    for id in pod.store.read::<_, store::Error>(cases::to_look_for)? {
        surfaces::look_for(pod, id)?;
    }
    for id in pod.store.read::<_, store::Error>(cases::to_finish)? {
        while !stop.is_set() && remove::step(pod, id)? == Progress::More {}
        if !stop.is_set() {
            finish(pod, id)?;
        }
    }
    if pod.store.read::<_, store::Error>(census::any_idle)? {
        pod.store.write::<_, store::Error>(now, census::forget_idle)?;
        pod.store.fold()?;
    }
    if pod.store.read::<_, store::Error>(cases::any_to_forget)? {
        pod.store.write::<_, store::Error>(now, cases::forget)?;
        pod.store.fold()?;
    }
    // The last, since it may wait for an answer.
    Ok(web::alarm::ring(pod)?)
}

/// The last of it is gone: its files go, the pod looks at itself and signs what it found.
fn finish(pod: &Pod, id: CaseId) -> Result<(), social::Error> {
    vault::write_out(pod)?;
    pod.sweep()?;
    let (surfaces, files) = surfaces::look_again(pod, id)?;
    pod.store.write::<_, store::Error>(pod.now(), |tx| {
        let steps = steps_of(tx, id)?;
        let decided = steps.iter().rev().find(|(_, step)| step["what"] == "remove").map(|(index, _)| *index);
        if let (Some(case), Some(index)) = (cases::get(tx, id)?, decided) {
            let (received_at, held_at, purged_at) = (case.opened_at, case.held_at, case.purged_at);
            receipt::make(tx, Draft { case: id, index, received_at, held_at, purged_at, surfaces, files })?;
        }
        cases::forget_marks(tx, id)
    })?;
    // What was removed must not be read from what SQLite keeps beside the file.
    pod.store.fold()?;
    log::info!(target: "cases", "case={id} everything of it is gone");
    Ok(())
}

/// Seconds after which it is looked at again, in case the podmin did something in the shell.
const LOOK_EVERY: i64 = 20;

/// Until the next case is held by itself or its clock rings, but not for long.
fn pause(pod: &Pod) -> Duration {
    let next = pod.store.read::<_, store::Error>(|db| {
        let all = [cases::next_hold(db)?, cases::next_alarm(db)?, bell::get(db)?.due];
        Ok(all.into_iter().flatten().min())
    });
    let next = next.ok().flatten();
    let left = next.map_or(LOOK_EVERY, |next| next.0 - pod.now().0);
    Duration::from_secs(u64::try_from(left).unwrap_or(0).clamp(1, LOOK_EVERY.unsigned_abs()))
}
