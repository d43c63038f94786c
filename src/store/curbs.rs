//! What people may not be seen doing. Who lifts a curb is written beside it, so that two decisions about one person
//! do not undo each other.

use rusqlite::named_params;

use super::{Db, Result, Tx};
use crate::model::PersonId;
use crate::model::words::words;

words! {
    /// The one way a curb works.
    How {
        /// On no surface, with everything they did.
        Hidden = "hidden",
        /// Only the ID is shown.
        Profile = "profile",
        /// Seen only by people who share with them.
        Silenced = "silenced",
        NoPictures = "no_pictures",
        /// What their links lead to is not shown.
        NoPreviews = "no_previews",
    }
}

/// Curbs a person.
pub fn add(tx: &Tx, person: PersonId, how: How, by: &str) -> Result<()> {
    tx.execute("insert or ignore into curbs (person, how, by) values (?, ?, ?)", (person, how.as_str(), by))?;
    veil(tx, person)
}

/// Curbs everybody of a pod who is known here; who comes to be known later is curbed by `welcome`.
pub fn add_pod(tx: &Tx, host: &str, how: How, by: &str) -> Result<()> {
    tx.execute(
        "insert or ignore into curbs (person, how, by) select id, ?, ? from every_person where host = ?",
        (how.as_str(), by, host),
    )?;
    Ok(())
}

/// Lifts everything that one decision curbed.
pub fn lift(tx: &Tx, by: &str) -> Result<()> {
    let mut people = tx.prepare_cached("select person from curbs where by = ? and how in ('hidden', 'profile')")?;
    let veiled: Vec<PersonId> = people.query_map([by], |row| row.get(0))?.collect::<Result<_>>()?;
    tx.execute("delete from curbs where by = ?", [by])?;
    for person in veiled {
        veil(tx, person)?;
    }
    Ok(())
}

/// Curbs somebody new as their pod is: held by a case, or limited; or as they were limited before they were known.
pub fn welcome(tx: &Tx, person: PersonId, host: &str) -> Result<()> {
    tx.execute(
        "insert or ignore into curbs (person, how, by) \
         select :person, 'hidden', 'case ' || c.id from cases c where c.kind = 'pod' and c.subject = :host and c.state = 'held' \
         union all select :person, h.how, 'limit ' || l.subject from limits l join \
         (select 'hidden' as how union all select 'silenced' union all select 'no_pictures' union all select 'no_previews') h \
         on h.how = iif(l.severity = 'suspend', 'hidden', '') or h.how = iif(l.severity = 'silence', 'silenced', '') \
         or (h.how = 'no_pictures' and l.no_pictures) or (h.how = 'no_previews' and l.no_previews) \
         where l.subject in (:host, (select handle from every_person where id = :person))",
        named_params! { ":person": person, ":host": host },
    )?;
    Ok(())
}

/// Curbs whom a person became as they were. What is decided about a pod is nothing to who lives here from now on.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute(
        "insert or ignore into curbs (person, how, by) select n.id, c.how, c.by from curbs c join every_person n on n.id = :new \
         join every_person o on o.id = c.person where o.id = :old and (n.host is not null or c.by is not 'limit ' || o.host)",
        named_params! { ":old": old, ":new": new },
    )?;
    veil(tx, new)
}

/// Shows only the ID of a profile that is held, and the whole of one that is not.
fn veil(tx: &Tx, person: PersonId) -> Result<()> {
    tx.execute(
        "update every_person set veiled = exists (select 1 from curbs where person = :person and how in ('hidden', 'profile')) \
         where id = :person",
        named_params! { ":person": person },
    )?;
    Ok(())
}

/// Whether a curb lies on a person.
pub fn has(db: &Db, person: PersonId, how: How) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from curbs where person = ? and how = ?)")?
        .query_row((person, how.as_str()), |row| row.get(0))
}
