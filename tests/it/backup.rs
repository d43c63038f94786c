//! A backup: made while the pod runs, and a pod on another machine made of it.

pub mod hostile;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;
use crate::support::witness::{Acknowledged, Witness};
use crate::surfaces::posts_photo;

trials![
    a_pod_restored_on_another_machine_carries_on_with_all_that_was_acknowledged,
    anybody_can_open_a_backup_with_tar_and_sha256sum,
    a_sealed_backup_opens_with_its_passphrase_or_its_key_alone,
    a_backup_is_there_whole_or_not_at_all,
    a_backup_killed_in_the_middle_is_made_good_by_the_next,
    nothing_is_restored_over_a_pod,
    nothing_is_restored_under_a_pod_that_was_started_meanwhile,
    memory_does_not_grow_with_the_pod,
];

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn works(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

fn fails(output: &Output, word: &str) {
    assert!(!output.status.success() && said(output).contains(word), "{word}: {}", said(output));
}

/// Where the backup of a pod goes: beside its data folder.
fn place(pod: &TestPod, name: &str) -> PathBuf {
    pod.data().with_file_name(name)
}

/// Makes a backup of a pod; its path.
pub fn backup(pod: &TestPod) -> String {
    let path = place(pod, "backup.tar").display().to_string();
    works(&pod.command(&["backup", &path]));
    path
}

/// What lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn a_pod_restored_on_another_machine_carries_on_with_all_that_was_acknowledged() {
    let (first, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let far = Double::new(&["dora"]);
    let bob = b.user("bob");
    let file = place(&first, "backup.tar").display().to_string();
    let (before, removed) = {
        let alice = first.user("alice");
        befriend(&alice, &bob);
        posts_photo(&alice, "a picture");
        let (guid, xml) = far.post("dora", "buy, buy, buy");
        assert_eq!(far.says("dora", &first, &xml), 202);
        until("the post", || (alice.thread(&guid).status == 200).then_some(()));
        remove(&alice, &guid);
        (write_during(&first, &alice, &far, || works(&first.command(&["backup", &file]))), (guid, xml))
    };
    first.kill();
    let second = first.elsewhere();
    works(&second.command(&["restore", &file]));
    works(&second.command(&["check"]));
    second.start();
    assert!(!before.posts.is_empty() && !before.letters.is_empty());
    // What others say to posts that are lost, being younger than the backup, waits in the inbox much longer.
    until("every letter to be read", || before.missing_in(&second.database()).letters.is_empty().then_some(()));
    before.is_at(&second);
    until("all that waited to be sent", || (second.database().number(WAITING, &[&b.host()]) == 0).then_some(()));
    // The other pod thinks that the first one is away for a while.
    assert!(b.stop());
    b.make_due();
    b.start();
    let alice = second.user("alice");
    assert_eq!(far.says("dora", &second, &removed.1), 202);
    let post = alice.posts("from the new machine");
    bob.sees("from the new machine");
    bob.comments(&post, "how is it there?");
    alice.sees_comment(&post, "how is it there?");
    assert_eq!(alice.thread(&removed.0).status, 404, "what was removed stays removed");
    for text in &before.posts {
        until("every post at the other pod", || {
            (b.database().number("select count(*) from posts where text = ?", &[text]) == 1).then_some(())
        });
    }
}

const WAITING: &str = "select count(*) from outbox where host = ?";

fn remove(podmin: &User, guid: &str) {
    let fields = [("kind", "post"), ("name", guid), ("ground", "spam"), ("text", "")];
    let case = podmin.submit("/podmin/cases", &fields).header("location").to_owned();
    podmin.does(&case, &[("decision", "remove"), ("why", "")]);
    until("the last of it to be gone", || podmin.page(&case).html.contains("cannot come back").then_some(()));
}

/// Posts and letters that were acknowledged before a deed began, with others on their way all the time.
fn write_during(pod: &TestPod, alice: &User, far: &Double, deed: impl FnOnce()) -> Acknowledged {
    let witness = Witness::new();
    std::thread::scope(|scope| {
        scope.spawn(|| witness.hears_of(alice, "post number "));
        scope.spawn(|| witness.hears_from(far, pod));
        witness.until_over(|| {
            until("both at work", || (witness.counts().0.min(witness.counts().1) > 3).then_some(()));
            let known = witness.so_far();
            deed();
            known
        })
    })
}

fn anybody_can_open_a_backup_with_tar_and_sha256sum() {
    let pod = TestPod::new("alice");
    posts_photo(&pod.user("alice"), "a picture");
    fs::write(pod.data().join("a name with spaces"), "not of the pod").expect("written");
    let file = place(&pod, "backup.tar");
    let made = pod.command(&["backup", &file.display().to_string()]);
    works(&made);
    assert!(said(&made).contains("left out: a name with spaces"), "{}", said(&made));
    let folder = tempfile::tempdir().expect("a folder");
    let runs = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(folder.path()).output().expect("it runs");
        works(&output);
        said(&output)
    };
    runs("tar", &["-xf", &file.display().to_string()]);
    let checked = runs("sha256sum", &["-c", "--strict", "SHA256SUMS"]);
    assert!(checked.contains("pappus.db: OK") && checked.contains("photos/"), "{checked}");
    assert_eq!(names(folder.path()), ["SHA256SUMS", "pappus-backup.json", "pappus.db", "photos"]);
    let head = fs::read_to_string(folder.path().join("pappus-backup.json")).expect("a text");
    assert!(head.contains(&pod.url) && head.contains("\"schema\""), "{head}");
    assert!(!names(&pod.data()).iter().any(|name| name.starts_with(".backup")), "{:?}", names(&pod.data()));
    // Through a pipe it is the same.
    let piped = pod.command(&["backup", "-"]);
    works(&piped);
    assert_eq!(piped.stdout.len() as u64, fs::metadata(&file).expect("the backup").len());
}

fn a_sealed_backup_opens_with_its_passphrase_or_its_key_alone() {
    let pod = TestPod::new("alice");
    pod.user("alice").posts("unmistakable words");
    let key = pod.command(&["vault", "key"]);
    let key_text = String::from_utf8_lossy(&key.stdout).into_owned();
    let recipient = key_text.lines().find_map(|line| line.strip_prefix("# public key: ")).expect("a recipient");
    let key = pod.file("the.key", &key_text);
    let words = pod.file("words", "three words that are long\n");
    let wrong = pod.file("wrong", "three words that are wrong\n");
    let other = pod.file("other.key", "# none\n");
    let sealed = |name: &str, arguments: &[&str]| {
        let path = place(&pod, name).display().to_string();
        works(&pod.command(&[&["backup", path.as_str()], arguments].concat()));
        let bytes = fs::read(&path).expect("the backup");
        assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
        assert!(!bytes.windows(12).any(|window| window == b"unmistakable"));
        path
    };
    let for_key = sealed("for-key.age", &["--recipient", recipient]);
    let with_words = sealed("with-words.age", &["--passphrase-file", &words]);
    let tried = |arguments: &[&str], word: &str| {
        let there = pod.elsewhere();
        fails(&there.command(&[&["restore"], arguments].concat()), word);
        let left = names(&there.data());
        assert!(left.iter().all(|name| name == "lock"), "{left:?}");
    };
    tried(&[&for_key], "--key");
    tried(&[&for_key, "--key", &other], "key file");
    tried(&[&with_words, "--passphrase-file", &wrong], "seal");
    let cut = pod.file("cut.age", "");
    let bytes = fs::read(&for_key).expect("the backup");
    fs::write(&cut, &bytes[..bytes.len() - 1]).expect("written");
    tried(&[&cut, "--key", &key], "nothing was restored");
    for arguments in [["restore", &for_key, "--key", &key], ["restore", &with_words, "--passphrase-file", &words]] {
        let there = pod.elsewhere();
        works(&there.command(&arguments));
        assert_eq!(there.database().texts("select text from posts"), ["unmistakable words"]);
    }
    let path = place(&pod, "never").display().to_string();
    let short = pod.file("short", "short");
    fails(&pod.command(&["backup", &path, "--passphrase-file", &short]), "12 letters");
    fails(&pod.command(&["backup", &path, "--recipient", "age1nonsense"]), "age1nonsense");
    fails(&pod.command(&["backup", &path, "--recipient", recipient, "--passphrase-file", &words]), "enough");
    assert!(!Path::new(&path).exists());
}

fn a_backup_is_there_whole_or_not_at_all() {
    let pod = TestPod::new("alice");
    let file = backup(&pod);
    assert_eq!(fs::metadata(&file).expect("the backup").permissions().mode() & 0o777, 0o600);
    let first = fs::read(&file).expect("the backup");
    let folder = place(&pod, "").display().to_string();
    fails(&pod.command(&["backup", &folder]), "no file");
    fails(&pod.command(&["backup", "/dev/null"]), "no file");
    fails(&pod.command(&["backup", &format!("{folder}nowhere/file")]), "nowhere");
    // Half-way through a file turns out to be shorter than it was: the one of yesterday stays.
    let broken = pod.data().join("photos/ab");
    fs::create_dir_all(&broken).expect("a folder");
    std::os::unix::fs::symlink("/sys/kernel/uevent_seqnum", broken.join("short.jpg")).expect("a link");
    fails(&pod.command(&["backup", &file]), "short.jpg: it changed");
    assert_eq!(fs::read(&file).expect("the backup"), first);
    assert!(!names(Path::new(&folder)).iter().any(|name| name.ends_with(".part")), "nothing is left");
    let none = TestPod::unborn();
    fails(&none.command(&["backup", &file]), "no pod");
}

fn a_backup_killed_in_the_middle_is_made_good_by_the_next() {
    let pod = TestPod::new("alice");
    pod.user("alice").posts("here");
    let big = pod.data().join("photos/ab/large.jpg");
    fs::create_dir_all(big.parent().expect("a folder")).expect("a folder");
    fs::File::create(&big).and_then(|file| file.set_len(3 << 30)).expect("a large file");
    let file = place(&pod, "backup.tar").display().to_string();
    let part = place(&pod, ".backup.tar.part");
    let mut child = pod.begin(&["backup", &file]);
    until("half a backup", || fs::metadata(&part).is_ok_and(|part| part.len() > 1 << 20).then_some(()));
    fails(&pod.command(&["backup", &file]), "another backup");
    child.kill().expect("killed");
    child.wait().expect("it ends");
    assert!(part.exists() && !Path::new(&file).exists());
    fs::write(pod.data().join(".backup.db"), vec![7; 100_000]).expect("what a copy that was killed leaves");
    fs::remove_file(&big).expect("removed");
    works(&pod.command(&["backup", &file]));
    assert!(!part.exists() && !pod.data().join(".backup.db").exists());
    let there = pod.elsewhere();
    works(&there.command(&["restore", &file]));
    assert_eq!(there.database().texts("select text from posts"), ["here"]);
}

fn nothing_is_restored_over_a_pod() {
    let pod = TestPod::new("alice");
    let file = backup(&pod);
    let before = names(&pod.data());
    fails(&pod.command(&["restore", &file]), "empty folder");
    assert!(pod.stop());
    fails(&pod.command(&["restore", &file]), "empty folder");
    assert!(before.contains(&"pappus.db".to_owned()) && pod.data().join("pappus.db").exists());
    let there = pod.elsewhere();
    fs::create_dir_all(there.data().join(".restoring/half")).expect("what a restore that was killed leaves");
    works(&there.command(&["restore", &file]));
    assert_eq!(names(&there.data()), ["lock", "pappus.db"]);
    fails(&there.command(&["restore", &place(&pod, "missing").display().to_string()]), "missing");
}

fn nothing_is_restored_under_a_pod_that_was_started_meanwhile() {
    let pod = TestPod::new("alice");
    let bytes = fs::read(backup(&pod)).expect("the backup");
    let there = pod.elsewhere();
    let pipe = place(&there, "pipe");
    works(&Command::new("mkfifo").arg(&pipe).output().expect("mkfifo runs"));
    let mut restoring = there.begin(&["restore", &pipe.display().to_string()]);
    let mut tape = fs::File::options().write(true).open(&pipe).expect("it is read");
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    tape.write_all(first).expect("it is read");
    until("half a restore", || there.data().join(".restoring/pappus.db").exists().then_some(()));
    fails(&there.command(&["serve", "--listen", &there.host(), "--url", &there.url]), "another pappus is running");
    assert!(!there.data().join("pappus.db").exists());
    fails(&there.command(&["restore", &backup(&pod)]), "another pappus is running");
    // Commands ask for no lock.
    there.set_up("bob");
    tape.write_all(rest).expect("it is read");
    drop(tape);
    assert!(!restoring.wait().expect("it ends").success());
    assert!(!there.data().join(".restoring").exists());
    assert_eq!(there.database().texts("select name from users"), ["bob"]);
    works(&there.command(&["check"]));
}

fn memory_does_not_grow_with_the_pod() {
    /// KiB.
    const MOST: u64 = 24 << 10;
    let pod = TestPod::new("alice");
    assert!(pod.stop());
    pod.change(
        "create temp table n as with recursive n (n) as (select 1 union all select n + 1 from n where n < 400) select n from n; \
         insert into links (url, description, fetched_at) select 'http://' || n, hex(randomblob(50000)), 1 from n",
    );
    let shelf = pod.data().join("photos/ab");
    fs::create_dir_all(&shelf).expect("a folder");
    for number in 0..200 {
        let file = fs::File::create(shelf.join(format!("{number:032x}.jpg")));
        file.and_then(|file| file.set_len(500_000)).expect("a file");
    }
    let file = place(&pod, "backup.tar").display().to_string();
    let highest = |mut child: std::process::Child| {
        let mut highest = 0;
        let status = until("the end", || {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            highest = now.map_or(highest, |now: u64| now.max(highest));
            child.try_wait().expect("it is ours")
        });
        assert!(status.success());
        highest
    };
    let made = highest(pod.begin(&["backup", &file]));
    assert!(fs::metadata(&file).expect("the backup").len() > 130 << 20);
    let there = pod.elsewhere();
    let restored = highest(there.begin(&["restore", &file]));
    assert!(made < MOST && restored < MOST, "{made} and {restored} KiB");
}
