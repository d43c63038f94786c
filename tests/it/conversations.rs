//! Private conversations between people of one pod and of several.

use crate::support::double::{Double, entity, guid};
use crate::support::pod::TestPod;
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
