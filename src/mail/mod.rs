//! Mails: due → write → send → done or later. One worker; what cannot be sent is tried again for three days.

mod stranger;
mod write;

use std::time::Duration;

use crate::federation::backoff;
use crate::model::{Guid, Timestamp};
use crate::net::mail::{self, Mailer};
use crate::pod::{BUILT, Pod, Stop};
use crate::social;
use crate::store::mails::{self, Mail};
use crate::store::{self, addresses};
use write::Letter;

/// What could not be sent for this long is given up, in seconds: it is old news by then.
const GIVE_UP: i64 = 3 * 86_400;

/// Sends until `stop`; nothing when the podmin named no server.
pub fn run(pod: &Pod, stop: &Stop) {
    let Some(mailer) = &pod.mail else { return };
    while !stop.is_set() {
        let seen = pod.wakes.mail.count();
        match work(pod, mailer) {
            Ok(true) => {}
            Ok(false) => pod.wakes.mail.sleep(seen, pause(pod)),
            Err(error) => {
                log::error!(target: "mail", "{error}");
                pod.wakes.mail.sleep(seen, Some(Duration::from_secs(5)));
            }
        }
    }
}

/// Sends the mail that is due first; `false` when none is.
fn work(pod: &Pod, mailer: &Mailer) -> Result<bool, social::Error> {
    if !pod.clock_is_plausible() {
        return Ok(false);
    }
    let now = pod.now();
    if !pod.store.read(|db| addresses::due(db, now))?.is_empty() {
        pod.store.write(now, social::mail::of_the_day)?;
    }
    let Some(mail) = pod.store.read(|db| mails::due(db, now))? else { return Ok(false) };
    let letter = pod.store.read(|db| write::letter(pod, db, &mail))?;
    let outcome = match letter {
        // What was written before the clock was right is no older than the pod's last start.
        Some(letter) if mail.made_at.plus(GIVE_UP) > now || mail.made_at < BUILT => send(mailer, &mail, &letter),
        // It was read meanwhile, or nobody will read it.
        _ => Ok(()),
    };
    pod.store.write::<_, store::Error>(pod.now(), |tx| match outcome {
        Ok(()) => mails::done(tx, mail.id),
        Err(error @ mail::Error::Later(_)) => {
            log::warn!(target: "mail", "user={} {error}", mail.user);
            mails::later(tx, mail.id, tx.now.plus(backoff(mail.attempts + 1, mail.id)))
        }
        Err(error) => {
            log::warn!(target: "mail", "user={} given up: {error}", mail.user);
            mails::done(tx, mail.id)
        }
    })?;
    Ok(true)
}

fn send(mailer: &Mailer, mail: &Mail, letter: &Letter) -> Result<(), mail::Error> {
    mailer.send(&mail::Mail {
        to: &letter.to,
        subject: &letter.subject,
        text: &letter.text,
        id: Guid::random().as_str(),
        thread: letter.thread.as_deref(),
        settings: letter.settings.as_deref(),
        file: letter.file.as_ref().map(|(name, text)| (name.as_str(), text.as_str())),
        at: mail.made_at,
    })
}

/// Time until something is due.
fn pause(pod: &Pod) -> Option<Duration> {
    if !pod.clock_is_plausible() {
        return Some(Duration::from_secs(10));
    }
    let now = pod.now();
    let next = pod.store.read(mails::next_due).unwrap_or(Some(now.plus(60)));
    next.map(|due: Timestamp| Duration::from_secs(u64::try_from(due.0 - now.0).unwrap_or(0).max(1)))
}
