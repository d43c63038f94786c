//! Ignoring a person: they are not seen, cannot act under one's posts, and are shared with no more.

use super::{Error, Refused, Result, contact};
use crate::model::User;
use crate::store::{Tx, aspects, contacts, notices, people};

pub fn add(tx: &Tx, me: &User, person: &str) -> Result<()> {
    let person = people::by_guid(tx, person)?.ok_or(Error::Missing("person"))?;
    if person.id == me.person.id {
        return Err(Refused::Oneself.into());
    }
    contacts::block(tx, me.id, person.id)?;
    aspects::set_of_person(tx, me.id, person.id, &[])?;
    notices::mark_read_from(tx, me.id, person.id)?;
    contact::stop(tx, me, &person, true)
}

pub fn remove(tx: &Tx, me: &User, person: &str) -> Result<()> {
    let person = people::by_guid(tx, person)?.ok_or(Error::Missing("person"))?;
    contacts::unblock(tx, me.id, person.id)?;
    contact::stop(tx, me, &person, false)
}
