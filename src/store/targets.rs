//! What somebody takes back, whether the podmin holds it or not: who may take a thing back may do so on a pod that does
//! not show it just now.

use rusqlite::{OptionalExtension, Row};

use super::{Db, Result, comments, likes, posts};
use crate::model::case::Kind;
use crate::model::{CaseId, Comment, ConversationId, Like, PersonId, PhotoId, Post, PostId};

pub fn post(db: &Db, guid: &str) -> Result<Option<Post>> {
    let sql = format!("select {} from every_post p where p.guid = ?", posts::COLUMNS);
    db.prepare_cached(&sql)?.query_row([guid], posts::post).optional()
}

/// The post that something is under.
pub fn post_of(db: &Db, id: PostId) -> Result<Option<Post>> {
    let sql = format!("select {} from every_post p where p.id = ?", posts::COLUMNS);
    db.prepare_cached(&sql)?.query_row([id], posts::post).optional()
}

pub fn comment(db: &Db, guid: &str) -> Result<Option<Comment>> {
    let sql = format!("select {} from every_comment where guid = ?", comments::COLUMNS);
    db.prepare_cached(&sql)?.query_row([guid], comments::comment).optional()
}

pub fn like(db: &Db, guid: &str) -> Result<Option<Like>> {
    let sql = format!("select {} from every_like where guid = ?", likes::COLUMNS);
    db.prepare_cached(&sql)?.query_row([guid], likes::like).optional()
}

/// Row and author of a photo.
pub fn photo(db: &Db, guid: &str) -> Result<Option<(PhotoId, PersonId)>> {
    pair(db, "select id, author from every_photo where guid = ?", guid)
}

/// Row and author of a conversation.
pub fn conversation(db: &Db, guid: &str) -> Result<Option<(ConversationId, PersonId)>> {
    pair(db, "select id, author from every_conversation where guid = ?", guid)
}

fn pair<A: rusqlite::types::FromSql, B: rusqlite::types::FromSql>(
    db: &Db,
    sql: &str,
    guid: &str,
) -> Result<Option<(A, B)>> {
    let both = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    db.prepare_cached(sql)?.query_row([guid], both).optional()
}

/// Open cases about a post, comment or photo, and about what goes with it when it is a post.
pub fn cases_of_thing(db: &Db, kind: Kind, guid: &str) -> Result<Vec<CaseId>> {
    db.prepare_cached(
        "with gone (kind, name) as (select ?1, ?2 \
         union select 'comment', c.guid from every_comment c join every_post p on p.id = c.post where ?1 = 'post' and p.guid = ?2 \
         union select 'photo', h.guid from every_photo h join every_post p on p.id = h.post where ?1 = 'post' and p.guid = ?2) \
         select k.id from gone join cases k on k.kind = gone.kind and k.subject = gone.name \
         where k.closed_at is null and k.subject <> '' and k.state <> 'removed' order by k.id",
    )?
    .query_map((kind, guid), |row| row.get(0))?
    .collect()
}

/// Open cases about a person, and about what goes with their account: posts, with what is under them, and photos.
pub fn cases_of_person(db: &Db, person: PersonId) -> Result<Vec<CaseId>> {
    db.prepare_cached(
        "select k.id from cases k where k.closed_at is null and k.state <> 'removed' and (k.person = ?1 and k.kind <> 'comment' \
         or k.kind = 'comment' and exists (select 1 from every_comment c join every_post p on p.id = c.post \
         where c.guid = k.subject and p.author = ?1)) order by k.id",
    )?
    .query_map([person], |row| row.get(0))?
    .collect()
}
