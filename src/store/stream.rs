//! The big reading queries: which posts a page shows, and everything it shows of them, in a handful of queries
//! however many posts there are.

use std::collections::HashMap;

use rusqlite::{Row, ToSql, named_params};

use super::{Db, Result, json_list, posts, visible};
use crate::model::{CommentId, Guid, Handle, PersonId, Photo, Post, PostId, Timestamp, User, UserId};

/// Posts on a page (diaspora*'s number).
pub const PAGE: usize = 15;

/// So many of the newest posts are looked through before contacts are asked one by one.
const NEWEST: i64 = 400;

/// Where a page begins: posts before this one.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    pub time: Timestamp,
    /// Among posts of the same second, those before this row.
    pub id: PostId,
}

impl Default for Before {
    fn default() -> Before {
        Before { time: Timestamp(i64::MAX), id: PostId(i64::MAX) }
    }
}

/// The rule of `Before` for a post `p`.
const BEFORE: &str = "p.created_at <= :time and (p.created_at < :time or p.id < :id)";

/// A post's place in a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub id: PostId,
    pub time: Timestamp,
}

fn place(row: &Row) -> Result<Place> {
    Ok(Place { id: row.get(0)?, time: row.get(1)? })
}

fn places(db: &Db, sql: &str, params: &[(&str, &dyn ToSql)]) -> Result<Vec<Place>> {
    db.prepare_cached(sql)?.query_map(params, place)?.collect()
}

/// The user's own posts, those of people they share with, and those that mention them; one more than a page when
/// there are more.
pub fn main(db: &Db, me: &User, before: Before) -> Result<Vec<Place>> {
    let limit = PAGE as i64 + 1;
    let wanted = format!(
        "(p.author = :me or p.author in (select m.person from aspect_members m join aspects a on a.id = m.aspect where a.user = :user) \
         or exists (select 1 from mentions n where n.post = p.id and n.person = :me)) and {} and {}",
        visible::TO_ME,
        visible::not_ignored("p.author")
    );
    let newest = format!(
        "select p.id, p.created_at from (select * from posts p where {BEFORE} order by p.created_at desc, p.id desc limit :newest) p \
         where {wanted} order by p.created_at desc, p.id desc limit :limit"
    );
    let found = places(
        db,
        &newest,
        named_params! { ":me": me.person.id, ":user": me.id, ":time": before.time, ":id": before.id, ":newest": NEWEST, ":limit": limit },
    )?;
    if found.len() as i64 == limit {
        return Ok(found);
    }
    // Few of the newest posts are for this user: look at each contact's own newest instead, so that the time a page
    // takes depends on the number of contacts and not on the number of posts.
    let by_author = format!(
        "with author (person) as (select :me union select m.person from aspect_members m join aspects a on a.id = m.aspect where a.user = :user), \
         candidate (id) as (select p.id from author join posts p on p.id in \
             (select p.id from posts p where p.author = author.person and {BEFORE} order by p.created_at desc, p.id desc limit :limit) \
             union select n.post from mentions n where n.person = :me) \
         select p.id, p.created_at from candidate join posts p on p.id = candidate.id where {BEFORE} and {wanted} \
         order by p.created_at desc, p.id desc limit :limit"
    );
    places(
        db,
        &by_author,
        named_params! { ":me": me.person.id, ":user": me.id, ":time": before.time, ":id": before.id, ":limit": limit },
    )
}

/// Every public post the pod knows, without those of people the user ignores.
pub fn public(db: &Db, me: &User, before: Before) -> Result<Vec<Place>> {
    let sql = format!(
        "select p.id, p.created_at from posts p where p.public and {BEFORE} and {} order by p.created_at desc, p.id desc limit :limit",
        visible::not_ignored("p.author")
    );
    places(
        db,
        &sql,
        named_params! { ":user": me.id, ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 },
    )
}

/// What the reader may see of a person. Strangers see what people here made public.
pub fn of_person(db: &Db, person: PersonId, reader: Option<&User>, before: Before) -> Result<Vec<Place>> {
    let rule = if reader.is_some() { visible::TO_ME } else { "p.public" };
    let sql = format!(
        "select p.id, p.created_at from posts p where p.author = :person and {BEFORE} and {rule} and (:me is null or :me is not null) \
         order by p.created_at desc, p.id desc limit :limit"
    );
    let me = reader.map(|me| me.person.id);
    places(
        db,
        &sql,
        named_params! { ":person": person, ":me": me, ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 },
    )
}

/// Posts with a tag that the reader may see, in the order they arrived.
pub fn tagged(db: &Db, tag: &str, reader: Option<&User>, before: Before) -> Result<Vec<Place>> {
    let rule = if reader.is_some() { visible::TO_ME } else { visible::TO_STRANGERS };
    let sql = format!(
        "select p.id, p.created_at from post_tags t join posts p on p.id = t.post \
         where t.tag = :tag and t.post < :id and {rule} and {} and (:me is null or :me is not null) order by t.post desc limit :limit",
        visible::not_ignored("p.author")
    );
    let (me, user) = (reader.map(|me| me.person.id), reader.map(|me| me.id));
    places(
        db,
        &sql,
        named_params! { ":tag": tag, ":me": me, ":user": user, ":id": before.id, ":limit": PAGE as i64 + 1 },
    )
}

/// A post that the reader may see; strangers see public posts of people who live here.
pub fn one(db: &Db, guid: &str, reader: Option<&User>) -> Result<Option<Place>> {
    let rule = if reader.is_some() { visible::TO_ME } else { visible::TO_STRANGERS };
    let sql = format!(
        "select p.id, p.created_at from posts p where p.guid = :guid and {rule} and (:me is null or :me is not null)"
    );
    let me = reader.map(|me| me.person.id);
    Ok(places(db, &sql, named_params! { ":guid": guid, ":me": me })?.pop())
}

/// A post and what people did with it.
#[derive(Clone, Debug)]
pub struct Item {
    pub post: Post,
    pub likes: i64,
    pub comments: i64,
    pub reshares: i64,
    /// The reader likes it.
    pub liked: bool,
    /// The reader reshared it.
    pub reshared: bool,
    /// Whether photos, a poll or an event belong to it, so that they are asked for only then.
    pub has_photos: bool,
    pub has_poll: bool,
    pub has_event: bool,
}

/// Posts with their counts, in the order of `ids`. Whether the reader may see them was asked before.
pub fn items(db: &Db, ids: &[PostId], reader: Option<PersonId>) -> Result<Vec<Item>> {
    let sql = format!(
        "select {}, \
         (select count(*) from likes l where l.post = p.id and l.comment is null and l.positive), \
         (select count(*) from comments c where c.post = p.id), \
         (select count(*) from posts r where r.root = p.id), \
         exists (select 1 from likes l where l.post = p.id and l.author = :me and l.comment is null and l.positive), \
         exists (select 1 from posts r where r.root = p.id and r.author = :me), \
         exists (select 1 from photos h where h.post = p.id), \
         exists (select 1 from polls o where o.post = p.id), \
         exists (select 1 from events e where e.post = p.id) \
         from json_each(:ids) j join posts p on p.id = j.value",
        posts::COLUMNS
    );
    db.prepare_cached(&sql)?.query_map(named_params! { ":ids": json_list(ids), ":me": reader }, item)?.collect()
}

fn item(row: &Row) -> Result<Item> {
    Ok(Item {
        post: posts::post(row)?,
        likes: row.get(12)?,
        comments: row.get(13)?,
        reshares: row.get(14)?,
        liked: row.get(15)?,
        reshared: row.get(16)?,
        has_photos: row.get(17)?,
        has_poll: row.get(18)?,
        has_event: row.get(19)?,
    })
}

/// What a list or a post shows of a person.
#[derive(Clone, Debug)]
pub struct Card {
    pub id: PersonId,
    pub handle: Handle,
    pub guid: Guid,
    pub name: String,
    /// Absolute address of a picture of about 100 pixels.
    pub image: Option<String>,
    pub nsfw: bool,
    pub local: bool,
}

const CARD: &str =
    "p.id, p.handle, p.guid, p.name, coalesce(p.image_medium, p.image_small, p.image_large), p.nsfw, p.host is null";

fn card(row: &Row) -> Result<Card> {
    Ok(Card {
        id: row.get(0)?,
        handle: row.get(1)?,
        guid: row.get(2)?,
        name: row.get(3)?,
        image: row.get(4)?,
        nsfw: row.get(5)?,
        local: row.get(6)?,
    })
}

/// People by their rows.
pub fn cards(db: &Db, ids: &[PersonId]) -> Result<HashMap<PersonId, Card>> {
    let sql = format!("select {CARD} from people p where p.id in (select value from json_each(?))");
    db.prepare_cached(&sql)?.query_map([json_list(ids)], |row| card(row).map(|card| (card.id, card)))?.collect()
}

/// GUID and name of those among these people whom the pod knows, for mentions.
pub fn named(db: &Db, handles: &[Handle]) -> Result<HashMap<Handle, (Guid, String)>> {
    if handles.is_empty() {
        return Ok(HashMap::new());
    }
    db.prepare_cached("select handle, guid, name from people where handle in (select value from json_each(?))")?
        .query_map([json_list(handles)], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
        .collect()
}

/// A comment and what people did with it.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: CommentId,
    pub guid: Guid,
    pub post: PostId,
    pub author: PersonId,
    pub text: String,
    pub time: Timestamp,
    pub likes: i64,
    /// The reader likes it.
    pub liked: bool,
}

const COMMENT: &str = "c.id, c.guid, c.post, c.author, c.text, c.created_at, \
    (select count(*) from likes l where l.comment = c.id and l.positive), \
    exists (select 1 from likes l where l.comment = c.id and l.author = :me and l.positive)";

fn comment(row: &Row) -> Result<Comment> {
    Ok(Comment {
        id: row.get(0)?,
        guid: row.get(1)?,
        post: row.get(2)?,
        author: row.get(3)?,
        text: row.get(4)?,
        time: row.get(5)?,
        likes: row.get(6)?,
        liked: row.get(7)?,
    })
}

/// The newest three comments under each of these posts, the oldest first; people the user ignores are left out.
pub fn last_comments(db: &Db, posts: &[PostId], me: PersonId, user: UserId) -> Result<Vec<Comment>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select {COMMENT} from json_each(:posts) j join comments c on c.id in \
         (select n.id from comments n where n.post = j.value and {} order by n.created_at desc, n.id desc limit 3) \
         order by c.created_at, c.id",
        visible::not_ignored("n.author")
    );
    db.prepare_cached(&sql)?
        .query_map(named_params! { ":posts": json_list(posts), ":me": me, ":user": user }, comment)?
        .collect()
}

/// Comments on a page of one post.
pub const COMMENTS: i64 = 200;

/// The newest comments under a post before one of them, the oldest first.
pub fn comments(db: &Db, post: PostId, reader: Option<&User>, before: Option<CommentId>) -> Result<Vec<Comment>> {
    let sql = format!(
        "select {COMMENT} from comments c where c.post = :post and {} \
         and (:before is null or (c.created_at, c.id) < (select b.created_at, b.id from comments b where b.id = :before)) \
         order by c.created_at desc, c.id desc limit :limit",
        visible::not_ignored("c.author")
    );
    let (me, user) = (reader.map(|me| me.person.id), reader.map(|me| me.id));
    let params = named_params! { ":post": post, ":me": me, ":user": user, ":before": before, ":limit": COMMENTS };
    let mut found: Vec<Comment> = db.prepare_cached(&sql)?.query_map(params, comment)?.collect::<Result<_>>()?;
    found.reverse();
    Ok(found)
}

/// Photos of posts, in their order.
pub fn photos(db: &Db, posts: &[PostId]) -> Result<Vec<(PostId, Photo)>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    db.prepare_cached(
        "select h.post, h.guid, h.public, h.path, h.name, h.text, h.width, h.height, h.created_at \
         from photos h where h.post in (select value from json_each(?)) order by h.id",
    )?
    .query_map([json_list(posts)], |row| {
        let photo = Photo {
            guid: row.get(1)?,
            public: row.get(2)?,
            path: row.get(3)?,
            name: row.get(4)?,
            text: row.get(5)?,
            width: row.get(6)?,
            height: row.get(7)?,
            created_at: row.get(8)?,
        };
        Ok((row.get(0)?, photo))
    })?
    .collect()
}

/// An answer of a poll and how many chose it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub post: PostId,
    pub question: String,
    pub text: String,
    pub votes: i64,
}

/// The polls of posts, answer by answer.
pub fn answers(db: &Db, posts: &[PostId]) -> Result<Vec<Answer>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    db.prepare_cached(
        "select o.post, o.question, a.answer, (select count(*) from votes v where v.answer = a.id) \
         from polls o join poll_answers a on a.poll = o.id where o.post in (select value from json_each(?)) order by a.id",
    )?
    .query_map([json_list(posts)], |row| {
        Ok(Answer { post: row.get(0)?, question: row.get(1)?, text: row.get(2)?, votes: row.get(3)? })
    })?
    .collect()
}

/// People shown by name under a post; the counts tell of the others.
const SHOWN: i64 = 30;

/// The first who liked a post.
pub fn likers(db: &Db, post: PostId) -> Result<Vec<Card>> {
    let sql = format!(
        "select {CARD} from likes l join people p on p.id = l.author where l.post = ? and l.comment is null and l.positive \
         order by l.id limit ?"
    );
    db.prepare_cached(&sql)?.query_map((post, SHOWN), card)?.collect()
}

/// The first who reshared a post.
pub fn resharers(db: &Db, post: PostId) -> Result<Vec<Card>> {
    let sql =
        format!("select {CARD} from posts r join people p on p.id = r.author where r.root = ? order by r.id limit ?");
    db.prepare_cached(&sql)?.query_map((post, SHOWN), card)?.collect()
}
