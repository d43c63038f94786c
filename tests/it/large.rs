//! Much at once: messages of megabytes, texts that become long pages. What is read and shown of them at a time is
//! bounded, and nothing is lost.

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::double::{Double, sealed};
use crate::support::page::Page;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![
    large_messages_that_wait_are_read_few_at_a_time,
    a_message_that_ended_the_pod_ten_times_is_given_up,
    no_discussion_makes_a_page_of_megabytes,
    no_stream_makes_a_page_of_many_megabytes,
];

/// A stopped pod in whose inbox wait so many messages of four megabytes, whose sender nobody can find.
fn burdened(messages: u32) -> TestPod {
    let pod = TestPod::new("alice");
    assert!(pod.stop());
    let message = sealed("nobody@127.0.0.1:1", &"x".repeat(2_900_000));
    let hex: String = message.bytes().map(|byte| format!("{byte:02x}")).collect();
    pod.change(&format!(
        "with message(body) as (select x'{hex}'), many(n) as (select 1 union all select n + 1 from many where n < {messages}) \
         insert into inbox (received_at, due, bytes, body) select 1, 0, length(body), body from message, many"
    ));
    pod
}

/// Starts the pod with so many bytes of memory for data.
fn start_with(pod: &TestPod, bytes: u64) {
    pod.spawn_with(&[]);
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    prlimit(Pid::from_raw(pod.pid() as i32), Resource::Data, limit).expect("the limit of a child can be set");
}

fn waits(pod: &TestPod, attempts: u32) -> i64 {
    pod.database().number("select count(*) from inbox where attempts = ?", &[&attempts])
}

fn large_messages_that_wait_are_read_few_at_a_time() {
    let pod = burdened(16);
    start_with(&pod, 64 << 20);
    until("all of them to be tried", || {
        assert!(pod.is_running(), "the pod ended");
        (waits(&pod, 0) == 0).then_some(())
    });
    assert!(pod.stop());
}

fn a_message_that_ended_the_pod_ten_times_is_given_up() {
    let pod = burdened(1);
    let is_put_off = || pod.database().number("select count(*) from inbox where need is not null", &[]) == 1;
    pod.start();
    until("the message to be tried", || is_put_off().then_some(()));
    let without = pod.status("VmData") << 10;
    assert!(pod.stop());
    // Somewhere between too little for reading it and enough is what ends the pod.
    let ended = (0..24).any(|more| {
        pod.change("update inbox set attempts = 0, due = 0, need = null; delete from needs");
        let complaints = || pod.log().matches("out of memory").count();
        let before = complaints();
        start_with(&pod, without + (more << 20));
        let running = until("what becomes of it", || match pod.is_running() {
            false => Some(false),
            true => (complaints() > before || is_put_off()).then_some(true),
        });
        if running {
            pod.kill();
        }
        // With the least it ends before it comes to the message, which counts nothing.
        !running && !pod.has_ended_well() && waits(&pod, 1) == 1
    });
    assert!(ended, "it was never counted before it was looked at");
    pod.change("update inbox set attempts = 10");
    pod.start();
    until("the message to be gone", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
}

/// Comments of people elsewhere under a post of hers: such as become much longer as a page, and long ones.
fn talk(pod: &TestPod, alice: &User) -> (String, Vec<String>) {
    let far = Double::heard_of(pod);
    let post = alice.posts("say something");
    let table = format!("{}|\n{}|\n{}", "|a".repeat(512), "|:-:".repeat(512), "a\n".repeat(511));
    let texts = (0..12).map(|_| table.clone()).chain((0..30).map(|_| "<".repeat(65_535)));
    let mut told = Vec::new();
    for text in texts {
        let (guid, xml) = far.comment("dora", &post, &text);
        assert_eq!(far.says("dora", pod, &xml), 202);
        told.push(guid);
    }
    let count = || pod.database().number("select count(*) from comments", &[]);
    until("all comments", || (count() == told.len() as i64).then_some(()));
    (post, told)
}

fn no_discussion_makes_a_page_of_megabytes() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (post, mut told) = talk(&pod, &alice);
    let mut path = Some(format!("/posts/{post}"));
    let mut pages: Vec<Page> = Vec::new();
    while let Some(next) = path {
        let page = alice.page(&next);
        assert!(page.html.len() < 1_000_000, "{} bytes at {next}", page.html.len());
        path = page.attributes("a", "href").into_iter().find(|href| href.contains("?before="));
        pages.push(page);
    }
    let mut shown: Vec<String> = pages.iter().flat_map(Page::comments).map(|comment| comment.guid).collect();
    shown.sort();
    told.sort();
    assert_eq!(shown, told, "each of them is on one page");
}

fn no_stream_makes_a_page_of_many_megabytes() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    talk(&pod, &alice);
    for number in 0..15 {
        alice.posts(&format!("{number} {}", "<".repeat(65_000)));
    }
    // As if they had come with hundreds of photos and answers each.
    assert!(pod.stop());
    pod.change(
        "with many(n) as (select 1 union all select n + 1 from many where n < 200) \
         insert into every_photo (guid, author, post, public, path, name, text, created_at) \
         select hex(randomblob(16)), p.author, p.id, 1, 'https://pod.example/' || hex(zeroblob(1000)) || '/', n || '.jpg', \
         hex(zeroblob(5000)), 1 from every_post p, many; \
         insert into polls (guid, post, question) select hex(randomblob(16)), id, hex(zeroblob(120)) from every_post; \
         with many(n) as (select 1 union all select n + 1 from many where n < 200) \
         insert into poll_answers (guid, poll, answer) select hex(randomblob(16)), id, hex(zeroblob(120)) from polls, many",
    );
    pod.start();
    let page = alice.page("/stream");
    assert!(page.html.len() < 2_000_000, "{} bytes", page.html.len());
    assert_eq!(page.posts().len(), 15);
    let long = page.posts().iter().filter(|post| post.html.len() > 65_000).count();
    assert!((1..15).contains(&long), "{long} are shown whole");
}
