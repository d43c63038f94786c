//! Aspects: naming the lists of people one shares with.

use super::{Error, Invalid, Result, checked_text, contact};
use crate::model::{AspectId, User};
use crate::store::{Tx, aspects, people};

/// Characters in the name of an aspect at the most.
pub const NAME_MAX: usize = 20;

/// What a new account begins with.
pub const FIRST: [&str; 4] = ["Family", "Friends", "Work", "Acquaintances"];

/// Adds an aspect at the end of a user's list.
pub fn add(tx: &Tx, me: &User, name: &str) -> Result<AspectId> {
    let name = checked_text(name, NAME_MAX)?;
    Ok(aspects::add(tx, me.id, &name)?.ok_or(Invalid::AspectTaken)?)
}

pub fn rename(tx: &Tx, me: &User, id: AspectId, name: &str) -> Result<()> {
    aspects::get(tx, me.id, id)?.ok_or(Error::Missing("aspect"))?;
    let name = checked_text(name, NAME_MAX)?;
    if aspects::rename(tx, me.id, id, &name)? { Ok(()) } else { Err(Invalid::AspectTaken.into()) }
}

/// Moves an aspect one place towards the begin of the list or its end.
pub fn shift(tx: &Tx, me: &User, id: AspectId, later: bool) -> Result<()> {
    let mut order: Vec<AspectId> = aspects::of_user(tx, me.id)?.into_iter().map(|aspect| aspect.id).collect();
    let at = order.iter().position(|known| *known == id).ok_or(Error::Missing("aspect"))?;
    let to = if later { (at + 1).min(order.len() - 1) } else { at.saturating_sub(1) };
    order.swap(at, to);
    Ok(aspects::set_order(tx, me.id, &order)?)
}

/// Removes an aspect; with those who were in no other, sharing ends.
pub fn remove(tx: &Tx, me: &User, id: AspectId) -> Result<()> {
    aspects::get(tx, me.id, id)?.ok_or(Error::Missing("aspect"))?;
    let leaving = aspects::only_in(tx, me.id, id)?;
    aspects::remove(tx, me.id, id)?;
    for person in leaving {
        contact::stop(tx, me, &people::get(tx, person)?, false)?;
    }
    Ok(())
}
