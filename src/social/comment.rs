//! Commenting.

use super::{Error, Result, audience, checked_text, gate, notice, participation};
use crate::model::case::Kind;
use crate::model::{Comment, Guid, Outgoing, Person, Post, Relay, TEXT_MAX, Timestamp, User};
use crate::store::{Tx, comments, posts};

/// A comment as it came, or is about to be stored here.
pub struct New {
    pub guid: Guid,
    pub text: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    /// As the author signed it; kept when it is ours to pass on.
    pub relay: Option<Relay>,
}

/// A user says something under a post they may see, and takes part in it from now on.
pub fn say(tx: &Tx, me: &User, post: &str, text: &str) -> Result<Comment> {
    let post = posts::seen_by(tx, post, me.person.id)?.ok_or(Error::Missing("post"))?;
    let text = checked_text(text, TEXT_MAX)?;
    let new = New { guid: Guid::random(), text, created_at: tx.now, edited_at: None, relay: None };
    participation::begin(tx, me, &post)?;
    add(tx, &me.person, &post, new)?.ok_or(Error::Missing("comment"))
}

/// Stores a comment, tells whom it concerns, and passes it on when the post is ours. Doing it twice does it once.
pub fn add(tx: &Tx, author: &Person, post: &Post, new: New) -> Result<Option<Comment>> {
    gate::admit_under(tx, author, post)?;
    gate::admit_thing(tx, Kind::Comment, &new.guid)?;
    let id = comments::add(
        tx,
        &comments::New {
            guid: &new.guid,
            post: post.id,
            author: author.id,
            text: &new.text,
            created_at: new.created_at,
            edited_at: new.edited_at,
            relay: new.relay,
        },
    )?;
    let Some(id) = id else {
        let known = comments::by_guid(tx, new.guid.as_str())?.ok_or(Error::Missing("comment"))?;
        return gate::same_author(known.author, author).map(|()| None);
    };
    let comment = comments::get(tx, id)?.ok_or(Error::Missing("comment"))?;
    notice::of_comment(tx, post, &comment)?;
    audience::spread(tx, post, author, &Outgoing::Comment(id))?;
    Ok(Some(comment))
}
