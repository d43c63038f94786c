//! Choosing how one's account behaves.

use super::{Error, Result};
use crate::model::{Settings, User};
use crate::store::{Tx, aspects, settings};

/// Changes what a user chose; aspects must be theirs.
pub fn change(tx: &Tx, me: &User, new: &Settings) -> Result<()> {
    let (_, named) = new.audience.parts();
    for aspect in named.iter().chain(&new.follow_back) {
        aspects::get(tx, me.id, *aspect)?.ok_or(Error::Missing("aspect"))?;
    }
    Ok(settings::set(tx, me.id, new)?)
}
