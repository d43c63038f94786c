//! Sharing: putting people into aspects, and being put into theirs.

use super::{Error, Refused, Result, audience, notice};
use crate::model::{AspectId, Need, Outgoing, Person, User};
use crate::store::{Tx, accounts, aspects, contacts, needs, outbox, people, settings};

/// Puts a person into exactly these of the user's aspects. The first one starts sharing, none ends it; the person is
/// told of both.
pub fn set_aspects(tx: &Tx, me: &User, person: &str, chosen: &[AspectId]) -> Result<()> {
    let person = people::by_guid(tx, person)?.ok_or(Error::Missing("person"))?;
    if person.id == me.person.id {
        return Err(Refused::Oneself.into());
    }
    if !chosen.is_empty() && person.closed_at.is_some() {
        return Err(Refused::Closed.into());
    }
    if !chosen.is_empty() && contacts::is_blocked(tx, me.id, person.id)? {
        return Err(Refused::Ignoring.into());
    }
    let before = contacts::is_shared_with(tx, me.id, person.id)?;
    aspects::set_of_person(tx, me.id, person.id, chosen)?;
    match (before, contacts::is_shared_with(tx, me.id, person.id)?) {
        (false, true) => start(tx, me, &person),
        (true, false) => stop(tx, me, &person, false),
        _ => Ok(()),
    }
}

/// Tells a person that a user shares with them now, and who the user is.
pub fn start(tx: &Tx, me: &User, person: &Person) -> Result<()> {
    if let Some(other) = accounts::by_person(tx, person.id)? {
        return receive(tx, &me.person, &other, true);
    }
    let to = audience::of_person(person, false);
    outbox::add(tx, me.id, &Outgoing::Contact { recipient: person.id, sharing: true, blocking: false }, to.as_slice())?;
    outbox::add(tx, me.id, &Outgoing::WholeProfile, to.as_slice())?;
    needs::add(tx, &Need::Posts(person.handle.clone()))?;
    Ok(())
}

/// Tells a person that a user shares with them no more, or ignores them.
pub fn stop(tx: &Tx, me: &User, person: &Person, blocking: bool) -> Result<()> {
    if let Some(other) = accounts::by_person(tx, person.id)? {
        return receive(tx, &me.person, &other, false);
    }
    let what = Outgoing::Contact { recipient: person.id, sharing: false, blocking };
    Ok(outbox::add(tx, me.id, &what, audience::of_person(person, false).as_slice())?)
}

/// A person shares with a user from now on, or no more.
pub fn receive(tx: &Tx, author: &Person, me: &User, sharing: bool) -> Result<()> {
    if !sharing {
        return Ok(contacts::remove_sharer(tx, me.id, author.id)?);
    }
    if author.closed_at.is_some() {
        return Err(Refused::Closed.into());
    }
    if contacts::add_sharer(tx, me.id, author.id)? {
        notice::of_sharing(tx, me, author.id)?;
        follow_back(tx, me, author)?;
    }
    Ok(())
}

/// Shares with whoever began to share, in the aspect that the user chose for that, unless they are ignored.
fn follow_back(tx: &Tx, me: &User, author: &Person) -> Result<()> {
    let Some(aspect) = settings::follow_back(tx, me.id)? else { return Ok(()) };
    if contacts::is_blocked(tx, me.id, author.id)? || contacts::is_shared_with(tx, me.id, author.id)? {
        return Ok(());
    }
    aspects::set_of_person(tx, me.id, author.id, &[aspect])?;
    start(tx, me, author)
}
