//! What is held or removed is on no surface: all of them are walked for everything that a podmin can decide about, and
//! every byte is looked through that a removed thing could still be in.

use pappus::media::folder::Folder;
use pappus::media::looked::Looked;
use pappus::media::silent::Silent;
use pappus::model::case::{Kind, Subject};
use pappus::moderation::case::{self, Decision};
use pappus::net::{Client, Options};
use pappus::pod::{Pod, Wakes, now};
use pappus::social::Error;
use pappus::store::{Store, Tx, pod as row};
use pappus::web::surfaces::{Marks, Seen, probe};

use crate::support::picture::png;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    a_held_post_is_on_no_surface_and_back_on_all_of_them_when_restored,
    a_held_post_from_elsewhere_is_on_no_surface_and_back_on_all_of_them_when_restored,
    a_held_comment_is_on_no_surface_and_back_on_all_of_them_when_restored,
    a_held_picture_is_on_no_surface_and_back_on_all_of_them_when_restored,
    a_held_profile_is_on_no_surface_and_back_on_all_of_them_when_restored,
    a_held_account_is_on_no_surface_and_back_on_all_of_them_when_restored,
    a_held_account_from_elsewhere_is_on_no_surface_and_back_on_all_of_them_when_restored,
    a_held_pod_is_on_no_surface_and_back_on_all_of_them_when_restored,
    of_what_was_removed_no_byte_is_left,
    five_thousand_voices_about_one_thing_make_one_case,
    a_removal_leaves_a_receipt_that_says_where_it_was_and_is_no_more,
];

/// The pod of a folder, in this process, as the running one is.
pub fn inside(pod: &TestPod) -> Pod {
    let store = Store::open(&pod.database_path()).expect("the store opens");
    let known = store.read(row::get).expect("the pod is read").expect("there is a pod");
    let options = Options { trial: true, user_agent: "pappus-trial".to_owned(), ca_file: None };
    Pod {
        url: known.url,
        secret: known.secret,
        store,
        photos: Folder::new(pod.data().join("photos")),
        looked: Looked::default(),
        silent: Silent::default(),
        imports: pod.data().join("imports"),
        net: Client::new(options).expect("a client"),
        mail: None,
        setup_code: Default::default(),
        retention_days: None,
        wakes: Wakes::default(),
    }
}

/// Where a thing is seen.
fn seen(pod: &Pod, marks: &Marks) -> Vec<&'static str> {
    let walked: Vec<Seen> = probe(pod, marks).expect("the surfaces are walked");
    walked.into_iter().filter(|seen| seen.seen).map(|seen| seen.surface).collect()
}

/// Holds a thing, looks, restores it, looks again. It must have been on all of `expected` before.
fn hold_and_restore(test: &TestPod, kind: Kind, name: &str, expected: &[&str]) {
    let pod = inside(test);
    let subject = Subject { kind, name: name.to_owned() };
    let marks = pod.store.read(|db| Marks::of(&pod, db, &subject)).expect("the thing is there");
    let before = seen(&pod, &marks);
    for surface in expected {
        assert!(before.contains(surface), "{subject} is not on {surface}, but on {before:?}");
    }
    let id = decide(&pod, &subject, Decision::Hold, None);
    assert_eq!(seen(&pod, &marks), Vec::<&str>::new(), "{subject} is held");
    decide(&pod, &subject, Decision::Restore, Some(id));
    assert_eq!(seen(&pod, &marks), before, "{subject} is restored");
}

fn decide(
    pod: &Pod,
    subject: &Subject,
    decision: Decision,
    id: Option<pappus::model::CaseId>,
) -> pappus::model::CaseId {
    pod.store
        .write::<_, Error>(now(), |tx| {
            let podmin = pappus::store::accounts::speaker(tx)?.expect("a podmin");
            let id = match id {
                Some(id) => id,
                None => case::open(tx, &podmin, subject, "rules", "")?.id,
            };
            case::decide(tx, "alice", id, &decision, "")?;
            Ok(id)
        })
        .expect("it is decided")
}

/// Alice, the podmin, and carol on one pod; bob on another; everybody shares with everybody.
struct World {
    a: TestPod,
    b: TestPod,
}

impl World {
    fn new() -> World {
        let world = World { a: TestPod::new("alice"), b: TestPod::new("bob") };
        world.a.add_user("carol");
        let (alice, carol, bob) = (world.alice(), world.carol(), world.bob());
        befriend(&alice, &bob);
        befriend(&carol, &bob);
        alice.shares_with(&carol.handle());
        carol.shares_with(&alice.handle());
        world
    }

    fn alice(&self) -> User<'_> {
        self.a.user("alice")
    }

    fn carol(&self) -> User<'_> {
        self.a.user("carol")
    }

    fn bob(&self) -> User<'_> {
        self.b.user("bob")
    }
}

/// Posts a picture; returns the GUID of the post.
pub fn posts_photo(user: &User, text: &str) -> String {
    let fields = [("text", text), ("audience", "public")];
    let answer =
        user.client.submit_files(&user.page("/settings"), "/posts", &fields, &[("photos", &png(800, 600, false))]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    user.pod.database().text("select guid from posts where text = ?", &[&text]).expect("the post is stored")
}

const TEXT: &str = "A thoroughly objectionable #statement for @{alice@HOST} and all";

fn text(world: &World) -> String {
    TEXT.replace("HOST", &world.a.host())
}

fn a_held_post_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    let guid = world.carol().posts(&text(&world));
    let alice = world.alice();
    alice.likes(&guid);
    alice.comments(&guid, "Hm.");
    alice.does("/followed_tags", &[("tag", "statement")]);
    let expected = [
        "/stream",
        "/aspects",
        "/mentions",
        "/followed_tags",
        "/activity",
        "/liked",
        "/commented",
        "/public",
        "/tags/:tag",
        "/posts/:guid",
        "/link",
        "/oembed",
        "/people",
        "/people/:guid",
        "/people/:guid/stream",
        "/public/:feed",
        "/notifications",
        "/fetch/:kind/:guid",
    ];
    hold_and_restore(&world.a, Kind::Post, &guid, &expected);
}

fn a_held_post_from_elsewhere_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    let guid = world.bob().posts(&text(&world));
    world.alice().sees("thoroughly");
    let reshare = world.carol().reshares(&guid);
    assert!(!reshare.is_empty());
    let expected = [
        "/stream",
        "/mentions",
        "/public",
        "/tags/:tag",
        "/posts/:guid",
        "/people",
        "/people/:guid",
        "/fetch/:kind/:guid",
    ];
    hold_and_restore(&world.a, Kind::Post, &guid, &expected);
}

fn a_held_comment_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    let post = world.alice().posts("What do you think?");
    world.bob().sees("What do you think");
    let guid = world.bob().comments(&post, "Nothing that can be printed");
    world.alice().sees_comment(&post, "Nothing that can be printed");
    hold_and_restore(&world.a, Kind::Comment, &guid, &["/stream", "/posts/:guid", "/posts/:guid/comments", "/public"]);
}

fn a_held_picture_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    posts_photo(&world.carol(), "A picture #statement");
    let guid = world.a.database().text("select guid from every_photo", &[]).expect("a photo");
    let expected =
        ["/stream", "/public", "/posts/:guid", "/people/:guid", "/people/:guid/photos", "/uploads/images/:name"];
    hold_and_restore(&world.a, Kind::Photo, &guid, &expected);
}

fn a_held_profile_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    let carol = world.carol();
    carol.does("/profile", &[("first_name", "Carolinissima"), ("bio", "Unprintable words"), ("searchable", "1")]);
    carol.posts("Hello");
    hold_and_restore(
        &world.a,
        Kind::Profile,
        &carol.handle(),
        &["/stream", "/people/:guid", "/contacts", "/public/:feed"],
    );
}

fn a_held_account_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    let (alice, carol) = (world.alice(), world.carol());
    let post = alice.posts("What do you think?");
    carol.comments(&post, "Much");
    carol.likes(&post);
    carol.posts(&text(&world));
    carol.does("/conversations", &[("to", &alice.guid()), ("subject", "Psst"), ("text", "A secret")]);
    let expected = [
        "/stream",
        "/public",
        "/",
        "/posts/:guid",
        "/people",
        "/people/:guid",
        "/people/suggest",
        "/public/:feed",
        "/contacts",
        "/conversations",
        "/conversations/:guid",
        "/notifications",
        "/fetch/:kind/:guid",
        "/.well-known/webfinger",
        "/hcard/users/:guid",
    ];
    hold_and_restore(&world.a, Kind::Account, &carol.handle(), &expected);
}

fn a_held_account_from_elsewhere_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    let (alice, bob) = (world.alice(), world.bob());
    let post = alice.posts("What do you think?");
    bob.sees("What do you think");
    bob.comments(&post, "Much");
    bob.posts(&text(&world));
    alice.sees("thoroughly");
    alice.sees_comment(&post, "Much");
    let expected = ["/stream", "/public", "/posts/:guid", "/people", "/people/:guid", "/contacts", "/notifications"];
    hold_and_restore(&world.a, Kind::Account, &bob.handle(), &expected);
}

fn a_held_pod_is_on_no_surface_and_back_on_all_of_them_when_restored() {
    let world = World::new();
    world.bob().posts(&text(&world));
    world.alice().sees("thoroughly");
    hold_and_restore(&world.a, Kind::Pod, &world.b.host(), &["/people", "/contacts"]);
}

fn of_what_was_removed_no_byte_is_left() {
    let world = World::new();
    let (alice, carol) = (world.alice(), world.carol());
    let words = "unmistakable-words-of-a-removed-post";
    posts_photo(&carol, words);
    let guid = world.a.database().text("select guid from every_post", &[]).expect("a post");
    let photo = world.a.database().text("select name from every_photo", &[]).expect("a photo");
    world.bob().sees(words);
    alice.comments(&guid, "unmistakable-words-below-it");
    let answer = alice.submit("/podmin/cases", &[("kind", "post"), ("name", &guid), ("ground", "rules"), ("text", "")]);
    let case = answer.header("location").to_owned();
    alice.does(&case, &[("decision", "remove"), ("why", "")]);
    until("the last of it to be gone", || alice.page(&case).html.contains("cannot come back").then_some(()));
    // The other pod must be told its name once more.
    let database = world.a.database();
    until("the other pod to be told", || (database.number("select count(*) from outgoing", &[]) == 0).then_some(()));
    drop(database);
    // Closing forgets what it was about.
    alice.does(&case, &[("decision", "close"), ("why", "")]);
    let database = world.a.database();
    let named = || database.number("select count(*) from cases where subject <> ''", &[]);
    until("the case to forget it", || (named() == 0).then_some(()));
    drop(database);
    assert!(world.a.stop(), "the pod ends well");
    let mut files = vec![world.a.data()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).expect("a folder").flatten().map(|entry| entry.path()));
            continue;
        }
        let name = path.display().to_string();
        assert!(!name.contains(&photo), "{name} is still there");
        let bytes = std::fs::read(&path).unwrap_or_default();
        for needle in [words, "unmistakable-words-below-it", &photo, &guid] {
            let left = place(&bytes, needle.as_bytes())
                .map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(90)..at + 90]));
            assert_eq!(left, None, "{name} still has {needle}");
        }
    }
    assert!(!world.a.log().contains(words), "the log does not repeat it");
}

fn a_removal_leaves_a_receipt_that_says_where_it_was_and_is_no_more() {
    let world = World::new();
    let alice = world.alice();
    posts_photo(&world.carol(), "Words to be removed");
    let guid = world.a.database().text("select guid from every_post", &[]).expect("a post");
    let answer = alice.submit("/podmin/cases", &[("kind", "post"), ("name", &guid), ("ground", "hate"), ("text", "")]);
    let case = answer.header("location").to_owned();
    alice.does(&case, &[("decision", "remove"), ("why", "")]);
    until("the last of it to be gone", || alice.page(&case).html.contains("cannot come back").then_some(()));
    let receipt = alice.client.get(&format!("{case}/receipt"));
    assert_eq!(receipt.status, 200);
    let told = receipt.json();
    let of = |name: &str| {
        let surfaces = told["surfaces"].as_array().cloned().unwrap_or_default();
        surfaces.into_iter().find(|surface| surface["name"] == name).unwrap_or_default()
    };
    for name in ["/stream", "/posts/:guid", "/uploads/images/:name"] {
        assert_eq!(
            (of(name)["before"].as_str(), of(name)["after"].as_str()),
            (Some("shown"), Some("absent")),
            "{name}"
        );
    }
    assert!(
        told["files"].as_array().is_some_and(|files| files.len() > 1),
        "the files are named by their hashes: {told}"
    );
    let file = world.a.file("receipt.json", &receipt.text());
    let verify = |item: &str| world.a.command(&["receipt", "verify", &file, "--item", item]).status.success();
    assert!(verify(&guid), "who has the thing can check that it is about it");
    assert!(!verify("somethingelse0000"), "it is about nothing else");
}

fn five_thousand_voices_about_one_thing_make_one_case() {
    let test = TestPod::new("alice");
    let guid = test.user("alice").posts("Something");
    test.stop();
    let pod = inside(&test);
    let subject = Subject { kind: Kind::Post, name: guid };
    let speak_up = |tx: &Tx, number: usize| {
        let notice = case::Notice {
            name: format!("Somebody {number}"),
            email: format!("{number}@mail.example"),
            text: "It is about me.".to_owned(),
            good_faith: true,
            language: String::new(),
        };
        case::notice(tx, &subject, "privacy", &notice).map(drop)
    };
    let all = |tx: &Tx| (0..5_000).try_for_each(|number| speak_up(tx, number));
    pod.store.write::<_, Error>(now(), all).expect("they are taken in");
    let database = test.database();
    let number = |sql: &str| database.number(sql, &[]);
    assert_eq!(number("select count(*) from cases"), 1);
    assert_eq!(number("select reports from cases"), 5_000, "all are counted");
    assert_eq!(number("select count(*) from reports"), 100, "some are kept");
    assert_eq!(number("select count(*) from notices where kind = 'case'"), 1, "the podmin is told once");
}

fn place(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}
