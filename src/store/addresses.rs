//! Where users get mail, and about what.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx, Work};
use crate::model::{Timestamp, UserId};

/// A user's address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    pub email: Option<String>,
    /// The one that is to be confirmed.
    pub new: Option<String>,
    /// One mail a day instead of one a deed.
    pub daily: bool,
}

pub fn get(db: &Db, user: UserId) -> Result<Address> {
    db.prepare_cached("select email, new_email, digest_due is not null from users where id = ?")?
        .query_row([user], |row| Ok(Address { email: row.get(0)?, new: row.get(1)?, daily: row.get(2)? }))
}

/// Sets the address; one that waited to be confirmed is forgotten. Without one, no mail is wanted either.
pub fn set(tx: &Tx, user: UserId, email: Option<&str>) -> Result<()> {
    tx.execute(
        "update users set email = :email, new_email = null, new_email_code = null, new_email_until = null, \
         reset_code = null, reset_until = null, digest_due = iif(:email is null, null, digest_due) where id = :user",
        named_params! { ":email": email, ":user": user },
    )?;
    Ok(())
}

/// Notes a new address until it is confirmed with the code.
pub fn set_new(tx: &Tx, user: UserId, email: &str, code: &str, until: Timestamp) -> Result<()> {
    tx.execute(
        "update users set new_email = :email, new_email_code = :code, new_email_until = :until where id = :user",
        named_params! { ":email": email, ":code": code, ":until": until, ":user": user },
    )?;
    Ok(())
}

/// The new address and its code, while it can be confirmed.
pub fn new(db: &Db, user: UserId, now: Timestamp) -> Result<Option<(String, String)>> {
    db.prepare_cached("select new_email, new_email_code from users where id = ? and new_email_until > ?")?
        .query_row((user, now), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// The open account that gets mail at an address; none when several do.
pub fn owner(db: &Db, email: &str) -> Result<Option<UserId>> {
    let mut found = db.prepare_cached("select id from users where email = ? collate nocase and closed_at is null")?;
    let owners: Vec<UserId> = found.query_map([email], |row| row.get(0))?.collect::<Result<_>>()?;
    Ok(if owners.len() == 1 { owners.into_iter().next() } else { None })
}

/// The code by which a user may choose a new password, and until when.
pub fn reset(db: &Db, user: UserId) -> Result<Option<(String, Timestamp)>> {
    db.prepare_cached("select reset_code, reset_until from users where id = ? and reset_code is not null")?
        .query_row([user], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Notes such a code.
pub fn set_reset(tx: &Tx, user: UserId, code: &str, until: Timestamp) -> Result<()> {
    tx.execute("update users set reset_code = ?, reset_until = ? where id = ?", (code, until, user))?;
    Ok(())
}

/// Whose code it is, while it is good.
pub fn by_reset(db: &Db, code: &str, now: Timestamp) -> Result<Option<UserId>> {
    db.prepare_cached("select id from users where reset_code = ? and reset_until > ? and closed_at is null")?
        .query_row((code, now), |row| row.get(0))
        .optional()
}

/// Whether the user wants a mail at once about things of a kind.
pub fn wants(db: &Db, user: UserId, kind: &str) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from mail_kinds k join users u on u.id = k.user \
         where k.user = ? and k.kind = ? and u.email is not null and u.digest_due is null)",
    )?
    .query_row((user, kind), |row| row.get(0))
}

/// The kinds of things the user wants mails about.
pub fn kinds(db: &Db, user: UserId) -> Result<Vec<String>> {
    db.prepare_cached("select kind from mail_kinds where user = ? order by kind")?
        .query_map([user], |row| row.get(0))?
        .collect()
}

/// Sets what the user wants mails about, and when the first daily mail is due, if they want that.
pub fn choose(tx: &Tx, user: UserId, kinds: &[&str], digest_due: Option<Timestamp>) -> Result<()> {
    tx.leaves(Work::Mail);
    tx.execute("delete from mail_kinds where user = ?", [user])?;
    for kind in kinds {
        tx.execute("insert or ignore into mail_kinds (user, kind) values (?, ?)", (user, kind))?;
    }
    tx.execute("update users set digest_due = ? where id = ?", (digest_due, user))?;
    Ok(())
}

/// When the user's next daily mail is due; `None` when they want none.
pub fn digest_due(db: &Db, user: UserId) -> Result<Option<Timestamp>> {
    db.prepare_cached("select digest_due from users where id = ?")?.query_row([user], |row| row.get(0))
}

pub fn set_digest_due(tx: &Tx, user: UserId, due: Timestamp) -> Result<()> {
    tx.leaves(Work::Mail);
    tx.execute("update users set digest_due = ? where id = ?", (due, user))?;
    Ok(())
}

/// Users whose daily mail is due.
pub fn due(db: &Db, now: Timestamp) -> Result<Vec<UserId>> {
    db.prepare_cached("select id from users where digest_due <= ? and closed_at is null")?
        .query_map([now], |row| row.get(0))?
        .collect()
}

/// Whether something is unread that came after a time.
pub fn any_unread_since(db: &Db, user: UserId, since: Timestamp) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from notices where user = :user and unread = 1 and updated_at >= :since) \
         or exists (select 1 from conversation_people p join conversations c on c.id = p.conversation \
         join users u on u.person = p.person where u.id = :user and p.unread > 0 and c.updated_at >= :since)",
    )?
    .query_row(named_params! { ":user": user, ":since": since }, |row| row.get(0))
}

/// Forgets everything about mails of a user who is gone.
pub fn remove(tx: &Tx, user: UserId) -> Result<()> {
    set(tx, user, None)?;
    tx.execute("delete from mail_kinds where user = ?", [user])?;
    tx.execute("delete from mails where user = ?", [user])?;
    Ok(())
}
