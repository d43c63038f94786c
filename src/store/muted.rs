//! Posts that users do not want to hear of, or to see.

use super::{Db, Result, Tx};
use crate::model::{PostId, UserId};

/// `hidden`: the user does not want to see it either.
pub fn add(tx: &Tx, user: UserId, post: PostId, hidden: bool) -> Result<()> {
    tx.execute("insert or replace into muted (user, post, hidden) values (?, ?, ?)", (user, post, hidden))?;
    Ok(())
}

pub fn remove(tx: &Tx, user: UserId, post: PostId) -> Result<()> {
    tx.execute("delete from muted where user = ? and post = ?", (user, post))?;
    Ok(())
}

/// Whether the user does not want to hear of a post.
pub fn has(db: &Db, user: UserId, post: PostId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from muted where user = ? and post = ?)")?
        .query_row((user, post), |row| row.get(0))
}
