//! Tags that users follow.

use super::{Db, Result, Tx};
use crate::model::UserId;

pub fn follow(tx: &Tx, user: UserId, tag: &str) -> Result<()> {
    tx.execute("insert or ignore into followed_tags (user, tag) values (?, ?)", (user, tag))?;
    Ok(())
}

pub fn unfollow(tx: &Tx, user: UserId, tag: &str) -> Result<()> {
    tx.execute("delete from followed_tags where user = ? and tag = ?", (user, tag))?;
    Ok(())
}

/// The tags a user follows, by name.
pub fn followed(db: &Db, user: UserId) -> Result<Vec<String>> {
    db.prepare_cached("select tag from followed_tags where user = ? order by tag")?
        .query_map([user], |row| row.get(0))?
        .collect()
}

pub fn is_followed(db: &Db, user: UserId, tag: &str) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from followed_tags where user = ? and tag = ?)")?
        .query_row((user, tag), |row| row.get(0))
}
