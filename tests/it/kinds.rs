//! Kinds of messages that have no page yet: nothing that arrives is lost before its page exists.

use crate::support::double::{Double, entity, guid, relayable};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;

trials![
    a_post_keeps_its_photos_place_and_poll,
    a_photo_alone_is_kept,
    votes_are_counted_and_passed_on,
    a_conversation_and_its_messages_are_kept,
    a_message_from_outside_the_conversation_is_refused,
    an_event_and_the_answers_to_it_are_kept,
    a_moved_account_is_followed,
    a_deleted_account_is_emptied,
    a_profile_replaces_the_one_before,
];

fn far(pod: &TestPod) -> Double {
    let far = Double::new(&["dora", "dan"]);
    far.shares_with("dora", pod, "alice");
    let alice = pod.user("alice");
    until("dora to share with alice", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    far
}

fn holds(pod: &TestPod, sql: &str) {
    until(sql, || (pod.database().number(sql, &[]) > 0).then_some(()))
}

/// A public post with more elements than text.
fn post_with(author: &str, guid: &str, inner: &str) -> String {
    let plain = entity(
        "status_message",
        &[
            ("author", author),
            ("guid", guid),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("public", "true"),
            ("text", "with more"),
        ],
    );
    plain.replace("</status_message>", &format!("{inner}</status_message>"))
}

fn a_post_keeps_its_photos_place_and_poll() {
    let pod = TestPod::new("alice");
    let far = far(&pod);
    let author = far.handle("dora");
    let (post, photo, poll, yes, no) = (guid(), guid(), guid(), guid(), guid());
    let photo = entity(
        "photo",
        &[
            ("guid", &photo),
            ("author", &author),
            ("public", "true"),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("remote_photo_path", &format!("{}/uploads/", far.url())),
            ("remote_photo_name", "seed.jpg"),
            ("text", "a seed in the wind"),
            ("status_message_guid", &post),
            ("height", "30"),
            ("width", "40"),
        ],
    );
    let place = entity("location", &[("address", "Berlin"), ("lat", "52.5"), ("lng", "13.4")]);
    let answers = entity("poll_answer", &[("guid", &yes), ("answer", "Yes")])
        + &entity("poll_answer", &[("guid", &no), ("answer", "No")]);
    let poll =
        entity("poll", &[("guid", &poll), ("question", "Rain?")]).replace("</poll>", &format!("{answers}</poll>"));
    far.says("dora", &pod, &post_with(&author, &post, &format!("{photo}{place}{poll}")));
    holds(&pod, "select count(*) from posts where place like '%Berlin%'");
    holds(&pod, "select count(*) from photos where name = 'seed.jpg' and width = 40 and post is not null");
    holds(&pod, "select count(*) from poll_answers where answer = 'Yes'");
    holds(&pod, "select count(*) from polls where question = 'Rain?'");
}

fn a_photo_alone_is_kept() {
    let pod = TestPod::new("alice");
    let far = far(&pod);
    let photo = entity(
        "photo",
        &[
            ("guid", &guid()),
            ("author", &far.handle("dora")),
            ("public", "true"),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("remote_photo_path", &format!("{}/uploads/", far.url())),
            ("remote_photo_name", "alone.jpg"),
        ],
    );
    far.says("dora", &pod, &photo);
    holds(&pod, "select count(*) from photos where name = 'alone.jpg' and post is null");
}

fn votes_are_counted_and_passed_on() {
    let pod = TestPod::new("alice");
    let far = far(&pod);
    let author = far.handle("dora");
    let (post, poll, yes, no) = (guid(), guid(), guid(), guid());
    let answers = entity("poll_answer", &[("guid", &yes), ("answer", "Yes")])
        + &entity("poll_answer", &[("guid", &no), ("answer", "No")]);
    let question = entity("poll", &[("guid", &poll), ("question", "Sun?")]);
    let question = question.replace("</poll>", &format!("{answers}</poll>"));
    far.says("dora", &pod, &post_with(&author, &post, &question));
    holds(&pod, "select count(*) from polls");
    let voter = far.handle("dan");
    let vote = |answer: &str| {
        let fields =
            [("author", voter.as_str()), ("guid", &guid()), ("parent_guid", &poll), ("poll_answer_guid", answer)];
        relayable("poll_participation", &fields)
    };
    far.says("dora", &pod, &vote(&yes));
    holds(&pod, "select count(*) from votes v join poll_answers a on a.id = v.answer where a.answer = 'Yes'");
    far.says("dora", &pod, &vote(&no));
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    assert_eq!(pod.database().number("select count(*) from votes", &[]), 1, "one vote a person");
}

/// A conversation of dora and alice with one message.
fn conversation(pod: &TestPod, far: &Double) -> String {
    let guid = guid();
    let author = far.handle("dora");
    let message = message(&author, &guid, "psst");
    let xml = entity(
        "conversation",
        &[
            ("author", &author),
            ("guid", &guid),
            ("subject", "a secret"),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("participants", &format!("{author};{}", pod.handle("alice"))),
        ],
    );
    assert_eq!(
        far.whispers("dora", pod, "alice", &xml.replace("</conversation>", &format!("{message}</conversation>"))),
        202
    );
    holds(pod, "select count(*) from conversations where subject = 'a secret'");
    guid
}

fn message(author: &str, conversation: &str, text: &str) -> String {
    entity(
        "message",
        &[
            ("author", author),
            ("guid", &guid()),
            ("text", text),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("conversation_guid", conversation),
        ],
    )
}

fn a_conversation_and_its_messages_are_kept() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = far(&pod);
    alice.shares_with(&far.handle("dora"));
    let conversation = conversation(&pod, &far);
    holds(&pod, "select count(*) from messages where text = 'psst'");
    far.whispers("dora", &pod, "alice", &message(&far.handle("dora"), &conversation, "are you there?"));
    holds(&pod, "select count(*) from messages where text = 'are you there?'");
}

fn a_message_from_outside_the_conversation_is_refused() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = far(&pod);
    alice.shares_with(&far.handle("dora"));
    let conversation = conversation(&pod, &far);
    far.whispers("dan", &pod, "alice", &message(&far.handle("dan"), &conversation, "me too"));
    far.says("dora", &pod, &message(&far.handle("dora"), &conversation, "in public"));
    far.whispers("dora", &pod, "alice", &message(&far.handle("dora"), &conversation, "the end"));
    holds(&pod, "select count(*) from messages where text = 'the end'");
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    assert_eq!(pod.database().number("select count(*) from messages", &[]), 2);
}

fn an_event_and_the_answers_to_it_are_kept() {
    let pod = TestPod::new("alice");
    let far = far(&pod);
    let event = guid();
    let xml = entity(
        "event",
        &[
            ("author", &far.handle("dora")),
            ("guid", &event),
            ("summary", "a walk"),
            ("start", "2027-05-01T10:00:00Z"),
            ("description", "in the meadow"),
        ],
    );
    let answer = |name: &str, status: &str| {
        let author = far.handle(name);
        let fields = [("author", author.as_str()), ("guid", &guid()), ("parent_guid", &event), ("status", status)];
        relayable("event_participation", &fields)
    };
    far.says("dora", &pod, &xml);
    holds(&pod, "select count(*) from events where summary = 'a walk'");
    far.says("dora", &pod, &answer("dan", "tentative"));
    holds(&pod, "select count(*) from event_answers where status = 'tentative'");
}

fn a_moved_account_is_followed() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = far(&pod);
    alice.shares_with(&far.handle("dora"));
    let home = Double::new(&["dora"]);
    let (old, new) = (far.handle("dora"), home.handle("dora"));
    let profile = entity("profile", &[("author", &new), ("first_name", "Dora"), ("public", "false")]);
    let signature = home.signature(&format!("AccountMigration:{old}:{new}"));
    let xml = entity("account_migration", &[("author", &old), ("signature", &signature)]);
    let xml = xml.replace("<signature>", &format!("{profile}<signature>"));
    far.says("dora", &pod, &xml);
    holds(&pod, "select count(*) from migrations");
    let sql = "select count(*) from aspect_members m join people p on p.id = m.person where p.handle = ?";
    until("alice to share with the new account", || (pod.database().number(sql, &[&new]) == 1).then_some(()));
    assert_eq!(pod.database().number(sql, &[&old]), 0);
    home.hears("contact", &alice.handle());
}

fn a_deleted_account_is_emptied() {
    let pod = TestPod::new("alice");
    let far = far(&pod);
    let (post, xml) = far.post("dora", "before I go");
    far.says("dora", &pod, &xml);
    holds(&pod, &format!("select count(*) from posts where guid = '{post}'"));
    far.says("dora", &pod, &entity("account_deletion", &[("author", &far.handle("dora"))]));
    holds(
        &pod,
        "select count(*) from people where name like '%dora%' and closed_at is not null or closed_at is not null",
    );
    until("the posts to go", || (pod.database().number("select count(*) from posts", &[]) == 0).then_some(()));
    let (late, xml) = far.post("dora", "I am back");
    far.says("dora", &pod, &xml);
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    assert_eq!(pod.database().number("select count(*) from posts where guid = ?", &[&late]), 0);
}

fn a_profile_replaces_the_one_before() {
    let pod = TestPod::new("alice");
    let far = far(&pod);
    let author = far.handle("dora");
    let first = entity("profile", &[("author", &author), ("first_name", "Dora"), ("bio", "long"), ("public", "true")]);
    far.says("dora", &pod, &first);
    holds(&pod, "select count(*) from people where bio = 'long'");
    let second = entity("profile", &[("author", &author), ("first_name", "Dorothea")]);
    far.says("dora", &pod, &second);
    holds(&pod, "select count(*) from people where first_name = 'Dorothea' and bio = ''");
}
