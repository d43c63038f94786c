//! Accounts on this pod.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, people};
use crate::model::{Handle, PersonId, User, UserId};

const COLUMNS: &str = "u.id, u.name, u.podmin, u.language, u.theme, u.locked_at is not null, \
    exists (select 1 from curbs xh where xh.person = u.person and xh.how = 'hidden')";

fn user(row: &Row) -> Result<User> {
    let shift = people::COLUMNS.split(',').count();
    Ok(User {
        person: people::person(row)?,
        id: row.get(shift)?,
        name: row.get(shift + 1)?,
        podmin: row.get(shift + 2)?,
        language: row.get(shift + 3)?,
        theme: row.get(shift + 4)?,
        locked: row.get(shift + 5)?,
        held: row.get(shift + 6)?,
    })
}

fn one(db: &Db, condition: &str, value: impl rusqlite::ToSql) -> Result<Option<User>> {
    open_or_closed(db, &format!("u.closed_at is null and {condition}"), value)
}

fn open_or_closed(db: &Db, condition: &str, value: impl rusqlite::ToSql) -> Result<Option<User>> {
    let sql = format!(
        "select {}, {COLUMNS} from users u join people p on p.id = u.person where {condition}",
        people::COLUMNS
    );
    db.prepare_cached(&sql)?.query_row([value], user).optional()
}

/// An open account.
pub fn get(db: &Db, id: UserId) -> Result<Option<User>> {
    one(db, "u.id = ?", id)
}

/// An open account by the name it signs in with.
pub fn by_name(db: &Db, name: &str) -> Result<Option<User>> {
    one(db, "u.name = ?", name)
}

/// The open account of a person.
pub fn by_person(db: &Db, person: PersonId) -> Result<Option<User>> {
    one(db, "u.person = ?", person)
}

/// The open account of a person with this GUID, unless it is held.
pub fn by_guid(db: &Db, guid: &str) -> Result<Option<User>> {
    Ok(one(db, "p.guid = ?", guid)?.filter(|user| !user.held))
}

/// The account, open or closed, that a private door of other pods leads to.
pub fn mailbox(db: &Db, guid: &str) -> Result<Option<User>> {
    open_or_closed(db, "p.guid = ?", guid)
}

/// The owner of such a door.
pub fn owner_of_mailbox(db: &Db, id: UserId) -> Result<Option<User>> {
    open_or_closed(db, "u.id = ?", id)
}

/// Whether an account is closed.
pub fn is_closed(db: &Db, id: UserId) -> Result<bool> {
    db.prepare_cached("select closed_at is not null from users where id = ?")?.query_row([id], |row| row.get(0))
}

/// The account that speaks for the pod: the podmin, else the oldest.
pub fn speaker(db: &Db) -> Result<Option<User>> {
    let sql = format!(
        "select {}, {COLUMNS} from users u join people p on p.id = u.person where u.closed_at is null \
         order by u.podmin desc, u.id limit 1",
        people::COLUMNS
    );
    db.prepare_cached(&sql)?.query_row([], user).optional()
}

/// Open accounts, the oldest first.
pub fn all(db: &Db) -> Result<Vec<User>> {
    let sql = format!(
        "select {}, {COLUMNS} from users u join people p on p.id = u.person where u.closed_at is null order by u.id",
        people::COLUMNS
    );
    db.prepare_cached(&sql)?.query_map([], user)?.collect()
}

/// Whether anybody ever lived here, closed accounts too.
pub fn any(db: &Db) -> Result<bool> {
    db.query_row("select exists (select 1 from users)", [], |row| row.get(0))
}

/// Whether the name was ever given away, to a closed account too.
pub fn is_taken(db: &Db, name: &str) -> Result<bool> {
    db.query_row("select exists (select 1 from users where name = ?)", [name], |row| row.get(0))
}

/// An account to be stored.
pub struct New<'a> {
    pub person: PersonId,
    pub name: &'a str,
    /// PHC string.
    pub password: &'a str,
    /// PKCS#8; `None` while it is being made.
    pub key: Option<&'a [u8]>,
    pub podmin: bool,
}

pub fn add(tx: &Tx, new: &New) -> Result<UserId> {
    tx.query_row(
        "insert into users (person, name, password, key, podmin, created_at) \
         values (:person, :name, :password, :key, :podmin, :now) returning id",
        named_params! { ":person": new.person, ":name": new.name, ":password": new.password, ":key": new.key, ":podmin": new.podmin, ":now": tx.now },
        |row| row.get(0),
    )
}

/// The password's PHC string.
pub fn password(db: &Db, id: UserId) -> Result<String> {
    db.query_row("select password from users where id = ?", [id], |row| row.get(0))
}

/// Sets the password's PHC string; a link for a new one is good no more.
pub fn set_password(tx: &Tx, id: UserId, password: &str) -> Result<()> {
    tx.execute("update users set password = ?, reset_code = null, reset_until = null where id = ?", (password, id))?;
    Ok(())
}

/// The private RSA key, PKCS#8; `None` while it is being made.
pub fn key(db: &Db, id: UserId) -> Result<Option<Vec<u8>>> {
    db.prepare_cached("select key from users where id = ?")?.query_row([id], |row| row.get(0))
}

/// Gives the account its key.
pub fn set_key(tx: &Tx, id: UserId, key: &[u8]) -> Result<()> {
    tx.execute("update users set key = ? where id = ?", (key, id))?;
    Ok(())
}

/// An open account whose key is still to be made.
pub fn without_key(db: &Db) -> Result<Option<UserId>> {
    db.query_row("select id from users where key is null and closed_at is null limit 1", [], |row| row.get(0))
        .optional()
}

/// Closes the account; its name stays taken, its key stays for the last messages.
pub fn close(tx: &Tx, id: UserId) -> Result<()> {
    tx.execute("update users set closed_at = ?, password = '' where id = ?", (tx.now, id))?;
    tx.execute("delete from sessions where user = ?", [id])?;
    super::addresses::remove(tx, id)?;
    super::second_steps::remove(tx, id)
}

/// Name and key of an account for signing, closed ones too: a closed account still says goodbye.
pub fn signer(db: &Db, id: UserId) -> Result<(Handle, Option<Vec<u8>>)> {
    db.prepare_cached("select p.handle, u.key from users u join people p on p.id = u.person where u.id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Open accounts, and those that signed in or were made since a time; for NodeInfo.
pub fn count_since(db: &Db, since: crate::model::Timestamp) -> Result<i64> {
    db.query_row(
        "select count(*) from users u where closed_at is null and (created_at >= :since or exists \
         (select 1 from sessions s where s.user = u.id and s.seen_at >= :since))",
        named_params! { ":since": since },
        |row| row.get(0),
    )
}
