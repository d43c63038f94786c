//! Private conversations between people of one pod and of several.

use crate::account::with_mail;
use crate::support::double::{Double, entity, guid};
use crate::support::pod::TestPod;
use crate::support::smtp::MailServer;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    people_of_two_pods_write_to_each_other,
    people_of_one_pod_write_to_each_other,
    only_those_who_share_with_each_other_can_be_written_to,
    a_conversation_is_for_those_who_take_part_only,
    a_conversation_put_away_comes_back_with_the_next_message,
    a_conversation_goes_out_encrypted_with_its_first_message,
    a_letter_that_cannot_be_sent_is_not_lost,
    a_stranger_who_writes_to_the_podmin_reaches_nobody_else,
    whom_one_ignores_does_not_begin_a_conversation_with_one_through_somebody_else,
    whom_one_ignores_is_not_heard_in_a_conversation_with_others,
];

impl User<'_> {
    /// Begins a conversation; returns its GUID.
    fn writes_to(&self, other: &str, text: &str) -> String {
        let other = self.pod.database().person(other).expect("the person is known");
        self.does("/conversations", &[("to", &other), ("subject", "Seeds"), ("text", text)]);
        let sql = "select c.guid from conversations c join messages m on m.conversation = c.id where m.text = ?";
        self.pod.database().text(sql, &[&text]).expect("the conversation is stored")
    }

    fn answers(&self, conversation: &str, text: &str) {
        self.does(&format!("/conversations/{conversation}/messages"), &[("text", text)]);
    }

    fn reads(&self, conversation: &str, words: &str) {
        until(&format!("{} to read {words:?}", self.name), || {
            self.page(&format!("/conversations/{conversation}")).html.contains(words).then_some(())
        });
    }

    fn letters(&self) -> usize {
        self.page("/settings").number("data-letters").unwrap_or(0)
    }

    fn gets_a_letter(&self) {
        until(&format!("{} to get a letter", self.name), || (self.letters() > 0).then_some(()));
    }
}

fn people_of_two_pods_write_to_each_other() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = alice.writes_to(&bob.handle(), "do you have *dandelion* seeds?");
    bob.gets_a_letter();
    assert!(bob.page("/conversations").html.contains("Seeds"));
    bob.reads(&guid, "<em>dandelion</em>");
    assert_eq!(bob.letters(), 0, "what was read is not counted");
    assert_eq!(alice.letters(), 0, "nobody is told of their own message");
    bob.answers(&guid, "more than I would like");
    alice.gets_a_letter();
    alice.reads(&guid, "more than I would like");
    alice.answers(&guid, "send them with the wind");
    bob.reads(&guid, "send them with the wind");
}

fn people_of_one_pod_write_to_each_other() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let guid = alice.writes_to(&bob.handle(), "are you at home?");
    assert_eq!(bob.letters(), 1);
    bob.answers(&guid, "in the kitchen");
    assert_eq!(alice.letters(), 1);
    alice.reads(&guid, "in the kitchen");
}

fn only_those_who_share_with_each_other_can_be_written_to() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    alice.shares_with(&bob.handle());
    let fields = [("to", bob.guid()), ("text", "hello?".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(alice.submit("/conversations", &fields).status, 403);
    bob.shares_with(&alice.handle());
    assert_eq!(alice.submit("/conversations", &fields).status, 303);
}

fn a_conversation_is_for_those_who_take_part_only() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("eve");
    let (alice, bob, eve) = (pod.user("alice"), pod.user("bob"), pod.user("eve"));
    befriend(&alice, &bob);
    let guid = alice.writes_to(&bob.handle(), "only for bob");
    assert_eq!(eve.page(&format!("/conversations/{guid}")).status, 404);
    assert_eq!(eve.submit(&format!("/conversations/{guid}/messages"), &[("text", "me too")]).status, 404);
    assert_eq!(eve.submit(&format!("/conversations/{guid}/hide"), &[]).status, 404);
    assert!(!eve.page("/conversations").html.contains("Seeds"));
    assert_eq!(pod.visitor().get(&format!("/conversations/{guid}")).status, 303);
}

fn a_conversation_put_away_comes_back_with_the_next_message() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let guid = alice.writes_to(&bob.handle(), "a first word");
    bob.does(&format!("/conversations/{guid}/hide"), &[]);
    assert!(!bob.page("/conversations").html.contains(&guid));
    assert_eq!(bob.letters(), 0);
    assert!(alice.page("/conversations").html.contains(&guid), "nobody else notices");
    alice.answers(&guid, "a second word");
    assert!(bob.page("/conversations").html.contains(&guid));
    assert_eq!(bob.letters(), 1);
}

fn a_conversation_goes_out_encrypted_with_its_first_message() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    alice.shares_with(&far.handle("dora"));
    let conversation = alice.writes_to(&far.handle("dora"), "a first word");
    let letter = far.hears("conversation", &conversation);
    assert_eq!(letter.door, "dora");
    for part in ["<subject>Seeds</subject>", "<text>a first word</text>", "<conversation_guid>", &far.handle("dora")] {
        assert!(letter.xml.contains(part), "{part}: {}", letter.xml);
    }
    let answer = guid();
    let xml = entity(
        "message",
        &[
            ("author", &far.handle("dora")),
            ("guid", &answer),
            ("text", "a word back"),
            ("created_at", "2026-01-02T03:04:06Z"),
            ("conversation_guid", &conversation),
        ],
    );
    assert_eq!(far.whispers("dora", &pod, "alice", &xml), 202);
    alice.reads(&conversation, "a word back");
    alice.answers(&conversation, "and one more");
    assert_eq!(far.hears("message", "and one more").door, "dora");
}

fn a_letter_that_cannot_be_sent_is_not_lost() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let answer = alice.submit("/conversations", &[("subject", "to nobody"), ("text", "a long letter")]);
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("a long letter") && answer.text().contains("to nobody"), "{}", answer.text());
    assert!(answer.text().contains("role=\"alert\""));
}

/// A conversation that somebody begins with people of a pod, as it goes to each of them; and its GUID.
fn circular(far: &Double, author: &str, pod: &TestPod, to: &[&str], text: &str) -> (String, String) {
    let (guid, first, author) = (guid(), guid(), far.handle(author));
    let people: Vec<String> = std::iter::once(author.clone()).chain(to.iter().map(|name| pod.handle(name))).collect();
    let at = ("created_at", "2026-01-02T03:04:05Z");
    let fields = [("author", author.as_str()), ("guid", &first), ("text", text), at, ("conversation_guid", &guid)];
    let message = entity("message", &fields);
    let people = people.join(";");
    let fields = [("author", author.as_str()), ("guid", &guid), ("subject", text), at, ("participants", &people)];
    let xml = entity("conversation", &fields).replace("</conversation>", &format!("{message}</conversation>"));
    (guid, xml)
}

fn settle(pod: &TestPod) {
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
}

fn a_stranger_who_writes_to_the_podmin_reaches_nobody_else() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let far = Double::new(&["dora"]);
    let (guid, xml) = circular(&far, "dora", &pod, &["alice", "bob"], "Buy my pills");
    let page = format!("/conversations/{guid}");
    assert_eq!(far.whispers("dora", &pod, "alice", &xml), 202);
    alice.gets_a_letter();
    assert_eq!(far.whispers("dora", &pod, "bob", &xml), 202);
    settle(&pod);
    assert_eq!((bob.letters(), bob.page(&page).status), (0, 404));
    assert!(!bob.page("/conversations").html.contains("Buy my pills"));
    // Whoever shares with dora by the time their own copy comes takes part.
    bob.shares_with(&far.handle("dora"));
    assert_eq!(far.whispers("dora", &pod, "bob", &xml), 202);
    bob.gets_a_letter();
    bob.reads(&guid, "Buy my pills");
    assert_eq!((alice.letters(), bob.letters()), (1, 0));
}

fn whom_one_ignores_does_not_begin_a_conversation_with_one_through_somebody_else() {
    let pod = TestPod::new("alice");
    for name in ["bob", "carol"] {
        pod.add_user(name);
    }
    let (bob, carol) = (pod.user("bob"), pod.user("carol"));
    let far = Double::heard_of(&pod);
    for user in [&bob, &carol] {
        user.shares_with(&far.handle("dora"));
    }
    bob.does(&format!("/people/{}/ignore", far.person("dora")), &[]);
    let (guid, xml) = circular(&far, "dora", &pod, &["alice", "bob", "carol"], "Listen to me");
    for name in ["alice", "bob"] {
        assert_eq!(far.whispers("dora", &pod, name, &xml), 202);
    }
    settle(&pod);
    assert_eq!((carol.letters(), pod.user("alice").letters()), (1, 1), "one copy is enough for those who share");
    assert_eq!((bob.letters(), bob.page(&format!("/conversations/{guid}")).status), (0, 404));
}

fn whom_one_ignores_is_not_heard_in_a_conversation_with_others() {
    let server = MailServer::new();
    let pod = with_mail(&server);
    pod.add_user("carol");
    let (alice, bob, carol) = (pod.user("alice"), pod.user("bob"), pod.user("carol"));
    befriend(&carol, &alice);
    befriend(&carol, &bob);
    bob.does(&format!("/people/{}/ignore", alice.guid()), &[]);
    bob.gets_mail(&server, "bob@mail.example", &["message"]);
    let to = [("to", alice.guid()), ("to", bob.guid()), ("subject", "Seeds".to_owned()), ("text", "a word".to_owned())];
    let to: Vec<_> = to.iter().map(|(name, value)| (*name, value.as_str())).collect();
    carol.does("/conversations", &to);
    let guid = pod.database().text("select guid from conversations", &[]).expect("the conversation is stored");
    server.gets("carol wrote you a private message");
    bob.reads(&guid, "a word");
    let mails = "select count(*) from mails m join users u on u.id = m.user where u.name = 'bob'";
    until("the mail to be sent", || (pod.database().number(mails, &[]) == 0).then_some(()));
    alice.answers(&guid, "not for bob to hear");
    assert_eq!((carol.letters(), bob.letters()), (1, 0));
    carol.reads(&guid, "not for bob to hear");
    assert_eq!(pod.database().number(mails, &[]), 0, "nor by mail");
    assert!(!bob.page(&format!("/conversations/{guid}")).html.contains("not for bob to hear"));
    assert!(!bob.page("/conversations").html.contains("not for bob to hear"));
    carol.answers(&guid, "for everybody");
    assert_eq!((alice.letters(), bob.letters()), (2, 1));
    // Where nobody else says anything, nothing is left to read, and nothing counts.
    bob.does(&format!("/people/{}/ignore", carol.guid()), &[]);
    assert_eq!(bob.letters(), 0);
    assert!(!bob.page("/conversations").html.contains("Seeds"));
}
