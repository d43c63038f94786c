//! Photos: where they are and what they show. Pictures of other pods stay there; those of people here lie in a folder,
//! and the names of those that are no longer needed are noted here until they are removed.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, hashes, json_list, visible};
use crate::model::{Guid, PersonId, Photo, PhotoId, PostId, Timestamp, User};

const COLUMNS: &str = "guid, public, path, name, text, width, height, created_at";
/// The same of a table `h` beside others.
const IN_JOIN: &str = "h.guid, h.public, h.path, h.name, h.text, h.width, h.height, h.created_at";

fn photo(row: &Row) -> Result<Photo> {
    Ok(Photo {
        guid: row.get(0)?,
        public: row.get(1)?,
        path: row.get(2)?,
        name: row.get(3)?,
        text: row.get(4)?,
        width: row.get(5)?,
        height: row.get(6)?,
        created_at: row.get(7)?,
    })
}

/// Stores a photo; `false` when its GUID is known. A photo that came alone first joins its post.
pub fn add(tx: &Tx, author: PersonId, post: Option<PostId>, new: &Photo) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "insert into every_photo (guid, author, post, public, path, name, text, width, height, created_at) \
             values (:guid, :author, :post, :public, :path, :name, :text, :width, :height, :created_at) \
             on conflict (guid) do update set post = excluded.post \
             where every_photo.post is null and every_photo.author = excluded.author and excluded.post is not null",
        )?
        .execute(named_params! {
            ":guid": new.guid, ":author": author, ":post": post, ":public": new.public, ":path": new.path, ":name": new.name,
            ":text": new.text, ":width": new.width, ":height": new.height, ":created_at": new.created_at,
        })?;
    Ok(changed == 1)
}

/// Stores a photo that somebody here brought and has not posted yet.
pub fn add_unposted(tx: &Tx, author: PersonId, new: &Photo) -> Result<()> {
    tx.prepare_cached(
        "insert into every_photo (guid, author, public, path, name, text, width, height, here, created_at) \
         values (:guid, :author, 0, :path, :name, :text, :width, :height, 1, :created_at)",
    )?
    .execute(named_params! {
        ":guid": new.guid, ":author": author, ":path": new.path, ":name": new.name, ":text": new.text,
        ":width": new.width, ":height": new.height, ":created_at": new.created_at,
    })?;
    Ok(())
}

/// What somebody here brought and has not posted yet: of these the ones that are there, in the same order.
pub fn unposted(db: &Db, author: PersonId, guids: &[&str]) -> Result<Vec<(PhotoId, Photo)>> {
    db.prepare_cached(&format!(
        "select {IN_JOIN}, h.id from json_each(:guids) j join photos h on h.guid = j.value \
         where h.author = :author and h.here and h.post is null order by j.key"
    ))?
    .query_map(named_params! { ":guids": json_list(guids), ":author": author }, |row| Ok((row.get(8)?, photo(row)?)))?
    .collect()
}

pub fn count_unposted(db: &Db, author: PersonId) -> Result<i64> {
    db.query_row("select count(*) from photos where author = ? and here and post is null", [author], |row| row.get(0))
}

/// Whether anything was brought before a time and not posted since.
pub fn any_unposted(db: &Db, before: Timestamp) -> Result<bool> {
    let sql = "select exists (select 1 from photos where here and post is null and not held and created_at < ?)";
    db.query_row(sql, [before], |row| row.get(0))
}

pub fn remove_unposted(tx: &Tx, before: Timestamp) -> Result<()> {
    tx.execute("delete from every_photo where here and post is null and not held and created_at < ?", [before])?;
    Ok(())
}

/// Makes an unposted photo part of a post.
pub fn attach(tx: &Tx, id: PhotoId, post: PostId, public: bool, text: &str) -> Result<()> {
    tx.prepare_cached("update every_photo set post = ?, public = ?, text = ? where id = ?")?
        .execute((post, public, text, id))?;
    Ok(())
}

/// Photos of a person in posts that the reader may see, newest first, before a row; with the post of each.
pub fn of_person(
    db: &Db,
    person: PersonId,
    reader: Option<&User>,
    before: PhotoId,
    limit: i64,
) -> Result<Vec<(PhotoId, String, Photo)>> {
    let rule = if reader.is_some() { visible::TO_ME } else { "p.public" };
    let sql = format!(
        "select {IN_JOIN}, h.id, p.guid \
         from photos h join posts p on p.id = h.post \
         where h.author = :person and h.id < :before and {rule} and (:me is null or :me is not null) \
         order by h.id desc limit :limit"
    );
    let me = reader.map(|me| me.person.id);
    db.prepare_cached(&sql)?
        .query_map(named_params! { ":person": person, ":me": me, ":before": before, ":limit": limit }, |row| {
            Ok((row.get(8)?, row.get(9)?, photo(row)?))
        })?
        .collect()
}

/// Names of pictures in the folder that nobody needs any more.
pub fn litter(db: &Db) -> Result<Vec<String>> {
    db.prepare_cached(
        "select name from litter where not exists (select 1 from every_photo h where h.here and h.name = litter.name) \
         and not exists (select 1 from kept k where k.source = litter.name)",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// These pictures were removed.
pub fn swept(tx: &Tx, names: &[String]) -> Result<()> {
    tx.execute("delete from litter where name in (select value from json_each(?))", [json_list(names)])?;
    hashes::forget(tx, names)
}

/// Names of all pictures that must lie in the folder: those of photos, those of people's faces, and those that the law
/// wants kept and that are not in the vault yet.
pub fn needed(db: &Db) -> Result<Vec<String>> {
    db.prepare(
        "select name from every_photo where here union select source from kept where source is not null union \
         select substr(image_large, instr(image_large, '/thumb_large_') + 13) from every_person \
         where host is null and instr(image_large, url || '/uploads/images/thumb_large_') = 1 order by 1",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// Photos of a post in their order.
pub fn of_post(db: &Db, post: PostId) -> Result<Vec<Photo>> {
    db.prepare_cached(&format!("select {COLUMNS} from photos where post = ? order by id"))?
        .query_map([post], photo)?
        .collect()
}

/// Row, author and post of a photo.
pub fn by_guid(db: &Db, guid: &str) -> Result<Option<(PhotoId, PersonId, Option<PostId>)>> {
    db.prepare_cached("select id, author, post from photos where guid = ?")?
        .query_row([guid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
}

/// The file name of a photo of somebody that lies here.
pub fn own_name(db: &Db, guid: &str, author: PersonId) -> Result<Option<String>> {
    db.prepare_cached("select name from photos where guid = ? and author = ? and here")?
        .query_row((guid, author), |row| row.get(0))
        .optional()
}

pub fn remove(tx: &Tx, id: PhotoId) -> Result<()> {
    tx.execute("delete from every_photo where id = ?", [id])?;
    Ok(())
}

/// Deletes all photos of a person.
pub fn remove_of(tx: &Tx, author: PersonId) -> Result<()> {
    tx.execute("delete from every_photo where author = ?", [author])?;
    Ok(())
}

/// The photos of a person lie elsewhere now, under the same names.
pub fn move_all(tx: &Tx, author: PersonId, path: &str) -> Result<()> {
    tx.execute("update every_photo set path = ?, here = 0 where author = ?", (path, author))?;
    Ok(())
}

/// How many photos of a person have this name and lie elsewhere.
pub fn count_elsewhere(db: &Db, author: PersonId, name: &str) -> Result<i64> {
    db.prepare_cached("select count(*) from photos where author = ? and name = ? and not here")?
        .query_row((author, name), |row| row.get(0))
}

/// Whether a picture in the folder has this name.
pub fn is_taken(db: &Db, name: &str) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from every_photo where here and name = ?1) or exists \
         (select 1 from users u join every_person p on p.id = u.person where p.image_large = p.url || '/uploads/images/thumb_large_' || ?1)",
    )?
    .query_row([name], |row| row.get(0))
}

/// A picture that was put into the folder.
pub struct Here<'a> {
    pub path: &'a str,
    pub name: &'a str,
    /// Pixels.
    pub width: u32,
    pub height: u32,
}

/// The picture of a person's photos of this name lies in the folder now; GUIDs of these photos.
pub fn fetched(tx: &Tx, author: PersonId, name: &str, kept: &Here) -> Result<Vec<Guid>> {
    tx.prepare_cached(
        "update every_photo set path = :path, name = :new, width = :width, height = :height, here = 1 \
         where author = :author and name = :name and not here returning guid",
    )?
    .query_map(
        named_params! {
            ":path": kept.path, ":new": kept.name, ":width": kept.width, ":height": kept.height, ":author": author, ":name": name,
        },
        |row| row.get(0),
    )?
    .collect()
}

/// Whether a picture of a person lies in the folder.
pub fn any_here(db: &Db, author: PersonId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from photos where author = ? and here and post is not null)")?
        .query_row([author], |row| row.get(0))
}
