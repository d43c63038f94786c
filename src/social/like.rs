//! Liking posts and comments.

use super::{Error, Result, audience, gate, notice, participation};
use crate::model::{Comment, Guid, Outgoing, Person, Post, Relay, User};
use crate::store::notices::Kind;
use crate::store::{Tx, comments, likes, posts};

/// A like as it came, or is about to be stored here.
pub struct New {
    pub guid: Guid,
    pub positive: bool,
    /// As the author signed it; kept when it is ours to pass on.
    pub relay: Option<Relay>,
}

impl New {
    fn mine() -> New {
        New { guid: Guid::random(), positive: true, relay: None }
    }
}

/// A user likes a post they may see.
pub fn post(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    let post = posts::seen_by(tx, guid, me.person.id)?.ok_or(Error::Missing("post"))?;
    participation::begin(tx, me, &post)?;
    add(tx, &me.person, &post, None, New::mine())
}

/// A user likes a comment they may see.
pub fn comment(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    let (post, comment) = seen_comment(tx, me, guid)?;
    participation::begin(tx, me, &post)?;
    add(tx, &me.person, &post, Some(&comment), New::mine())
}

/// A comment under a post that the user may see.
pub fn seen_comment(tx: &Tx, me: &User, guid: &str) -> Result<(Post, Comment)> {
    let comment = comments::by_guid(tx, guid)?.ok_or(Error::Missing("comment"))?;
    let post = posts::get(tx, comment.post)?.ok_or(Error::Missing("post"))?;
    let post = posts::seen_by(tx, post.guid.as_str(), me.person.id)?.ok_or(Error::Missing("post"))?;
    Ok((post, comment))
}

/// Stores a like, tells the author of what is liked, and passes it on when the post is ours. Twice does it once.
pub fn add(tx: &Tx, author: &Person, post: &Post, comment: Option<&Comment>, new: New) -> Result<()> {
    gate::admit_under(tx, author, post)?;
    gate::admit_again(tx, "Like", &new.guid)?;
    let id = likes::add(
        tx,
        &likes::New {
            guid: &new.guid,
            author: author.id,
            post: post.id,
            comment: comment.map(|comment| comment.id),
            positive: new.positive,
            relay: new.relay,
        },
    )?;
    let Some(id) = id else {
        return gate::same_author(likes::by_guid(tx, new.guid.as_str())?.map(|known| known.author), author);
    };
    if new.positive {
        match comment {
            Some(comment) => notice::of_comment_like(tx, post, comment, author.id)?,
            None => notice::to_author(tx, Kind::Like, post, author.id)?,
        }
    }
    audience::spread(tx, post, author, &Outgoing::Like(id))
}
