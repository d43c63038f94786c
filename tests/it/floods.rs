//! Messages in masses, again, too late, with keys that cannot be, and with addresses where nobody may go: whoever sends
//! them gains nothing, and the others are still heard.

use std::net::TcpListener;

use pappus::federation::diaspora::PublicKey;

use crate::support::double::{Double, Mailbox, entity, guid, relayable, sealed};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::{PATIENCE, until, within};

trials![
    large_messages_that_nobody_can_prove_leave_room_for_the_others,
    many_messages_that_nobody_can_prove_leave_room_for_the_others,
    a_full_inbox_asks_to_come_again,
    a_post_that_was_taken_back_does_not_come_again,
    a_comment_that_was_taken_back_does_not_come_again,
    a_like_a_vote_and_a_wish_that_were_taken_back_do_not_come_again,
    what_somebody_here_took_back_or_answered_anew_does_not_come_again_in_their_name,
    an_older_profile_does_not_replace_a_newer_one,
    what_somebody_here_once_sent_cannot_be_sent_to_their_own_pod,
    a_message_of_next_year_is_dated_today,
    what_messages_only_mention_is_fetched_within_bounds,
    senders_that_never_answer_keep_nobody_from_being_found,
    keys_that_are_too_small_or_too_large_are_no_keys,
    a_person_with_a_key_that_is_none_is_not_found,
    a_pod_that_says_it_is_another_is_not_believed,
    nobody_sends_the_pod_to_a_private_address,
];

fn waiting(pod: &TestPod) -> i64 {
    pod.database().number("select count(*) from inbox", &[])
}

fn settle(pod: &TestPod) {
    until("an empty inbox", || (waiting(pod) == 0).then_some(()));
}

fn posts(pod: &TestPod, guid: &str) -> i64 {
    pod.database().number("select count(*) from posts where guid = ?", &[&guid])
}

fn large_messages_that_nobody_can_prove_leave_room_for_the_others() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let long = "x".repeat(2_800_000);
    for number in 0..18 {
        // Nobody answers there.
        let envelope = sealed(&format!("nobody{number}@127.0.0.1:1"), &long);
        let answer = pod.visitor().post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
        assert_eq!(answer.status, 202, "number {number}");
        until("the message to be looked at", || {
            (pod.database().number("select count(*) from inbox where attempts = 0", &[]) == 0).then_some(())
        });
    }
    assert!(waiting(&pod) < 18 && waiting(&pod) > 2, "{} wait", waiting(&pod));
    let (guid, xml) = far.post("dora", "still heard");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    until("the post", || (posts(&pod, &guid) == 1).then_some(()));
}

/// As if so many messages of strangers had come, and none of the strangers could be found.
fn strangers(pod: &TestPod, many: i64) {
    pod.stop();
    pod.change(&format!(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < {many}) \
         insert into inbox (body, bytes, received_at, due, attempts, need) \
         select x'00', 1, 1, 9999999999, 1, 'person x' || i || '@127.0.0.1:1' from n; \
         insert into needs (need, created_at, due, attempts) select need, 1, 9999999999, 1 from inbox"
    ));
    pod.start();
}

fn many_messages_that_nobody_can_prove_leave_room_for_the_others() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    strangers(&pod, 4_999);
    let (guid, xml) = far.post("dora", "still heard");
    let early = sealed("nobody@127.0.0.1:1", &xml);
    assert_eq!(pod.visitor().post("/receive/public", "application/magic-envelope+xml", early.as_bytes()).status, 202);
    until("room", || (waiting(&pod) <= 2_500).then_some(()));
    assert!(pod.database().number("select count(*) from needs", &[]) <= 2_501, "nobody asks for what was given up");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    until("the post", || (posts(&pod, &guid) == 1).then_some(()));
}

fn a_full_inbox_asks_to_come_again() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    strangers(&pod, 5_000);
    let (_, xml) = far.post("dora", "too much");
    let envelope = far.envelope("dora", &xml);
    let answer = pod.visitor().post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
    assert_eq!((answer.status, answer.header("retry-after")), (503, "300"));
    assert_eq!(pod.visitor().get("/login").status, 200);
}

fn a_post_that_was_taken_back_does_not_come_again() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (guid, xml) = far.post("dora", "not any more");
    far.says("dora", &pod, &xml);
    until("the post", || (posts(&pod, &guid) == 1).then_some(()));
    far.says("dora", &pod, &far.retraction("dora", "Post", &guid));
    until("no post", || (posts(&pod, &guid) == 0).then_some(()));
    assert_eq!(far.says("dora", &pod, &xml), 202);
    settle(&pod);
    assert_eq!(posts(&pod, &guid), 0);
}

fn a_comment_that_was_taken_back_does_not_come_again() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    let post = alice.posts("say something");
    let count = |guid: &str| pod.database().number("select count(*) from comments where guid = ?", &[&guid]);
    let (theirs, xml) = far.comment("dora", &post, "taken back by dora");
    let (other, more) = far.comment("dora", &post, "deleted by alice");
    far.says("dora", &pod, &xml);
    far.says("dora", &pod, &more);
    alice.sees_comment(&post, "taken back by dora");
    alice.sees_comment(&post, "deleted by alice");
    far.says("dora", &pod, &far.retraction("dora", "Comment", &theirs));
    alice.misses_comment(&post, "taken back by dora");
    alice.deletes_comment(&other);
    far.says("dora", &pod, &xml);
    far.says("dora", &pod, &more);
    settle(&pod);
    assert_eq!((count(&theirs), count(&other)), (0, 0));
}

fn a_like_a_vote_and_a_wish_that_were_taken_back_do_not_come_again() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    let fields = [("text", "vote!"), ("audience", "public"), ("question", "Which?"), ("answers", "one\ntwo")];
    alice.does("/posts", &fields);
    let database = pod.database();
    let name = |sql: &str| database.text(sql, &[]).expect("it is stored");
    let (post, poll) = (name("select guid from posts"), name("select guid from polls"));
    let answer = name("select guid from poll_answers where answer = 'one'");
    let me = far.handle("dora");
    let signed = |kind: &str, name: &str, fields: &[(&str, &str)]| {
        let guid = guid();
        let all = [&[("author", me.as_str()), ("guid", &guid)], fields].concat();
        (kind.to_owned(), guid.clone(), relayable(name, &all))
    };
    let mut kept = vec![
        signed("Like", "like", &[("positive", "true"), ("parent_type", "Post"), ("parent_guid", &post)]),
        signed("PollParticipation", "poll_participation", &[("parent_guid", &poll), ("poll_answer_guid", &answer)]),
    ];
    let wish = guid();
    let fields = [("author", me.as_str()), ("guid", &wish), ("parent_guid", &post), ("parent_type", "Post")];
    kept.push(("Participation".to_owned(), wish.clone(), entity("participation", &fields)));
    let count = || {
        let sql = "select (select count(*) from likes) + (select count(*) from votes) \
                   + (select count(*) from participations where person <> (select person from users))";
        database.number(sql, &[])
    };
    let mailbox = Mailbox::of(&pod, "alice");
    let say = |kind: &str, xml: &str| match kind {
        "Participation" => assert_eq!(far.whispers_into(&mailbox, "dora", &pod, xml), 202),
        _ => assert_eq!(far.says("dora", &pod, xml), 202),
    };
    kept.iter().for_each(|(kind, _, xml)| say(kind, xml));
    until("all three", || (count() == 3).then_some(()));
    kept.iter().for_each(|(kind, guid, _)| say(kind, &far.retraction("dora", kind, guid)));
    until("none of them", || (count() == 0).then_some(()));
    kept.iter().for_each(|(kind, _, xml)| say(kind, xml));
    settle(&pod);
    assert_eq!(count(), 0);
    // Another like is another like.
    let (kind, _, xml) =
        signed("Like", "like", &[("positive", "true"), ("parent_type", "Post"), ("parent_guid", &post)]);
    say(&kind, &xml);
    alice.sees_likes(&post, 1);
}

fn what_somebody_here_took_back_or_answered_anew_does_not_come_again_in_their_name() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    let (post, xml) = far.post("dora", "come all of you");
    let start = ("start", "2030-01-02T03:04:05Z");
    let fields = [("author", far.handle("dora")), ("guid", guid()), ("summary", "a feast".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, text)| (*name, text.as_str())).chain([start]).collect();
    let event = entity("event", &fields);
    far.says("dora", &pod, &xml.replace("</status_message>", &format!("{event}</status_message>")));
    until("the post", || (posts(&pod, &post) == 1).then_some(()));
    alice.likes(&post);
    alice.does(&format!("/posts/{post}/answer"), &[("status", "accepted")]);
    let kept = [far.hears("like", &post), far.hears("event_participation", "accepted")];
    alice.unlikes(&post);
    alice.does(&format!("/posts/{post}/answer"), &[("status", "declined")]);
    for letter in &kept {
        assert_eq!(far.says("dora", &pod, &letter.xml), 202);
    }
    settle(&pod);
    let answers = || pod.database().texts("select status from event_answers");
    assert_eq!((pod.database().number("select count(*) from likes", &[]), answers()), (0, vec!["declined".to_owned()]));
    // Another like is another like, and one may come after all.
    alice.likes(&post);
    alice.does(&format!("/posts/{post}/answer"), &[("status", "accepted")]);
    alice.sees_likes(&post, 1);
    assert_eq!(answers(), ["accepted"]);
}

fn an_older_profile_does_not_replace_a_newer_one() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let author = far.handle("dora");
    let says = |name: &str, edited_at: Option<&str>| {
        let fields = [("author", author.as_str()), ("first_name", name), ("searchable", "true"), ("public", "true")];
        let fields: Vec<_> = fields.into_iter().chain(edited_at.map(|time| ("edited_at", time))).collect();
        assert_eq!(far.says("dora", &pod, &entity("profile", &fields)), 202);
        settle(&pod);
        pod.database().text("select name from people where handle = ?", &[&author]).expect("dora is known")
    };
    assert_eq!(says("Old", Some("2026-01-02T03:04:05Z")), "Old");
    assert_eq!(says("New", Some("2026-01-02T03:04:06Z")), "New");
    assert_eq!(says("Old", Some("2026-01-02T03:04:05Z")), "New");
    assert_eq!(says("Undated", None), "Undated");
    assert_eq!(says("Old", Some("2026-01-02T03:04:05Z")), "Undated");
    // A clock that was far ahead for a moment is no end of it.
    assert_eq!(says("Ahead", Some("9999-12-31T23:59:59Z")), "Ahead");
    assert_eq!(says("Old", Some("2026-01-02T03:04:05Z")), "Ahead");
    pod.stop();
    pod.change("update every_person set edited_at = unixepoch() - 60 where edited_at is not null");
    pod.start();
    let now = time::OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc3339);
    let now = now.expect("a time");
    assert_eq!(says("Now", Some(&now)), "Now");
}

fn what_somebody_here_once_sent_cannot_be_sent_to_their_own_pod() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let me = alice.handle();
    let old = guid();
    let post = [
        ("author", me.as_str()),
        ("guid", &old),
        ("created_at", "2026-01-02T03:04:05Z"),
        ("public", "true"),
        ("text", "deleted long ago"),
    ];
    let profile = [("author", me.as_str()), ("first_name", "Before"), ("searchable", "true"), ("public", "true")];
    for xml in
        [entity("status_message", &post), entity("profile", &profile), entity("account_deletion", &[("author", &me)])]
    {
        let envelope = sealed(&me, &xml);
        let answer = pod.visitor().post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
        assert_eq!(answer.status, 202);
    }
    settle(&pod);
    assert_eq!(posts(&pod, &old), 0);
    assert!(!alice.page(&format!("/people/{}", alice.guid())).html.contains("Before"));
    alice.posts("still here");
}

fn a_message_of_next_year_is_dated_today() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    let mine = alice.posts("under which one answers");
    let dora = far.handle("dora");
    let (theirs, reshare, comment) = (guid(), guid(), guid());
    let future = "9999-12-31T23:59:59Z";
    let post =
        [("author", dora.as_str()), ("guid", &theirs), ("created_at", future), ("public", "true"), ("text", "later")];
    let again = [
        ("author", dora.as_str()),
        ("guid", &reshare),
        ("created_at", future),
        ("root_author", &alice.handle()),
        ("root_guid", &mine),
    ];
    let answer = [
        ("author", dora.as_str()),
        ("guid", &comment),
        ("parent_guid", &mine),
        ("text", "much later"),
        ("created_at", future),
    ];
    for xml in [entity("status_message", &post), entity("reshare", &again), relayable("comment", &answer)] {
        assert_eq!(far.says("dora", &pod, &xml), 202);
    }
    alice.sees_comment(&mine, "much later");
    settle(&pod);
    let late = |table: &str| {
        let sql = format!("select count(*) from {table} where created_at > unixepoch() + 60");
        (pod.database().number(&sql, &[]), pod.database().number(&format!("select count(*) from {table}"), &[]))
    };
    assert_eq!((late("posts"), late("comments")), ((0, 3), (0, 1)));
}

/// `SubjectPublicKeyInfo` of an RSA key (RFC 8017, A.1.1) whose modulus has so many bits.
fn public_key(bits: usize, exponent: &[u8]) -> Vec<u8> {
    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut out = vec![tag];
        match length {
            0..128 => out.push(length as u8),
            128..256 => out.extend([0x81, length as u8]),
            256..65_536 => out.extend([0x82, (length >> 8) as u8, length as u8]),
            _ => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
        }
        out.extend_from_slice(content);
        out
    }
    let mut modulus = vec![0xff; bits / 8];
    modulus.insert(0, 0);
    let numbers = [wrap(2, &modulus), wrap(2, exponent)].concat();
    let rsa = wrap(0x30, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
    let bit_string = [&[0][..], &wrap(0x30, &numbers)].concat();
    wrap(0x30, &[rsa, wrap(3, &bit_string)].concat())
}

/// The same as cards tell it.
fn pem(bits: usize, exponent: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(public_key(bits, exponent));
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

fn what_messages_only_mention_is_fetched_within_bounds() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (elsewhere, other) = (Double::new(&["dan"]), Double::new(&["erin"]));
    other.shares_with("erin", &pod, "alice");
    until("erin to be known", || pod.database().person(&other.handle("erin")).map(drop));
    for post in 0..12 {
        let text: String = (0..10).map(|name| format!("@{{p{post}n{name}@{}}} ", elsewhere.host())).collect();
        assert_eq!(far.says("dora", &pod, &far.post("dora", &text).1), 202);
    }
    let needs = || pod.database().number("select count(*) from needs", &[]);
    settle(&pod);
    until("everybody to be looked for", || (needs() == 0).then_some(()));
    let asked = || elsewhere.asked().iter().filter(|path| path.contains("webfinger")).count();
    assert_eq!(asked(), 60, "so many strangers an hour for one pod");
    // Another pod is another pod.
    assert_eq!(other.says("erin", &pod, &other.post("erin", &format!("@{{q@{}}}", elsewhere.host())).1), 202);
    until("one more", || (asked() == 61).then_some(()));
    // Where nobody answers, that is asked for a few times and not for days: no message waits for it.
    assert_eq!(other.says("erin", &pod, &other.post("erin", "@{q@127.0.0.1:1}").1), 202);
    for _ in 0..3 {
        settle(&pod);
        let untried = "select count(*) from needs where due = 0 or attempts = 0";
        until("a try", || (pod.database().number(untried, &[]) == 0).then_some(()));
        assert!(pod.stop());
        pod.make_due();
        pod.start();
    }
    until("it to be given up", || (needs() == 0).then_some(()));
}

fn senders_that_never_answer_keep_nobody_from_being_found() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora", "erin"]);
    far.shares_with("dora", &pod, "alice");
    let alice = pod.user("alice");
    until("dora to share with alice", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    let needs = || pod.database().number("select count(*) from needs", &[]);
    until("her posts to be looked for", || (needs() == 0).then_some(()));
    // Hosts that take every connection and say nothing.
    let silent: Vec<TcpListener> = (0..6).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    let letter = |host: &TcpListener| {
        let sender = format!("nobody@{}", host.local_addr().expect("an address"));
        let envelope = sealed(&sender, "<nothing/>");
        let answer = pod.visitor().post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
        assert_eq!(answer.status, 202);
    };
    silent.iter().for_each(letter);
    until("all of them to be looked for", || (needs() == 6).then_some(()));
    let (guid, xml) = far.post("erin", "from somebody new");
    assert_eq!(far.says("erin", &pod, &xml), 202);
    within(PATIENCE / 2, "the post", || (posts(&pod, &guid) == 1).then_some(()));
    let waiting = "select count(*) from needs where need like 'person nobody@%' and attempts = 0";
    assert!(pod.database().number(waiting, &[]) >= 4, "they were not just given up before");
}

fn keys_that_are_too_small_or_too_large_are_no_keys() {
    const USUAL: &[u8] = &[1, 0, 1];
    assert!(PublicKey::from_pem(&pem(2_048, USUAL)).is_ok(), "the form is right");
    assert!(PublicKey::from_pem(&pem(8_192, USUAL)).is_ok());
    for bits in [0, 8, 512, 1_024, 16_384, 65_536, 524_288] {
        assert!(PublicKey::from_pem(&pem(bits, USUAL)).is_err(), "{bits} bits");
        assert!(PublicKey::from_der(&public_key(bits, USUAL)).is_err(), "{bits} bits");
    }
    for exponent in [&[][..], &[0], &[1], &[2], &[0x7f; 64], &[0x7f; 256]] {
        assert!(PublicKey::from_pem(&pem(2_048, exponent)).is_err(), "{exponent:?}");
    }
}

fn a_person_with_a_key_that_is_none_is_not_found() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let path = format!("/hcard/users/{}", far.person("dora"));
    let client = crate::support::http::Client::new(&far.url());
    let card = client.get(&path).text();
    let (start, end) = (card.find("-----BEGIN").expect("a key"), card.find("-----END").expect("its end"));
    let large = pem(65_536, &[1, 0, 1]);
    let absurd = format!("{}{large}{}", &card[..start], &card[end + "-----END PUBLIC KEY-----".len()..]);
    far.answers(&path, "text/html", &absurd);
    let (guid, xml) = far.post("dora", "who am I?");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    until("the card to be asked for", || far.asked().contains(&path).then_some(()));
    let person = || pod.database().number("select count(*) from people where guid = ?", &[&far.person("dora")]);
    until("the search to end", || (pod.database().number("select count(*) from needs", &[]) == 0).then_some(()));
    assert_eq!((person(), posts(&pod, &guid)), (0, 0));
}

/// Somebody who is found under one address and says that everything else is at another.
fn jrd(far: &Double, hcard: &str, seed: &str) -> String {
    let link = |rel: &str, href: &str| serde_json::json!({ "rel": rel, "type": "text/html", "href": href });
    let links =
        [link("http://microformats.org/profile/hcard", hcard), link("http://joindiaspora.com/seed_location", seed)];
    serde_json::json!({ "subject": format!("acct:{}", far.handle("dora")), "links": links }).to_string()
}

const WEBFINGER: &str = "/.well-known/webfinger";
const JSON: &str = "application/jrd+json";

fn a_pod_that_says_it_is_another_is_not_believed() {
    let pod = TestPod::new("alice");
    let other = Double::heard_of(&pod);
    for seed in [other.url(), other.url().replace("127.0.0.1", "localhost")] {
        let far = Double::new(&["dora"]);
        let card = format!("{}/hcard/users/{}", far.url(), far.person("dora"));
        far.answers(WEBFINGER, JSON, &jrd(&far, &card, &seed));
        let (guid, xml) = far.post("dora", "out of your reach");
        assert_eq!(far.says("dora", &pod, &xml), 202);
        let refused = format!("the address of {}'s pod cannot be used", far.handle("dora"));
        until(&refused, || pod.log().contains(&refused).then_some(()));
        let known = pod.database().number("select count(*) from people where handle = ?", &[&far.handle("dora")]);
        assert_eq!((known, posts(&pod, &guid)), (0, 0), "{seed}");
    }
}

fn nobody_sends_the_pod_to_a_private_address() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let refused = |what: &str| {
        let said = |line: &str| line.contains(what) && line.contains(": not on the internet");
        until(&format!("the pod to refuse {what}: {}", pod.log()), || pod.log().lines().any(said).then_some(()));
    };
    // A look-up that is led on, a card elsewhere, a pod elsewhere.
    let away: Vec<Double> = (0..3).map(|_| Double::new(&["dora"])).collect();
    let asked = format!("{WEBFINGER}?resource=acct:{}", away[0].handle("dora"));
    away[0].points(&asked, 302, "http://10.0.0.1/webfinger");
    away[1].answers(WEBFINGER, JSON, &jrd(&away[1], "http://169.254.169.254/latest/meta-data/", &away[1].url()));
    let card = format!("{}/hcard/users/{}", away[2].url(), away[2].person("dora"));
    away[2].answers(WEBFINGER, JSON, &jrd(&away[2], &card, "http://192.168.1.1/"));
    for far in &away {
        let (_, xml) = far.post("dora", "who am I?");
        assert_eq!(far.says("dora", &pod, &xml), 202);
    }
    refused(&format!("person {}", away[0].handle("dora")));
    refused(&format!("person {}", away[1].handle("dora")));
    // The third is nobody: their pod is not where their ID says.
    let nobody = format!("the address of {}'s pod cannot be used", away[2].handle("dora"));
    until(&nobody, || pod.log().contains(&nobody).then_some(()));
    // A post that is fetched, a page that is looked at, a picture that is shown.
    let far = Double::heard_of(&pod);
    let missing = guid();
    far.points(&format!("/fetch/post/{missing}"), 302, "http://172.16.0.1/post");
    let reshare = [
        ("author", far.handle("dora")),
        ("guid", guid()),
        ("created_at", "2026-01-02T03:04:05Z".to_owned()),
        ("root_author", far.handle("dora")),
        ("root_guid", missing.clone()),
    ];
    let reshare: Vec<(&str, &str)> = reshare.iter().map(|(name, text)| (*name, text.as_str())).collect();
    far.says("dora", &pod, &entity("reshare", &reshare));
    refused(&format!("post {missing}"));
    far.points("/led-on", 302, "http://127.0.0.1@192.168.1.1/");
    for link in ["http://10.0.0.1/router", "http://[fe80::1]/", &format!("{}/led-on", far.url())] {
        let post = alice.posts(&format!("look: {link}"));
        until("the page to be looked at", || {
            (pod.database().number("select count(*) from needs where need like 'link %'", &[]) == 0).then_some(())
        });
        assert!(!alice.thread(&post).html.contains("class=\"link\""), "{link}");
    }
    let picture = alice.posts("![a picture](http://10.0.0.1/x.png)");
    let shown = alice.thread(&picture).attributes("img", "src");
    let proxied = shown.iter().find(|src| src.starts_with("/proxy/")).expect("through the proxy");
    assert_eq!(alice.client.get(proxied).status, 404);
}
