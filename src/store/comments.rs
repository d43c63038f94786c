//! Comments.

use rusqlite::{OptionalExtension, Row, named_params};

use super::posts::{from_json, to_json};
use super::{Db, Result, Tx};
use crate::model::{Comment, CommentId, Guid, PersonId, PostId, Relay, Timestamp};

pub(super) const COLUMNS: &str = "id, guid, post, author, text, created_at, edited_at, relay";

pub(super) fn comment(row: &Row) -> Result<Comment> {
    Ok(Comment {
        id: row.get(0)?,
        guid: row.get(1)?,
        post: row.get(2)?,
        author: row.get(3)?,
        text: row.get(4)?,
        created_at: row.get(5)?,
        edited_at: row.get(6)?,
        relay: from_json(row.get(7)?),
    })
}

pub fn get(db: &Db, id: CommentId) -> Result<Option<Comment>> {
    db.prepare_cached(&format!("select {COLUMNS} from comments where id = ?"))?.query_row([id], comment).optional()
}

pub fn by_guid(db: &Db, guid: &str) -> Result<Option<Comment>> {
    db.prepare_cached(&format!("select {COLUMNS} from comments where guid = ?"))?.query_row([guid], comment).optional()
}

/// A comment to be stored.
pub struct New<'a> {
    pub guid: &'a Guid,
    pub post: PostId,
    pub author: PersonId,
    pub text: &'a str,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    /// Kept only for what must be passed on as it came.
    pub relay: Option<Relay>,
}

/// Stores a comment; `None` when its GUID is known.
pub fn add(tx: &Tx, new: &New) -> Result<Option<CommentId>> {
    tx.prepare_cached(
        "insert into every_comment (guid, post, author, text, created_at, received_at, edited_at, relay) \
         values (:guid, :post, :author, :text, :created_at, :now, :edited_at, :relay) on conflict do nothing returning id",
    )?
    .query_row(
        named_params! {
            ":guid": new.guid, ":post": new.post, ":author": new.author, ":text": new.text, ":created_at": new.created_at,
            ":now": tx.now, ":edited_at": new.edited_at, ":relay": to_json(&new.relay),
        },
        |row| row.get(0),
    )
    .optional()
}

pub fn remove(tx: &Tx, id: CommentId) -> Result<()> {
    tx.execute("delete from every_comment where id = ?", [id])?;
    Ok(())
}

/// Gives a person's comments to the one they became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update every_comment set author = ? where author = ?", (new, old))?;
    Ok(())
}

/// Whether a person has a comment under a post.
pub fn any_by(db: &Db, post: PostId, author: PersonId) -> Result<bool> {
    db.query_row("select exists (select 1 from comments where post = ? and author = ?)", (post, author), |row| {
        row.get(0)
    })
}

/// Users here who commented on a post.
pub fn local_authors(db: &Db, post: PostId) -> Result<Vec<crate::model::UserId>> {
    db.prepare_cached(
        "select distinct u.id from comments c join users u on u.person = c.author where c.post = ? and u.closed_at is null",
    )?
    .query_map([post], |row| row.get(0))?
    .collect()
}

/// Comments by people who live here; for NodeInfo.
pub fn count_local(db: &Db) -> Result<i64> {
    db.query_row("select count(*) from comments where author in (select person from users)", [], |row| row.get(0))
}
