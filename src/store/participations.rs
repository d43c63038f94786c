//! Who asked to be told what happens on a post.

use super::{Db, Result, Tx};
use crate::model::{Guid, PersonId, PostId, UserId};

/// Notes that a person takes part; `false` when that was known.
pub fn add(tx: &Tx, guid: &Guid, person: PersonId, post: PostId) -> Result<bool> {
    let added = tx
        .prepare_cached("insert or ignore into participations (guid, person, post) values (?, ?, ?)")?
        .execute((guid, person, post))?;
    Ok(added == 1)
}

/// A person does not take part any more.
pub fn remove(tx: &Tx, person: PersonId, post: PostId) -> Result<()> {
    tx.execute("delete from participations where person = ? and post = ?", (person, post))?;
    Ok(())
}

/// Row of a participation by its GUID and author.
pub fn remove_by_guid(tx: &Tx, guid: &str, person: PersonId) -> Result<bool> {
    Ok(tx.execute("delete from participations where person = ? and guid = ?", (person, guid))? > 0)
}

/// Users here who take part in a post.
pub fn local(db: &Db, post: PostId) -> Result<Vec<UserId>> {
    db.prepare_cached("select u.id from participations t join users u on u.person = t.person where t.post = ? and u.closed_at is null")?
        .query_map([post], |row| row.get(0))?
        .collect()
}

/// Who asked with this GUID.
pub fn person_of(db: &Db, guid: &str) -> Result<Option<PersonId>> {
    use rusqlite::OptionalExtension;
    db.query_row("select person from participations where guid = ?", [guid], |row| row.get(0)).optional()
}
