//! One box that finds people, tags and words.

use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::befriend;

trials![
    posts_are_found_by_their_words,
    what_one_may_not_see_is_not_found,
    what_is_deleted_is_not_found,
    the_newest_post_is_found_however_many_there_are_and_whatever_was_deleted,
    signs_of_a_query_language_are_only_words,
    a_tag_leads_to_its_page,
    a_search_is_read_page_by_page,
];

fn found(pod: &TestPod, user: &str, words: &str) -> usize {
    let query: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let page = pod.user(user).page(&format!("/people?q={query}"));
    assert_eq!(page.status, 200, "{words}");
    page.posts().len()
}

fn posts_are_found_by_their_words() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts("Löwenzahn wächst überall");
    alice.posts("and dandelions, too");
    for words in ["löwenzahn", "LOWENZAHN", "wächst löwen", "lowenz", "überall wächst"] {
        assert_eq!(found(&pod, "alice", words), 1, "{words}");
    }
    for words in ["zahn", "löwenzahn dandelions", "dandelions nowhere"] {
        assert_eq!(found(&pod, "alice", words), 0, "{words}");
    }
    assert_eq!(pod.visitor().get("/people?q=dandelions").status, 303, "searching is for those who live here");
}

fn what_one_may_not_see_is_not_found() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("eve");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let post = alice.posts_to("all", "a secret garden");
    assert_eq!(found(&pod, "bob", "secret"), 1);
    assert_eq!(found(&pod, "eve", "secret"), 0);
    bob.does(&format!("/posts/{post}/hide"), &[]);
    assert_eq!(found(&pod, "bob", "secret"), 0);
}

fn what_is_deleted_is_not_found() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("regrettable words");
    assert_eq!(found(&pod, "alice", "regrettable"), 1);
    alice.deletes(&post);
    assert_eq!(found(&pod, "alice", "regrettable"), 0);
    let sql = "select count(*) from post_words where post_words match 'regrettable'";
    assert_eq!(pod.database().number(sql, &[]), 0, "nor is a word of it left");
}

fn the_newest_post_is_found_however_many_there_are_and_whatever_was_deleted() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts("the first");
    // Looked at in pieces, the last of them not full.
    pod.change(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 150) \
         insert into every_post (guid, author, public, text, created_at, received_at) \
         select printf('%016d', n), (select person from users), 1, 'dandelion number' || n, 1, 1 from n",
    );
    for (word, times) in [("number1", 15), ("number64", 1), ("number65", 1), ("number150", 1)] {
        assert_eq!(found(&pod, "alice", &format!("dandelion {word}")), times, "{word}");
    }
    // The next two have their numbers; one of them was never looked for.
    let last = alice.posts("buttercup");
    alice.deletes(&last);
    pod.change("delete from every_post where text = 'dandelion number150'");
    alice.posts("daisy");
    alice.posts("clover");
    for (word, times) in [("number150", 0), ("buttercup", 0), ("daisy", 1), ("clover", 1), ("number149", 1)] {
        assert_eq!(found(&pod, "alice", word), times, "{word}");
    }
    assert!(pod.stop());
    let checked = pod.command(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

fn signs_of_a_query_language_are_only_words() {
    let pod = TestPod::new("alice");
    pod.user("alice").posts("just words");
    for words in
        ["\"", "just\"", "NEAR(just words)", "text: just", "just AND", "* just", "-just", "just^2", "{just}", "';--"]
    {
        found(&pod, "alice", words);
    }
    assert_eq!(found(&pod, "alice", "\"just\" (words)"), 1);
}

fn a_tag_leads_to_its_page() {
    let pod = TestPod::new("alice");
    assert_eq!(pod.user("alice").page("/people?q=%23Dandelion").path, "/tags/dandelion");
}

fn a_search_is_read_page_by_page() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    for number in 0..20 {
        alice.posts(&format!("common word {number}"));
    }
    let page = alice.page("/people?q=common");
    assert_eq!(page.posts().len(), 15);
    let next = page.attributes("a class=\"button\" rel=\"next\"", "href").remove(0).replace("&amp;", "&");
    assert_eq!(alice.page(&next).posts().len(), 5);
}
