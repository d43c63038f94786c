//! Backups that are damaged, or made by somebody who means harm: each is refused, and nothing is left of it.

use std::fs;
use std::path::Path;

use pappus::media::folder::free_at;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{backup, said};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::surfaces::posts_photo;

trials![
    a_backup_that_was_cut_or_altered_anywhere_is_refused,
    a_backup_made_to_do_harm_is_refused,
    a_database_that_is_none_of_a_pod_is_refused,
];

/// A file in a backup: the header's name, kind, size as it says, content.
#[derive(Clone)]
struct Member {
    name: String,
    kind: u8,
    size: Option<[u8; 12]>,
    content: Vec<u8>,
}

impl Member {
    fn new(name: &str, content: &[u8]) -> Member {
        Member { name: name.to_owned(), kind: b'0', size: None, content: content.to_vec() }
    }

    fn write(&self, tar: &mut Vec<u8>) {
        let mut block = [0; 512];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, self.name.as_bytes());
        put(100, b"0000600\x000000000\x000000000\x00");
        let size = format!("{:011o}\0", self.content.len());
        put(124, self.size.as_ref().map_or(size.as_bytes(), |size| size));
        put(136, b"00000000000\0        ");
        put(156, &[self.kind]);
        put(257, b"ustar\x0000");
        if self.kind == b'2' {
            put(157, b"/etc/passwd");
        }
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&block);
        tar.extend_from_slice(&self.content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
}

/// Files of a good backup, without its sums.
fn members(tar: &[u8]) -> Vec<Member> {
    let (mut members, mut at) = (Vec::new(), 0);
    while tar[at] != 0 {
        let text = |from: usize, length: usize| {
            String::from_utf8_lossy(&tar[at + from..at + from + length]).trim_end_matches('\0').to_owned()
        };
        let (name, length) = (text(0, 100), usize::from_str_radix(&text(124, 12), 8).expect("a size"));
        members.push(Member::new(&name, &tar[at + 512..at + 512 + length]));
        at += 512 + length.next_multiple_of(512);
    }
    assert_eq!(members.pop().map(|last| last.name).as_deref(), Some("SHA256SUMS"));
    members
}

/// A backup of these, with sums that are right.
fn tar(members: &[Member]) -> Vec<u8> {
    let (mut tar, mut sums) = (Vec::new(), String::new());
    for member in members {
        member.write(&mut tar);
        let hash = Sha256::digest(&member.content);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        sums.push_str(&format!("{hash}  {}\n", member.name));
    }
    Member::new("SHA256SUMS", sums.as_bytes()).write(&mut tar);
    tar.resize(tar.len() + 1024, 0);
    tar
}

/// A pod with a picture, and its backup.
fn good() -> (TestPod, Vec<u8>) {
    let pod = TestPod::new("alice");
    posts_photo(&pod.user("alice"), "a picture");
    let bytes = fs::read(backup(&pod)).expect("the backup");
    (pod, bytes)
}

/// Tries to restore it; it must be refused with a word, and nothing may be there.
fn refused(pod: &TestPod, what: &str, bytes: &[u8], word: &str) {
    let there = pod.elsewhere();
    let file = there.file("backup.tar", "");
    fs::write(&file, bytes).expect("written");
    let output = there.command(&["restore", &file]);
    assert!(!output.status.success(), "{what} was restored");
    assert!(said(&output).contains(word), "{what}: {word:?} is not in {}", said(&output));
    let left = fs::read_dir(there.data()).into_iter().flatten().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).filter(|name| name != "lock").collect();
    assert!(left.is_empty(), "{what} left {left:?}");
    let beside: Vec<_> = fs::read_dir(there.data().with_file_name("")).expect("a folder").flatten().collect();
    assert!(beside.len() <= 2, "{what} wrote beside the folder: {beside:?}");
}

fn restores(pod: &TestPod, bytes: &[u8]) {
    let there = pod.elsewhere();
    let file = there.file("backup.tar", "");
    fs::write(&file, bytes).expect("written");
    let output = there.command(&["restore", &file]);
    assert!(output.status.success(), "{}", said(&output));
}

fn a_backup_that_was_cut_or_altered_anywhere_is_refused() {
    let (pod, bytes) = good();
    restores(&pod, &bytes);
    let database = bytes.windows(15).position(|window| window == b"SQLite format 3").expect("the database");
    let picture = bytes.windows(7).position(|window| window == b"photos/").expect("a picture") + 512;
    let sums = bytes.windows(10).rposition(|window| window == b"SHA256SUMS").expect("the sums");
    for cut in [
        0,
        1,
        511,
        512,
        700,
        database - 512,
        database,
        database + 5_000,
        picture + 100,
        sums,
        sums + 512,
        bytes.len() - 1_024,
    ] {
        refused(&pod, &format!("cut at {cut}"), &bytes[..cut], "backup: ");
    }
    for at in [3, 130, 512 + 20, database - 300, database + 100, database + 9_000, picture + 200, sums + 600] {
        let mut altered = bytes.clone();
        altered[at] ^= 0x10;
        refused(&pod, &format!("altered at {at}"), &altered, "backup: ");
    }
    refused(&pod, "more behind it", &[bytes.as_slice(), b"more"].concat(), "behind its end");
    refused(&pod, "two in a row", &[bytes.as_slice(), &bytes].concat(), "behind its end");
    refused(&pod, "a text", b"this is no tar file, and no backup".repeat(50).as_slice(), "no backup");
    refused(&pod, "zeros", &[0; 20_000], "no backup");
}

fn a_backup_made_to_do_harm_is_refused() {
    let (pod, bytes) = good();
    let members = members(&bytes);
    restores(&pod, &tar(&members));
    let with = |member: Member| {
        let mut more = members.clone();
        more.push(member);
        tar(&more)
    };
    for name in [
        "../evil",
        "/evil",
        "photos/../../evil",
        "photos/./evil",
        "photos//evil",
        ".evil",
        "photos/.evil",
        "evil/",
        "a/b/c/d/e",
        "evil\nname",
        "C:\\evil",
        "",
    ] {
        refused(&pod, &format!("{name:?}"), &with(Member::new(name, b"evil")), "no name");
    }
    for (kind, what) in [
        (b'1', "hard link"),
        (b'2', "link"),
        (b'3', "device"),
        (b'5', "folder"),
        (b'6', "pipe"),
        (b'L', "long name"),
        (b'x', "attributes"),
        (b'S', "holes"),
        (0, "old file"),
    ] {
        let member = Member { kind, ..Member::new("photos/evil", b"") };
        refused(&pod, what, &with(member), "no plain file");
    }
    refused(&pod, "a name twice", &with(Member::new("pappus.db", b"other")), "twice");
    refused(&pod, "a file for a folder", &with(Member::new("photos", b"other")), "twice");
    refused(&pod, "a folder for a file", &with(Member::new("pappus.db/evil", b"other")), "pappus.db");
    let huge = |size: [u8; 12], word: &str| {
        let member = Member { size: Some(size), ..Member::new("photos/large", b"not so large") };
        refused(&pod, "a huge size", &with(member), word);
    };
    // The largest that eleven or twelve digits can say are 64 GiB: some disks have them.
    let there = free_at(pod.folder()) > 64 << 30;
    huge(*b"777777777777", if there { "ends in the middle" } else { "MB more are needed" });
    for size in [
        *b"\x80\0\0\0\0\x10\0\0\0\0\0\0",
        *b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff",
        *b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        huge(size, "MB more are needed");
    }
    for size in
        [*b"-0000000001\0", *b"00000009999\0", *b"            ", *b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"]
    {
        let member = Member { size: Some(size), ..Member::new("photos/large", b"not so large") };
        refused(&pod, "a size that is none", &with(member), "size");
    }
    refused(
        &pod,
        "no database",
        &tar(&members.iter().filter(|m| m.name != "pappus.db").cloned().collect::<Vec<_>>()),
        "no database",
    );
    refused(&pod, "no head", &tar(&members[1..]), "no backup of a pod");
    let mut other = members.clone();
    other[0].content = br#"{"format":2,"program":"pappus 9","pod":"","schema":1,"made_at":""}"#.to_vec();
    refused(&pod, "a format of tomorrow", &tar(&other), "pappus 9");
    other[0].content = b"{".to_vec();
    refused(&pod, "a head that is none", &tar(&other), "pappus-backup.json");
    other[0].content = vec![b' '; 70_000];
    refused(&pod, "a huge head", &tar(&other), "no backup of a pod");
    for name in ["pappus.db-wal", "pappus.db-journal", "pappus.before-2.db", "lock", "pappus-backup.json"] {
        refused(&pod, name, &with(Member::new(name, b"other")), "no name");
    }
}

fn a_database_that_is_none_of_a_pod_is_refused() {
    let (pod, bytes) = good();
    let members = members(&bytes);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let with = |change: &dyn Fn(&Path)| {
        let mut other = members.clone();
        let database = other.iter_mut().find(|member| member.name == "pappus.db").expect("the database");
        fs::write(file.path(), &database.content).expect("written");
        change(file.path());
        database.content = fs::read(file.path()).expect("read");
        tar(&other)
    };
    let sql = |text: &'static str| {
        move |path: &Path| Connection::open(path).and_then(|db| db.execute_batch(text)).expect("changed")
    };
    for (what, text, word) in [
        ("of a newer program", "pragma user_version = 99", "newer pappus"),
        ("with a trigger", "create trigger evil after insert on every_post begin delete from users; end", "tables"),
        ("with another table", "create table evil (x)", "tables"),
        ("without a table", "drop table tombstones", "tables"),
        ("with rows that lead nowhere", "pragma foreign_keys = off; update every_post set author = 999", "not there"),
    ] {
        refused(&pod, what, &with(&sql(text)), word);
    }
    refused(&pod, "that is a text", &with(&|path| fs::write(path, b"a text").expect("written")), "not a database");
    let damage = |path: &Path| {
        let mut bytes = fs::read(path).expect("read");
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8_000].fill(0x5a);
        fs::write(path, bytes).expect("written");
    };
    refused(&pod, "with a hole", &with(&damage), "backup: ");
}
