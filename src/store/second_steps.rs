//! The second step at sign-in: the secret that an app shares, and the codes for when the app is lost.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx};
use crate::model::UserId;

/// A user's second step.
pub struct SecondStep {
    pub secret: Vec<u8>,
    /// Asked for at sign-in.
    pub confirmed: bool,
    /// The last time step whose code was used.
    pub used: i64,
}

pub fn get(db: &Db, user: UserId) -> Result<Option<SecondStep>> {
    db.prepare_cached("select secret, confirmed, used from second_steps where user = ?")?
        .query_row([user], |row| Ok(SecondStep { secret: row.get(0)?, confirmed: row.get(1)?, used: row.get(2)? }))
        .optional()
}

/// Whether a user is asked for a code at sign-in.
pub fn is_on(db: &Db, user: UserId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from second_steps where user = ? and confirmed = 1)")?
        .query_row([user], |row| row.get(0))
}

/// Begins with a secret that is to be confirmed; replaces an unconfirmed one.
pub fn begin(tx: &Tx, user: UserId, secret: &[u8]) -> Result<()> {
    tx.execute(
        "insert into second_steps (user, secret) values (:user, :secret) \
         on conflict (user) do update set secret = excluded.secret where confirmed = 0",
        named_params! { ":user": user, ":secret": secret },
    )?;
    Ok(())
}

/// From now on it is asked for; `hashes` are those of the codes for when the app is lost.
pub fn confirm(tx: &Tx, user: UserId, used: i64, hashes: &[Vec<u8>]) -> Result<()> {
    tx.execute("update second_steps set confirmed = 1, used = ? where user = ?", (used, user))?;
    tx.execute("delete from backup_codes where user = ?", [user])?;
    for hash in hashes {
        tx.execute("insert into backup_codes (user, hash) values (?, ?)", (user, hash))?;
    }
    Ok(())
}

/// Notes the time step whose code was used.
pub fn set_used(tx: &Tx, user: UserId, step: i64) -> Result<()> {
    tx.execute("update second_steps set used = ? where user = ?", (step, user))?;
    Ok(())
}

/// Uses a backup code up; `false` when there is none such.
pub fn use_backup(tx: &Tx, user: UserId, hash: &[u8]) -> Result<bool> {
    Ok(tx.execute("delete from backup_codes where user = ? and hash = ?", (user, hash))? == 1)
}

/// How many backup codes are left.
pub fn backups(db: &Db, user: UserId) -> Result<i64> {
    db.query_row("select count(*) from backup_codes where user = ?", [user], |row| row.get(0))
}

/// It is asked for no more.
pub fn remove(tx: &Tx, user: UserId) -> Result<()> {
    tx.execute("delete from second_steps where user = ?", [user])?;
    tx.execute("delete from backup_codes where user = ?", [user])?;
    Ok(())
}
