//! Photos: bringing them before they are posted, taking one out of a post, and those that come from other pods without
//! a post or before it.

use super::{Error, Invalid, Refused, Result, audience, gate, retract};
use crate::model::case::Kind;
use crate::model::{Guid, Hashes, Outgoing, Person, Photo, Post, User};
use crate::store::{Db, Tx, hashes, outbox, photos, posts};

/// Photos that a user may have brought and not posted.
pub const UNPOSTED_MAX: i64 = 50;

/// A picture that lies in the folder.
pub struct New<'a> {
    /// Address of the folder, ends in a slash.
    pub path: &'a str,
    pub name: &'a str,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// What the file that came and the one that is shown are known by.
    pub brought: &'a Hashes,
    pub shown: &'a Hashes,
}

/// Refuses one more photo of who has brought as many as they may; to be asked before anything is done about it.
pub fn may_bring(db: &Db, me: &User) -> Result<()> {
    if photos::count_unposted(db, me.person.id)? >= UNPOSTED_MAX {
        return Err(Invalid::Photos { max: UNPOSTED_MAX }.into());
    }
    Ok(())
}

/// Keeps a photo that a user brought until it is posted.
pub fn bring(tx: &Tx, me: &User, new: &New) -> Result<Photo> {
    may_bring(tx, me)?;
    let photo = Photo {
        guid: Guid::random(),
        public: false,
        path: new.path.to_owned(),
        name: new.name.to_owned(),
        text: String::new(),
        width: Some(new.width),
        height: Some(new.height),
        created_at: tx.now,
    };
    photos::add_unposted(tx, me.person.id, &photo)?;
    hashes::add(tx, new.name, new.brought, new.shown)?;
    Ok(photo)
}

/// Forgets a photo that was not posted.
pub fn forget(tx: &Tx, me: &User, guid: &str) -> Result<()> {
    for (id, _) in photos::unposted(tx, me.person.id, &[guid])? {
        photos::remove(tx, id)?;
    }
    Ok(())
}

/// A user takes a photo out of a post of theirs. A post that was nothing else goes with its last one; `None` then.
pub fn remove(tx: &Tx, me: &User, guid: &str) -> Result<Option<Post>> {
    let (id, author, post) = photos::by_guid(tx, guid)?.ok_or(Error::Missing("photo"))?;
    if author != me.person.id {
        return Err(Refused::NotTheirs.into());
    }
    let post = posts::get(tx, post.ok_or(Error::Missing("post"))?)?.ok_or(Error::Missing("post"))?;
    if post.text.is_empty() && photos::of_post(tx, post.id)?.len() == 1 {
        retract::post(tx, me, post.guid.as_str())?;
        return Ok(None);
    }
    let targets = audience::of_post(tx, me, &post)?;
    photos::remove(tx, id)?;
    let guid = Guid::parse(guid).ok_or(Error::Missing("photo"))?;
    let what = Outgoing::Retraction { author: me.person.handle.clone(), kind: "Photo".to_owned(), guid };
    outbox::add(tx, me.id, &what, &targets)?;
    Ok(Some(post))
}

/// Takes in a photo; `post` is the GUID of the post it belongs to, which may be here or not.
pub fn receive(tx: &Tx, author: &Person, photo: &Photo, post: Option<&str>) -> Result<()> {
    gate::admit(tx, author)?;
    gate::admit_thing(tx, Kind::Photo, &photo.guid)?;
    let known = photos::by_guid(tx, photo.guid.as_str())?;
    gate::same_author(known.map(|(_, owner, _)| owner), author)?;
    let post = match post {
        Some(guid) => posts::by_guid(tx, guid)?.filter(|post| post.author == author.id),
        None => None,
    };
    photos::add(tx, author.id, post.map(|post| post.id), photo)?;
    Ok(())
}
