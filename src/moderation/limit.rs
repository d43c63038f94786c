//! Limiting accounts and pods elsewhere. A suspension ends contacts on both sides and notes them, so that lifting it
//! begins them again (the objection to a hard cut: diaspora* pull request 8228).

use crate::model::case::Severity;
use crate::model::{Handle, User, UserId};
use crate::social::{Error, Invalid, Result, contact};
use crate::store::curbs::{self, How};
use crate::store::limits::{self, Limit};
use crate::store::{Tx, accounts, aspects, contacts, outbox, people, pod, tombstones};

/// The name of an account (a diaspora* ID) or of a pod (its authority, without `https://`), as limits have it.
pub fn subject(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    match text.contains('@') {
        true => Handle::clean(text).map(|handle| handle.as_str().to_owned()),
        // A pod's name is what stands behind the @ of an ID.
        false => Handle::clean(&format!("x@{text}")).map(|handle| handle.host().to_owned()),
    }
}

/// Limits an account or a pod, or changes how it is limited.
pub fn set(tx: &Tx, new: &Limit) -> Result<()> {
    let own = pod::get(tx)?.map(|pod| crate::social::account::authority(&pod.url).to_owned());
    if own.as_deref() == Some(new.subject.as_str()) {
        return Err(Invalid::OwnPod.into());
    }
    let before = limits::get(tx, &new.subject)?;
    limits::set(tx, new)?;
    let was_suspended = before.is_some_and(|before| before.severity == Severity::Suspend);
    match (was_suspended, new.severity == Severity::Suspend) {
        (false, true) => sever(tx, &new.subject)?,
        (true, false) => rejoin(tx, &new.subject)?,
        _ => {}
    }
    curb(tx, new)
}

fn curb(tx: &Tx, limit: &Limit) -> Result<()> {
    let by = Limit::by(&limit.subject);
    curbs::lift(tx, &by)?;
    let ways = [
        (limit.severity == Severity::Suspend, How::Hidden),
        (limit.severity == Severity::Silence, How::Silenced),
        (limit.no_pictures, How::NoPictures),
        (limit.no_previews, How::NoPreviews),
    ];
    for (_, how) in ways.into_iter().filter(|(wanted, _)| *wanted) {
        match Handle::clean(&limit.subject) {
            Some(handle) => {
                if let Some(person) = people::by_handle(tx, &handle)? {
                    curbs::add(tx, person.id, how, &by)?;
                }
            }
            None => curbs::add_pod(tx, &limit.subject, how, &by)?,
        }
    }
    Ok(outbox::release(tx)?)
}

/// Lifts a limit for the future: what was removed stays removed.
pub fn lift(tx: &Tx, subject: &str) -> Result<()> {
    tombstones::lift(tx, crate::model::case::Kind::Account, subject)?;
    if limits::get(tx, subject)?.is_none() {
        return Ok(());
    }
    curbs::lift(tx, &Limit::by(subject))?;
    rejoin(tx, subject)?;
    limits::remove(tx, subject)?;
    Ok(outbox::release(tx)?)
}

/// Ends all contacts with an account or pod, and notes them.
fn sever(tx: &Tx, subject: &str) -> Result<()> {
    let mut told = Vec::new();
    for (user, person, aspect) in limits::contacts_with(tx, subject)? {
        limits::sever(tx, subject, user, person, aspect)?;
        if aspect.is_none() {
            contacts::remove_sharer(tx, user, person)?;
        } else if !told.contains(&(user, person)) {
            aspects::set_of_person(tx, user, person, &[])?;
            contact::stop(tx, &account(tx, user)?, &people::get(tx, person)?, false)?;
            told.push((user, person));
        }
    }
    Ok(())
}

/// Begins the contacts again that a suspension ended, as far as both are still there and nothing else was decided since.
fn rejoin(tx: &Tx, subject: &str) -> Result<()> {
    let mut shared: Vec<((UserId, crate::model::PersonId), Vec<crate::model::AspectId>)> = Vec::new();
    for (user, person, aspect) in limits::severed(tx, subject)? {
        let gone = accounts::get(tx, user)?.is_none() || people::get(tx, person)?.closed_at.is_some();
        if gone || contacts::is_blocked(tx, user, person)? {
            continue;
        }
        match aspect {
            None => drop(contacts::add_sharer(tx, user, person)?),
            Some(_) if contacts::is_shared_with(tx, user, person)? => {}
            Some(aspect) => match shared.iter_mut().find(|(pair, _)| *pair == (user, person)) {
                Some((_, aspects)) => aspects.push(aspect),
                None => shared.push(((user, person), vec![aspect])),
            },
        }
    }
    for ((user, person), chosen) in shared {
        aspects::set_of_person(tx, user, person, &chosen)?;
        contact::start(tx, &account(tx, user)?, &people::get(tx, person)?)?;
    }
    Ok(limits::forget_severed(tx, subject)?)
}

fn account(tx: &Tx, user: UserId) -> Result<User> {
    accounts::get(tx, user)?.ok_or(Error::Missing("account"))
}
