//! Where pictures lie: `photos/`, in folders by the first two letters of their names. A name is one that nobody
//! guesses, with the type of the picture; each size of it has a file of its own, named as the network asks for it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::decode;
use crate::model::hex::hex;
use crate::model::{Guid, Timestamp};

/// What stands before the name for each size, the largest first (diaspora* protocol, photo). Without it, it is the
/// picture as large as it is kept.
pub const SCALED: &str = "scaled_full_";
pub const LARGE: &str = "thumb_large_";
pub const MEDIUM: &str = "thumb_medium_";
pub const SMALL: &str = "thumb_small_";
pub const SIZES: [&str; 4] = [SCALED, LARGE, MEDIUM, SMALL];

/// The path of pictures on this pod.
pub const PATH: &str = "/uploads/images/";

/// Bytes that must stay free on the disk, whatever comes in or is made.
pub const ROOM_MIN: u64 = 48 << 20;

/// Letters of a name before its type: as names are made here, and as diaspora* makes them.
const NAME_LENGTHS: [usize; 2] = [32, 20];

/// The folder of all pictures.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: PathBuf) -> Folder {
        Folder(path)
    }

    /// A name for a new picture of this type.
    pub fn new_name(extension: &str) -> String {
        format!("{}.{extension}", Guid::random())
    }

    /// Whether a picture from elsewhere may keep its name here.
    pub fn takes(&self, name: &str) -> bool {
        split(name).0.is_empty() && self.path(name).is_some()
    }

    /// Writes a file: it is there whole, on the disk, or not at all.
    pub fn write<E: From<io::Error>>(
        &self,
        name: &str,
        fill: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.path(name).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let shelf = path.parent().unwrap_or(&self.0);
        DirBuilder::new().recursive(true).mode(0o700).create(shelf)?;
        let part = shelf.join(format!(".{name}"));
        let written = self.write_part(&part, fill);
        let done = written.and_then(|()| {
            fs::rename(&part, &path)?;
            Ok(File::open(shelf)?.sync_all()?)
        });
        if done.is_err() {
            let _ = fs::remove_file(&part);
        }
        done
    }

    fn write_part<E: From<io::Error>>(
        &self,
        part: &Path,
        fill: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part)?;
        fill(&mut file)?;
        file.flush()?;
        Ok(file.sync_all()?)
    }

    /// A file without a name, for pixels; it goes when it is closed.
    pub fn scratch(&self) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let path = self.0.join(format!(".{}", Guid::random()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        fs::remove_file(&path)?;
        Ok(file)
    }

    /// The file of a name with or without a size; where a size has none of its own, the picture is no larger than it.
    pub fn open(&self, asked: &str) -> Option<(File, u64)> {
        let (size, name) = split(asked);
        let wanted = SIZES.iter().position(|known| *known == size).map_or(0, |place| place + 1);
        let sizes = SIZES[..wanted].iter().rev().chain(&[""]);
        let file = sizes.filter_map(|size| File::open(self.path(&format!("{size}{name}"))?).ok()).next()?;
        let length = file.metadata().ok()?.len();
        Some((file, length))
    }

    /// SHA-256 (64 hex digits) and bytes of a file, by its whole name; `None` when there is none of this name.
    pub fn digest(&self, asked: &str) -> Option<(String, u64)> {
        let mut file = File::open(self.path(asked)?).ok()?;
        let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, [0; 8_192]);
        loop {
            match file.read(&mut piece).ok()? {
                0 => break,
                length => {
                    hash.update(&piece[..length]);
                    bytes += length as u64;
                }
            }
        }
        Some((hex(&hash.finalize()), bytes))
    }

    /// Removes a picture in all its sizes.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        for size in SIZES.iter().chain(&[""]) {
            let file = format!("{size}{name}");
            let Some(path) = self.path(&file) else { continue };
            for path in [path.with_file_name(format!(".{file}")), path] {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Moves a picture in all its sizes to another folder on the same disk.
    pub fn hand_over(&self, name: &str, other: &Folder) -> io::Result<()> {
        for size in SIZES.iter().chain(&[""]) {
            let file = format!("{size}{name}");
            let Some((from, to)) = self.path(&file).zip(other.path(&file)) else { continue };
            if from.exists() {
                let shelf = to.parent().unwrap_or(&other.0);
                DirBuilder::new().recursive(true).mode(0o700).create(shelf)?;
                fs::rename(from, &to)?;
                File::open(shelf)?.sync_all()?;
            }
        }
        Ok(())
    }

    /// Whether a picture is there and whole, itself and in the sizes that have a file.
    pub fn is_whole(&self, name: &str) -> bool {
        let open = |size: &str| File::open(self.path(&format!("{size}{name}"))?).ok();
        let whole = |mut file: File| decode::is_whole(&mut file).unwrap_or(false);
        open("").is_some_and(whole) && SIZES.into_iter().filter_map(open).all(whole)
    }

    /// Whether there is room on the disk for another picture and for what else the pod writes.
    pub fn has_room(&self) -> bool {
        self.free() >= ROOM_MIN
    }

    /// Bytes that are free on the disk.
    pub fn free(&self) -> u64 {
        free_at(self.0.parent().unwrap_or(&self.0))
    }

    /// Names of the pictures that were last changed before a time, half-written ones too; each once.
    pub fn names_before(&self, before: Timestamp) -> Vec<String> {
        let shelves = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let files = shelves.flat_map(|shelf| fs::read_dir(shelf.path()).into_iter().flatten().flatten());
        let old = files.filter(|file| file.metadata().is_ok_and(|data| data.mtime() < before.0));
        let names = old.filter_map(|file| file.file_name().into_string().ok());
        let mut names: Vec<String> = names.map(|name| split(name.trim_start_matches('.')).1.to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Where a file with or without a size lies; `None` when the name is none of ours.
    fn path(&self, asked: &str) -> Option<PathBuf> {
        let (_, name) = split(asked);
        content_type(name)?;
        let stem = name.split('.').next()?;
        let ours = NAME_LENGTHS.contains(&stem.len())
            && stem.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ours.then(|| self.0.join(&stem[..2]).join(asked))
    }
}

/// Bytes that are free on the disk of a folder; any number of them when the system does not say.
pub fn free_at(folder: &Path) -> u64 {
    available(rustix::fs::statvfs(folder))
}

/// The same, on the disk of an open file.
pub fn free_on(file: &File) -> u64 {
    available(rustix::fs::fstatvfs(file))
}

fn available(disk: rustix::io::Result<rustix::fs::StatVfs>) -> u64 {
    disk.map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The size that is asked for, and the name.
pub fn split(asked: &str) -> (&str, &str) {
    let size = SIZES.into_iter().find(|size| asked.starts_with(size)).unwrap_or("");
    (size, &asked[size.len()..])
}

/// The content type that a name says.
pub fn content_type(name: &str) -> Option<&'static str> {
    match name.split_once('.')?.1 {
        "jpg" | "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "gif" => Some("image/gif"),
        _ => None,
    }
}
