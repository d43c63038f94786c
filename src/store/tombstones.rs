//! What was removed for good, as keyed hashes: they tell whoever holds the thing that it was removed, and nobody else
//! anything (moderation, §4.1).

use ring::hmac;

use super::{Db, Result, Tx};
use crate::model::CaseId;
use crate::model::case::Kind;

/// HMAC-SHA-256 of kind, a zero byte and name, under a key of this pod alone.
fn mac(db: &Db, kind: &str, name: &str) -> Result<hmac::Tag> {
    let secret: Vec<u8> = db.prepare_cached("select secret from pod")?.query_row([], |row| row.get(0))?;
    let of_pod = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&of_pod, b"tombstones").as_ref());
    let mut context = hmac::Context::with_key(&key);
    context.update(kind.as_bytes());
    context.update(b"\0");
    context.update(name.as_bytes());
    Ok(context.sign())
}

/// From now on it never comes in again, by the decision of a case.
pub fn add(tx: &Tx, case: CaseId, kind: Kind, name: &str) -> Result<()> {
    let mac = mac(tx, kind.as_str(), name)?;
    tx.prepare_cached(
        "insert into tombstones (mac, \"case\", at) values (?, ?, ?) on conflict do update \
         set \"case\" = coalesce(\"case\", excluded.\"case\")",
    )?
    .execute((mac.as_ref(), case, tx.now))?;
    Ok(())
}

/// From now on it never comes in again, because it was taken back by who may. `kind` is a `Kind`'s word, or the wire's
/// name of what cases are not about: likes, votes …
pub fn add_taken_back(tx: &Tx, kind: &str, name: &str) -> Result<()> {
    let mac = mac(tx, kind, name)?;
    tx.prepare_cached("insert or ignore into tombstones (mac, at) values (?, ?)")?.execute((mac.as_ref(), tx.now))?;
    Ok(())
}

/// Whether it was removed for good or taken back.
pub fn has(db: &Db, kind: &str, name: &str) -> Result<bool> {
    let mac = mac(db, kind, name)?;
    db.prepare_cached("select exists (select 1 from tombstones where mac = ?)")?
        .query_row([mac.as_ref()], |row| row.get(0))
}

/// It may come in again.
pub fn lift(tx: &Tx, kind: Kind, name: &str) -> Result<()> {
    let mac = mac(tx, kind.as_str(), name)?;
    tx.execute("delete from tombstones where mac = ?", [mac.as_ref()])?;
    Ok(())
}

/// Everything that a case removed may come in again.
pub fn lift_case(tx: &Tx, case: CaseId) -> Result<()> {
    tx.execute("delete from tombstones where \"case\" = ?", [case])?;
    Ok(())
}

/// How many things were removed by decision.
pub fn count(db: &Db) -> Result<i64> {
    db.query_row("select count(*) from tombstones where \"case\" is not null", [], |row| row.get(0))
}
