//! Streams: which posts a page shows, and in which order. What it shows of them is in `shown`.

use rusqlite::{Row, ToSql, named_params};

use super::audience::SHARED_WITH;
use super::{Db, Result, json_list, visible};
use crate::model::{AspectId, PersonId, PostId, Timestamp, User};

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

/// The same for a post `p` with a row `n` of its tag, in the order posts arrived; programs that page give the time alone.
const ARRIVED_BEFORE: &str = "n.post < iif(:id = 0, 9223372036854775807, :id) and (:id <> 0 or p.created_at < :time)";

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

/// The user's own posts, those of people they share with, those that mention them and public ones with a tag they
/// follow; one more than a page when there are more.
pub fn main(db: &Db, me: &User, before: Before) -> Result<Vec<Place>> {
    let limit = PAGE as i64 + 1;
    let wanted = format!(
        "(p.author = :me or p.author in ({SHARED_WITH}) \
         or exists (select 1 from mentions n where n.post = p.id and n.person = :me) \
         or p.public and exists (select 1 from post_tags t join followed_tags f on f.tag = t.tag where t.post = p.id and f.user = :user)) \
         and {} and {}",
        visible::TO_ME,
        visible::WANTED
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
        "with author (person) as (select :me union {SHARED_WITH}), \
         candidate (id) as (select p.id from author join posts p on p.id in \
             (select p.id from posts p where p.author = author.person and {BEFORE} order by p.created_at desc, p.id desc limit :limit) \
             union select n.post from mentions n where n.person = :me \
             union select p.id from followed_tags f join post_tags t on t.tag = f.tag and t.post in (\
                 select n.post from post_tags n join posts p on p.id = n.post \
                 where n.tag = f.tag and p.public and {BEFORE} order by n.post desc limit :limit) \
             join posts p on p.id = t.post where f.user = :user) \
         select p.id, p.created_at from candidate join posts p on p.id = candidate.id where {BEFORE} and {wanted} \
         order by p.created_at desc, p.id desc limit :limit"
    );
    places(
        db,
        &by_author,
        named_params! { ":me": me.person.id, ":user": me.id, ":time": before.time, ":id": before.id, ":limit": limit },
    )
}

/// How many posts of the main stream came after one of them; no more than `PAGE` are counted.
pub fn count_newer(db: &Db, me: &User, newest: PostId) -> Result<usize> {
    let newer = db
        .prepare_cached("select exists (select 1 from posts where id > ?)")?
        .query_row([newest], |row| row.get::<_, bool>(0))?;
    if !newer {
        return Ok(0);
    }
    Ok(main(db, me, Before::default())?.iter().filter(|place| place.id > newest).count().min(PAGE))
}

/// Posts by people in some of the user's aspects. Looked for like those of the main stream.
pub fn of_aspects(db: &Db, me: &User, aspects: &[AspectId], before: Before) -> Result<Vec<Place>> {
    let limit = PAGE as i64 + 1;
    let aspects = json_list(aspects);
    let newest = format!(
        "select p.id, p.created_at from (select * from posts p where {BEFORE} order by p.created_at desc, p.id desc limit :newest) p \
         where p.author in ({SHARED_WITH} and a.id in (select value from json_each(:aspects))) and {} and {} \
         order by p.created_at desc, p.id desc limit :limit",
        visible::TO_ME,
        visible::WANTED
    );
    let found = places(
        db,
        &newest,
        named_params! { ":me": me.person.id, ":user": me.id, ":aspects": aspects, ":time": before.time, ":id": before.id, ":newest": NEWEST, ":limit": limit },
    )?;
    if found.len() as i64 == limit {
        return Ok(found);
    }
    let sql = format!(
        "with author (person) as ({SHARED_WITH} and a.id in (select value from json_each(:aspects))) \
         select p.id, p.created_at from author join posts p on p.id in \
             (select p.id from posts p where p.author = author.person and {BEFORE} and {} and {} \
              order by p.created_at desc, p.id desc limit :limit) \
         order by p.created_at desc, p.id desc limit :limit",
        visible::TO_ME,
        visible::WANTED
    );
    places(
        db,
        &sql,
        named_params! { ":me": me.person.id, ":user": me.id, ":aspects": aspects, ":time": before.time, ":id": before.id, ":limit": limit },
    )
}

/// Every public post the pod knows, without those the user does not want to see.
pub fn public(db: &Db, me: &User, before: Before) -> Result<Vec<Place>> {
    let sql = format!(
        "select p.id, p.created_at from posts p where p.public and {BEFORE} and {} and {} order by p.created_at desc, p.id desc limit :limit",
        visible::TO_ME,
        visible::WANTED
    );
    places(
        db,
        &sql,
        named_params! { ":user": me.id, ":me": me.person.id, ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 },
    )
}

/// What people who live here made public: what strangers may read, too.
pub fn public_here(db: &Db, before: Before) -> Result<Vec<Place>> {
    let sql = format!(
        "select p.id, p.created_at from users u join posts p on p.id in \
             (select p.id from posts p where p.author = u.person and p.public and {BEFORE} \
              order by p.created_at desc, p.id desc limit :limit) \
         order by p.created_at desc, p.id desc limit :limit"
    );
    places(db, &sql, named_params! { ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 })
}

/// Posts that mention the user.
pub fn mentions(db: &Db, me: &User, before: Before) -> Result<Vec<Place>> {
    let sql = format!(
        "select p.id, p.created_at from mentions n join posts p on p.id = n.post \
         where n.person = :me and {BEFORE} and {} and {} order by p.created_at desc, p.id desc limit :limit",
        visible::TO_ME,
        visible::WANTED
    );
    places(
        db,
        &sql,
        named_params! { ":me": me.person.id, ":user": me.id, ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 },
    )
}

/// What a user did with posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Wrote, liked, commented, reshared or voted.
    Any,
    Liked,
    Commented,
}

/// Posts the user did something with, by when they last did; `Place::time` is that time.
pub fn acted(db: &Db, me: &User, deed: Deed, before: Before) -> Result<Vec<Place>> {
    const LIKED: &str =
        "select l.post as post, l.received_at as at from likes l where l.author = :me and l.comment is null";
    const COMMENTED: &str = "select c.post, max(c.received_at) from comments c where c.author = :me group by c.post";
    const WROTE: &str = "select o.id, o.created_at from posts o where o.author = :me and not o.reshare";
    const RESHARED: &str = "select r.root, r.created_at from posts r where r.author = :me and r.root is not null";
    const VOTED: &str = "select o.post, v.received_at from votes v join polls o on o.id = v.poll where v.author = :me";
    let acts = match deed {
        Deed::Any => [LIKED, COMMENTED, WROTE, RESHARED, VOTED].join(" union all "),
        Deed::Liked => LIKED.to_owned(),
        Deed::Commented => COMMENTED.to_owned(),
    };
    let sql = format!(
        "with act (post, at) as ({acts}), last (id, at) as (select post, max(at) from act group by post) \
         select p.id, last.at from last join posts p on p.id = last.id \
         where last.at <= :time and (last.at < :time or p.id < :id) and {} and {} \
         order by last.at desc, p.id desc limit :limit",
        visible::TO_ME,
        visible::WANTED
    );
    places(
        db,
        &sql,
        named_params! { ":me": me.person.id, ":user": me.id, ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 },
    )
}

/// Posts with a tag that the user follows, in the order they arrived.
pub fn followed_tags(db: &Db, me: &User, before: Before) -> Result<Vec<Place>> {
    let sql = format!(
        "with candidate (id) as (select t.post from followed_tags f join post_tags t on t.tag = f.tag and t.post in (\
             select n.post from post_tags n join posts p on p.id = n.post \
             where n.tag = f.tag and {ARRIVED_BEFORE} and {} and {} order by n.post desc limit :limit) where f.user = :user) \
         select distinct p.id, p.created_at from candidate join posts p on p.id = candidate.id order by p.id desc limit :limit",
        visible::TO_ME,
        visible::WANTED
    );
    places(
        db,
        &sql,
        named_params! { ":me": me.person.id, ":user": me.id, ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 },
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
        "select p.id, p.created_at from post_tags n join posts p on p.id = n.post \
         where n.tag = :tag and {ARRIVED_BEFORE} and {rule} and {} and (:me is null or :me is not null) order by n.post desc limit :limit",
        visible::WANTED
    );
    let (me, user) = (reader.map(|me| me.person.id), reader.map(|me| me.id));
    places(
        db,
        &sql,
        named_params! { ":tag": tag, ":me": me, ":user": user, ":time": before.time, ":id": before.id, ":limit": PAGE as i64 + 1 },
    )
}

/// GUIDs are at least so long; what is shorter is the number of a row (as in diaspora*).
const GUID_MIN: usize = 16;

/// A post that the reader may see, by its GUID or its number here; strangers see public posts of people who live here.
pub fn one(db: &Db, name: &str, reader: Option<&User>) -> Result<Option<Place>> {
    let rule = if reader.is_some() { visible::TO_ME } else { visible::TO_STRANGERS };
    let column = if name.len() < GUID_MIN { "p.id" } else { "p.guid" };
    let sql = format!(
        "select p.id, p.created_at from posts p where {column} = :name and {rule} and (:me is null or :me is not null)"
    );
    let me = reader.map(|me| me.person.id);
    Ok(places(db, &sql, named_params! { ":name": name, ":me": me })?.pop())
}
