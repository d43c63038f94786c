//! Moving in: the archive of an account from another pod, brought in by the page and from the shell.

mod hostile;
mod shape;

use std::path::Path;

use crate::support::http::Answer;
use crate::support::picture::png;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    a_person_moves_to_another_pod_by_the_page_and_contacts_follow,
    a_person_moves_to_another_pod_from_the_shell_and_contacts_follow,
    an_account_moves_to_another_name_on_the_same_pod,
    moving_in_twice_does_it_once,
];

pub fn more_trials() -> Vec<libtest_mimic::Trial> {
    shape::trials().into_iter().chain(hostile::trials()).collect()
}

impl User<'_> {
    /// Leaves an archive and photos to be brought in.
    pub fn brings(&self, archive: &[u8], photos: &[&[u8]]) -> Answer {
        let mut files = vec![("archive", archive)];
        files.extend(photos.iter().map(|zip| ("photos", *zip)));
        let wanted = [("profile", "1"), ("settings", "1")];
        self.client.submit_files(&self.page("/settings/archive"), "/settings/archive/import", &wanted, &files)
    }

    /// Waits until the page says how bringing an archive in ended; what it says.
    pub fn is_in(&self) -> String {
        until("the archive to be brought in", || {
            let page = self.page("/settings/archive").html;
            let card = page.split("id=\"import\"").nth(1).expect("the part about moving in").to_owned();
            (!card.contains("role=\"status\"")).then_some(card)
        })
    }
}

/// The archive of Alice, and a zip file of her photos.
fn export(alice: &User) -> (Vec<u8>, Vec<u8>) {
    let archive = alice.submit("/settings/archive/export", &[("password", PASSWORD)]);
    assert_eq!(archive.status, 200, "{}", archive.text());
    (archive.body, alice.client.get("/settings/archive/photos/1").body)
}

/// What Alice and Carol did on two pods before Alice moved.
struct Before {
    public: String,
    limited: String,
    photo: String,
}

fn life(alice: &User, carol: &User) -> Before {
    befriend(alice, carol);
    let fields = [("text", "a #seed in a poll"), ("audience", "public"), ("question", "Yes?"), ("answers", "yes\nno")];
    let answer =
        alice.client.submit_files(&alice.page("/settings"), "/posts", &fields, &[("photos", &png(60, 40, false))]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let database = alice.pod.database();
    let public = database.text("select guid from posts where text like 'a #seed%'", &[]).expect("the post is stored");
    let limited = alice.posts_to("all", "a seed for some");
    carol.sees("a seed for some");
    carol.sees("in a poll");
    carol.comments(&public, "words of carol");
    carol.likes(&public);
    let yes = "select a.guid from poll_answers a where a.answer = 'yes'";
    let yes = carol.pod.database().text(yes, &[]).expect("the poll came along");
    carol.does(&format!("/posts/{public}/vote"), &[("answer", &yes)]);
    alice.sees_comment(&public, "words of carol");
    alice.sees_likes(&public, 1);
    until("the vote", || (database.number("select count(*) from votes", &[]) == 1).then_some(()));
    alice.comments(&public, "my own words");
    alice.does("/followed_tags", &[("tag", "seed")]);
    alice.does("/aspects", &[("name", "Gardeners")]);
    let gardeners = alice.aspects().pop().expect("the aspect was made");
    let settings = [("language", "de"), ("theme", "auto"), ("audience", "all"), ("follow_back", gardeners.as_str())];
    alice.does("/settings", &settings);
    alice.does("/profile", &[("first_name", "Alice"), ("last_name", "Liddell"), ("searchable", "1")]);
    let photo = database.text("select name from photos", &[]).expect("the photo is stored");
    Before { public, limited, photo }
}

/// Everything came along, and everybody followed.
fn followed(anna: &User, alice: &str, old: &TestPod, carol: &User, before: &Before) {
    let (here, there) = (anna.pod.database(), old.database());
    let me = anna.handle();
    let mine = "select count(*) from posts p join people a on a.id = p.author where a.handle = ? and p.guid = ?";
    for post in [&before.public, &before.limited] {
        assert_eq!(here.number(mine, &[&me, post]), 1, "{post}");
        let time = "select created_at from posts where guid = ?";
        assert_eq!(here.number(time, &[post]), there.number(time, &[post]));
    }
    let thread = anna.thread(&before.public);
    for text in ["words of carol", "my own words", "Yes?", &before.photo] {
        assert!(thread.html.contains(text), "{text}: {}", thread.html);
    }
    anna.sees_likes(&before.public, 1);
    let relay = "select count(*) from comments where text = 'words of carol' and relay is not null";
    assert_eq!(here.number(relay, &[]), 1, "it can be passed on as Carol signed it");
    let voted = "select count(*) from votes v join people p on p.id = v.author where p.handle = ?";
    assert_eq!(here.number(voted, &[&carol.handle()]), 1);
    let file = anna.client.get(&format!("/uploads/images/{}", before.photo));
    assert_eq!((file.status, file.header("content-type")), (200, "image/png"), "the photo lies here now");
    assert!(here.texts("select name from aspects").contains(&"Gardeners".to_owned()));
    assert_eq!(here.texts("select tag from followed_tags"), ["seed"]);
    let chosen = "select u.language || ' ' || a.name from users u join aspects a on a.id = u.follow_back";
    assert_eq!(here.texts(chosen), ["de Gardeners"]);
    assert_eq!(here.text("select name from people where handle = ?", &[&me]).as_deref(), Some("Alice Liddell"));
    // Carol's pod.
    let theirs = carol.pod.database();
    let shares = "select count(*) from aspect_members m join people p on p.id = m.person where p.handle = ?";
    until("carol to share with the new account", || (theirs.number(shares, &[&me]) == 1).then_some(()));
    assert_eq!(theirs.number(shares, &[&alice]), 0);
    assert_eq!(theirs.number(mine, &[&me, &before.public]), 1, "what Carol has of Alice is Anna's");
    let path = theirs.text("select path from photos where name = ?", &[&before.photo]);
    assert_eq!(path, Some(format!("{}/uploads/images/", anna.pod.url)), "others look for the photo here");
    until("both to share with each other", || {
        (anna.is_shared_with_by(&carol.handle()) && carol.is_shared_with_by(&me)).then_some(())
    });
    carol.posts("welcome, whoever you are");
    anna.sees("welcome, whoever you are");
    anna.posts_to("all", "I live here now");
    carol.sees("I live here now");
    carol.comments(&before.public, "still here?");
    anna.sees_comment(&before.public, "still here?");
}

/// The old account is closed and says where it went.
fn left(alice: &str, old: &TestPod) {
    let sql = "select count(*) from people where handle = ? and moved_to is not null and closed_at is not null";
    until("the old pod to hear of it", || (old.database().number(sql, &[&alice]) == 1).then_some(()));
    let page = old.visitor().page("/login");
    let answer = old.visitor().submit(&page, "/login", &[("name", "alice"), ("password", PASSWORD)]);
    assert_ne!(answer.status, 303, "nobody signs in to an account that left");
}

fn a_person_moves_to_another_pod_by_the_page_and_contacts_follow() {
    let (old, new, third) = (TestPod::new("alice"), TestPod::new("anna"), TestPod::new("carol"));
    let (alice, anna, carol) = (old.user("alice"), new.user("anna"), third.user("carol"));
    let before = life(&alice, &carol);
    let (archive, photos) = export(&alice);
    let answer = anna.brings(&archive, &[&photos]);
    assert_eq!((answer.status, answer.header("location")), (303, "/settings/archive"));
    let said = anna.is_in();
    assert!(said.contains(&format!("Du bist von {} eingezogen", alice.handle())), "{said}");
    assert!(!said.contains("Eintr"), "{said}");
    left(&alice.handle(), &old);
    followed(&anna, &alice.handle(), &old, &carol, &before);
    nothing_lies_about(&new);
}

/// The key of the old account was in the files: they are gone.
fn nothing_lies_about(pod: &TestPod) {
    until("the files to be gone", || {
        let mut left = std::fs::read_dir(pod.data().join("imports")).expect("a folder").flatten();
        left.all(|file| file.file_name() == "lock").then_some(())
    });
}

fn a_person_moves_to_another_pod_from_the_shell_and_contacts_follow() {
    let (old, new, third) = (TestPod::new("alice"), TestPod::new("anna"), TestPod::new("carol"));
    let (alice, anna, carol) = (old.user("alice"), new.user("anna"), third.user("carol"));
    let before = life(&alice, &carol);
    let folder = old.data().join("out");
    std::fs::create_dir(&folder).expect("a folder");
    assert!(old.command(&["export", "alice", "--to", &folder.display().to_string()]).status.success());
    let file = |name: &str| folder.join(name).display().to_string();
    let (archive, photos) = (file("alice_data.json.gz"), file("alice_photos_1.zip"));
    let wrong = new.command(&["import", &archive, "--user", "nobody"]);
    assert!(!wrong.status.success());
    let done = new.command(&["import", &archive, &photos, "--user", "anna"]);
    let (said, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{errors}");
    assert!(said.contains(&format!("{} lives on as {}", alice.handle(), anna.handle())), "{said}");
    left(&alice.handle(), &old);
    followed(&anna, &alice.handle(), &old, &carol, &before);
    nothing_lies_about(&new);
}

fn an_account_moves_to_another_name_on_the_same_pod() {
    let (pod, third) = (TestPod::new("alice"), TestPod::new("carol"));
    pod.add_user("anna");
    let (alice, anna, carol) = (pod.user("alice"), pod.user("anna"), third.user("carol"));
    let before = life(&alice, &carol);
    let (archive, photos) = export(&alice);
    anna.brings(&archive, &[&photos]);
    let said = anna.is_in();
    assert!(said.contains("eingezogen"), "{said}");
    left(&alice.handle(), &pod);
    let mine = "select count(*) from posts p join people a on a.id = p.author where a.handle = ?";
    assert_eq!(pod.database().number(mine, &[&anna.handle()]), 2);
    assert_eq!(anna.client.get(&format!("/uploads/images/{}", before.photo)).status, 200);
    until("carol to share with the new account", || anna.is_shared_with_by(&carol.handle()).then_some(()));
}

/// Counts of everything an archive brings.
fn counted(pod: &TestPod) -> Vec<i64> {
    let tables = "posts comments likes votes photos aspects aspect_members sharers blocks followed_tags participations \
                  migrations imports outgoing polls poll_answers audience";
    let count = |table| pod.database().number(&format!("select count(*) from {table}"), &[]);
    tables.split_whitespace().map(count).collect()
}

fn queue_is_empty(pod: &TestPod) {
    let sql = "select (select count(*) from outbox) + (select count(*) from inbox) + (select count(*) from needs)";
    until("the queues to run empty", || (pod.database().number(sql, &[]) == 0).then_some(()));
}

fn moving_in_twice_does_it_once() {
    let (old, new, third) = (TestPod::new("alice"), TestPod::new("anna"), TestPod::new("carol"));
    let (alice, anna, carol) = (old.user("alice"), new.user("anna"), third.user("carol"));
    let before = life(&alice, &carol);
    let (archive, photos) = export(&alice);
    // First without the photos, which come along later.
    anna.brings(&archive, &[]);
    assert!(anna.is_in().contains("eingezogen"));
    until("carol to share with the new account", || anna.is_shared_with_by(&carol.handle()).then_some(()));
    queue_is_empty(&new);
    let once = counted(&new);
    assert_eq!(anna.client.get(&format!("/uploads/images/{}", before.photo)).status, 404);
    anna.brings(&archive, &[&photos]);
    assert!(anna.is_in().contains("eingezogen"));
    queue_is_empty(&new);
    assert_eq!(counted(&new), once);
    assert_eq!(anna.client.get(&format!("/uploads/images/{}", before.photo)).status, 200);
    assert_eq!(third.database().number("select count(*) from migrations", &[]), 1);
    // Nobody else becomes Alice.
    new.add_user("mallory");
    let mallory = new.user("mallory");
    mallory.brings(&archive, &[]);
    let said = mallory.is_in();
    assert!(said.contains("Nothing was changed.") && said.contains("lives on as somebody else already"), "{said}");
}

/// A file of the repository.
fn material(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    std::fs::read_to_string(path).expect("a file of the repository")
}
