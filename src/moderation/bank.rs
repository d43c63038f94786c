//! The bank of pictures that are not shown here: what the podmin decided, and lists that others hand out.

use std::collections::HashMap;
use std::io::{self, BufRead};

use super::ground;
use crate::model::hash_list::{Line, Reader};
use crate::model::picture::{Hash, HashKind};
use crate::model::{CaseId, Hashes, Timestamp};
use crate::social::{self, Invalid, Result};
use crate::store::{Store, Tx, bank};

/// Hashes in all lists at the most: 32 MB on the disk, and about 13 ms a picture on a desktop machine.
pub const HASHES_MAX: u64 = 1_000_000;

/// The source of what a case put into the bank.
pub fn source_of(case: CaseId) -> String {
    format!("case {case}")
}

/// A decision was taken back: its pictures may be shown again.
pub fn remove_source(tx: &Tx, source: &str) -> Result<()> {
    bank::remove_source(tx, source)?;
    Ok(())
}

/// Hashes written in one transaction, so that nobody waits long behind it (258 kB).
const AT_ONCE: usize = 64 * 126;

/// Lines that are named when they are not understood.
const WRONG_MAX: usize = 20;

/// Puts a picture that the podmin decided about into the bank. Doing it twice does it once.
pub fn add(tx: &Tx, picture: &Hashes, case: CaseId, ground: &str) -> Result<()> {
    let look = picture.pdq.filter(|pdq| pdq.tells()).map(|pdq| (HashKind::Pdq, pdq.hash));
    for (kind, hash) in [(HashKind::Sha256, picture.sha256)].into_iter().chain(look) {
        let list = bank::list(tx, &source_of(case), ground, kind)?;
        if !bank::has(tx, list, &hash)? {
            bank::add(tx, list, &[hash])?;
        }
    }
    Ok(())
}

/// A list to be taken in.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// What it is called; a list of the same name gives way to it.
    pub source: &'a str,
    /// Why its pictures are not shown, unless a line names another ground.
    pub ground: &'a str,
    /// What its hashes are of, where it does not say so itself.
    pub kind: Option<HashKind>,
}

/// What is in a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub sha256: u64,
    pub pdq: u64,
    /// Hashes of kinds that are not used here.
    pub other: u64,
    /// Lines that are not understood, and the first of them with their numbers.
    pub wrong: u64,
    pub first_wrong: Vec<(u64, &'static str)>,
}

impl Counted {
    pub fn good(&self) -> u64 {
        self.sha256 + self.pdq
    }
}

/// Why a list was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("list: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Deed(#[from] social::Error),
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Error {
        Error::Deed(error.into())
    }
}

/// Looks through a list.
pub fn count(list: &List, lines: impl BufRead) -> io::Result<Counted> {
    let mut counted = Counted::default();
    let mut reader = Reader::new(lines);
    while let Some(line) = reader.line()? {
        let wrong = match line {
            Line::Hash { kind, .. } => match kind.or(list.kind) {
                Some(HashKind::Sha256) => {
                    counted.sha256 += 1;
                    continue;
                }
                Some(HashKind::Pdq) => {
                    counted.pdq += 1;
                    continue;
                }
                None => "is it sha256 or pdq?",
            },
            Line::Other => {
                counted.other += 1;
                continue;
            }
            Line::Wrong(why) => why,
        };
        counted.wrong += 1;
        if counted.first_wrong.len() < WRONG_MAX {
            counted.first_wrong.push((reader.number, wrong));
        }
    }
    Ok(counted)
}

/// Takes a list in that was looked through, in steps; it takes the place of the one of the same name. `told` hears how
/// many hashes were written. One without any hash changes nothing.
pub fn import(
    store: &Store,
    now: Timestamp,
    list: &List,
    counted: &Counted,
    lines: impl BufRead,
    told: &mut dyn FnMut(u64),
) -> std::result::Result<(), Error> {
    if ground::get(list.ground).is_none() {
        return Err(social::Error::from(Invalid::NoGround).into());
    }
    if counted.good() == 0 {
        return Err(social::Error::from(Invalid::NoHashes).into());
    }
    store.write::<_, social::Error>(now, |tx| {
        bank::remove_source(tx, list.source)?;
        let known = u64::try_from(bank::count(tx)?).unwrap_or(u64::MAX);
        match known.saturating_add(counted.good()) > HASHES_MAX {
            true => Err(Invalid::TooManyHashes { max: HASHES_MAX }.into()),
            false => Ok(()),
        }
    })?;
    let mut shelves = Shelves::default();
    let mut reader = Reader::new(lines);
    // No more than was counted, should the file grow meanwhile.
    while let Some(line) = reader.line()?.filter(|_| shelves.written + (shelves.waiting as u64) < counted.good()) {
        let Line::Hash { kind, hash, label } = line else { continue };
        let Some(kind) = kind.or(list.kind) else { continue };
        let ground = if ground::get(&label).is_some() { label.as_str() } else { list.ground };
        shelves.put(ground, kind, hash);
        if shelves.waiting >= AT_ONCE {
            store.write(now, |tx| shelves.write(tx, list.source))?;
            told(shelves.written);
        }
    }
    store.write(now, |tx| shelves.write(tx, list.source))?;
    told(shelves.written);
    Ok(())
}

/// Hashes that wait to be written together, by ground and kind.
#[derive(Default)]
struct Shelves {
    hashes: HashMap<(String, HashKind), Vec<Hash>>,
    waiting: usize,
    written: u64,
}

impl Shelves {
    fn put(&mut self, ground: &str, kind: HashKind, hash: Hash) {
        self.hashes.entry((ground.to_owned(), kind)).or_default().push(hash);
        self.waiting += 1;
    }

    fn write(&mut self, tx: &Tx, source: &str) -> Result<()> {
        for ((ground, kind), hashes) in &self.hashes {
            bank::add(tx, bank::list(tx, source, ground, *kind)?, hashes)?;
        }
        self.written += self.waiting as u64;
        self.waiting = 0;
        self.hashes.clear();
        Ok(())
    }
}
