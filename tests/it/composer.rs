//! Writing a post: polls, places, previews, mentions, links from elsewhere; and what readers do with polls and events.

use crate::support::double::{Double, entity, guid, relayable};
use crate::support::http::Answer;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    people_of_two_pods_vote_in_a_poll,
    a_vote_is_final_and_one_a_person,
    a_poll_needs_a_question_and_two_answers,
    a_poll_goes_out_with_its_post,
    a_place_goes_out_with_its_post,
    a_preview_shows_what_will_be_shown_and_posts_nothing,
    who_may_not_read_a_post_is_not_mentioned_in_it,
    contacts_are_suggested_for_a_mention,
    a_link_from_elsewhere_stands_in_the_composer,
    the_first_post_is_suggested,
    an_event_of_another_pod_is_answered,
];

impl User<'_> {
    /// Asks a question in a post; returns the post's GUID.
    fn asks(&self, text: &str, question: &str, answers: &str) -> String {
        self.does("/posts", &[("text", text), ("audience", "public"), ("question", question), ("answers", answers)]);
        self.pod.database().text("select guid from posts where text = ?", &[&text]).expect("the post is stored")
    }

    fn votes(&self, post: &str, answer: &str) -> Answer {
        let sql = "select a.guid from poll_answers a join polls o on o.id = a.poll join posts p on p.id = o.post \
                   where p.guid = ? and a.answer = ?";
        let guid = self.pod.database().text(sql, &[&post, &answer]).unwrap_or_default();
        self.submit(&format!("/posts/{post}/vote"), &[("answer", &guid)])
    }

    fn sees_votes(&self, post: &str, answer: &str, votes: usize) {
        let words = if votes == 1 { "1 vote<".to_owned() } else { format!("{votes} votes<") };
        until(&format!("{votes} votes for {answer} at {}", self.handle()), || {
            let html = self.thread(post).html;
            let line = html.split("<li>").find(|line| line.contains(answer))?.to_owned();
            line.contains(&words).then_some(())
        });
    }
}

fn people_of_two_pods_vote_in_a_poll() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let post = alice.asks("help me", "Which one?", "the left\r\nthe right\r\n\r\n");
    bob.sees("help me");
    assert_eq!(bob.votes(&post, "the right").status, 303);
    alice.sees_votes(&post, "the right", 1);
    assert_eq!(alice.votes(&post, "the left").status, 303);
    bob.sees_votes(&post, "the left", 1);
    bob.sees_votes(&post, "the right", 1);
    assert!(!bob.thread(&post).html.contains("type=\"radio\" name=\"answer\""), "who voted is not asked again");
}

fn a_vote_is_final_and_one_a_person() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.asks("think twice", "Sure?", "surely\nnever");
    assert_eq!(alice.votes(&post, "perhaps").status, 422, "there is no such answer");
    alice.votes(&post, "surely");
    alice.votes(&post, "never");
    alice.sees_votes(&post, "surely", 1);
    alice.sees_votes(&post, "never", 0);
    assert_eq!(pod.visitor().page(&format!("/posts/{post}")).html.matches("name=\"answer\"").count(), 0);
}

fn a_poll_needs_a_question_and_two_answers() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let long = "x".repeat(256);
    for (question, answers) in
        [("", "a\nb"), ("Why?", "a"), ("Why?", "a\na"), (&long, "a\nb"), ("Why?", &format!("a\n{long}"))]
    {
        let fields = [("text", "a poll"), ("audience", "public"), ("question", question), ("answers", answers)];
        let answer = alice.submit("/posts", &fields);
        assert_eq!(answer.status, 422, "{question} {answers}");
        assert!(answer.text().contains("a poll") && answer.text().contains("name=\"answers\""));
    }
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 0);
}

fn a_poll_goes_out_with_its_post() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    let post = alice.asks("asked far away", "Where to?", "north\nsouth");
    let sent = far.hears("status_message", "asked far away").xml;
    assert!(sent.contains("<question>Where to?</question>") && sent.matches("<poll_answer>").count() == 2, "{sent}");
    let poll = pod.database().text("select guid from polls", &[]).expect("the poll is stored");
    let answer = pod.database().text("select guid from poll_answers where answer = 'south'", &[]).expect("an answer");
    let (me, vote) = (far.handle("dora"), guid());
    let fields = [("author", me.as_str()), ("guid", &vote), ("parent_guid", &poll), ("poll_answer_guid", &answer)];
    assert_eq!(far.says("dora", &pod, &relayable("poll_participation", &fields)), 202);
    alice.sees_votes(&post, "south", 1);
}

fn a_place_goes_out_with_its_post() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    let fields =
        [("text", "I am here"), ("audience", "public"), ("place", "Berlin"), ("lat", "52.52"), ("lng", "13.4")];
    alice.does("/posts", &fields);
    let sent = far.hears("status_message", "I am here").xml;
    assert!(sent.contains("<address>Berlin</address><lat>52.52</lat><lng>13.4</lng>"), "{sent}");
    alice.does("/posts", &[("text", "at home"), ("audience", "public"), ("place", "the kitchen"), ("lat", "x")]);
    let sent = far.hears("status_message", "at home").xml;
    assert!(sent.contains("<address>the kitchen</address><lat>0</lat><lng>0</lng>"), "{sent}");
    assert!(alice.sees("at home").html.contains("the kitchen"));
}

fn a_preview_shows_what_will_be_shown_and_posts_nothing() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let text = format!("so *beautiful* <script>alert(1)</script> @{{{}}}", alice.handle());
    let fields =
        [("text", text.as_str()), ("preview", "1"), ("audience", "public"), ("question", "Q?"), ("place", "P")];
    let html = alice.submit("/posts/preview", &fields).text();
    assert!(html.contains("<em>beautiful</em>") && !html.contains("<script>alert"), "{html}");
    assert!(html.contains(&format!("href=\"/people/{}\"", alice.guid())), "mentions are links");
    for kept in ["so *beautiful*", "value=\"public\" checked", "value=\"Q?\"", "value=\"P\""] {
        assert!(html.contains(kept), "{kept}");
    }
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 0);
}

fn who_may_not_read_a_post_is_not_mentioned_in_it() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("eve");
    let (alice, bob, eve) = (pod.user("alice"), pod.user("bob"), pod.user("eve"));
    befriend(&alice, &bob);
    let text = format!("@{{{}}} knows @{{Eve [E]; {}}}", bob.handle(), eve.handle());
    alice.does("/posts", &[("text", &text), ("audience", "all")]);
    let stored = pod.database().text("select text from posts", &[]).expect("the post is stored");
    let expected = format!("@{{{}}} knows [@Eve E]({}/people/{})", bob.handle(), pod.url, eve.guid());
    assert_eq!(stored, expected);
    bob.is_told("mentioned");
    assert_eq!(eve.page("/stream").number("data-unread"), Some(0));
}

fn contacts_are_suggested_for_a_mention() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("bodo");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    alice.shares_with(&bob.handle());
    let ask = |q: &str| alice.client.get(&format!("/people/suggest?q={q}")).json();
    assert_eq!(ask("bo"), serde_json::json!([{ "name": "bob", "handle": bob.handle() }]));
    assert_eq!(ask("b"), serde_json::json!([]));
    assert_eq!(ask("%25%25"), serde_json::json!([]));
    assert_eq!(pod.visitor().get("/people/suggest?q=bo").status, 303);
}

fn a_link_from_elsewhere_stands_in_the_composer() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let page = alice.page("/bookmarklet?url=https%3A%2F%2Fexample.org%2Fa&title=A+%5Bgood%5D+read&notes=my%20words");
    assert!(page.html.contains("[A  good  read](https://example.org/a)\n\nmy words</textarea>"), "{}", page.html);
    let manifest = pod.visitor().get("/manifest.json").json();
    assert_eq!(manifest["share_target"]["action"], "/bookmarklet");
    let visitor = pod.visitor().get("/bookmarklet?url=https%3A%2F%2Fexample.org");
    assert!(visitor.header("location").starts_with("/login?next="), "{}", visitor.header("location"));
}

fn the_first_post_is_suggested() {
    let pod = TestPod::new("alice");
    let page = pod.user("alice").page("/stream?done=welcome");
    assert!(page.html.contains("#newhere") && page.html.contains("value=\"public\" checked"));
}

fn an_event_of_another_pod_is_answered() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    alice.shares_with(&far.handle("dora"));
    let (post, event, dora) = (guid(), guid(), far.handle("dora"));
    let inner = entity(
        "event",
        &[("author", &dora), ("guid", &event), ("summary", "Harvest"), ("start", "2026-12-01T10:00:00Z")],
    );
    let outer = entity(
        "status_message",
        &[
            ("author", &dora),
            ("guid", &post),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("public", "true"),
            ("text", "come all"),
        ],
    );
    let xml = outer.replace("</status_message>", &format!("{inner}</status_message>"));
    assert_eq!(far.says("dora", &pod, &xml), 202);
    assert!(alice.sees("come all").html.contains("Harvest"));
    alice.does(&format!("/posts/{post}/answer"), &[("status", "accepted")]);
    let letter = far.hears("event_participation", &event);
    assert!(letter.xml.contains("<status>accepted</status>"), "{}", letter.xml);
    assert!(alice.thread(&post).html.contains("value=\"accepted\" aria-pressed=\"true\">I come 1"));
    alice.does(&format!("/posts/{post}/answer"), &[("status", "declined")]);
    far.hears("event_participation", "<status>declined</status>");
    assert!(alice.thread(&post).html.contains("value=\"accepted\" aria-pressed=\"false\">I come 0"));
    assert_eq!(alice.submit(&format!("/posts/{post}/answer"), &[("status", "sometimes")]).status, 422);
}
