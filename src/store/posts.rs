//! Posts.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, visible};
use crate::model::{Embed, Guid, PersonId, Place, Post, PostId, Timestamp};

/// Columns of a post, as `post` reads them; `p` is the table.
pub const COLUMNS: &str = "p.id, p.guid, p.author, p.public, p.reshare, p.root, p.text, p.created_at, p.edited_at, \
    p.provider, p.place, p.embed";

/// Reads a row of `COLUMNS`.
pub fn post(row: &Row) -> Result<Post> {
    Ok(Post {
        id: row.get(0)?,
        guid: row.get(1)?,
        author: row.get(2)?,
        public: row.get(3)?,
        reshare: row.get(4)?,
        root: row.get(5)?,
        text: row.get(6)?,
        created_at: row.get(7)?,
        edited_at: row.get(8)?,
        provider: row.get(9)?,
        place: from_json(row.get(10)?),
        embed: from_json(row.get(11)?),
    })
}

/// Reads what this program wrote as JSON into a column; what cannot be read counts as absent.
pub fn from_json<T: serde::de::DeserializeOwned>(text: Option<String>) -> Option<T> {
    text.and_then(|text| serde_json::from_str(&text).ok())
}

/// Writes a value for `from_json`.
pub fn to_json<T: serde::Serialize>(value: &Option<T>) -> Option<String> {
    value.as_ref().and_then(|value| serde_json::to_string(value).ok())
}

/// The post of this row.
pub fn get(db: &Db, id: PostId) -> Result<Option<Post>> {
    db.prepare_cached(&format!("select {COLUMNS} from posts p where p.id = ?"))?.query_row([id], post).optional()
}

pub fn by_guid(db: &Db, guid: &str) -> Result<Option<Post>> {
    db.prepare_cached(&format!("select {COLUMNS} from posts p where p.guid = ?"))?.query_row([guid], post).optional()
}

/// A post that a person may see.
pub fn seen_by(db: &Db, guid: &str, me: PersonId) -> Result<Option<Post>> {
    db.prepare_cached(&format!("select {COLUMNS} from posts p where p.guid = :guid and {}", visible::TO_ME))?
        .query_row(named_params! { ":guid": guid, ":me": me }, post)
        .optional()
}

/// A post to be stored.
pub struct New<'a> {
    pub guid: &'a Guid,
    pub author: PersonId,
    pub public: bool,
    pub reshare: bool,
    pub root: Option<PostId>,
    pub text: &'a str,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub provider: Option<&'a str>,
    pub place: Option<Place>,
    pub embed: Option<Embed>,
}

/// Stores a post; `None` when its GUID is known.
pub fn add(tx: &Tx, new: &New) -> Result<Option<PostId>> {
    tx.prepare_cached(
        "insert into every_post (guid, author, public, reshare, root, text, created_at, received_at, edited_at, provider, place, embed) \
         values (:guid, :author, :public, :reshare, :root, :text, :created_at, :now, :edited_at, :provider, :place, :embed) \
         on conflict do nothing returning id",
    )?
    .query_row(
        named_params! {
            ":guid": new.guid, ":author": new.author, ":public": new.public, ":reshare": new.reshare, ":root": new.root,
            ":text": new.text, ":created_at": new.created_at, ":now": tx.now, ":edited_at": new.edited_at,
            ":provider": new.provider, ":place": to_json(&new.place), ":embed": to_json(&new.embed),
        },
        |row| row.get(0),
    )
    .optional()
}

/// Deletes a post and all that hangs on it.
pub fn remove(tx: &Tx, id: PostId) -> Result<()> {
    tx.execute("delete from every_post where id = ?", [id])?;
    Ok(())
}

/// Deletes everything a person posted.
pub fn remove_of(tx: &Tx, author: PersonId) -> Result<()> {
    tx.execute("delete from every_post where author = ?", [author])?;
    Ok(())
}

/// Gives a person's posts to the one they became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update every_post set author = ? where author = ?", (new, old))?;
    tx.execute("update every_photo set author = ? where author = ?", (new, old))?;
    tx.execute("update events set author = ? where author = ?", (new, old))?;
    Ok(())
}

pub fn add_tag(tx: &Tx, post: PostId, tag: &str) -> Result<()> {
    tx.prepare_cached("insert or ignore into post_tags (tag, post) values (?, ?)")?.execute((tag, post))?;
    Ok(())
}

pub fn add_mention(tx: &Tx, post: PostId, person: PersonId) -> Result<()> {
    tx.prepare_cached("insert or ignore into mentions (post, person) values (?, ?)")?.execute((post, person))?;
    Ok(())
}

/// A person's reshare of a post.
pub fn reshare_by(db: &Db, root: PostId, author: PersonId) -> Result<Option<Post>> {
    db.prepare_cached(&format!("select {COLUMNS} from posts p where p.root = ? and p.author = ?"))?
        .query_row((root, author), post)
        .optional()
}

/// A person's newest public posts, for pods that found them just now.
pub fn newest_public(db: &Db, author: PersonId, limit: u32) -> Result<Vec<Post>> {
    db.prepare_cached(&format!(
        "select {COLUMNS} from posts p where p.author = ? and p.public order by p.created_at desc limit ?"
    ))?
    .query_map((author, limit), post)?
    .collect()
}

/// The row that came last, 0 when there is none.
pub fn newest(db: &Db) -> Result<PostId> {
    db.prepare_cached("select coalesce(max(id), 0) from posts")?.query_row([], |row| row.get(0))
}

/// Posts by people who live here; for NodeInfo.
pub fn count_local(db: &Db) -> Result<i64> {
    db.query_row("select count(*) from posts where author in (select person from users)", [], |row| row.get(0))
}
