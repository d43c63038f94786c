//! Likes on posts and comments.

use rusqlite::{OptionalExtension, Row, named_params};

use super::posts::{from_json, to_json};
use super::{Db, Result, Tx};
use crate::model::{CommentId, Guid, Like, LikeId, PersonId, PostId, Relay};

pub(super) const COLUMNS: &str = "id, guid, author, post, comment, positive, relay";

pub(super) fn like(row: &Row) -> Result<Like> {
    Ok(Like {
        id: row.get(0)?,
        guid: row.get(1)?,
        author: row.get(2)?,
        post: row.get(3)?,
        comment: row.get(4)?,
        positive: row.get(5)?,
        relay: from_json(row.get(6)?),
    })
}

pub fn get(db: &Db, id: LikeId) -> Result<Option<Like>> {
    db.prepare_cached(&format!("select {COLUMNS} from likes where id = ?"))?.query_row([id], like).optional()
}

pub fn by_guid(db: &Db, guid: &str) -> Result<Option<Like>> {
    db.prepare_cached(&format!("select {COLUMNS} from likes where guid = ?"))?.query_row([guid], like).optional()
}

/// A person's like on a post, or on a comment of that post.
pub fn by_author(db: &Db, author: PersonId, post: PostId, comment: Option<CommentId>) -> Result<Option<Like>> {
    match comment {
        Some(comment) => db
            .prepare_cached(&format!("select {COLUMNS} from likes where comment = ? and author = ?"))?
            .query_row((comment, author), like)
            .optional(),
        None => db
            .prepare_cached(&format!("select {COLUMNS} from likes where post = ? and author = ? and comment is null"))?
            .query_row((post, author), like)
            .optional(),
    }
}

/// A like to be stored.
pub struct New<'a> {
    pub guid: &'a Guid,
    pub author: PersonId,
    pub post: PostId,
    pub comment: Option<CommentId>,
    pub positive: bool,
    /// Kept only for what must be passed on as it came.
    pub relay: Option<Relay>,
}

/// Stores a like; `None` when its GUID is known or the person liked this before.
pub fn add(tx: &Tx, new: &New) -> Result<Option<LikeId>> {
    tx.prepare_cached(
        "insert into every_like (guid, author, post, comment, positive, received_at, relay) \
         values (:guid, :author, :post, :comment, :positive, :now, :relay) on conflict do nothing returning id",
    )?
    .query_row(
        named_params! {
            ":guid": new.guid, ":author": new.author, ":post": new.post, ":comment": new.comment,
            ":positive": new.positive, ":now": tx.now, ":relay": to_json(&new.relay),
        },
        |row| row.get(0),
    )
    .optional()
}

pub fn remove(tx: &Tx, id: LikeId) -> Result<()> {
    tx.execute("delete from every_like where id = ?", [id])?;
    Ok(())
}

/// Gives a person's likes to the one they became; where both liked, one is left.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update or ignore every_like set author = ? where author = ?", (new, old))?;
    tx.execute("delete from every_like where author = ?", [old])?;
    Ok(())
}
