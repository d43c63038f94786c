//! Photos: where they are and what they show; the pictures themselves stay on their author's pod.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx};
use crate::model::{PersonId, Photo, PhotoId, PostId};

const COLUMNS: &str = "guid, public, path, name, text, width, height, created_at";

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
            "insert into photos (guid, author, post, public, path, name, text, width, height, created_at) \
             values (:guid, :author, :post, :public, :path, :name, :text, :width, :height, :created_at) \
             on conflict (guid) do update set post = excluded.post \
             where photos.post is null and photos.author = excluded.author and excluded.post is not null",
        )?
        .execute(named_params! {
            ":guid": new.guid, ":author": author, ":post": post, ":public": new.public, ":path": new.path, ":name": new.name,
            ":text": new.text, ":width": new.width, ":height": new.height, ":created_at": new.created_at,
        })?;
    Ok(changed == 1)
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

pub fn remove(tx: &Tx, id: PhotoId) -> Result<()> {
    tx.execute("delete from photos where id = ?", [id])?;
    Ok(())
}

/// Deletes all photos of a person.
pub fn remove_of(tx: &Tx, author: PersonId) -> Result<()> {
    tx.execute("delete from photos where author = ?", [author])?;
    Ok(())
}
