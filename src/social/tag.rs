//! Following tags.

use super::{Invalid, Result};
use crate::model::{User, tag};
use crate::store::{Tx, tags};

/// Tags that a user may follow.
const FOLLOWED_MAX: usize = 200;

/// A user follows a tag, written with or without `#`. Returns it as it is known.
pub fn follow(tx: &Tx, me: &User, text: &str) -> Result<String> {
    let text = format!("#{}", text.trim().trim_start_matches('#'));
    let tag = tag::at_start(&text).filter(|name| name.len() + 1 == text.len()).map(tag::canonical);
    let tag = tag.ok_or(Invalid::Tag)?;
    if tags::followed(tx, me.id)?.len() >= FOLLOWED_MAX {
        return Err(Invalid::TooManyTags { max: FOLLOWED_MAX }.into());
    }
    tags::follow(tx, me.id, &tag)?;
    Ok(tag)
}

pub fn unfollow(tx: &Tx, me: &User, tag: &str) -> Result<()> {
    Ok(tags::unfollow(tx, me.id, tag)?)
}
