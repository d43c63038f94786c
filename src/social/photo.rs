//! Photos that come without a post, or before it.

use super::{Refused, Result, gate};
use crate::model::{Person, Photo};
use crate::store::{Tx, photos, posts};

/// Takes in a photo; `post` is the GUID of the post it belongs to, which may be here or not.
pub fn receive(tx: &Tx, author: &Person, photo: &Photo, post: Option<&str>) -> Result<()> {
    gate::admit(author)?;
    if let Some((_, owner, _)) = photos::by_guid(tx, photo.guid.as_str())?
        && owner != author.id
    {
        return Err(Refused::KnownToAnother.into());
    }
    let post = match post {
        Some(guid) => posts::by_guid(tx, guid)?.filter(|post| post.author == author.id),
        None => None,
    };
    photos::add(tx, author.id, post.map(|post| post.id), photo)?;
    Ok(())
}
