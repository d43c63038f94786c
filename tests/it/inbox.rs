//! What other pods may send, and what comes of it.

use crate::support::double::{Double, Mailbox, entity, guid, relayable};
use crate::support::pod::{PASSWORD, TestPod, listener};
use crate::support::trials;
use crate::support::wait::until;

trials![
    a_post_sent_twice_is_there_once,
    a_known_guid_of_another_author_is_refused,
    a_post_in_the_name_of_somebody_else_is_dropped,
    a_forged_signature_is_dropped,
    a_comment_that_comes_before_its_post_waits_for_it,
    what_comes_before_a_thing_nobody_can_be_asked_for_waits_for_it,
    a_missing_parent_is_fetched_from_its_author,
    a_missing_root_of_a_reshare_is_fetched,
    a_comment_relayed_by_somebody_else_than_the_author_of_the_post_is_refused,
    a_private_message_to_an_unknown_person_is_404,
    who_writes_to_a_closed_account_is_told_that_it_is_closed,
    a_post_that_a_text_leads_to_is_fetched,
    the_doors_for_other_pods_may_end_in_a_slash,
    garbage_is_answered_202_and_dropped,
    a_received_public_post_is_answered_with_a_participation,
    a_participation_subscribes_its_author_to_the_post,
    an_ignored_person_gets_their_comment_retracted,
    a_comment_reaches_contacts_and_not_the_pod_it_came_from,
    a_retraction_by_a_stranger_is_refused,
    the_last_posts_of_a_found_person_are_asked_for_once,
    a_message_waits_until_the_pod_of_its_sender_answers,
    a_delivery_is_tried_again_when_the_other_pod_says_503,
    a_host_that_fails_does_not_slow_the_others,
    pods_that_hang_do_not_slow_those_that_answer,
    a_like_and_its_retraction_that_overtake_each_other_come_right,
    nobody_acts_under_a_limited_post_that_did_not_go_to_them,
];

fn count(pod: &TestPod, sql: &str, value: &str) -> i64 {
    pod.database().number(sql, &[&value])
}

fn posts(pod: &TestPod, guid: &str) -> i64 {
    count(pod, "select count(*) from posts where guid = ?", guid)
}

fn comments(pod: &TestPod, guid: &str) -> i64 {
    count(pod, "select count(*) from comments where guid = ?", guid)
}

/// Waits until the pod has understood everything it was sent.
fn settle(pod: &TestPod) {
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
}

fn arrives(pod: &TestPod, guid: &str) {
    until("the post to arrive", || (posts(pod, guid) == 1).then_some(()));
}

fn a_post_sent_twice_is_there_once() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (guid, xml) = far.post("dora", "once");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    assert_eq!(far.says("dora", &pod, &xml), 202);
    arrives(&pod, &guid);
    settle(&pod);
    assert_eq!(posts(&pod, &guid), 1);
}

fn a_known_guid_of_another_author_is_refused() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (guid, xml) = far.post("dora", "mine");
    far.says("dora", &pod, &xml);
    arrives(&pod, &guid);
    let stolen = xml.replace(&far.handle("dora"), &far.handle("dan")).replace("mine", "stolen");
    assert_eq!(far.says("dan", &pod, &stolen), 202);
    settle(&pod);
    let text = pod.database().text("select text from posts where guid = ?", &[&guid]);
    assert_eq!(text.as_deref(), Some("mine"));
}

fn a_post_in_the_name_of_somebody_else_is_dropped() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (guid, xml) = far.post("dora", "not by dan");
    assert_eq!(far.says("dan", &pod, &xml), 202);
    settle(&pod);
    assert_eq!(posts(&pod, &guid), 0);
}

fn a_forged_signature_is_dropped() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (guid, xml) = far.post("dora", "true");
    let envelope = far.envelope("dora", &xml);
    let (_, other) = far.post("dora", "another");
    let body = far.envelope("dora", &other);
    let signature = |text: &str| text[text.find("<me:sig").unwrap_or(0)..].to_owned();
    let forged = envelope.replace(&signature(&envelope), &signature(&body));
    let answer = pod.visitor().post("/receive/public", "application/magic-envelope+xml", forged.as_bytes());
    assert_eq!(answer.status, 202);
    settle(&pod);
    assert_eq!(posts(&pod, &guid), 0);
}

fn a_comment_that_comes_before_its_post_waits_for_it() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (post, xml) = far.post("dora", "later");
    let (comment, early) = far.comment("dora", &post, "sooner");
    assert_eq!(far.says("dora", &pod, &early), 202);
    until("the comment to wait", || {
        (pod.database().number("select count(*) from inbox where need is not null", &[]) == 1).then_some(())
    });
    far.says("dora", &pod, &xml);
    until("the comment to be there", || (comments(&pod, &comment) == 1).then_some(()));
    settle(&pod);
}

fn what_comes_before_a_thing_nobody_can_be_asked_for_waits_for_it() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let author = far.handle("dora");
    let [poll, yes, event, like] = [guid(), guid(), guid(), guid()];
    let (post, xml) = far.post("dora", "a question");
    let (comment, about) = far.comment("dora", &post, "an answer");
    let answer = entity("poll_answer", &[("guid", &yes), ("answer", "Yes")]);
    let other = entity("poll_answer", &[("guid", &guid()), ("answer", "No")]);
    let question = entity("poll", &[("guid", &poll), ("question", "Rain?")]);
    let question = question.replace("</poll>", &format!("{answer}{other}</poll>"));
    let xml = xml.replace("</status_message>", &format!("{question}</status_message>"));
    let walk =
        [("author", author.as_str()), ("guid", &event), ("summary", "a walk"), ("start", "2027-05-01T10:00:00Z")];
    let by_dora = |kind: &str, guid: &str, fields: &[(&str, &str)]| {
        relayable(kind, &[&[("author", author.as_str()), ("guid", guid)], fields].concat())
    };
    let liked = [("parent_guid", comment.as_str()), ("parent_type", "Comment"), ("positive", "true")];
    let early = [
        by_dora("poll_participation", &guid(), &[("parent_guid", &poll), ("poll_answer_guid", &yes)]),
        by_dora("event_participation", &guid(), &[("parent_guid", &event), ("status", "accepted")]),
        by_dora("like", &guid(), &liked),
        far.retraction("dora", "Like", &like),
    ];
    for xml in &early {
        assert_eq!(far.says("dora", &pod, xml), 202);
    }
    until("all of them to wait", || {
        (pod.database().number("select count(*) from inbox where need is not null", &[]) == 4).then_some(())
    });
    assert_eq!(pod.database().number("select count(*) from needs", &[]), 0, "nobody is asked for any of it");
    let unwise = [("parent_guid", post.as_str()), ("parent_type", "Post"), ("positive", "true")];
    for xml in [xml, entity("event", &walk), about, by_dora("like", &like, &unwise)] {
        assert_eq!(far.says("dora", &pod, &xml), 202);
    }
    settle(&pod);
    for table in ["votes", "event_answers", "likes"] {
        assert_eq!(pod.database().number(&format!("select count(*) from {table}"), &[]), 1, "{table}");
    }
    assert_eq!(count(&pod, "select count(*) from likes where guid = ?", &like), 0, "it was taken back");
}

fn a_missing_parent_is_fetched_from_its_author() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (post, xml) = far.post("dora", "ask me for it");
    far.publishes("dora", &post, &xml);
    let (comment, early) = far.comment("dora", &post, "about the post");
    far.says("dora", &pod, &early);
    until("the comment to be there", || (comments(&pod, &comment) == 1).then_some(()));
    assert_eq!(posts(&pod, &post), 1);
    assert!(far.asked().contains(&format!("/fetch/post/{post}")), "{:?}", far.asked());
}

fn a_missing_root_of_a_reshare_is_fetched() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let origin = Double::new(&["olga"]);
    let (root, xml) = origin.post("olga", "the original");
    origin.publishes("olga", &root, &xml);
    let (reshare, xml) = far.reshare("dora", &origin.handle("olga"), &root);
    far.says("dora", &pod, &xml);
    arrives(&pod, &reshare);
    let alice = pod.user("alice");
    alice.shares_with(&far.handle("dora"));
    alice.sees("the original");
}

fn a_comment_relayed_by_somebody_else_than_the_author_of_the_post_is_refused() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (post, xml) = far.post("dora", "mine to relay");
    far.says("dora", &pod, &xml);
    arrives(&pod, &post);
    let (comment, by_dan) = far.comment("dan", &post, "not relayed by dora");
    far.says("dan", &pod, &by_dan);
    settle(&pod);
    assert_eq!(comments(&pod, &comment), 0, "dan may not send it himself");
    far.says("dora", &pod, &by_dan);
    until("the relayed comment", || (comments(&pod, &comment) == 1).then_some(()));
    let (changed, xml) = far.comment("dan", &post, "as signed");
    far.says("dora", &pod, &xml.replace("as signed", "not as signed"));
    settle(&pod);
    assert_eq!(comments(&pod, &changed), 0, "the author's signature counts");
}

fn a_private_message_to_an_unknown_person_is_404() {
    let pod = TestPod::new("alice");
    let answer = pod.visitor().post(&format!("/receive/users/{}", guid()), "application/json", b"{}");
    assert_eq!(answer.status, 404);
}

fn who_writes_to_a_closed_account_is_told_that_it_is_closed() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::new(&["dora"]);
    let mailbox = Mailbox::of(&pod, "alice");
    alice.does("/settings/close", &[("password", PASSWORD)]);
    let contact = entity(
        "contact",
        &[
            ("author", &far.handle("dora")),
            ("recipient", &pod.handle("alice")),
            ("following", "true"),
            ("sharing", "true"),
        ],
    );
    assert_eq!(far.whispers_into(&mailbox, "dora", &pod, &contact), 202);
    let letter = far.hears("account_deletion", &pod.handle("alice"));
    assert_eq!((letter.door.as_str(), letter.sender), ("public", pod.handle("alice")));
    assert_eq!(pod.visitor().get(&format!("/hcard/users/{}", mailbox.guid)).status, 404);
}

fn a_post_that_a_text_leads_to_is_fetched() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (root, xml) = far.post("dan", "the post that is linked");
    far.publishes("dan", &root, &xml);
    let link = format!("look: diaspora://{}/post/{root}.", far.handle("dan"));
    let (guid, xml) = far.post("dora", &link);
    far.says("dora", &pod, &xml);
    arrives(&pod, &guid);
    arrives(&pod, &root);
}

fn the_doors_for_other_pods_may_end_in_a_slash() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (post, xml) = far.post("dora", "with a slash");
    let envelope = far.envelope("dora", &xml);
    let answer = pod.visitor().post("/receive/public/", "application/magic-envelope+xml", envelope.as_bytes());
    assert_eq!(answer.status, 202);
    arrives(&pod, &post);
    let alice = pod.user("alice").guid();
    let answer = pod.visitor().post(&format!("/receive/users/{alice}/"), "application/json", b"{}");
    assert_eq!(answer.status, 202);
}

fn garbage_is_answered_202_and_dropped() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice").guid();
    let bodies: [&[u8]; 7] = [
        b"",
        b"garbage",
        b"<xml",
        b"{\"aes_key\":\"AAAA\",\"encrypted_magic_envelope\":\"AAAA\"}",
        b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        &[0, 255, 254, 1, 2, 3],
        b"<me:env xmlns:me=\"http://salmon-protocol.org/ns/magic-env\"></me:env>",
    ];
    for body in bodies {
        assert_eq!(pod.visitor().post("/receive/public", "application/magic-envelope+xml", body).status, 202);
        assert_eq!(pod.visitor().post(&format!("/receive/users/{alice}"), "application/json", body).status, 202);
    }
    for xml in ["<unknown><author>x</author></unknown>", "<status_message/>", "<person><guid>1</guid></person>", "text"]
    {
        assert_eq!(far.says("dora", &pod, xml), 202);
    }
    settle(&pod);
    assert_eq!(pod.visitor().get("/health").status, 200);
}

fn a_received_public_post_is_answered_with_a_participation() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (post, xml) = far.post("dora", "tell me what happens on it");
    far.says("dora", &pod, &xml);
    let letter = far.hears("participation", &post);
    assert_eq!((letter.door.as_str(), letter.sender), ("dora", pod.handle("alice")));
    assert!(letter.xml.contains("<parent_type>Post</parent_type>"), "{}", letter.xml);
}

fn a_participation_subscribes_its_author_to_the_post() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("something happens here");
    let far = Double::new(&["dora"]);
    let wish = entity(
        "participation",
        &[("author", &far.handle("dora")), ("guid", &guid()), ("parent_guid", &post), ("parent_type", "Post")],
    );
    assert_eq!(far.whispers("dora", &pod, "alice", &wish), 202);
    until("the participation", || {
        (pod.database().number("select count(*) from participations", &[]) == 1).then_some(())
    });
    alice.comments(&post, "it happens");
    let letter = far.hears("comment", "it happens");
    assert_eq!(letter.sender, alice.handle());
}

fn an_ignored_person_gets_their_comment_retracted() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    let person = alice.finds(&far.handle("dora"));
    alice.does(&format!("/people/{person}/ignore"), &[]);
    let post = alice.posts("without dora");
    let (comment, xml) = far.comment("dora", &post, "but I am here");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    let letter = far.hears("retraction", &comment);
    assert_eq!(letter.sender, alice.handle());
    assert!(letter.xml.contains("<target_type>Comment</target_type>"), "{}", letter.xml);
    assert_eq!(comments(&pod, &comment), 0);
    alice.does(&format!("/people/{person}/unignore"), &[]);
    let (comment, xml) = far.comment("dora", &post, "may I?");
    far.says("dora", &pod, &xml);
    until("the comment", || (comments(&pod, &comment) == 1).then_some(()));
}

fn a_comment_reaches_contacts_and_not_the_pod_it_came_from() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (near, far) = (Double::new(&["nora"]), Double::heard_of(&pod));
    near.shares_with("nora", &pod, "alice");
    until("nora to share", || alice.is_shared_with_by(&near.handle("nora")).then_some(()));
    let post = alice.posts("for both pods");
    near.hears("status_message", &post);
    far.hears("status_message", &post);
    let guid = guid();
    let author = far.handle("dora");
    let xml = relayable(
        "comment",
        &[
            ("guid", &guid),
            ("future", "an <element> that nobody knows; kept"),
            ("author", &author),
            ("created_at", "2026-01-02T03:04:06Z"),
            ("text", "a < b & c;\r\nd"),
            ("parent_guid", &post),
        ],
    );
    far.says("dora", &pod, &xml);
    let letter = near.hears("comment", &guid);
    assert_eq!((letter.door.as_str(), letter.sender), ("public", alice.handle()));
    let elements = |xml: &str| -> String { xml.split_whitespace().collect::<Vec<_>>().join(" ").replace("> <", "><") };
    let order = ["<guid>", "<future>", "<author>", "<created_at>", "<text>", "<parent_guid>", "<author_signature>"];
    let places: Vec<_> = order.iter().map(|name| letter.xml.find(name)).collect();
    assert!(places.windows(2).all(|pair| pair[0].is_some() && pair[0] < pair[1]), "in its order: {}", letter.xml);
    let signature = &xml[xml.find("<author_signature>").unwrap_or(0)..xml.find("</author_signature>").unwrap_or(0)];
    assert!(elements(&letter.xml).contains(&elements(signature)), "with its signature: {}", letter.xml);
    assert!(letter.xml.contains("nobody knows; kept") && !letter.xml.contains('\r'), "{}", letter.xml);
    assert!(far.letters_of("comment").is_empty(), "it does not go back");
}

fn a_retraction_by_a_stranger_is_refused() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (post, xml) = far.post("dora", "stays");
    far.says("dora", &pod, &xml);
    arrives(&pod, &post);
    far.says("dan", &pod, &far.retraction("dan", "Post", &post));
    far.says("dan", &pod, &far.retraction("dora", "Post", &post));
    settle(&pod);
    assert_eq!(posts(&pod, &post), 1);
    far.says("dora", &pod, &far.retraction("dora", "Post", &post));
    until("the post to go", || (posts(&pod, &post) == 0).then_some(()));
}

fn the_last_posts_of_a_found_person_are_asked_for_once() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::new(&["dora"]);
    let written: Vec<(String, String)> = (1..=16).map(|number| far.post("dora", &format!("old {number}"))).collect();
    for (guid, xml) in &written {
        far.publishes("dora", guid, xml);
    }
    far.streams("dora", &written.iter().map(|(guid, _)| guid.clone()).collect::<Vec<_>>());
    let page = format!("/people/{}", alice.finds(&far.handle("dora")));
    until("15 posts on their page", || (alice.page(&page).posts().len() == 15).then_some(()));
    alice.finds(&far.handle("dora"));
    let asked = far.asked().iter().filter(|path| path.ends_with("/stream")).count();
    assert_eq!(asked, 1, "{:?}", far.asked());
}

fn a_message_waits_until_the_pod_of_its_sender_answers() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let (post, xml) = far.post("dora", "who am I?");
    far.is_away(true);
    assert_eq!(far.says("dora", &pod, &xml), 202, "acknowledged before anything is known");
    until("the message to wait", || {
        (pod.database().number("select count(*) from needs where attempts > 0", &[]) > 0).then_some(())
    });
    assert_eq!(posts(&pod, &post), 0);
    far.is_away(false);
    pod.stop();
    pod.make_due();
    pod.start();
    arrives(&pod, &post);
}

fn a_delivery_is_tried_again_when_the_other_pod_says_503() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    settle(&pod);
    until("an empty outbox", || (pod.database().number("select count(*) from outbox", &[]) == 0).then_some(()));
    far.will_answer(&[503]);
    let post = alice.posts("again, please");
    until("a failed attempt", || {
        (pod.database().number("select count(*) from outbox where attempts = 1", &[]) == 1).then_some(())
    });
    pod.stop();
    pod.make_due();
    pod.start();
    far.hears("status_message", &post);
    until("the row to go", || (pod.database().number("select count(*) from outbox", &[]) == 0).then_some(()));
}

fn a_host_that_fails_does_not_slow_the_others() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (far, near) = (Double::heard_of(&pod), Double::new(&["nora"]));
    near.shares_with("nora", &pod, "alice");
    until("nora to share", || alice.is_shared_with_by(&near.handle("nora")).then_some(()));
    far.is_away(true);
    for number in 0..5 {
        let post = alice.posts(&format!("number {number}"));
        near.hears("status_message", &post);
    }
}

fn pods_that_hang_do_not_slow_those_that_answer() {
    // They take a connection and never say a word.
    let (_hanging, ports): (Vec<_>, Vec<_>) = (0..12).map(|_| listener()).unzip();
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    pod.stop();
    pod.is_followed_from(&ports);
    // They hung once before, so that they have half a minute now.
    pod.change("insert into pods (host, url, attempts) select host, url, 1 from every_person where name = 'friend'");
    pod.start();
    for number in 0..3 {
        let post = pod.user("alice").posts(&format!("number {number}"));
        far.hears("status_message", &post);
    }
    let given_up = pod.database().number("select count(*) from pods where failing_since is not null", &[]);
    assert_eq!(given_up, 0, "nobody waited until they gave up on one of them");
}

fn a_like_and_its_retraction_that_overtake_each_other_come_right() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    let post = alice.posts("like me or not");
    let like = guid();
    let author = far.handle("dora");
    let xml = relayable(
        "like",
        &[("author", &author), ("guid", &like), ("parent_guid", &post), ("parent_type", "Post"), ("positive", "true")],
    );
    let count = || pod.database().number("select count(*) from likes", &[]);
    far.says("dora", &pod, &xml);
    until("the like", || (count() == 1).then_some(()));
    far.says("dora", &pod, &xml);
    far.says("dora", &pod, &far.retraction("dora", "Like", &like));
    until("no like", || (count() == 0).then_some(()));
}

fn nobody_acts_under_a_limited_post_that_did_not_go_to_them() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    alice.shares_with(&far.handle("dora"));
    alice.does("/posts", &[("text", "for few"), ("audience", "all"), ("question", "Which?"), ("answers", "one\ntwo")]);
    let name = |sql: &str| pod.database().text(sql, &[]).expect("it is stored");
    let (post, poll) = (name("select guid from posts"), name("select guid from polls"));
    let answer = name("select guid from poll_answers where answer = 'one'");
    let mailbox = Mailbox::of(&pod, "alice");
    // Dan learned from dora what it is called.
    for person in ["dan", "dora"] {
        let author = far.handle(person);
        let like = [("parent_guid", post.as_str()), ("parent_type", "Post"), ("positive", "true")];
        let vote = [("parent_guid", poll.as_str()), ("poll_answer_guid", &answer)];
        let signed = |kind: &str, fields: &[(&str, &str)]| {
            relayable(kind, &[&[("author", author.as_str()), ("guid", &guid())], fields].concat())
        };
        let comment = far.comment(person, &post, &format!("words of {person}")).1;
        for xml in [comment, signed("like", &like), signed("poll_participation", &vote)] {
            assert_eq!(far.whispers_into(&mailbox, person, &pod, &xml), 202);
        }
    }
    alice.sees_comment(&post, "words of dora");
    alice.sees_likes(&post, 1);
    settle(&pod);
    for table in ["comments", "likes", "votes"] {
        let authors = format!("select p.handle from {table} t join people p on p.id = t.author");
        assert_eq!(pod.database().texts(&authors), [far.handle("dora")], "{table}");
    }
}
