//! The machine gives way: a full disk, a disk with errors, one that is read-only, a database that somebody locked, no more
//! descriptors. What can still be done is done, everybody is told, nothing that was acknowledged is lost, and it goes on by
//! itself when the cause is gone.

use std::io::Write;
use std::net::TcpStream;

use pappus::model::Timestamp;
use pappus::store::{self, Store, Tx, pods};
use rusqlite::Connection;
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::disk::Disk;
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::until;

trials![
    a_pod_on_a_full_disk_is_read_and_goes_on_when_there_is_room,
    a_pod_on_a_disk_with_errors_loses_nothing_that_it_took,
    a_pod_on_a_disk_that_became_read_only_is_read,
    a_pod_whose_database_is_locked_waits_and_says_so,
    a_pod_without_descriptors_lives_on,
    a_batch_whose_transaction_is_lost_leaves_nothing,
];

fn a_pod_on_a_full_disk_is_read_and_goes_on_when_there_is_room() {
    gives_way(Errno::NOSPC, 507, "make room");
}

fn a_pod_on_a_disk_with_errors_loses_nothing_that_it_took() {
    gives_way(Errno::IO, 503, "dmesg");
}

fn a_pod_on_a_disk_that_became_read_only_is_read() {
    gives_way(Errno::ROFS, 503, "dmesg");
}

/// Everything that would change the disk fails for a while.
fn gives_way(error: Errno, status: u16, advice: &str) {
    let (pod, b) = (TestPod::new("alice"), TestPod::new("bob"));
    assert!(pod.stop());
    let disk = Disk::under(&pod);
    pod.start_with(&disk.environment());
    let far = Double::new(&["dora"]);
    let (alice, bob) = (pod.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let post = alice.posts("before");
    bob.sees("before");
    let form = alice.page("/settings");
    bob.does("/conversations", &[("to", &bob.finds(&alice.handle())), ("subject", "hello"), ("text", "a message")]);
    let letter = until("the message", || pod.database().text("select guid from conversations", &[]));
    bob.likes(&guid_at(&b, "before"));
    alice.is_told("before");
    // Somebody has just begun to share: what tells of it is unread, as is what tells of the like.
    pod.change("update every_notice set unread = 1");
    let person = pod.database().text("select guid from people where handle = ?", &[&bob.handle()]).expect("bob");

    disk.fails(error);
    let sent = alice.client.submit(&form, "/posts", &[("text", "during"), ("audience", "public")]);
    assert_eq!(sent.status, status, "{}", sent.text());
    assert!(sent.text().contains("can be written"), "a sentence for people: {}", sent.text());
    let bio = "a long life, ".repeat(12);
    for (path, field) in [("/posts", "text"), (&format!("/posts/{post}/comments"), "text"), ("/profile", "bio")] {
        let body = format!("csrf={}&{field}={bio}&audience=public", form.csrf());
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", pod.url.as_str())];
        let sent = alice.client.post_with(path, &headers, body.as_bytes());
        assert_eq!(sent.status, status, "{path}");
        assert!(sent.text().contains(&format!("{bio}</textarea>")), "{path}: what was typed is there: {}", sent.text());
    }
    let (guid, xml) = far.post("dora", "from afar");
    assert_eq!(far.says("dora", &pod, &xml), 503, "the other pod comes again");
    let (of_post, of_letter) = (format!("/posts/{post}"), format!("/conversations/{letter}"));
    let of_person = format!("/people/{person}");
    for path in ["/stream", "/public", "/notifications", "/people?q=before", &of_post, &of_letter, &of_person] {
        assert_eq!(alice.page(path).status, 200, "{path}");
    }
    let stranger = pod.visitor();
    for path in [format!("/posts/{post}"), format!("/people/{}", alice.guid()), "/.well-known/nodeinfo".to_owned()] {
        assert_eq!(stranger.get(&path).status, 200, "{path}");
    }
    assert!(pod.log().contains(advice), "the podmin is told what to do");
    // What others did meanwhile is not acknowledged, so it comes later.
    bob.comments(&guid_at(&b, "before"), "said meanwhile");

    disk.recovers();
    until("the pod to write again", || {
        let sent = alice.client.submit(&form, "/posts", &[("text", "afterwards"), ("audience", "public")]);
        (sent.status == 303).then_some(())
    });
    bob.sees("afterwards");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    until("the letter", || (alice.thread(&guid).status == 200).then_some(()));
    assert!(b.stop());
    b.make_due();
    b.start();
    alice.sees_comment(&post, "said meanwhile");
    pod.kill();
    is_sound(&pod);
    let texts = pod.database().texts("select text from posts");
    assert!(texts.contains(&"before".to_owned()) && !texts.contains(&"during".to_owned()), "{texts:?}");
}

fn guid_at(pod: &TestPod, text: &str) -> String {
    pod.database().text("select guid from posts where text = ?", &[&text]).expect("the post came")
}

fn is_sound(pod: &TestPod) {
    let checked = pod.command(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

fn a_pod_whose_database_is_locked_waits_and_says_so() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let form = alice.page("/settings");
    let post = |text: &str| alice.client.submit(&form, "/posts", &[("text", text), ("audience", "public")]).status;
    let other = Connection::open(pod.database_path()).expect("the database opens");
    other.execute_batch("begin immediate").expect("locked");
    let (during, read) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| post("too long"));
        (writing.join().expect("no panic"), alice.page("/stream").status)
    });
    assert_eq!((during, read), (503, 200));
    assert!(pod.log().contains("another program has the database locked"), "the podmin is told");
    // A short while is waited for.
    let patient = std::thread::scope(|scope| {
        let writing = scope.spawn(|| post("in a moment"));
        until("the form to be on its way", || (alice.page("/stream").status == 200).then_some(()));
        other.execute_batch("commit").expect("let go");
        writing.join().expect("no panic")
    });
    assert_eq!(patient, 303);
    assert!(pod.stop());
    is_sound(&pod);
}

fn a_pod_without_descriptors_lives_on() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts("before");
    let process = Pid::from_raw(pod.pid() as i32);
    let limits = |current: u64| {
        let old = prlimit(process, Resource::Nofile, Rlimit { current: Some(current), maximum: Some(4_096) });
        old.expect("the limit of a child can be changed")
    };
    let old = limits(12);
    // Nobody waits for an answer to these: there may be none.
    let knocks: Vec<_> = (0..20).filter_map(|_| TcpStream::connect(pod.host()).ok()).collect();
    for mut knock in &knocks {
        let _ = knock.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    }
    until("the door to say that it has none left", || pod.log().contains("cannot-accept").then_some(()));
    drop(knocks);
    limits(old.current.unwrap_or(1_024).min(4_096));
    until("the pod to answer", || pod.visitor().try_get("/health").ok().filter(|answer| answer.status == 200));
    alice.posts("afterwards");
    assert!(pod.stop(), "{}", pod.log());
    is_sound(&pod);
}

fn a_batch_whose_transaction_is_lost_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("pappus.db")).expect("opens");
    let add = |tx: &Tx, host: &str| pods::add(tx, host, "https://pod.example");
    let batch: Result<(), store::Error> = store.write(Timestamp(1), |tx| {
        add(tx, "before.example")?;
        let part: Result<(), store::Error> = tx.attempt(|tx| {
            add(tx, "part.example")?;
            // As SQLite does by itself when the disk fails.
            tx.execute_batch("rollback")?;
            Err(store::Error::QueryReturnedNoRows)
        });
        assert!(matches!(part, Err(store::Error::QueryReturnedNoRows)), "the cause is told");
        assert!(tx.attempt(|tx| add(tx, "another.example")).is_err());
        tx.is_open()?;
        add(tx, "after.example")
    });
    assert!(batch.is_err());
    assert_eq!(store.read(pods::count).expect("reads"), (0, 0));
    store.write(Timestamp(1), |tx| add(tx, "next.example")).expect("it goes on");
    assert_eq!(store.read(pods::count).expect("reads"), (1, 0));
}

/// Trials with a real disk of their own, which only the system's administrator can mount.
pub mod mounted {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::is_sound;
    use crate::support::double::Double;
    use crate::support::pod::TestPod;
    use crate::support::wait::until;
    use crate::support::{tools, trials};

    trials![tools::ROOT; a_real_disk_that_is_full_to_the_last_byte_loses_nothing, the_last_room_on_the_disk_is_not_for_letters, a_folder_that_cannot_be_written_is_explained];

    /// A small disk in the place of a pod's data folder.
    struct Mount(PathBuf);

    impl Mount {
        fn over(folder: &Path, options: &str) -> Mount {
            fs::create_dir_all(folder).expect("a folder");
            mount(&["-t", "tmpfs", "-o", options, "pappus-trial", &folder.display().to_string()]);
            Mount(folder.to_owned())
        }

        fn is_read_only(&self) {
            mount(&["-o", "remount,ro", &self.0.display().to_string()]);
        }
    }

    fn mount(arguments: &[&str]) {
        let mounted = Command::new("mount").args(arguments).output().expect("mount runs");
        assert!(mounted.status.success(), "{}", String::from_utf8_lossy(&mounted.stderr));
    }

    impl Drop for Mount {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        }
    }

    fn a_real_disk_that_is_full_to_the_last_byte_loses_nothing() {
        let pod = TestPod::unborn();
        let _disk = Mount::over(&pod.data(), "size=6m");
        pod.set_up("alice");
        pod.start();
        let alice = pod.user("alice");
        let form = alice.page("/settings");
        let (mut taken, long) = (Vec::new(), "so long ".repeat(4_000));
        let refused = until("the disk to be full", || {
            let text = format!("number {} {long}", taken.len());
            match alice.client.submit(&form, "/posts", &[("text", &text), ("audience", "public")]).status {
                303 => {
                    taken.push(text.trim().to_owned());
                    None
                }
                status => Some(status),
            }
        });
        assert_eq!(refused, 507);
        assert_eq!(alice.page("/stream").status, 200);
        assert!(pod.log().contains("make room"), "{}", pod.log());
        pod.kill();
        pod.start();
        assert_eq!(alice.page("/stream").status, 200, "it starts on a full disk, and is read");
        let texts = pod.database().texts("select text from posts");
        let missing = taken.iter().filter(|text| !texts.iter().any(|known| known.trim() == text.as_str())).count();
        assert_eq!((missing, taken.len() > 20), (0, true), "{} taken, {} there", taken.len(), texts.len());
        mount(&["-o", "remount,size=32m", &pod.data().display().to_string()]);
        until("the pod to write again", || {
            let form = alice.page("/settings");
            let sent = alice.client.submit(&form, "/posts", &[("text", "there is room"), ("audience", "public")]);
            (sent.status == 303).then_some(())
        });
        assert!(pod.stop());
        is_sound(&pod);
    }

    fn the_last_room_on_the_disk_is_not_for_letters() {
        let pod = TestPod::unborn();
        let _disk = Mount::over(&pod.data(), "size=40m");
        pod.set_up("alice");
        pod.start();
        let far = Double::new(&["dora"]);
        let (guid, xml) = far.post("dora", "from afar");
        let letter = far.envelope("dora", &xml);
        let bring = || pod.visitor().post("/receive/public", "application/magic-envelope+xml", letter.as_bytes());
        let answer = bring();
        assert_eq!((answer.status, answer.header("retry-after")), (503, "300"));
        pod.user("alice").posts("there is room for me");
        mount(&["-o", "remount,size=160m", &pod.data().display().to_string()]);
        assert_eq!(bring().status, 202);
        until("the post", || {
            (pod.database().number("select count(*) from posts where guid = ?", &[&guid]) == 1).then_some(())
        });
    }

    fn a_folder_that_cannot_be_written_is_explained() {
        let pod = TestPod::unborn();
        let disk = Mount::over(&pod.data(), "size=16m");
        pod.set_up("alice");
        disk.is_read_only();
        let output = pod.command(&["serve", "--listen", &pod.host(), "--url", &pod.url]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("Read-only file system"), "{said}");
        assert!(said.contains("make it writable for this user, or name another"), "{said}");
        let backup = pod.file("never.tar", "");
        fs::remove_file(&backup).expect("removed");
        let output = pod.command(&["backup", &backup]);
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
