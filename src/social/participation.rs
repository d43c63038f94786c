//! Taking part: asking to be told what happens on a post.

use super::{Result, audience, gate};
use crate::model::{Guid, Outgoing, Person, Post, User};
use crate::store::{Tx, accounts, muted, outbox, participations, people};

/// A user takes part in a post from now on and hears what happens on it; its author elsewhere is asked once to keep us told.
pub fn begin(tx: &Tx, me: &User, post: &Post) -> Result<()> {
    muted::remove(tx, me.id, post.id)?;
    let guid = Guid::random();
    if post.author != me.person.id && participations::add(tx, &guid, me.person.id, post.id)? {
        let owner = people::get(tx, post.author)?;
        let what = Outgoing::Participation { guid, post: post.guid.clone() };
        outbox::add(tx, me.id, &what, audience::of_person(&owner, false).as_slice())?;
    }
    Ok(())
}

/// The pod asks the author of a public post that came in to be told what happens on it.
pub fn ask(tx: &Tx, author: &Person, post: &Post) -> Result<()> {
    let Some(speaker) = accounts::speaker(tx)? else { return Ok(()) };
    let what = Outgoing::Participation { guid: Guid::random(), post: post.guid.clone() };
    Ok(outbox::add(tx, speaker.id, &what, audience::of_person(author, false).as_slice())?)
}

/// Somebody elsewhere wants to be told what happens on a post of ours.
pub fn receive(tx: &Tx, author: &Person, post: &Post, guid: &Guid) -> Result<()> {
    gate::admit_again(tx, "Participation", guid)?;
    participations::add(tx, guid, author.id, post.id)?;
    Ok(())
}
