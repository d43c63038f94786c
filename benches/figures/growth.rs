//! Whether a pod stays as quick as it was when it has grown: every list, the start and the memory, at a thousand stored
//! posts and at many more.

use pappus::model::{Guid, Handle, PersonId, Profile, Timestamp};
use pappus::store::{self, Store, Tx, aspects, comments, likes, notices, people, posts};

use crate::measure::{Table, memory, page_cost};
use crate::scenario::start_time;
use crate::support::pod::TestPod;
use crate::support::user::User;

/// Stored posts; pages are compared with the second.
const STAGES: [i64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// People elsewhere; the user shares with the first of them.
const PEOPLE: usize = 200;
const CONTACTS: usize = 40;
/// Posts that the user took part in, however many there are.
const DEEDS: usize = 200;
/// Seconds between two posts: the oldest is younger than what is forgotten.
const BETWEEN: i64 = 4;

/// What a stage showed.
struct Stage {
    posts: i64,
    /// Seconds of the processor for each page.
    pages: Vec<f64>,
}

pub fn measure(table: &mut Table, million: bool) {
    let pod = TestPod::new("me");
    let me = pod.user("me");
    me.does("/followed_tags", &[("tag", "tag3")]);
    assert!(pod.stop());
    let first = settle(&pod);
    let (mut stages, mut paths) = (Vec::<Stage>::new(), Vec::new());
    for posts in STAGES.into_iter().filter(|posts| million || *posts < 1_000_000) {
        fill(&pod, first, posts);
        if stages.is_empty() {
            take_part(&pod);
        }
        pod.start();
        table.most(&format!("start to the first 200 with {posts} posts"), start_time(&pod) * 1e3, "ms", 30.0);
        if paths.is_empty() {
            paths = paths_of(&me);
        }
        let session = me.client.cookie("session").expect("signed in");
        let pages = paths.iter().map(|path| page_cost(&pod, path, Some(&session))).collect();
        table.most(&format!("highest resident memory with {posts} posts"), memory(&pod, "VmHWM"), "MiB", 16.0);
        stages.push(Stage { posts, pages });
        assert!(pod.stop());
    }
    compare(&paths, &stages, table);
}

/// The pages of all stages, and the one that grew most.
fn compare(paths: &[String], stages: &[Stage], table: &mut Table) {
    let [_, before, .., last] = stages else { return };
    println!(
        "| page | {} | ratio |",
        stages.iter().map(|stage| format!("{} posts", stage.posts)).collect::<Vec<_>>().join(" | ")
    );
    println!("|{}", "---|".repeat(stages.len() + 2));
    let mut most = ("", 0.0);
    for (number, path) in paths.iter().enumerate() {
        let name = path.split_at_checked(24).map_or(path.as_str(), |(start, _)| start);
        let costs: Vec<String> = stages.iter().map(|stage| format!("{:.2} ms", stage.pages[number] * 1e3)).collect();
        let ratio = last.pages[number] / before.pages[number];
        println!("| `{name}` | {} | {ratio:.2} |", costs.join(" | "));
        if ratio > most.1 {
            most = (name, ratio);
        }
    }
    println!();
    let what = format!("page that grew most from {} to {} posts (`{}`), times", before.posts, last.posts, most.0);
    table.most(&what, most.1, "", 1.2);
}

/// Somebody elsewhere for every number; some of them are contacts. The first of their rows.
fn settle(pod: &TestPod) -> PersonId {
    write(pod, |tx| {
        let aspect = tx.query_row("select id from aspects order by id limit 1", [], |row| row.get(0))?;
        let me = tx.query_row("select id from users", [], |row| row.get(0))?;
        let mut first = None;
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
            first.get_or_insert(person);
        }
        Ok(first.expect("there are people"))
    })
}

/// Posts of everybody in turn, with words, tags and a like, until there are so many.
fn fill(pod: &TestPod, first: PersonId, posts: i64) {
    let (first, now) = (first.0, pappus::pod::now().0);
    let start = now - (STAGES[3] + 1) * BETWEEN;
    pod.change(&format!(
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000; pragma temp_store = memory;
         create temp table had as select coalesce(max(id), 0) as id from every_post;
         with recursive n (n) as (select id + 1 from had union all select n + 1 from n where n < {posts})
         insert into every_post (id, guid, author, public, text, created_at, received_at)
             select n, lower(hex(randomblob(16))), {first} + n % {PEOPLE}, 1,
             printf('Post number %d with a common word, one that is rare%d and a #tag%d. Some more words, as many as ' ||
                 'people write when they have something to say and a little time.', n, n % 997, n % 50),
             {start} + n * {BETWEEN}, {now} from n;
         insert into post_tags (tag, post)
             select 'tag' || (id % 50), id from every_post where id > (select id from had) order by 1, 2;
         insert into every_like (guid, author, post, received_at)
             select lower(hex(randomblob(16))), {first} + (id + 1) % {PEOPLE}, id, {now} from every_post
             where id > (select id from had);
         pragma journal_mode = wal;"
    ));
    // Else the pod's first sync would write all of it.
    std::fs::File::open(pod.database_path()).and_then(|file| file.sync_all()).expect("it can be synced");
}

/// The user likes and comments, is mentioned and told.
fn take_part(pod: &TestPod) {
    write(pod, |tx| {
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

fn write<T>(pod: &TestPod, f: impl FnOnce(&Tx) -> store::Result<T>) -> T {
    let store = Store::open(&pod.database_path()).expect("the database opens");
    store.write(Timestamp(1_780_000_000), f).expect("it is written")
}

fn paths_of(me: &User) -> Vec<String> {
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
