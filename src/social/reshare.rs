//! Resharing: showing somebody's public post to one's own contacts.

use super::{Error, Refused, Result, audience, gate, notice, participation};
use crate::model::case::Kind as Thing;
use crate::model::{Guid, Outgoing, Person, Post, Timestamp, User};
use crate::store::notices::Kind;
use crate::store::{Tx, accounts, outbox, people, posts};

/// A user reshares a public post; a reshare of a reshare is one of the original. Doing it twice does it once.
pub fn add(tx: &Tx, me: &User, guid: &str) -> Result<Post> {
    let shown = posts::seen_by(tx, guid, me.person.id)?.ok_or(Error::Missing("post"))?;
    let root = original(tx, shown)?;
    if root.author == me.person.id {
        return Err(Refused::OwnPost.into());
    }
    if let Some(mine) = posts::reshare_by(tx, root.id, me.person.id)? {
        return Ok(mine);
    }
    participation::begin(tx, me, &root)?;
    let guid = Guid::random();
    let post = store(tx, &me.person, &root, &guid, tx.now)?.ok_or(Error::Missing("post"))?;
    let mut targets = audience::of_post(tx, me, &post)?;
    let to_author = audience::of_person(&people::get(tx, root.author)?, true);
    targets.extend(to_author.filter(|target| !targets.contains(target)));
    outbox::add(tx, me.id, &Outgoing::Post(post.id), &targets)?;
    Ok(post)
}

/// What is reshared in the end.
fn original(tx: &Tx, shown: Post) -> Result<Post> {
    let root = match (shown.reshare, shown.root) {
        (false, _) => shown,
        (true, Some(root)) => posts::get(tx, root)?.ok_or(Error::Missing("original"))?,
        (true, None) => return Err(Error::Missing("original")),
    };
    if root.public { Ok(root) } else { Err(Refused::NotPublic.into()) }
}

/// Takes in a reshare of another pod; `root` is `None` when the original was deleted before.
pub fn receive(tx: &Tx, author: &Person, root: Option<&Post>, guid: &Guid, created_at: Timestamp) -> Result<()> {
    gate::admit(tx, author)?;
    gate::admit_thing(tx, Thing::Post, guid)?;
    if let Some(root) = root {
        gate::admit_under(tx, author, root)?;
    }
    let stored = match root {
        Some(root) => store(tx, author, root, guid, created_at)?,
        None => insert(tx, author, None, guid, created_at)?,
    };
    let Some(post) = stored else {
        let known = posts::by_guid(tx, guid.as_str())?.ok_or(Error::Missing("post"))?;
        return gate::same_author(known.author, author);
    };
    participation::ask(tx, author, &post)?;
    // An author here follows the discussion under the reshare of their post.
    if let Some(owner) = root.map(|root| accounts::by_person(tx, root.author)).transpose()?.flatten() {
        participation::begin(tx, &owner, &post)?;
    }
    Ok(())
}

/// Stores a reshare and tells the author of the original.
fn store(tx: &Tx, author: &Person, root: &Post, guid: &Guid, created_at: Timestamp) -> Result<Option<Post>> {
    let post = insert(tx, author, Some(root), guid, created_at)?;
    if post.is_some() {
        notice::to_author(tx, Kind::Reshare, root, author.id)?;
    }
    Ok(post)
}

pub(super) fn insert(
    tx: &Tx,
    author: &Person,
    root: Option<&Post>,
    guid: &Guid,
    created_at: Timestamp,
) -> Result<Option<Post>> {
    let new = posts::New {
        guid,
        author: author.id,
        public: true,
        reshare: true,
        root: root.map(|root| root.id),
        text: "",
        created_at,
        edited_at: None,
        provider: None,
        place: None,
        embed: None,
    };
    match posts::add(tx, &new)? {
        Some(id) => Ok(posts::get(tx, id)?),
        None => Ok(None),
    }
}
