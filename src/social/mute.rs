//! Hearing of a post, or not; seeing it, or not. All of it stays between the user and their pod, but for the
//! participation that asks a pod elsewhere to tell us more.

use super::{Error, Result, participation};
use crate::model::{Post, User};
use crate::store::{Tx, muted, notices, participations, posts};

/// A user wants to hear what happens on a post.
pub fn subscribe(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    participation::begin(tx, me, &seen(tx, me, guid)?)
}

/// A user does not want to hear of a post any more.
pub fn mute(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    let post = seen(tx, me, guid)?;
    silence(tx, me, &post, false)
}

/// A user does not want to see a post in any stream; it stays on the page of its author. Not for own posts.
pub fn hide(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    let post = seen(tx, me, guid)?;
    if post.author == me.person.id {
        return Err(super::Refused::OwnPost.into());
    }
    silence(tx, me, &post, true)
}

/// The opposite of `hide`.
pub fn unhide(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    let post = seen(tx, me, guid)?;
    Ok(muted::remove(tx, me.id, post.id)?)
}

fn silence(tx: &Tx, me: &User, post: &Post, hidden: bool) -> Result<()> {
    muted::add(tx, me.id, post.id, hidden)?;
    participations::remove(tx, me.person.id, post.id)?;
    Ok(notices::mark_read_about(tx, me.id, post.id)?)
}

fn seen(tx: &Tx, me: &User, guid: &str) -> Result<Post> {
    posts::seen_by(tx, guid, me.person.id)?.ok_or(Error::Missing("post"))
}
