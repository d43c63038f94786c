//! The pictures of a person as zip files of a bearable size, under the names that other pods know them by.

use std::fs::File;
use std::io::{BufWriter, Write};

use super::Error;
use super::zip::Writer;
use crate::media::folder::{Folder, LARGE, ROOM_MIN, free_on};
use crate::model::User;
use crate::store::{Store, exports};

/// Bytes of pictures in one zip file for a browser.
pub const VOLUME: u64 = 128 << 20;

/// The pictures of one zip file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    pub names: Vec<String>,
    /// Bytes.
    pub length: u64,
}

/// A user's pictures, in zip files of about `most` bytes; the face comes first.
pub fn volumes(store: &Store, folder: &Folder, me: &User, most: u64) -> Result<Vec<Volume>, Error> {
    let mut volumes = vec![Volume::default()];
    let mut put = |name: String| {
        let Some((_, length)) = folder.open(&name) else { return };
        if volumes.last().is_some_and(|last| last.length > 0 && last.length + length > most) {
            volumes.push(Volume::default());
        }
        if let Some(last) = volumes.last_mut() {
            last.names.push(name);
            last.length += length;
        }
    };
    let face = me.person.profile.images.large.as_deref().and_then(|address| address.rsplit('/').next());
    face.filter(|name| name.starts_with(LARGE)).map(str::to_owned).into_iter().for_each(&mut put);
    let mut after = 0;
    loop {
        let page = store.read(|db| exports::pictures(db, me.person.id, after))?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        page.into_iter().for_each(|(_, name)| put(name));
    }
    volumes.retain(|volume| !volume.names.is_empty());
    Ok(volumes)
}

/// Writes a zip file, as far as there is room on its disk.
pub fn write(folder: &Folder, volume: &Volume, out: File) -> Result<File, Error> {
    if free_on(&out) < volume.length + ROOM_MIN {
        return Err(Error::Room);
    }
    let mut zip = Writer::new(BufWriter::new(out));
    for name in &volume.names {
        // What was deleted meanwhile is left out.
        if let Some((file, _)) = folder.open(name) {
            zip.add(name.strip_prefix(LARGE).unwrap_or(name), file)?;
        }
    }
    let mut out = zip.finish()?;
    out.flush()?;
    Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?)
}
