//! Taking back: one's own things, and what others did under one's own posts.

use super::{Error, Refused, Result, audience};
use crate::model::case;
use crate::model::{Comment, CommentId, Guid, Handle, Like, Outgoing, Person, PersonId, Post, Target, User};
use crate::store::notices::{self, Kind};
use crate::store::{
    Tx, accounts, comments, contacts, conversations, events, likes, outbox, participations, people, photos, polls,
    posts, targets, tombstones,
};

/// A user deletes a post of theirs, held or not, with all that hangs on it.
pub fn post(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    let Some(post) = targets::post(tx, guid)?.filter(|post| post.author == me.person.id) else {
        let seen = posts::seen_by(tx, guid, me.person.id)?.is_some();
        return Err(if seen { Refused::NotTheirs.into() } else { Error::Missing("post") });
    };
    let mut targets = audience::of_post(tx, me, &post)?;
    if let Some(root) = root_of(tx, &post)? {
        let to_author = audience::of_person(&people::get(tx, root.author)?, true);
        targets.extend(to_author.filter(|target| !targets.contains(target)));
    }
    forget_post(tx, &post)?;
    let what = Outgoing::Retraction { author: me.person.handle.clone(), kind: "Post".to_owned(), guid: post.guid };
    Ok(outbox::add(tx, me.id, &what, &targets)?)
}

/// A user deletes a comment: their own, held or not, or anybody's under a post of theirs.
pub fn comment(tx: &Tx, me: &User, guid: &str) -> Result<Post> {
    let own = targets::comment(tx, guid)?.filter(|comment| comment.author == me.person.id);
    let comment = own.map_or_else(|| comments::by_guid(tx, guid), |own| Ok(Some(own)))?;
    let comment = comment.ok_or(Error::Missing("comment"))?;
    let post = posts::get(tx, comment.post)?.ok_or(Error::Missing("post"))?;
    posts::seen_by(tx, post.guid.as_str(), me.person.id)?.ok_or(Error::Missing("post"))?;
    if comment.author != me.person.id && post.author != me.person.id {
        return Err(Refused::NotTheirs.into());
    }
    let author = people::get(tx, comment.author)?;
    withdraw(tx, &me.person, &post, &author, "Comment", &comment.guid)?;
    forget_comment(tx, &comment)?;
    Ok(post)
}

/// A user takes back their like of a post, or of a comment under it.
pub fn like(tx: &Tx, me: &User, post: &Post, comment: Option<CommentId>) -> Result<()> {
    let Some(like) = likes::by_author(tx, me.person.id, post.id, comment)? else { return Ok(()) };
    withdraw(tx, &me.person, post, &me.person, "Like", &like.guid)?;
    forget_like(tx, &like)
}

/// Tells whom it concerns that something under a post is taken back, by its author or the author of the post.
fn withdraw(tx: &Tx, by: &Person, post: &Post, author: &Person, kind: &str, guid: &Guid) -> Result<()> {
    let what = Outgoing::Retraction { author: by.handle.clone(), kind: kind.to_owned(), guid: guid.clone() };
    let Some(owner) = accounts::by_person(tx, post.author)? else {
        return audience::spread(tx, post, by, &what);
    };
    let mut targets = audience::of_post(tx, &owner, post)?;
    targets.extend(audience::of_person(author, post.public).filter(|target| !targets.contains(target)));
    Ok(outbox::add(tx, owner.id, &what, &targets)?)
}

/// Sends back what a person did under a post whose author ignores them: to them it looks deleted.
pub fn bounce(tx: &Tx, post: &Post, author: &Person, kind: &str, guid: &Guid) -> Result<()> {
    let Some(owner) = accounts::by_person(tx, post.author)? else { return Ok(()) };
    let what = Outgoing::Retraction { author: owner.person.handle.clone(), kind: kind.to_owned(), guid: guid.clone() };
    Ok(outbox::add(tx, owner.id, &what, audience::of_person(author, post.public).as_slice())?)
}

/// A retraction as it came, from somebody who may (the protocol judged that).
pub struct Arrived<'a> {
    pub sender: &'a Person,
    /// Who wrote the retraction in the first place; passed on as it is.
    pub author: &'a Handle,
    /// The wire's name of what is taken back.
    pub kind: &'a str,
    pub guid: &'a Guid,
    /// Whose private door it came by.
    pub recipient: Option<&'a User>,
}

/// Takes back what another pod's person takes back, held or not. `Missing` when it is not here (yet).
pub fn receive(tx: &Tx, arrived: &Arrived) -> Result<()> {
    let guid = arrived.guid.as_str();
    let sender = arrived.sender.id;
    match arrived.kind {
        "Post" | "StatusMessage" | "Reshare" => {
            let post = targets::post(tx, guid)?.ok_or(Error::Missing("post"))?;
            only(post.author == sender)?;
            forget_post(tx, &post)
        }
        "Comment" => {
            let comment = targets::comment(tx, guid)?.ok_or(Error::Missing("comment"))?;
            let post = targets::post_of(tx, comment.post)?.ok_or(Error::Missing("post"))?;
            only(comment.author == sender || post.author == sender)?;
            pass_on(tx, arrived, &post)?;
            forget_comment(tx, &comment)
        }
        "Like" => {
            let like = targets::like(tx, guid)?.ok_or(Error::Missing("like"))?;
            let post = targets::post_of(tx, like.post)?.ok_or(Error::Missing("post"))?;
            only(like.author == sender || post.author == sender)?;
            pass_on(tx, arrived, &post)?;
            forget_like(tx, &like)
        }
        "PollParticipation" => {
            let (id, author, poll) = polls::vote_by_guid(tx, guid)?.ok_or(Error::Missing("vote"))?;
            let post = targets::post_of(tx, polls::post_of(tx, poll)?)?.ok_or(Error::Missing("post"))?;
            only(author == sender || post.author == sender)?;
            pass_on(tx, arrived, &post)?;
            never_again(tx, arrived.kind, arrived.guid)?;
            Ok(polls::remove_vote(tx, id)?)
        }
        "EventParticipation" => {
            let (id, author, event) = events::answer_by_guid(tx, guid)?.ok_or(Error::Missing("answer"))?;
            only(author == sender)?;
            let post = events::known_by_id(tx, event)?.and_then(|event| event.post);
            if let Some(post) = post.map(|post| targets::post_of(tx, post)).transpose()?.flatten() {
                pass_on(tx, arrived, &post)?;
            }
            never_again(tx, arrived.kind, arrived.guid)?;
            Ok(events::remove_answer(tx, id)?)
        }
        "Photo" => {
            let (id, author) = targets::photo(tx, guid)?.ok_or(Error::Missing("photo"))?;
            only(author == sender)?;
            never_again(tx, case::Kind::Photo.as_str(), arrived.guid)?;
            Ok(photos::remove(tx, id)?)
        }
        "Event" => {
            let event = events::by_guid(tx, guid)?.ok_or(Error::Missing("event"))?;
            only(event.author == sender)?;
            Ok(events::remove(tx, event.id)?)
        }
        "Conversation" => {
            let (id, author) = targets::conversation(tx, guid)?.ok_or(Error::Missing("conversation"))?;
            only(author == sender)?;
            Ok(conversations::remove(tx, id)?)
        }
        "Participation" => {
            if !participations::remove_by_guid(tx, guid, sender)? {
                return Err(Error::Missing("participation"));
            }
            never_again(tx, arrived.kind, arrived.guid)
        }
        // An old pod's way to stop sharing.
        "Person" => {
            let me = arrived.recipient.ok_or(Error::Missing("recipient"))?;
            Ok(contacts::remove_sharer(tx, me.id, sender)?)
        }
        _ => Err(Error::Missing("thing of this kind")),
    }
}

fn only(allowed: bool) -> Result<()> {
    if allowed { Ok(()) } else { Err(Refused::NotTheirs.into()) }
}

/// Passes a retraction on to everybody who got what is taken back, when the post is ours.
fn pass_on(tx: &Tx, arrived: &Arrived, post: &Post) -> Result<()> {
    let Some(owner) = accounts::by_person(tx, post.author)? else { return Ok(()) };
    let from = arrived.sender.host.as_deref();
    let mut targets = audience::of_post(tx, &owner, post)?;
    targets.retain(|target| match target {
        Target::Pod { host, .. } | Target::Person { host, .. } => Some(host.as_str()) != from,
    });
    let what = Outgoing::Retraction {
        author: arrived.author.clone(),
        kind: arrived.kind.to_owned(),
        guid: arrived.guid.clone(),
    };
    Ok(outbox::add(tx, owner.id, &what, &targets)?)
}

fn root_of(tx: &Tx, post: &Post) -> Result<Option<Post>> {
    match post.root {
        Some(root) => Ok(posts::get(tx, root)?),
        None => Ok(None),
    }
}

/// What was taken back does not come in again: whoever kept the signed message could send it once more.
pub(super) fn never_again(tx: &Tx, kind: &str, guid: &Guid) -> Result<()> {
    Ok(tombstones::add_taken_back(tx, kind, guid.as_str())?)
}

fn forget_post(tx: &Tx, post: &Post) -> Result<()> {
    if let Some(root) = post.root {
        notices::take_back(tx, Kind::Reshare, Some(root), None, post.author)?;
    }
    never_again(tx, case::Kind::Post.as_str(), &post.guid)?;
    Ok(posts::remove(tx, post.id)?)
}

fn forget_comment(tx: &Tx, comment: &Comment) -> Result<()> {
    never_again(tx, case::Kind::Comment.as_str(), &comment.guid)?;
    comments::remove(tx, comment.id)?;
    if !comments::any_by(tx, comment.post, comment.author)? {
        take_back_comment_notices(tx, comment.post, comment.author)?;
    }
    Ok(())
}

fn take_back_comment_notices(tx: &Tx, post: crate::model::PostId, author: PersonId) -> Result<()> {
    for kind in [Kind::Comment, Kind::AlsoCommented] {
        notices::take_back(tx, kind, Some(post), None, author)?;
    }
    Ok(())
}

fn forget_like(tx: &Tx, like: &Like) -> Result<()> {
    never_again(tx, "Like", &like.guid)?;
    let kind = if like.comment.is_some() { Kind::LikeComment } else { Kind::Like };
    notices::take_back(tx, kind, Some(like.post), like.comment, like.author)?;
    Ok(likes::remove(tx, like.id)?)
}
