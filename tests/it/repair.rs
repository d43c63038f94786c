//! `pappus check --repair`: every kind of damage is found, mended as far as it can be, and named.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::backup::said;
use crate::support::dice::Dice;
use crate::support::disk::{Disk, Platter};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::surfaces::posts_photo;

trials![
    a_search_that_lost_its_words_finds_them_again,
    rows_that_point_to_nothing_go,
    pictures_that_are_gone_and_those_nobody_needs_are_sorted_out,
    pictures_on_a_disk_that_is_not_there_are_not_forgotten,
    what_is_in_the_way_and_no_damage_is_named,
    what_was_only_half_written_is_removed,
    a_damaged_index_is_made_anew,
    a_table_whose_end_cannot_be_read_loses_only_that,
    an_account_that_moved_to_one_that_is_lost_stays,
    what_can_be_read_of_a_damaged_database_is_saved_and_the_rest_named,
    what_people_wrote_who_cannot_be_read_any_more_is_removed,
    a_database_without_its_keys_is_left_as_it_is,
    a_running_pod_is_not_repaired,
    a_folder_without_a_database_is_left_as_it_is,
    a_repair_that_is_killed_at_any_step_loses_nothing,
];

/// A stopped pod of alice with something in it.
fn stopped(deed: impl FnOnce(&TestPod)) -> TestPod {
    let pod = TestPod::new("alice");
    deed(&pod);
    assert!(pod.stop());
    finds_nothing(&pod);
    pod
}

fn finds_nothing(pod: &TestPod) {
    let checked = pod.command(&["check"]);
    assert!(checked.status.success(), "{}", said(&checked));
}

fn finds(pod: &TestPod, what: &str) {
    let checked = pod.command(&["check"]);
    assert!(!checked.status.success() && said(&checked).contains(what), "{what}: {}", said(&checked));
}

/// Repairs it; afterwards nothing is wrong any more.
fn repairs(pod: &TestPod, tells: &str) -> String {
    let repaired = pod.command(&["check", "--repair"]);
    assert!(repaired.status.success() && said(&repaired).contains(tells), "{tells}: {}", said(&repaired));
    finds_nothing(pod);
    let again = pod.command(&["check", "--repair"]);
    assert_eq!(said(&again), "The database and the pictures are sound.\n", "there is nothing left to do");
    said(&repaired)
}

fn a_search_that_lost_its_words_finds_them_again() {
    let pod = stopped(|pod| {
        let alice = pod.user("alice");
        alice.posts("dandelion clocks");
        assert!(alice.page("/people?q=dandelion").post("dandelion").is_some());
    });
    pod.change("insert into post_words (post_words) values ('delete-all')");
    finds(&pod, "what is searched");
    repairs(&pod, "what is searched was made anew");
    pod.start();
    assert!(pod.user("alice").page("/people?q=dandelion").post("dandelion").is_some());
}

fn rows_that_point_to_nothing_go() {
    let pod = stopped(|pod| {
        let alice = pod.user("alice");
        let post = alice.posts("gone");
        alice.comments(&post, "on what is gone");
        alice.posts("stays");
    });
    pod.change("pragma foreign_keys = off; delete from every_post where text = 'gone'");
    finds(&pod, "every_comment");
    repairs(&pod, "every_comment: 1 rows that pointed to nothing");
    assert_eq!(pod.database().texts("select text from posts"), ["stays"]);
}

fn pictures_that_are_gone_and_those_nobody_needs_are_sorted_out() {
    let pod = stopped(|pod| {
        let alice = pod.user("alice");
        posts_photo(&alice, "a picture that goes");
        posts_photo(&alice, "a picture that stays");
    });
    let place = |name: &str| pod.data().join("photos").join(&name[..2]).join(name);
    let name = |text: &str| {
        let sql = "select h.name from every_photo h join every_post p on p.id = h.post where p.text = ?";
        pod.database().text(sql, &[&text]).expect("a photo")
    };
    let (goes, stays) = (name("a picture that goes"), name("a picture that stays"));
    for entry in fs::read_dir(place(&goes).parent().expect("a folder")).expect("a folder").flatten() {
        if entry.file_name().to_string_lossy().ends_with(&goes) {
            fs::remove_file(entry.path()).expect("removed");
        }
    }
    let nobody = format!("{}.png", "ab".repeat(16));
    fs::create_dir_all(place(&nobody).parent().expect("a folder")).expect("a folder");
    fs::copy(place(&stays), place(&nobody)).expect("copied");
    finds(&pod, &goes);
    let told = repairs(&pod, &goes);
    assert!(
        told.contains("pictures that nobody needs") && !place(&nobody).exists() && place(&stays).exists(),
        "{told}"
    );
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 2);
}

fn pictures_on_a_disk_that_is_not_there_are_not_forgotten() {
    let pod = stopped(|pod| drop(posts_photo(&pod.user("alice"), "a picture")));
    let (photos, disk) = (pod.data().join("photos"), pod.data().join("disk"));
    fs::rename(&photos, &disk).expect("unmounted");
    fs::create_dir(&photos).expect("where it is mounted");
    let repaired = pod.command(&["check", "--repair"]);
    assert!(
        !repaired.status.success() && said(&repaired).contains("1 pictures that should be there are not"),
        "{}",
        said(&repaired)
    );
    fs::remove_dir(&photos).expect("nothing is in it");
    fs::rename(&disk, &photos).expect("mounted");
    finds_nothing(&pod);
    fs::remove_dir_all(&photos).expect("lost for good");
    let repaired = pod.command(&["check", "--repair", "--sure"]);
    assert!(repaired.status.success() && said(&repaired).contains("it is gone"), "{}", said(&repaired));
}

fn what_is_in_the_way_and_no_damage_is_named() {
    let pod = stopped(|pod| drop(pod.user("alice").posts("here")));
    let refuses = |why: &str| {
        let repaired = pod.command(&["check", "--repair"]);
        assert!(!repaired.status.success() && said(&repaired).contains(why), "{why}: {}", said(&repaired));
        assert!(!pod.data().join("pappus.damaged-1.db").exists(), "it is no damage");
    };
    let known = pod.database().number("pragma user_version", &[]);
    pod.change("pragma user_version = 1000");
    refuses("a newer pappus");
    pod.change(&format!("pragma user_version = {known}"));
    let other = Connection::open(pod.database_path()).expect("the database opens");
    other.execute_batch("pragma locking_mode = exclusive; begin immediate; update pod set url = url").expect("locked");
    refuses("another program has the database locked");
    drop(other);
    finds_nothing(&pod);
}

fn what_was_only_half_written_is_removed() {
    let pod = stopped(|pod| drop(pod.user("alice").posts("here")));
    let stale = [".backup.db", ".backup-1", ".restoring/half", "vault/.half", "imports/new-1", "photos/ab/.half.jpg"];
    for name in &stale[..5] {
        let path = pod.data().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, "half").expect("written");
    }
    repairs(&pod, "5 temporary files");
    assert!(!stale.iter().any(|name| pod.data().join(name).exists()));
    assert_eq!(pod.database().texts("select text from posts"), ["here"]);
}

/// Overwrites a leaf of a table or index: the one at a place, or the last.
fn damage(pod: &TestPod, name: &str, place: usize) {
    let db = Connection::open(pod.database_path()).expect("the database opens");
    db.execute_batch("pragma journal_mode = delete").expect("one file");
    let root: i64 = db
        .query_row("select rootpage from sqlite_schema where name = ?", [name], |row| row.get(0))
        .expect("it has a root");
    let size: i64 = db.query_row("pragma page_size", [], |row| row.get(0)).expect("a size");
    drop(db);
    let (mut page, size) = (root as usize, size as usize);
    let mut bytes = fs::read(pod.database_path()).expect("read");
    // Pages with other pages below them are of kind 2 or 5, and their cells begin with the number of one (SQLite's file
    // format, 1.6).
    while matches!(bytes[(page - 1) * size], 2 | 5) {
        let node = &bytes[(page - 1) * size..page * size];
        let number = |at: usize| usize::from(u16::from_be_bytes([node[at], node[at + 1]]));
        let cell = if place < number(3) { number(12 + 2 * place) } else { 8 };
        page = u32::from_be_bytes(node[cell..cell + 4].try_into().expect("four bytes")) as usize;
    }
    bytes[(page - 1) * size..page * size].fill(0x5a);
    fs::write(pod.database_path(), bytes).expect("written");
}

fn lives_on(pod: &TestPod) {
    pod.start();
    let alice = pod.user("alice");
    alice.posts("afterwards");
    assert!(pod.stop());
    finds_nothing(pod);
}

fn a_damaged_index_is_made_anew() {
    let pod = stopped(|pod| drop(pod.user("alice").posts("here")));
    damage(&pod, "posts_time", 0);
    finds(&pod, "database is damaged");
    repairs(&pod, "");
    assert_eq!(pod.database().texts("select text from posts"), ["here"]);
    lives_on(&pod);
}

const POSTS: usize = 30;

/// Writes posts that fill some pages.
fn writes_a_lot(pod: &TestPod) {
    let (alice, long) = (pod.user("alice"), "so long ".repeat(90));
    let form = alice.page("/settings");
    for number in 0..POSTS {
        let text = format!("number {number} {long}");
        assert_eq!(alice.client.submit(&form, "/posts", &[("text", &text), ("audience", "public")]).status, 303);
    }
}

fn what_can_be_read_of_a_damaged_database_is_saved_and_the_rest_named() {
    let pod = stopped(writes_a_lot);
    damage(&pod, "every_post", 4);
    finds(&pod, "database is damaged");
    let told = repairs(&pod, "the database was damaged");
    assert!(told.contains("every_post: ") && told.contains("could not be read"), "{told}");
    let saved = pod.database().number("select count(*) from posts", &[]) as usize;
    assert!((POSTS - 4..POSTS).contains(&saved), "{saved} of {POSTS}");
    let kept: PathBuf = pod.data().join("pappus.damaged-1.db");
    assert!(kept.exists(), "the damaged one is kept");
    lives_on(&pod);
}

fn a_table_whose_end_cannot_be_read_loses_only_that() {
    let pod = stopped(|pod| drop(posts_photo(&pod.user("alice"), "the newest picture")));
    pod.change(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 6000) \
         insert into every_photo (id, guid, author, public, path, name, created_at) \
         select 10 + n, 'photo-of-elsewhere-' || n, 1, 1, 'https://pod.example/', n || '.jpg', 1 from n; \
         update every_photo set id = 9000 where here",
    );
    damage(&pod, "every_photo", usize::MAX);
    finds(&pod, "database is damaged");
    let told = repairs(&pod, "the database was damaged");
    assert!(told.contains("every_photo: "), "it is said that photos are lost: {told}");
    assert!(pod.database().number("select count(*) from every_photo", &[]) > 5_900);
    assert!(pod.data().join("photos.damaged-1").is_dir(), "pictures of photos that are lost are kept");
    lives_on(&pod);
}

fn an_account_that_moved_to_one_that_is_lost_stays() {
    let pod = stopped(|_| ());
    pod.change(
        "insert into every_person (id, handle, guid, host, url, name, found_at) values \
         (50, 'old@pod.example', 'guid-of-the-old-one', 'pod.example', 'https://pod.example', 'old', 1), \
         (51, 'new@pod.example', 'guid-of-the-new-one', 'pod.example', 'https://pod.example', 'new', 1); \
         update every_person set moved_to = 51 where id = 50; \
         insert into migrations (old, new, signature, received_at) values (50, 51, '', 1); \
         pragma foreign_keys = off; delete from every_person where id = 51",
    );
    finds(&pod, "every_person");
    repairs(&pod, "migrations: 1 rows");
    assert_eq!(pod.database().person("old@pod.example").as_deref(), Some("guid-of-the-old-one"));
}

fn what_people_wrote_who_cannot_be_read_any_more_is_removed() {
    let pod = stopped(|_| ());
    pod.change(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 300) \
         insert into every_person (handle, guid, host, url, name, found_at) \
         select 'p' || n || '@b.example', printf('%016d', n), 'b.example', 'https://b.example', 'p' || n, 1 from n; \
         insert into every_post (guid, author, public, text, created_at, received_at) \
         select guid, id, 1, 'words of ' || name, 1, 1 from every_person where host is not null",
    );
    finds_nothing(&pod);
    damage(&pod, "every_post", 0);
    for place in 2..30 {
        damage(&pod, "every_person", place);
    }
    let told = repairs(&pod, "the database was damaged");
    assert!(told.contains("every_post: ") && told.contains("every_person: "), "{told}");
    lives_on(&pod);
}

fn a_database_without_its_keys_is_left_as_it_is() {
    let pod = stopped(|pod| drop(pod.user("alice").posts("here")));
    damage(&pod, "pod", 0);
    let before = fs::read(pod.database_path()).expect("read");
    let repaired = pod.command(&["check", "--repair"]);
    assert!(!repaired.status.success() && said(&repaired).contains("Restore the last backup"), "{}", said(&repaired));
    // Its first hundred bytes say how it is written to.
    assert!(fs::read(pod.database_path()).expect("read")[100..] == before[100..], "nothing was changed");
    fs::write(pod.database_path(), "no database at all").expect("written");
    let repaired = pod.command(&["check", "--repair"]);
    assert!(!repaired.status.success() && said(&repaired).contains("Restore the last backup"), "{}", said(&repaired));
}

fn a_running_pod_is_not_repaired() {
    let pod = TestPod::new("alice");
    let repaired = pod.command(&["check", "--repair"]);
    assert!(!repaired.status.success() && said(&repaired).contains("another pappus is running"), "{}", said(&repaired));
}

/// Everything below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let below = entries.flat_map(|entry| match entry.file_type().expect("a kind") {
        kind if kind.is_dir() => files(&entry.path()),
        kind if kind.is_file() => BTreeMap::from([(entry.path(), fs::read(entry.path()).expect("a file"))]),
        _ => BTreeMap::new(),
    });
    below.collect()
}

fn a_folder_without_a_database_is_left_as_it_is() {
    let pod = stopped(|pod| drop(posts_photo(&pod.user("alice"), "a picture")));
    fs::create_dir(pod.data().join(".restoring")).expect("a folder");
    for name in [".restoring/pappus.db", ".salvaged.db"] {
        fs::copy(pod.database_path(), pod.data().join(name)).expect("what something that was killed leaves");
    }
    let all = || {
        let mut all = files(&pod.data());
        // It says who had it last.
        all.remove(&pod.data().join("lock"));
        all
    };
    let leaves_all = || {
        let before = all();
        let serve = ["serve", "--listen", &pod.host(), "--url", &pod.url];
        for command in [&["check", "--repair"][..], &["check"], &serve] {
            let done = pod.command(command);
            let is_told = !done.status.success() && said(&done).contains("missing or empty");
            assert!(is_told, "{command:?}: {}", said(&done));
        }
        assert!(all() == before, "nothing was changed");
    };
    fs::write(pod.database_path(), "").expect("emptied");
    leaves_all();
    fs::remove_file(pod.database_path()).expect("removed");
    leaves_all();
}

fn a_repair_that_is_killed_at_any_step_loses_nothing() {
    let mut dice = Dice::thrown();
    let pod = stopped(|pod| {
        writes_a_lot(pod);
        posts_photo(&pod.user("alice"), "a picture");
    });
    damage(&pod, "every_post", 4);
    let nobody = pod.data().join(format!("photos/ab/{}.png", "ab".repeat(16)));
    fs::create_dir_all(nobody.parent().expect("a folder")).expect("a folder");
    fs::write(&nobody, "of a post that cannot be read").expect("written");
    let pictures = |pod: &TestPod| {
        let kept = files(&pod.data()).into_iter().filter(|(path, _)| path.to_string_lossy().contains("/photos"));
        let mut kept: Vec<_> = kept.map(|(path, bytes)| (path.file_name().map(ToOwned::to_owned), bytes)).collect();
        kept.sort();
        kept
    };
    let posts = |pod: &TestPod| pod.database().texts("select text from posts order by id");
    let (there, mut platter, disk) = (pictures(&pod), Platter::of(&pod.data()), Disk::under(&pod));
    let repaired = pod.command_with(&disk.environment(), &["check", "--repair"]);
    assert!(repaired.status.success(), "{}", said(&repaired));
    let saved = posts(&pod);
    let history = disk.history();
    let (mut rest, mut cuts) = (history.as_slice(), 0);
    while let Some(next) = platter.step(rest) {
        // A name is given, changed or removed, or something comes to be on the disk.
        if b"LRUS".contains(&rest[0]) {
            let again = pod.elsewhere();
            platter.cut(&mut dice, &pod.data(), &again.data());
            let repaired = again.command(&["check", "--repair"]);
            let at = format!("step {} of {}: {}", history.len() - next.len(), history.len(), said(&repaired));
            assert!(repaired.status.success(), "{at}");
            assert!(posts(&again) == saved && pictures(&again) == there, "{at}");
            assert!(again.data().join("pappus.damaged-1.db").exists(), "{at}");
            cuts += 1;
        }
        rest = next;
    }
    assert!(cuts > 10, "{cuts}");
}
