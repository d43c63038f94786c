//! What the podmin holds: the only readers below the views, for the podmin's own eyes and for withholding.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx};
use crate::model::case::{Kind, Subject};
use crate::model::{Guid, Handle, Outgoing, PersonId, PostId, Target, Timestamp};

/// A thing that a case can be about, whether it is held or not.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whose it is; `None`: a pod.
    pub person: Option<PersonId>,
    /// Base address of the pod it came from; `None`: made here.
    pub origin: Option<String>,
    /// Anybody may see it, as far as its author is concerned.
    pub public: bool,
    /// The post that it is, or belongs to.
    pub post: Option<(PostId, Guid)>,
    pub text: String,
    pub created_at: Option<Timestamp>,
}

/// Looks a thing up by the name a case has for it.
pub fn find(db: &Db, kind: Kind, name: &str) -> Result<Option<Found>> {
    let sql = match kind {
        Kind::Post => {
            "select p.author, iif(w.host is null, null, w.url), p.public, p.id, p.guid, p.text, p.created_at \
             from every_post p join every_person w on w.id = p.author where p.guid = ?"
        }
        Kind::Comment => {
            "select c.author, iif(w.host is null, null, w.url), p.public, p.id, p.guid, c.text, c.created_at \
             from every_comment c join every_person w on w.id = c.author join every_post p on p.id = c.post where c.guid = ?"
        }
        Kind::Photo => {
            "select h.author, iif(w.host is null, null, w.url), h.public, p.id, p.guid, h.text, h.created_at \
             from every_photo h join every_person w on w.id = h.author left join every_post p on p.id = h.post where h.guid = ?"
        }
        Kind::Profile | Kind::Account => {
            "select w.id, iif(w.host is null, null, w.url), w.public_details, null, null, w.bio, w.found_at \
             from every_person w where w.handle = ?"
        }
        Kind::Pod => {
            "select null, max(w.url), 0, null, null, '', min(w.found_at) from every_person w where w.host = ? having count(*) > 0"
        }
    };
    db.prepare_cached(sql)?
        .query_row([name], |row| {
            let post: Option<PostId> = row.get(3)?;
            let guid: Option<Guid> = row.get(4)?;
            Ok(Found {
                person: row.get(0)?,
                origin: row.get(1)?,
                public: row.get(2)?,
                post: post.zip(guid),
                text: row.get(5)?,
                created_at: row.get(6)?,
            })
        })
        .optional()
}

/// Where things of a kind lie below the views.
fn table(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Post => Some("every_post"),
        Kind::Comment => Some("every_comment"),
        Kind::Photo => Some("every_photo"),
        Kind::Profile | Kind::Account | Kind::Pod => None,
    }
}

/// Takes a post, comment or photo off every surface, or puts it back.
pub fn set(tx: &Tx, kind: Kind, name: &str, held: bool) -> Result<()> {
    let Some(table) = table(kind) else { return Ok(()) };
    tx.execute(&format!("update {table} set held = ? where guid = ?"), (held, name))?;
    Ok(())
}

/// Whether a post or comment of this GUID is here and held, so that it is not taken for one that is missing.
pub fn has(db: &Db, guid: &str) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from every_post e where e.guid = :guid and not exists (select 1 from posts p where p.id = e.id)) \
         or exists (select 1 from every_comment e where e.guid = :guid and not exists (select 1 from comments c where c.id = e.id))",
    )?
    .query_row(named_params! { ":guid": guid }, |row| row.get(0))
}

/// A photo below the views: path and name, and what it shows.
#[derive(Clone, Debug)]
pub struct Picture {
    pub guid: Guid,
    pub path: String,
    pub name: String,
    pub text: String,
    /// It lies in this pod's folder.
    pub here: bool,
}

/// Photos of a post, held or not; the photo itself when the subject is one.
pub fn pictures(db: &Db, kind: Kind, name: &str) -> Result<Vec<Picture>> {
    let rule = match kind {
        Kind::Post => "h.post = (select id from every_post where guid = ?)",
        Kind::Photo => "h.guid = ?",
        Kind::Comment | Kind::Profile | Kind::Account | Kind::Pod => return Ok(Vec::new()),
    };
    db.prepare_cached(&format!(
        "select h.guid, h.path, h.name, h.text, h.here from every_photo h where {rule} order by h.id"
    ))?
    .query_map([name], |row| {
        Ok(Picture { guid: row.get(0)?, path: row.get(1)?, name: row.get(2)?, text: row.get(3)?, here: row.get(4)? })
    })?
    .collect()
}

/// A photo by its GUID, or the face of a person by theirs.
pub fn picture(db: &Db, guid: &str) -> Result<Option<Picture>> {
    if let Some(photo) = pictures(db, Kind::Photo, guid)?.pop() {
        return Ok(Some(photo));
    }
    db.prepare_cached(
        "select guid, image_large, host is null from every_person where guid = ? and image_large is not null",
    )?
    .query_row([guid], |row| {
        let (address, here): (String, bool) = (row.get(1)?, row.get(2)?);
        let at = address.rfind('/').map_or(0, |slash| slash + 1);
        let (path, name) = (address[..at].to_owned(), address[at..].to_owned());
        Ok(Picture { guid: row.get(0)?, path, name, text: String::new(), here })
    })
    .optional()
}

/// Whether a picture of ours (by its file name without a size), or one elsewhere (by folder address and name without a
/// size), belongs to something held. `address` is the whole address, for faces.
pub fn hides_picture(db: &Db, path: Option<&str>, name: &str, address: &str) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from every_photo e where e.name = :name and (e.path = :path or :path is null and e.here) \
             and not exists (select 1 from photos h where h.id = e.id)) \
         or :path is null and exists (select 1 from users u join every_person p on p.id = u.person join curbs x on x.person = p.id \
             where x.how in ('hidden', 'profile', 'no_pictures') and instr(p.image_large, :name)) \
         or :path is not null and exists (select 1 from curbs x join every_person p on p.id = x.person \
             where x.how in ('hidden', 'profile', 'no_pictures') and :address in (p.image_large, p.image_medium, p.image_small))",
    )?
    .query_row(named_params! { ":name": name, ":path": path, ":address": address }, |row| row.get(0))
}

/// What shows the picture at an address elsewhere: the photo, or whose face it is, or the post or comment that speaks of
/// it or of a link with this picture, the newest first.
pub fn showing(db: &Db, path: &str, name: &str, address: &str) -> Result<Option<Subject>> {
    db.prepare_cached(
        "with spoken (it) as (select :address union select url from links where image = :address) \
         select 'photo', guid from every_photo where name = :name and path = :path union all \
         select 'profile', handle from every_person where :address in (image_large, image_medium, image_small) union all \
         select * from (select 'post', p.guid from every_post p join spoken on instr(p.text, it) order by p.id desc limit 1) \
         union all select * from (select 'comment', c.guid from every_comment c join spoken on instr(c.text, it) \
         order by c.id desc limit 1) limit 1",
    )?
    .query_row(named_params! { ":name": name, ":path": path, ":address": address }, |row| {
        Ok(Subject { kind: row.get(0)?, name: row.get(1)? })
    })
    .optional()
}

/// Addresses of a person's face, in all its sizes.
pub fn faces(db: &Db, person: PersonId) -> Result<Vec<String>> {
    db.prepare_cached(
        "select image_large from every_person where id = :id union select image_medium from every_person where id = :id \
         union select image_small from every_person where id = :id",
    )?
    .query_map(named_params! { ":id": person }, |row| row.get::<_, Option<String>>(0))?
    .filter_map(Result::transpose)
    .collect()
}

/// Whether what goes out is held just now: it waits, and goes when it is restored.
pub fn withholds(db: &Db, sender: PersonId, what: &Outgoing) -> Result<bool> {
    const POST: &str = "select exists (select 1 from every_post e where e.id = ?1) and not exists (select 1 from posts p where p.id = ?1)";
    const COMMENT: &str = "select exists (select 1 from every_comment e where e.id = ?1) and not exists (select 1 from comments c where c.id = ?1)";
    const LIKE: &str = "select exists (select 1 from every_like e where e.id = ?1 and not exists \
        (select 1 from likes l join posts p on p.id = l.post where l.id = e.id))";
    const VOTE: &str = "select exists (select 1 from votes v join polls o on o.id = v.poll where v.id = ?1 and not exists \
        (select 1 from posts p where p.id = o.post))";
    const ANSWER: &str = "select exists (select 1 from event_answers a join events e on e.id = a.event where a.id = ?1 \
        and e.post is not null and not exists (select 1 from posts p where p.id = e.post))";
    const CONVERSATION: &str = "select exists (select 1 from every_conversation e where e.id = ?1 and not exists \
        (select 1 from conversations c where c.id = e.id))";
    const MESSAGE: &str = "select exists (select 1 from every_message e where e.id = ?1 and not exists (select 1 from messages m where m.id = e.id))";
    const PERSON: &str = "select veiled from every_person where id = ?1";
    let (sql, id) = match what {
        Outgoing::Post(id) => (POST, id.0),
        Outgoing::Comment(id) => (COMMENT, id.0),
        Outgoing::Like(id) => (LIKE, id.0),
        Outgoing::Vote(id) => (VOTE, id.0),
        Outgoing::Answer(id) => (ANSWER, id.0),
        Outgoing::Conversation(id) => (CONVERSATION, id.0),
        Outgoing::Message(id) => (MESSAGE, id.0),
        Outgoing::Profile | Outgoing::WholeProfile | Outgoing::MovedFrom(_) => (PERSON, sender.0),
        Outgoing::Contact { .. }
        | Outgoing::Participation { .. }
        | Outgoing::Retraction { .. }
        | Outgoing::AccountDeletion
        | Outgoing::AccountMigration => return Ok(false),
    };
    db.prepare_cached(sql)?.query_row([id], |row| row.get(0))
}

/// Pods of those who took part in a post: author, commenters, likers, resharers, participants, those it names.
pub fn pods_of_thread(db: &Db, post: PostId) -> Result<Vec<String>> {
    db.prepare_cached(
        "select distinct w.host from every_person w where w.host is not null and w.id in (\
         select author from every_post where id = :post union select author from every_comment where post = :post \
         union select author from every_like where post = :post union select author from every_post where root = :post \
         union select person from participations where post = :post union select person from mentions where post = :post \
         union select s.person from sharers s join users u on u.id = s.user join every_post p on p.author = u.person where p.id = :post) \
         order by w.host",
    )?
    .query_map(named_params! { ":post": post }, |row| row.get(0))?
    .collect()
}

/// Pods that have something of a person here, or took part in it: of those who got, reshared, answered or liked what the
/// person posted, whom it names, and who wrote what the person answered or liked.
pub fn pods_of_person(db: &Db, person: PersonId) -> Result<Vec<Target>> {
    db.prepare_cached(
        "with own (id) as (select id from every_post where author = :person), \
         others (id) as (select post from every_comment where author = :person union select post from every_like where author = :person) \
         select distinct w.host, w.url from every_person w where w.host is not null and w.closed_at is null and w.id in (\
         select e.author from own join every_post e on e.root = own.id \
         union select e.author from own join every_comment e on e.post = own.id \
         union select e.author from own join every_like e on e.post = own.id \
         union select e.person from own join participations e on e.post = own.id \
         union select e.person from own join audience e on e.post = own.id \
         union select e.person from own join mentions e on e.post = own.id \
         union select e.author from others join every_post e on e.id = others.id) order by w.host",
    )?
    .query_map(named_params! { ":person": person }, |row| Ok(Target::Pod { host: row.get(0)?, url: row.get(1)? }))?
    .collect()
}

/// diaspora* ID of a person, whatever is held.
pub fn handle(db: &Db, person: PersonId) -> Result<Handle> {
    db.prepare_cached("select handle from every_person where id = ?")?.query_row([person], |row| row.get(0))
}

/// GUIDs of posts, comments and photos of a person, so many of each kind at the most.
pub fn of_person(db: &Db, person: PersonId, most: u32) -> Result<Vec<(Kind, String)>> {
    let mut found = Vec::new();
    for (kind, table) in [(Kind::Post, "every_post"), (Kind::Comment, "every_comment"), (Kind::Photo, "every_photo")] {
        let mut rows = db.prepare_cached(&format!("select guid from {table} where author = ? limit ?"))?;
        let guids = rows.query_map((person, most), |row| row.get::<_, String>(0))?;
        for guid in guids {
            found.push((kind, guid?));
        }
    }
    Ok(found)
}

/// What a profile tells besides the ID: name, description and so on, when they are long enough to be known again.
pub fn profile_needles(db: &Db, handle: &str) -> Result<Vec<String>> {
    db.prepare_cached(
        "select name, bio, location, gender, coalesce(image_large, '') from every_person where handle = ?",
    )?
    .query_row([handle], |row| {
        let told: Vec<String> = (0..5).map(|column| row.get(column)).collect::<Result<_>>()?;
        Ok(told.into_iter().filter(|text| text.chars().count() > 3 && text != handle).collect())
    })
    .optional()
    .map(Option::unwrap_or_default)
}

/// Aspects that a person is in, and conversations they began.
pub fn rooms_of(db: &Db, handle: &str) -> Result<(Vec<String>, Vec<String>)> {
    let list =
        |sql: &str| -> Result<Vec<String>> { db.prepare_cached(sql)?.query_map([handle], |row| row.get(0))?.collect() };
    Ok((
        list(
            "select cast(m.aspect as text) from aspect_members m join every_person p on p.id = m.person where p.handle = ? limit 10",
        )?,
        list(
            "select c.guid from every_conversation c join every_person p on p.id = c.author where p.handle = ? limit 10",
        )?,
    ))
}

/// GUIDs of the newest posts of a person.
pub fn newest_posts(db: &Db, handle: &str) -> Result<Vec<String>> {
    db.prepare_cached(
        "select o.guid from every_post o join every_person p on p.id = o.author where p.handle = ? order by o.created_at desc limit 3",
    )?
    .query_map([handle], |row| row.get(0))?
    .collect()
}

/// How much of a person's is still here: posts, comments and photos.
pub fn count_of_person(db: &Db, person: PersonId) -> Result<i64> {
    db.prepare_cached(
        "select (select count(*) from every_post where author = :person) + (select count(*) from every_comment where author = :person) \
         + (select count(*) from every_photo where author = :person)",
    )?
    .query_row(named_params! { ":person": person }, |row| row.get(0))
}

/// What a person leaves besides posts, comments and photos: tables, and who it is of in them.
const TRACES: [(&str, &str); 8] = [
    ("every_like", "author"),
    ("votes", "author"),
    ("event_answers", "author"),
    ("events", "author"),
    ("participations", "person"),
    ("every_message", "author"),
    ("notice_people", "person"),
    ("mails", "person"),
];

/// People of a pod that something is still here of, so many at the most: those who are not closed, then those of whose
/// closed accounts something stayed.
pub fn people_with_things(db: &Db, host: &str, most: u32) -> Result<Vec<PersonId>> {
    let things = [("every_post", "author"), ("every_comment", "author"), ("every_photo", "author")];
    let left = things.iter().chain(&TRACES);
    let left: Vec<String> =
        left.map(|(table, column)| format!("exists (select 1 from {table} t where t.{column} = p.id)")).collect();
    db.prepare_cached(&format!(
        "select p.id from every_person p where p.host = :host and p.closed_at is null union all \
         select p.id from every_person p where p.host = :host and p.closed_at is not null and ({}) limit :most",
        left.join(" or ")
    ))?
    .query_map(named_params! { ":host": host, ":most": most }, |row| row.get(0))?
    .collect()
}

/// Likes, votes, answers, events, participations, private messages and notices of a person go.
pub fn remove_traces(tx: &Tx, person: PersonId) -> Result<()> {
    for (table, column) in TRACES {
        tx.execute(&format!("delete from {table} where {column} = ?"), [person])?;
    }
    tx.execute(
        "delete from every_notice where not exists (select 1 from notice_people n where n.notice = every_notice.id)",
        [],
    )?;
    Ok(())
}

/// Removes a post, comment or photo by its GUID.
pub fn remove(tx: &Tx, kind: Kind, guid: &str) -> Result<()> {
    let Some(table) = table(kind) else { return Ok(()) };
    tx.execute(&format!("delete from {table} where guid = ?"), [guid])?;
    Ok(())
}
