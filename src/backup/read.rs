//! Bringing a backup back: it is unpacked beside where it belongs and examined from end to end, and only then moved to
//! its place. What comes from outside is believed in nothing: every name, size and sum is checked, and so is the database.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::tar::{BLOCK, Header, padding};
use super::write::Progress;
use super::{DATABASE, Error, FORMAT, HEAD, Head, PIECE, SUMS, at, has_room, is_passing, refused};
use crate::model::hex::hex;
use crate::moderation::machine;
use crate::store::{OpenError, copy};

/// Where a backup is unpacked, in the folder it is for.
pub const STAGE: &str = ".restoring";

/// Bytes of what a backup says of itself.
const HEAD_MAX: u64 = 64 << 10;

/// Restores a backup into an empty folder, or one that is not there yet; `length` is for the progress. The folder is
/// locked meanwhile.
pub fn restore(input: &mut dyn Read, length: u64, data: &Path, progress: Progress) -> Result<Head, Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(at(data))?;
    let stage = data.join(STAGE);
    is_free(data)?;
    // A pod that was started now would make a database of its own, and then find another one in its place.
    let lock = machine::lock(data).map_err(at(data))?;
    let _lock = lock.ok_or_else(|| Error::Running(data.to_owned()))?;
    let owner = fs::metadata(data).map_err(at(data))?;
    own(&data.join("lock"), owner.uid(), owner.gid())?;
    // What another one left that was killed.
    remove(&stage)?;
    DirBuilder::new().mode(0o700).create(&stage).map_err(at(&stage))?;
    let done = unpack(input, length, &stage, progress)
        .and_then(|head| examine(&stage).map(|()| head))
        // Commands need no lock to make a pod.
        .and_then(|head| is_free(data).map(|()| head))
        .and_then(|head| settle(&stage, data).map(|()| head));
    if done.is_err() {
        remove(&stage)?;
    }
    done
}

/// Whether there is nothing in a folder but what a restore leaves that was killed or refused.
fn is_free(data: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(data).map_err(at(data))? {
        let name = entry.map_err(at(data))?.file_name();
        if name != STAGE && name != "lock" && name != "lost+found" {
            return Err(Error::Occupied(data.to_owned()));
        }
    }
    Ok(())
}

fn remove(stage: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(stage) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::File(stage.to_owned(), error)),
        _ => Ok(()),
    }
}

/// Writes all files below the stage, and compares their sums with those at the end.
fn unpack(input: &mut dyn Read, length: u64, stage: &Path, progress: Progress) -> Result<Head, Error> {
    let mut members = Members { input, done: 0, length, progress };
    let head = read_head(&mut members)?;
    let (mut sums, mut has_database) = (Sha256::new(), false);
    sums.update(format!("{}  {HEAD}\n", head.1));
    loop {
        let header = members.next()?.ok_or_else(|| refused("it ends without its sums"))?;
        if header.name == SUMS {
            let listed = members.content(header.length, &mut io::sink())?;
            if listed != hex(&sums.finalize()) {
                return Err(refused("its sums are not those of the files in it"));
            }
            break;
        }
        if header.name == DATABASE {
            has_database = true;
        } else if is_passing(&header.name) {
            return Err(refused(format!("{:?} in it is no name that a file may have", header.name)));
        }
        let path = stage.join(&header.name);
        has_room(stage, header.length)?;
        let folder = path.parent().unwrap_or(stage);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => refused(format!("{:?} is in it twice", header.name)),
            _ => Error::File(path.clone(), error),
        })?;
        let sum = members.content(header.length, &mut file)?;
        sums.update(format!("{sum}  {}\n", header.name));
    }
    members.end()?;
    if has_database { Ok(head.0) } else { Err(refused("there is no database in it")) }
}

/// What the backup says of itself, and its sum.
fn read_head(members: &mut Members) -> Result<(Head, String), Error> {
    let header = members.next()?.filter(|header| header.name == HEAD && header.length <= HEAD_MAX);
    let header = header.ok_or_else(|| refused("it is no backup of a pod"))?;
    let mut text = Vec::new();
    let sum = members.content(header.length, &mut text)?;
    let head: Head = serde_json::from_slice(&text).map_err(|error| refused(format!("{HEAD}: {error}")))?;
    if head.format != FORMAT {
        let why =
            format!("{} wrote it in a format (number {}) that this program does not know", head.program, head.format);
        return Err(refused(why));
    }
    Ok((head, sum))
}

/// The files of a backup, one after the other.
struct Members<'a> {
    input: &'a mut dyn Read,
    done: u64,
    length: u64,
    progress: Progress<'a>,
}

impl Members<'_> {
    fn next(&mut self) -> Result<Option<Header>, Error> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        Header::read(&block).map_err(refused)
    }

    /// Copies the content of a file, with what fills up its last block read; its SHA-256.
    fn content(&mut self, length: u64, to: &mut dyn Write) -> Result<String, Error> {
        let (mut hash, mut piece, mut left) = (Sha256::new(), vec![0; PIECE], length);
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            self.fill(&mut piece[..wanted])?;
            hash.update(&piece[..wanted]);
            to.write_all(&piece[..wanted])?;
            left -= wanted as u64;
            (self.progress)(self.done, self.length.max(self.done));
        }
        let mut rest = [0; BLOCK];
        let rest = &mut rest[..padding(length)];
        self.fill(rest)?;
        if rest.iter().any(|byte| *byte != 0) {
            return Err(refused("there is something between its files"));
        }
        Ok(hex(&hash.finalize()))
    }

    /// Two empty blocks, and nothing more but what a tape would fill up.
    fn end(&mut self) -> Result<(), Error> {
        if self.next()?.is_some() || self.next()?.is_some() {
            return Err(refused("there is something behind its sums"));
        }
        let mut piece = vec![0; PIECE];
        loop {
            match self.input.read(&mut piece)? {
                0 => return Ok(()),
                read if piece[..read].iter().all(|byte| *byte == 0) => {}
                _ => return Err(refused("there is something behind its end")),
            }
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => refused("it ends in the middle"),
            _ => refused(error.to_string()),
        })?;
        self.done += bytes.len() as u64;
        Ok(())
    }
}

/// Reads the unpacked database from end to end.
fn examine(stage: &Path) -> Result<(), Error> {
    let findings = copy::examine(&stage.join(DATABASE)).map_err(|error| match error {
        OpenError::Newer { found, known, .. } => refused(format!(
            "a newer pappus wrote it (schema {found}, this program knows {known}); install that version first"
        )),
        error => refused(error.to_string()),
    })?;
    match findings.first() {
        None => Ok(()),
        Some(finding) => Err(refused(format!("its database is not sound: {finding}"))),
    }
}

/// Moves everything from the stage to its place, the database last: without it, it is no pod yet.
fn settle(stage: &Path, data: &Path) -> Result<(), Error> {
    let owner = fs::metadata(data).map_err(at(data))?;
    own(stage, owner.uid(), owner.gid())?;
    let folder = File::open(stage).map_err(at(stage))?;
    rustix::fs::syncfs(&folder).map_err(|error| Error::File(stage.to_owned(), error.into()))?;
    let mut names: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(stage).map_err(at(stage))? {
        names.push(entry.map_err(at(stage))?.file_name().into());
    }
    names.sort_by_key(|name| name.as_os_str() == DATABASE);
    for name in names {
        fs::rename(stage.join(&name), data.join(&name)).map_err(at(&name))?;
    }
    remove(stage)?;
    File::open(data).and_then(|folder| folder.sync_all()).map_err(at(data))
}

/// Gives what the system's administrator restored to the owner of the folder, who runs the pod.
fn own(path: &Path, user: u32, group: u32) -> Result<(), Error> {
    let known = fs::symlink_metadata(path).map_err(at(path))?;
    if (known.uid(), known.gid()) != (user, group) {
        chown(path, Some(user), Some(group)).map_err(at(path))?;
    }
    if known.is_dir() {
        for entry in fs::read_dir(path).map_err(at(path))? {
            own(&entry.map_err(at(path))?.path(), user, group)?;
        }
    }
    Ok(())
}
