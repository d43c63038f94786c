//! What pages show of posts, comments and people: everything for all of them at once, in a handful of queries however
//! many there are.

use std::collections::HashMap;

use rusqlite::{Row, named_params};

use super::{Db, Result, json_list, lists, posts, visible};
use crate::model::{CommentId, Guid, Handle, PersonId, Photo, Post, PostId, Timestamp, User};

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
    /// The reader takes part, and is told.
    pub subscribed: bool,
    /// The reader does not want to see it in streams.
    pub hidden: bool,
    /// Whether photos, a poll or an event belong to it, so that they are asked for only then.
    pub has_photos: bool,
    pub has_poll: bool,
    pub has_event: bool,
    /// Its author may show no pictures here, nor what their links lead to.
    pub no_pictures: bool,
    pub no_previews: bool,
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
         exists (select 1 from participations t where t.post = p.id and t.person = :me), \
         exists (select 1 from muted mu join users u on u.id = mu.user where mu.post = p.id and u.person = :me and mu.hidden), \
         exists (select 1 from photos h where h.post = p.id), \
         exists (select 1 from polls o where o.post = p.id), \
         exists (select 1 from events e where e.post = p.id), \
         exists (select 1 from curbs x where x.person = p.author and x.how = 'no_pictures'), \
         exists (select 1 from curbs x where x.person = p.author and x.how = 'no_previews') \
         from json_each(:ids) j join posts p on p.id = j.value",
        posts::COLUMNS
    );
    db.prepare_cached(&sql)?.query_map(named_params! { ":ids": json_list(ids), ":me": reader }, item)?.collect()
}

/// Those of these posts that strangers may read: public, and written here.
pub fn for_strangers(db: &Db, ids: &[PostId]) -> Result<Vec<PostId>> {
    let sql = format!("select p.id from json_each(?) j join posts p on p.id = j.value where {}", visible::TO_STRANGERS);
    db.prepare_cached(&sql)?.query_map([json_list(ids)], |row| row.get(0))?.collect()
}

/// Where posts of people elsewhere are to be read: their addresses on the pods of those who wrote them.
pub fn addresses(db: &Db, ids: &[PostId]) -> Result<HashMap<PostId, String>> {
    db.prepare_cached(
        "select p.id, w.url || '/posts/' || p.guid from json_each(?) j join posts p on p.id = j.value \
         join people w on w.id = p.author where p.public and w.host is not null",
    )?
    .query_map([json_list(ids)], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

fn item(row: &Row) -> Result<Item> {
    Ok(Item {
        post: posts::post(row)?,
        likes: row.get(12)?,
        comments: row.get(13)?,
        reshares: row.get(14)?,
        liked: row.get(15)?,
        reshared: row.get(16)?,
        subscribed: row.get(17)?,
        hidden: row.get(18)?,
        has_photos: row.get(19)?,
        has_poll: row.get(20)?,
        has_event: row.get(21)?,
        no_pictures: row.get(22)?,
        no_previews: row.get(23)?,
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

/// Columns of people `p` that `card` reads.
pub(super) const CARD: &str =
    "p.id, p.handle, p.guid, p.name, coalesce(p.image_medium, p.image_small, p.image_large), p.nsfw, p.host is null";

pub(super) fn card(row: &Row) -> Result<Card> {
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
    let sql =
        format!("select {CARD} from people p where p.id in (select value from json_each(?)) and {}", visible::PRESENT);
    db.prepare_cached(&sql)?.query_map([json_list(ids)], |row| card(row).map(|card| (card.id, card)))?.collect()
}

/// GUID and name of those among these people whom the pod knows, for mentions.
pub fn named(db: &Db, handles: &[Handle]) -> Result<HashMap<Handle, (Guid, String)>> {
    if handles.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select p.handle, p.guid, p.name from people p where p.handle in (select value from json_each(?)) and {}",
        visible::PRESENT
    );
    db.prepare_cached(&sql)?
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
    /// Its author may show no pictures here.
    pub no_pictures: bool,
}

const COMMENT: &str = "c.id, c.guid, c.post, c.author, c.text, c.created_at, \
    (select count(*) from likes l where l.comment = c.id and l.positive), \
    exists (select 1 from likes l where l.comment = c.id and l.author = :me and l.positive), \
    exists (select 1 from curbs x where x.person = c.author and x.how = 'no_pictures')";

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
        no_pictures: row.get(8)?,
    })
}

/// Characters of a comment in a stream at the most; the page of its post has all of it.
const LAST_MAX: usize = 2_000;

/// The newest three comments under each of these posts, the oldest first; people the user ignores are left out. Long
/// ones are cut.
pub fn last_comments(db: &Db, posts: &[PostId], reader: Option<&User>) -> Result<Vec<Comment>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select {COMMENT} from json_each(:posts) j join comments c on c.id in \
         (select n.id from comments n where n.post = j.value and {} order by n.created_at desc, n.id desc limit 3) \
         order by c.created_at, c.id",
        visible::not_ignored("n.author")
    );
    let (me, user) = (reader.map(|me| me.person.id), reader.map(|me| me.id));
    db.prepare_cached(&sql)?
        .query_map(named_params! { ":posts": json_list(posts), ":me": me, ":user": user }, |row| {
            let mut comment = comment(row)?;
            if let Some((end, _)) = comment.text.char_indices().nth(LAST_MAX) {
                comment.text.truncate(end);
                comment.text.push('…');
                comment.text.shrink_to_fit();
            }
            Ok(comment)
        })?
        .collect()
}

/// Comments on a page of one post.
const COMMENTS: u32 = 200;

/// The newest comments under a post and, when it is a reshare, under its original, before one of them, the oldest
/// first; and whether there are earlier ones.
pub fn comments(
    db: &Db,
    post: PostId,
    reader: Option<&User>,
    before: Option<CommentId>,
) -> Result<(Vec<Comment>, bool)> {
    let sql = format!(
        "select {COMMENT} from comments c where c.post in (select :post union select root from posts where id = :post) and {} \
         and (:before is null or (c.created_at, c.id) < (select b.created_at, b.id from comments b where b.id = :before)) \
         order by c.created_at desc, c.id desc limit :limit",
        visible::not_ignored("c.author")
    );
    let (me, user) = (reader.map(|me| me.person.id), reader.map(|me| me.id));
    let params = named_params! { ":post": post, ":me": me, ":user": user, ":before": before, ":limit": COMMENTS + 1 };
    let mut statement = db.prepare_cached(&sql)?;
    lists::newest_that_fit(statement.query_map(params, comment)?, COMMENTS, |comment| comment.text.len())
}

/// Bytes of photos, and of answers of polls, that are read for a page: more is only there when somebody wants it to be
/// too much.
const MORE_MAX: usize = 128 * 1024;

/// Photos of posts, in their order.
pub fn photos(db: &Db, posts: &[PostId]) -> Result<Vec<(PostId, Photo)>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "select h.post, h.guid, h.public, h.path, h.name, substr(h.text, 1, 1000), h.width, h.height, h.created_at \
         from photos h where h.post in (select value from json_each(?)) order by h.id",
    )?;
    let rows = statement.query_map([json_list(posts)], |row| {
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
    })?;
    lists::until_full(rows, MORE_MAX, |(_, photo)| photo.path.len() + photo.name.len() + photo.text.len())
}

/// An answer of a poll and how many chose it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub post: PostId,
    pub question: String,
    pub guid: Guid,
    pub text: String,
    pub votes: i64,
    /// The reader chose it.
    pub mine: bool,
}

/// The polls of posts, answer by answer.
pub fn answers(db: &Db, posts: &[PostId], reader: Option<PersonId>) -> Result<Vec<Answer>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "select o.post, o.question, a.guid, a.answer, (select count(*) from votes v where v.answer = a.id), \
         exists (select 1 from votes v where v.answer = a.id and v.author = :me) \
         from polls o join poll_answers a on a.poll = o.id where o.post in (select value from json_each(:posts)) order by a.id",
    )?;
    let rows = statement.query_map(named_params! { ":posts": json_list(posts), ":me": reader }, |row| {
        Ok(Answer {
            post: row.get(0)?,
            question: row.get(1)?,
            guid: row.get(2)?,
            text: row.get(3)?,
            votes: row.get(4)?,
            mine: row.get(5)?,
        })
    })?;
    lists::until_full(rows, MORE_MAX, |answer| answer.question.len() + answer.text.len())
}

/// People shown by name under a post; the counts tell of the others.
const SHOWN: i64 = 30;

/// The first who liked a post.
pub fn likers(db: &Db, post: PostId) -> Result<Vec<Card>> {
    let sql = format!(
        "select {CARD} from likes l join people p on p.id = l.author where l.post = ? and l.comment is null and l.positive and {} \
         order by l.id limit ?",
        visible::PRESENT
    );
    db.prepare_cached(&sql)?.query_map((post, SHOWN), card)?.collect()
}

/// The first who reshared a post.
pub fn resharers(db: &Db, post: PostId) -> Result<Vec<Card>> {
    let sql =
        format!("select {CARD} from posts r join people p on p.id = r.author where r.root = ? order by r.id limit ?");
    db.prepare_cached(&sql)?.query_map((post, SHOWN), card)?.collect()
}
