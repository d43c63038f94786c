//! Whether pages stay as quick as they were when the pod has grown: every list at a thousand stored posts and at a
//! hundred thousand. Prints a Markdown table and judges nothing.
//!
//!     cargo bench --bench growth

#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_macros, unused_imports)]
mod support;

#[allow(dead_code)]
mod measure;

use measure::{Line, Usage};
use pappus::model::{Guid, Handle, PersonId, Profile, Timestamp, tag};
use pappus::store::{self, Store, Tx, aspects, comments, likes, notices, people, posts};
use support::pod::TestPod;
use support::user::User;

const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// People elsewhere; the user shares with the first of them.
const PEOPLE: usize = 200;
const CONTACTS: usize = 40;
/// Posts that the user took part in, however many there are.
const DEEDS: usize = 200;
const REQUESTS: usize = 400;

fn main() {
    // `cargo test --benches` only wants to know whether this builds and runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let pod = TestPod::new("me");
    let me = pod.user("me");
    me.does("/followed_tags", &[("tag", "tag3")]);
    assert!(pod.stop());
    let strangers = settle(&pod);
    fill(&pod, &strangers, 0, FEW);
    take_part(&pod);
    pod.start();
    let paths = paths(&me);
    let before = measured(&me, &paths);
    assert!(pod.stop());
    fill(&pod, &strangers, FEW, MANY);
    pod.start();
    let after = measured(&me, &paths);
    println!("| page | {FEW} posts | {MANY} posts | ratio |\n|---|---|---|---|");
    for ((path, few), many) in paths.iter().zip(before).zip(after) {
        let name: String = path.chars().take(24).collect();
        println!("| `{name}` | {:.2} ms | {:.2} ms | {:.2} |", few * 1e3, many * 1e3, many / few);
    }
}

/// Somebody elsewhere for every number; some of them are contacts.
fn settle(pod: &TestPod) -> Vec<PersonId> {
    write(pod, 1, |tx| {
        let aspect = tx.query_row("select id from aspects order by id limit 1", [], |row| row.get(0))?;
        let me = tx.query_row("select id from users", [], |row| row.get(0))?;
        let mut all = Vec::new();
        for number in 0..PEOPLE {
            let handle = Handle::parse(&format!("person{number}@pod{}.example", number % 30)).expect("an ID");
            let profile = Profile { first_name: format!("Person {number}"), searchable: true, ..Profile::default() };
            let new = people::New {
                handle: &handle,
                guid: &Guid::random(),
                host: Some(handle.host()),
                url: &format!("https://{}", handle.host()),
                key: None,
                profile: &profile,
            };
            let person = people::add(tx, &new)?.expect("nobody has this ID");
            if number < CONTACTS {
                aspects::set_of_person(tx, me, person, &[aspect])?;
            }
            all.push(person);
        }
        Ok(all)
    })
}

/// Posts of everybody in turn, with words, tags and a like.
fn fill(pod: &TestPod, people: &[PersonId], from: usize, to: usize) {
    for begin in (from..to).step_by(5_000) {
        write(pod, 1_780_000_000 + begin as i64, |tx| {
            for number in begin..to.min(begin + 5_000) {
                let text = format!(
                    "Post number {number} with a common word, one that is rare{} and a #tag{}. Some more words, as many \
                     as people write when they have something to say and a little time.",
                    number % 997,
                    number % 50
                );
                let new = posts::New {
                    guid: &Guid::random(),
                    author: people[number % people.len()],
                    public: true,
                    reshare: false,
                    root: None,
                    text: &text,
                    created_at: Timestamp(1_780_000_000 + number as i64),
                    edited_at: None,
                    provider: None,
                    place: None,
                    embed: None,
                };
                let post = posts::add(tx, &new)?.expect("the GUID is new");
                for tag in tag::of_text(&text) {
                    posts::add_tag(tx, post, &tag)?;
                }
                let like = likes::New {
                    guid: &Guid::random(),
                    author: people[(number + 1) % people.len()],
                    post,
                    comment: None,
                    positive: true,
                    relay: None,
                };
                likes::add(tx, &like)?;
            }
            Ok(())
        });
    }
}

/// The user likes and comments, is mentioned and told.
fn take_part(pod: &TestPod) {
    write(pod, 1_780_000_000, |tx| {
        let (user, me) = tx.query_row("select id, person from users", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let ids: Vec<pappus::model::PostId> = {
            let mut found = tx.prepare("select id from posts order by id limit ?")?;
            found.query_map([DEEDS as i64], |row| row.get(0))?.collect::<store::Result<_>>()?
        };
        for post in ids {
            let like =
                likes::New { guid: &Guid::random(), author: me, post, comment: None, positive: true, relay: None };
            likes::add(tx, &like)?;
            let comment = comments::New {
                guid: &Guid::random(),
                post,
                author: me,
                text: "a comment",
                created_at: tx.now,
                edited_at: None,
                relay: None,
            };
            comments::add(tx, &comment)?;
            posts::add_mention(tx, post, me)?;
            let author = posts::get(tx, post)?.expect("it is there").author;
            notices::add(tx, user, notices::Kind::Mention, Some(post), None, author)?;
        }
        Ok(())
    });
}

fn write<T>(pod: &TestPod, now: i64, f: impl FnOnce(&Tx) -> store::Result<T>) -> T {
    let store = Store::open(&pod.database_path()).expect("the database opens");
    store.write(Timestamp(now), f).expect("it is written")
}

fn paths(me: &User) -> Vec<String> {
    let post = me.page("/stream").posts().remove(0).guid;
    let author = me.pod.database().person("person1@pod1.example").expect("somebody");
    let fixed = [
        "/stream",
        "/public",
        "/aspects",
        "/mentions",
        "/followed_tags",
        "/activity",
        "/liked",
        "/commented",
        "/tags/tag3",
        "/people?q=common",
        "/people?q=commo",
        "/people?q=rare17",
        "/people?q=person",
        "/notifications",
        "/contacts",
    ];
    let mut paths: Vec<String> = fixed.map(str::to_owned).into();
    paths.push(format!("/people/{author}"));
    paths.push(format!("/people/{author}/photos"));
    paths.push(format!("/posts/{post}"));
    paths
}

/// Seconds of the processor that a request for each page takes.
fn measured(me: &User, paths: &[String]) -> Vec<f64> {
    let session = me.client.cookie("session").expect("signed in");
    let one = |path: &String| {
        let mut line = Line::new(me.pod, path, Some(&session));
        line.ask();
        let before = Usage::of(me.pod);
        for _ in 0..REQUESTS {
            line.ask();
        }
        Usage::of(me.pod).since(&before).cpu / REQUESTS as f64
    };
    paths.iter().map(one).collect()
}
