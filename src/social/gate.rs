//! May this person bring this in here?

use super::{Refused, Result};
use crate::model::case::Kind;
use crate::model::{Guid, Handle, Person, PersonId, Post};
use crate::store::{self, Db, accounts, audience, contacts, limits, tombstones};

/// Lets in what a person made themselves.
pub fn admit(db: &Db, author: &Person) -> Result<()> {
    if author.closed_at.is_some() {
        return Err(Refused::Closed.into());
    }
    known_by_name(db, &author.handle)
}

/// Lets in what a person does under a post. When its author lives here, they must not ignore the person, and what is
/// limited must have gone to them: knowing its GUID is not enough.
pub fn admit_under(db: &Db, author: &Person, post: &Post) -> Result<()> {
    admit_once(db, author, post)?;
    if post.public || post.author == author.id || accounts::by_person(db, post.author)?.is_none() {
        return Ok(());
    }
    if audience::has(db, post.id, author.id)? { Ok(()) } else { Err(Refused::NotForThem.into()) }
}

/// Lets in what a person once did under a post that its author brings along from another pod: the archive of that pod
/// need not name everybody who got it.
pub fn admit_once(db: &Db, author: &Person, post: &Post) -> Result<()> {
    admit(db, author)?;
    match accounts::by_person(db, post.author)? {
        Some(owner) if contacts::is_blocked(db, owner.id, author.id)? => Err(Refused::Ignored.into()),
        _ => Ok(()),
    }
}

/// Refuses whom the podmin removed, and whose account or pod is suspended.
pub fn known_by_name(db: &Db, handle: &Handle) -> Result<()> {
    if tombstones::has(db, Kind::Account.as_str(), handle.as_str())? {
        return Err(Refused::Removed.into());
    }
    if limits::is_suspended(db, handle.as_str(), handle.host())? { Err(Refused::Suspended.into()) } else { Ok(()) }
}

/// Refuses what the podmin removed for good.
pub fn admit_thing(db: &Db, kind: Kind, guid: &Guid) -> Result<()> {
    if is_removed(db, kind, guid)? { Err(Refused::Removed.into()) } else { Ok(()) }
}

/// Refuses a like, a vote or the like that was taken back; `kind` is the wire's name.
pub fn admit_again(db: &Db, kind: &str, guid: &Guid) -> Result<()> {
    if tombstones::has(db, kind, guid.as_str())? { Err(Refused::Removed.into()) } else { Ok(()) }
}

/// Refuses what comes under a GUID by which something of another author is `known`.
pub fn same_author(known: impl Into<Option<PersonId>>, author: &Person) -> Result<()> {
    match known.into() {
        Some(known) if known != author.id => Err(Refused::KnownToAnother.into()),
        _ => Ok(()),
    }
}

/// Whether the podmin removed a thing for good.
pub fn is_removed(db: &Db, kind: Kind, guid: &Guid) -> std::result::Result<bool, store::Error> {
    tombstones::has(db, kind.as_str(), guid.as_str())
}
