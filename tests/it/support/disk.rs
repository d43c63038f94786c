//! A disk that fails on demand and remembers what was synced (`disk.c`, between the pod and its files), and what a power
//! cut would have left on it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::dice::Dice;
use super::pod::TestPod;
use super::tools;

/// Bytes that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Between a pod and its data folder.
pub struct Disk {
    environment: Vec<(&'static str, String)>,
    log: PathBuf,
    fault: PathBuf,
}

impl Disk {
    pub fn under(pod: &TestPod) -> Disk {
        let beside = |name: &str| pod.data().with_file_name(name);
        let (log, fault) = (beside("disk.log"), beside("disk.fault"));
        let text = |path: &Path| path.display().to_string();
        let environment = vec![
            ("LD_PRELOAD", text(&tools::preload("disk"))),
            ("DISK_DATA", text(&pod.data())),
            ("DISK_LOG", text(&log)),
            ("DISK_FAULT", text(&fault)),
        ];
        Disk { environment, log, fault }
    }

    /// What the pod is started with.
    pub fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// From now on everything that would change the disk fails with an error of the system.
    pub fn fails(&self, error: rustix::io::Errno) {
        let new = self.fault.with_extension("new");
        fs::write(&new, error.raw_os_error().to_string()).expect("written");
        fs::rename(new, &self.fault).expect("renamed");
    }

    /// It works again.
    pub fn recovers(&self) {
        fs::remove_file(&self.fault).expect("it failed");
    }

    /// How much happened so far; a place in what `history` gives.
    pub fn now(&self) -> usize {
        fs::metadata(&self.log).map_or(0, |log| log.len() as usize)
    }

    pub fn history(&self) -> Vec<u8> {
        fs::read(&self.log).expect("the log of the disk")
    }
}

/// A disk as it was at some moment: what is on it for sure, and what was only said to it.
#[derive(Clone)]
pub struct Platter {
    /// By the number that a file gets when it is made.
    files: Vec<Content>,
    /// As programs see it.
    names: BTreeMap<PathBuf, usize>,
    /// As it is on the disk.
    kept: BTreeMap<PathBuf, usize>,
    pending: Vec<Naming>,
    open: HashMap<i32, Open>,
    /// Whether it does the syncs of a file or folder; otherwise it only says so.
    does_syncs_of: fn(&Path) -> bool,
}

#[derive(Clone, Default)]
struct Content {
    kept: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

#[derive(Clone)]
enum Naming {
    Add(PathBuf, usize),
    Remove(PathBuf),
}

#[derive(Clone)]
enum Open {
    File(usize, PathBuf),
    Folder(PathBuf),
}

impl Platter {
    /// Everything below a folder is on it for sure.
    pub fn of(folder: &Path) -> Platter {
        let mut platter = Platter {
            files: Vec::new(),
            names: BTreeMap::new(),
            kept: BTreeMap::new(),
            pending: Vec::new(),
            open: HashMap::new(),
            does_syncs_of: |_| true,
        };
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").flatten() {
                match entry.file_type().expect("a kind") {
                    kind if kind.is_dir() => folders.push(entry.path()),
                    kind if kind.is_file() => {
                        let kept = fs::read(entry.path()).expect("a file");
                        platter.names.insert(entry.path(), platter.files.len());
                        platter.files.push(Content { kept, pending: Vec::new() });
                    }
                    _ => {}
                }
            }
        }
        platter.kept = platter.names.clone();
        platter
    }

    /// The same disk, as one that lies about the syncs of some things.
    pub fn with_syncs_of(self, does_syncs_of: fn(&Path) -> bool) -> Platter {
        Platter { does_syncs_of, ..self }
    }

    /// Lets the first thing of a history happen; what is left of it. `None` when nothing whole is left.
    pub fn step<'a>(&mut self, history: &'a [u8]) -> Option<&'a [u8]> {
        const HEAD: usize = 21;
        let head = history.get(..HEAD)?;
        let number = |from: usize| u64::from_ne_bytes(head[from..from + 8].try_into().expect("eight bytes"));
        let file = i32::from_ne_bytes(head[1..5].try_into().expect("four bytes"));
        let (offset, length) = (number(5), number(13) as usize);
        let bytes = history.get(HEAD..HEAD + length)?;
        let mut paths =
            bytes.split(|byte| *byte == 0).map(|path| PathBuf::from(String::from_utf8_lossy(path).into_owned()));
        let mut path = || paths.next().unwrap_or_default();
        match head[0] {
            b'O' => self.opens(file, path(), false),
            b'T' => self.opens(file, path(), true),
            b'W' => self.changes(file, Change::Write(offset, bytes.to_vec())),
            b't' => self.changes(file, Change::Truncate(offset)),
            b'S' => self.syncs(file),
            b'R' => {
                let (from, to) = (path(), path());
                if let Some(inode) = self.names.remove(&from) {
                    self.names.insert(to.clone(), inode);
                    self.pending.extend([Naming::Add(to, inode), Naming::Remove(from)]);
                }
            }
            b'L' => {
                let (from, to) = (path(), path());
                if let Some(inode) = self.names.get(&from).copied() {
                    self.names.insert(to.clone(), inode);
                    self.pending.push(Naming::Add(to, inode));
                }
            }
            b'U' => {
                let path = path();
                self.names.remove(&path);
                self.pending.push(Naming::Remove(path));
            }
            _ => {}
        }
        Some(&history[HEAD + length..])
    }

    fn opens(&mut self, file: i32, path: PathBuf, empty: bool) {
        if path.is_dir() {
            self.open.insert(file, Open::Folder(path));
            return;
        }
        let inode = *self.names.entry(path.clone()).or_insert_with(|| {
            self.files.push(Content::default());
            self.pending.push(Naming::Add(path.clone(), self.files.len() - 1));
            self.files.len() - 1
        });
        if empty {
            self.files[inode].pending.push(Change::Truncate(0));
        }
        self.open.insert(file, Open::File(inode, path));
    }

    fn changes(&mut self, file: i32, change: Change) {
        if let Some(Open::File(inode, _)) = self.open.get(&file) {
            self.files[*inode].pending.push(change);
        }
    }

    fn syncs(&mut self, file: i32) {
        match self.open.get(&file) {
            Some(Open::File(_, path) | Open::Folder(path)) if !(self.does_syncs_of)(path) => {}
            Some(Open::File(inode, _)) => {
                let content = &mut self.files[*inode];
                for change in std::mem::take(&mut content.pending) {
                    change.apply(&mut content.kept, |_| true);
                }
            }
            // The names in a folder go through one journal: with these, all that came before them.
            Some(Open::Folder(_)) => {
                for naming in std::mem::take(&mut self.pending) {
                    naming.apply(&mut self.kept);
                }
            }
            None => {}
        }
    }

    /// What a power cut at this moment leaves, in a folder: of what was not synced, names up to some moment, and any
    /// sectors of what was written.
    pub fn cut(&self, dice: &mut Dice, from: &Path, to: &Path) {
        let mut names = self.kept.clone();
        let named = dice.below(self.pending.len() + 1);
        for naming in &self.pending[..named] {
            naming.apply(&mut names);
        }
        // Nearly nothing got there, or nearly everything, or anything between.
        let share = [0, 10, 50, 90, 100][dice.below(5)];
        for (path, inode) in names {
            let content = &self.files[inode];
            let mut bytes = content.kept.clone();
            for change in &content.pending {
                change.apply(&mut bytes, |_| dice.below(100) < share);
            }
            let path = to.join(path.strip_prefix(from).expect("below the data folder"));
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, bytes).expect("written");
        }
    }
}

impl Change {
    /// Does it to those sectors that are `chosen`.
    fn apply(&self, bytes: &mut Vec<u8>, mut chosen: impl FnMut(usize) -> bool) {
        match self {
            Change::Truncate(length) => {
                if chosen(0) {
                    bytes.resize(*length as usize, 0);
                }
            }
            Change::Write(offset, new) => {
                let (mut at, end) = (*offset as usize, *offset as usize + new.len());
                while at < end {
                    let next = ((at / SECTOR + 1) * SECTOR).min(end);
                    if chosen(at / SECTOR) {
                        if bytes.len() < next {
                            bytes.resize(next, 0);
                        }
                        bytes[at..next].copy_from_slice(&new[at - *offset as usize..next - *offset as usize]);
                    }
                    at = next;
                }
            }
        }
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Naming::Add(path, inode) => drop(names.insert(path.clone(), *inode)),
            Naming::Remove(path) => drop(names.remove(path)),
        }
    }
}
