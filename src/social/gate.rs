//! May this person bring this in here?

use super::{Refused, Result};
use crate::model::{Person, Post};
use crate::store::{Db, accounts, contacts};

/// Lets in what a person made themselves.
pub fn admit(author: &Person) -> Result<()> {
    if author.closed_at.is_some() { Err(Refused::Closed.into()) } else { Ok(()) }
}

/// Lets in what a person does under a post: not when its author lives here and ignores them.
pub fn admit_under(db: &Db, author: &Person, post: &Post) -> Result<()> {
    admit(author)?;
    match accounts::by_person(db, post.author)? {
        Some(owner) if contacts::is_blocked(db, owner.id, author.id)? => Err(Refused::Ignored.into()),
        _ => Ok(()),
    }
}
