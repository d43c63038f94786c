//! Making a backup while the pod runs. The database is copied as it is at one moment, into the data folder; then the
//! files are read. A picture is written before its row and removed after it, so every picture of that moment is there,
//! unless it was removed since.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::tar::{BLOCK, Header, is_plain, padding};
use super::{DATABASE, Error, FORMAT, HEAD, Head, PIECE, SUMS, at, has_room, is_passing};
use crate::model::hex::hex;
use crate::model::{Guid, Timestamp};
use crate::store::copy;

/// The copy of the database, while a backup is made of it. Whoever finds it lying about has found a backup that was
/// killed; the next one takes its place.
pub const COPY: &str = ".backup.db";

/// Folders in the data folder are no deeper than this.
const DEPTH_MAX: usize = 3;

/// What a backup holds.
pub struct Summary {
    pub files: u64,
    /// Of the tar file, not sealed.
    pub bytes: u64,
    /// Files of the data folder that have names which no file of a pod has.
    pub left_out: Vec<PathBuf>,
}

/// How far it is: bytes, and bytes of everything.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Writes a backup of the pod in a data folder.
pub fn write(data: &Path, out: &mut dyn Write, now: Timestamp, progress: Progress) -> Result<Summary, Error> {
    let (mut database, head) = copy_database(data, now)?;
    let database_length = database.metadata()?.len();
    let mut walk = Walk { data, left_out: Vec::new() };
    let mut total = database_length;
    walk.files(Path::new(""), 0, &mut |_, path| {
        total += fs::metadata(path).map_or(0, |file| file.len());
        Ok(())
    })?;
    walk.left_out.clear();
    let sums = scratch(data)?;
    let mut writer = Writer { out, sums, now, files: 0, bytes: 0, total, progress };
    writer.bytes_of(HEAD, head.as_bytes())?;
    writer.file(DATABASE, &data.join(DATABASE), &mut database, database_length)?;
    drop(database);
    walk.files(Path::new(""), 0, &mut |name, path| {
        let mut file = match File::open(path) {
            // It was removed since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file.map_err(at(path))?,
        };
        let length = file.metadata().map_err(at(path))?.len();
        writer.file(name, path, &mut file, length)
    })?;
    writer.end()?;
    Ok(Summary { files: writer.files, bytes: writer.bytes, left_out: walk.left_out })
}

/// The database as it is now, in a file without a name, and what the backup says of itself.
fn copy_database(data: &Path, now: Timestamp) -> Result<(File, String), Error> {
    let (path, copied) = (data.join(DATABASE), data.join(COPY));
    has_room(data, fs::metadata(&path).map_err(at(&path))?.len())?;
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&copied);
    let mut file = file.map_err(at(&copied))?;
    if file.try_lock().is_err() {
        return Err(Error::Busy(data.to_owned()));
    }
    // What another one left that was killed.
    file.set_len(0).map_err(at(&copied))?;
    let taken = copy::take(&path, &copied);
    let removed = fs::remove_file(&copied);
    let (pod, schema) = taken?;
    removed.map_err(at(&copied))?;
    file.seek(SeekFrom::Start(0))?;
    let program = format!("pappus {}", env!("CARGO_PKG_VERSION"));
    let head = Head { format: FORMAT, program, pod, schema, made_at: now.to_string() };
    let head = serde_json::to_string_pretty(&head).map_err(io::Error::from)?;
    Ok((file, head + "\n"))
}

/// A file without a name.
fn scratch(data: &Path) -> Result<File, Error> {
    let path = data.join(format!(".backup-{}", Guid::random()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path).map_err(at(&path))?;
    fs::remove_file(&path).map_err(at(&path))?;
    Ok(file)
}

struct Walk<'a> {
    data: &'a Path,
    left_out: Vec<PathBuf>,
}

impl Walk<'_> {
    /// Gives all files below a folder, by name and path.
    fn files(
        &mut self,
        folder: &Path,
        depth: usize,
        give: &mut dyn FnMut(&str, &Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let here = self.data.join(folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(&here).map_err(at(&here))? {
            names.push(entry.map_err(at(&here))?.file_name());
        }
        names.sort();
        for name in names {
            let below = folder.join(&name);
            let path = self.data.join(&below);
            // A folder may be a link to one on another disk.
            let Ok(kind) = fs::metadata(&path).map(|data| data.file_type()) else { continue };
            let text = below.to_str().unwrap_or_default();
            if is_passing(text) {
                continue;
            }
            match () {
                () if kind.is_dir() && depth < DEPTH_MAX => self.files(&below, depth + 1, give)?,
                () if kind.is_file() && is_plain(text) => give(text, &path)?,
                () if kind.is_file() || kind.is_dir() => self.left_out.push(below),
                // Sockets.
                () => {}
            }
        }
        Ok(())
    }
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    /// Lines for `sha256sum -c`.
    sums: File,
    now: Timestamp,
    files: u64,
    bytes: u64,
    total: u64,
    progress: Progress<'a>,
}

impl Writer<'_> {
    fn bytes_of(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.file(name, Path::new(name), &mut { bytes }, bytes.len() as u64)
    }

    /// One file; `path` is where it is for people.
    fn file(&mut self, name: &str, path: &Path, from: &mut dyn Read, length: u64) -> Result<(), Error> {
        let sum = self.member(name, path, from, length)?;
        writeln!(self.sums, "{sum}  {name}")?;
        self.files += 1;
        Ok(())
    }

    /// Header, content and padding; gives the SHA-256 of the content.
    fn member(&mut self, name: &str, path: &Path, from: &mut dyn Read, length: u64) -> Result<String, Error> {
        let header = Header { name: name.to_owned(), length };
        self.put(&header.write(u64::try_from(self.now.0).unwrap_or(0)))?;
        let (mut hash, mut piece, mut left) = (Sha256::new(), vec![0; PIECE], length);
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let read = from.read(&mut piece[..wanted]).map_err(at(path))?;
            if read == 0 {
                return Err(Error::Changed(path.to_owned()));
            }
            hash.update(&piece[..read]);
            self.put(&piece[..read])?;
            left -= read as u64;
            (self.progress)(self.bytes, self.total.max(self.bytes));
        }
        self.put(&[0; BLOCK][..padding(length)])?;
        Ok(hex(&hash.finalize()))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes += bytes.len() as u64;
        Ok(self.out.write_all(bytes)?)
    }

    /// The sums of all files, and the two empty blocks at the end.
    fn end(&mut self) -> Result<(), Error> {
        let mut sums = self.sums.try_clone()?;
        let length = sums.stream_position()?;
        sums.seek(SeekFrom::Start(0))?;
        self.member(SUMS, Path::new(SUMS), &mut sums, length)?;
        self.put(&[0; 2 * BLOCK])?;
        Ok(self.out.flush()?)
    }
}
