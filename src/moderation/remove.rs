//! Removing for good: text and files go, the network is told as far as it is ours to tell, a keyed hash stays so that it
//! never comes back. An account or a pod goes in small steps, off every surface from the first moment on.

use super::{bank, hold, limit, picture, step, vault};
use crate::model::case::{Case, Kind, State};
use crate::model::{CaseId, Guid, Need, PersonId, Profile, Timestamp};
use crate::pod::Pod;
use crate::social::{self, Error, Result, account, profile, retract};
use crate::store::{self, Tx, accounts, cases, contacts, held, limits, needs, people, tombstones};

/// Things removed in one transaction, so that nobody waits long behind it.
const AT_ONCE: u32 = 100;

/// Begins to remove what a case is about. What is one thing is gone from the database when this returns; files, and what
/// is left of an account or a pod, go in the steps after it.
pub fn begin(tx: &Tx, case: &Case) -> Result<()> {
    let name = case.subject.name.clone();
    picture::keep_away(tx, case)?;
    match (case.subject.kind, case.person) {
        (kind @ (Kind::Post | Kind::Comment | Kind::Photo), Some(_)) => {
            // It is shown for the rest of this transaction, so that taking it back finds it; nobody sees that.
            hold::end(tx, case)?;
            vault::keep(tx, case, kind, &name)?;
            take_back(tx, kind, &name)?;
            forget(tx, case.id, kind, &name)?;
        }
        (Kind::Profile, Some(person)) => {
            hold::end(tx, case)?;
            blank(tx, case.id, person)?;
        }
        (Kind::Account, Some(person)) => {
            hold::begin(tx, case)?;
            if let Some(me) = accounts::by_person(tx, person)? {
                account::tell_closed(tx, &me)?;
            }
            tombstones::add(tx, case.id, Kind::Account, &name)?;
            // It may have moved since the case was opened.
            tombstones::add(tx, case.id, Kind::Account, held::handle(tx, person)?.as_str())?;
        }
        (Kind::Pod, _) => {
            hold::begin(tx, case)?;
            super::limit::set(tx, &limits::Limit::suspension(&name, tx.now))?;
        }
        (_, None) => return Err(Error::Missing("thing")),
    }
    Ok(())
}

/// Tells the network where it is ours to tell: our own things, and what others said under our posts.
fn take_back(tx: &Tx, kind: Kind, guid: &str) -> Result<()> {
    let Some(found) = held::find(tx, kind, guid)? else { return Ok(()) };
    let author = found.person.map(|person| accounts::by_person(tx, person)).transpose()?.flatten();
    match (kind, author) {
        (Kind::Post, Some(author)) => retract::post(tx, &author, guid),
        (Kind::Photo, Some(author)) if found.post.is_some() => social::photo::remove(tx, &author, guid).map(drop),
        (Kind::Comment, Some(author)) => retract::comment(tx, &author, guid).map(drop),
        (Kind::Comment, None) => {
            let owner = match &found.post {
                Some((id, _)) => {
                    store::posts::get(tx, *id)?.map(|post| accounts::by_person(tx, post.author)).transpose()?.flatten()
                }
                None => None,
            };
            owner.map_or(Ok(()), |owner| retract::comment(tx, &owner, guid).map(drop))
        }
        _ => Ok(()),
    }
}

/// A post, comment or photo goes, and never comes back; so do the photos of a post.
fn forget(tx: &Tx, case: CaseId, kind: Kind, guid: &str) -> Result<()> {
    keep_away(tx, case, kind, guid)?;
    Ok(held::remove(tx, kind, guid)?)
}

/// A post, comment or photo never comes in again; nor do the photos of a post.
pub(super) fn keep_away(tx: &Tx, case: CaseId, kind: Kind, guid: &str) -> Result<()> {
    for picture in held::pictures(tx, kind, guid)? {
        tombstones::add(tx, case, Kind::Photo, picture.guid.as_str())?;
        // Its address, too: the proxy made paths for it that somebody may remember.
        tombstones::add(tx, case, Kind::Photo, &format!("{}{}", picture.path, picture.name))?;
    }
    Ok(tombstones::add(tx, case, kind, guid)?)
}

/// Of a profile only the ID stays; what another pod says about it is not taken in any more.
fn blank(tx: &Tx, case: CaseId, person: PersonId) -> Result<()> {
    let person = people::get(tx, person)?;
    match accounts::by_person(tx, person.id)? {
        Some(me) => profile::update(tx, &me, &Profile::default(), None),
        None => {
            tombstones::add(tx, case, Kind::Profile, person.handle.as_str())?;
            Ok(people::set_profile(tx, person.id, &person.handle, &Profile::default())?)
        }
    }
}

/// How far a removal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to remove.
    More,
    /// The last of it is gone.
    Done,
}

/// One small step of the removal of an account or a pod.
pub fn step(pod: &Pod, id: CaseId) -> std::result::Result<Progress, social::Error> {
    pod.write(|tx| {
        let Some(mut case) =
            cases::get(tx, id)?.filter(|case| case.state == State::Removed && case.purged_at.is_none())
        else {
            return Ok(Progress::Done);
        };
        let done = match (case.subject.kind, case.person) {
            (Kind::Account, Some(person)) => account_step(tx, &case, person)?,
            (Kind::Pod, _) => pod_step(tx, &case)?,
            _ => true,
        };
        if !done {
            return Ok(Progress::More);
        }
        case.purged_at = Some(tx.now);
        cases::save(tx, &case)?;
        step::take(tx, &case, "pod", "purge", "")?;
        Ok(Progress::Done)
    })
}

/// Removes some of a person's things; `true` when that was the last.
fn account_step(tx: &Tx, case: &Case, person: PersonId) -> Result<bool> {
    let things = held::of_person(tx, person, AT_ONCE)?;
    // Before any of it goes: a post takes what is said under it along.
    for (kind, guid) in things.iter().take(AT_ONCE as usize) {
        vault::keep(tx, case, *kind, guid)?;
    }
    for (kind, guid) in things.iter().take(AT_ONCE as usize) {
        forget(tx, case.id, *kind, guid)?;
    }
    if !things.is_empty() {
        return Ok(false);
    }
    held::remove_traces(tx, person)?;
    if let Some(me) = accounts::by_person(tx, person)? {
        account::close_told(tx, &me)?;
        return Ok(true);
    }
    let known = people::get(tx, person)?;
    contacts::forget(tx, person)?;
    people::set_profile(tx, person, &known.handle, &Profile::default())?;
    people::close(tx, person)?;
    Ok(true)
}

fn pod_step(tx: &Tx, case: &Case) -> Result<bool> {
    match held::people_with_things(tx, &case.subject.name, 1)?.first() {
        Some(person) => {
            let handle = held::handle(tx, *person)?;
            if account_step(tx, case, *person)? {
                tombstones::add(tx, case.id, Kind::Account, handle.as_str())?;
            }
            Ok(false)
        }
        None => Ok(true),
    }
}

/// What was removed may come again. What is deleted here is deleted: a public post from elsewhere is asked for where it
/// was written, everything else comes when somebody sends it.
pub fn readmit(tx: &Tx, case: &Case) -> Result<()> {
    hold::end(tx, case)?;
    tombstones::lift_case(tx, case.id)?;
    bank::remove_source(tx, &bank::source_of(case.id))?;
    let name = &case.subject.name;
    let author = case.person.map(|person| people::get(tx, person)).transpose()?;
    match (case.subject.kind, author) {
        (Kind::Post, Some(author)) if !author.is_local() => {
            if let Some(guid) = Guid::parse(name) {
                needs::add(tx, &Need::Post(guid, author.handle))?;
            }
        }
        (Kind::Account, Some(author)) => {
            people::reopen(tx, author.handle.as_str(), case.decided_at.unwrap_or(case.opened_at))?;
        }
        (Kind::Pod, _) => {
            limit::lift(tx, name)?;
            people::reopen(tx, name, case.decided_at.unwrap_or(case.opened_at))?;
        }
        (Kind::Post | Kind::Comment | Kind::Photo | Kind::Profile | Kind::Account, _) => {}
    }
    Ok(())
}

impl limits::Limit {
    /// A suspension as a removal makes it.
    pub fn suspension(subject: &str, now: Timestamp) -> limits::Limit {
        limits::Limit {
            subject: subject.to_owned(),
            severity: crate::model::case::Severity::Suspend,
            no_pictures: false,
            no_previews: false,
            public_comment: String::new(),
            private_comment: String::new(),
            origin: "podmin".to_owned(),
            since: now,
        }
    }
}
