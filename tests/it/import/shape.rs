//! An archive in the shape that diaspora* writes, member by member, with keys of its own.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use pappus::federation::diaspora::crypto::{PrivateKey, PublicKey, decode_base64};
use pappus::federation::diaspora::{Entity, envelope};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::material;
use crate::support::double::{Double, guid};
use crate::support::pod::{TestPod, test_key};
use crate::support::trials;
use crate::support::wait::until;

trials![
    an_archive_as_diaspora_writes_it_is_brought_in_and_the_move_is_signed_with_both_keys,
    an_archive_of_a_pod_that_is_gone_is_brought_in_too,
    a_move_goes_on_where_the_plug_was_pulled,
    a_large_archive_takes_little_memory,
];

/// A pod of diaspora* with Dora, who moves, and her friend Dan.
pub struct Old {
    pub pod: Double,
    pub archive: Value,
}

pub fn entity(kind: &str, data: Value) -> Value {
    json!({ "entity_type": kind, "entity_data": data })
}

impl Old {
    pub fn new() -> Old {
        let pod = Double::new(&["dora", "dan"]);
        let (dora, dan) = (pod.handle("dora"), pod.handle("dan"));
        // Dora has a key of her own.
        let key = material("keys/alice.2048.public.pem");
        let hcard = format!(
            "<html><body><dl class=\"vcard\"><dd class=\"uid\">{}</dd><dd class=\"nickname\">dora</dd>\
             <dd class=\"fn\">Dora</dd><dd class=\"searchable\">true</dd><dd><pre class=\"key\">{key}</pre></dd>\
             {}</dl></body></html>",
            pod.person("dora"),
            ["photo", "photo_medium", "photo_small"]
                .map(|size| format!("<dd class=\"entity_{size}\"><img class=\"photo\" src=\"/{size}.png\"></dd>"))
                .concat()
        );
        pod.answers(&format!("/hcard/users/{}", pod.person("dora")), "text/html", &hcard);
        let archive = json!({
            "user": {
                "username": "dora",
                "email": "dora@example.org",
                "language": "en",
                "private_key": material("keys/alice.2048.private.pem"),
                "disable_mail": false,
                "show_community_spotlight_in_stream": true,
                "auto_follow_back": true,
                "auto_follow_back_aspect": "Bekannte",
                "profile": entity("profile", json!({
                    "author": dora, "first_name": "Dora", "last_name": "", "image_url": format!("{}/uploads/images/thumb_large_0123456789abcdef0123.jpg", pod.url()),
                    "bio": "I *write*", "birthday": "1984-02-29", "gender": "", "location": "", "searchable": true,
                    "public": false, "nsfw": false, "tag_string": "#seed #tree", "edited_at": "2020-01-01T00:00:00Z",
                })),
                "contact_groups": [{ "name": "Familie" }, { "name": "Bekannte" }],
                "contacts": [{
                    "sharing": true, "receiving": true, "following": true, "followed": true, "account_id": dan,
                    "person_guid": pod.person("dan"), "person_name": "Dan", "public_key": "", "contact_groups_membership": ["Bekannte"],
                }],
                "posts": [], "relayables": [], "followed_tags": ["seed", "tree"], "post_subscriptions": [guid()], "blocks": [],
            },
            "others_data": { "relayables": [] },
            "version": "2.0",
        });
        Old { pod, archive }
    }

    /// A post of Dora's; its GUID.
    pub fn post(&mut self, text: &str, more: Value) -> String {
        let post = guid();
        let mut data = json!({
            "author": self.pod.handle("dora"), "guid": post, "created_at": "2019-03-04T05:06:07Z", "public": true,
            "text": text, "photos": [],
        });
        data.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        let mut thing = entity("status_message", data);
        thing["subscribed_pods_uris"] = json!([self.pod.url()]);
        self.list("posts").push(thing);
        post
    }

    pub fn list(&mut self, name: &str) -> &mut Vec<Value> {
        self.archive["user"][name].as_array_mut().expect("a list")
    }

    /// A comment of Dan's under a post of Dora's, signed; its GUID.
    pub fn comment_of_dan(&mut self, post: &str, text: &str) -> String {
        let comment = guid();
        let author = self.pod.handle("dan");
        // diaspora* keeps the order in which it was signed.
        let signature = self.pod.signature(&[author.as_str(), &comment, post, text, "2019-03-05T00:00:00Z"].join(";"));
        let mut thing = entity(
            "comment",
            json!({
                "author": author, "guid": comment, "parent_guid": post, "text": text,
                "created_at": "2019-03-05T00:00:00Z", "author_signature": signature,
            }),
        );
        thing["property_order"] = json!(["author", "guid", "parent_guid", "text", "created_at"]);
        self.archive["others_data"]["relayables"].as_array_mut().expect("a list").push(thing);
        comment
    }

    /// A comment of Dora's own, as it stands in her archive: without a signature.
    pub fn comment_of_dora(&mut self, post: &str, text: &str) {
        let data = json!({
            "author": self.pod.handle("dora"), "guid": guid(), "parent_guid": post, "text": text,
            "created_at": "2019-03-06T00:00:00Z",
        });
        let mut thing = entity("comment", data);
        thing["property_order"] = json!(["author", "guid", "parent_guid", "text", "created_at"]);
        self.list("relayables").push(thing);
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.archive.to_string().into_bytes()
    }

    pub fn gzip(&self) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&self.bytes()).expect("packed");
        gzip.finish().expect("packed")
    }
}

fn an_archive_as_diaspora_writes_it_is_brought_in_and_the_move_is_signed_with_both_keys() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let mut old = Old::new();
    let (dora, dan) = (old.pod.handle("dora"), old.pod.handle("dan"));
    let (poll, yes, photo) = (guid(), guid(), guid());
    let post = old.post(
        "with more",
        json!({
            "photos": [entity("photo", json!({
                "guid": photo, "author": dora, "public": true, "created_at": "2019-03-04T05:06:07Z",
                "remote_photo_path": format!("{}/uploads/images/", old.pod.url()), "remote_photo_name": "0123456789abcdef9876.jpg",
                "status_message_guid": null, "height": 40, "width": 60, "text": null,
            }))],
            "location": entity("location", json!({ "address": "Under the tree", "lat": "48.1", "lng": "11.5" })),
            "poll": entity("poll", json!({
                "guid": poll, "question": "Which?", "poll_answers": [
                    entity("poll_answer", json!({ "guid": yes, "answer": "this" })),
                    entity("poll_answer", json!({ "guid": guid(), "answer": "that" })),
                ],
            })),
            "provider_display_name": "mobile",
        }),
    );
    old.comment_of_dora(&post, "my own words");
    old.comment_of_dan(&post, "words of dan");
    let forged = old.comment_of_dan(&post, "words that dan never said");
    let last = old.archive["others_data"]["relayables"].as_array_mut().and_then(|list| list.last_mut());
    last.expect("the comment")["entity_data"]["text"] = json!("words in his mouth");
    old.archive["user"]["language"] = json!("de");
    let answer = anna.brings(&old.gzip(), &[]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let said = anna.is_in();
    // The forged comment, and the subscription to a post that is not here; in the language of the archive.
    assert!(said.contains("2 Einträge fehlen"), "{said}");
    let database = pod.database();
    let thread = anna.thread(&post);
    for text in ["with more", "Under the tree", "Which?", "my own words", "words of dan"] {
        assert!(thread.html.contains(text), "{text}: {}", thread.html);
    }
    assert_eq!(database.number("select count(*) from comments where guid = ?", &[&forged]), 0);
    assert_eq!(database.number("select created_at from posts where guid = ?", &[&post]), 1_551_675_967);
    assert_eq!(database.text("select provider from posts where guid = ?", &[&post]).as_deref(), Some("mobile"));
    let follow_back = "select a.name from users u join aspects a on a.id = u.follow_back";
    assert_eq!(database.text(follow_back, &[]).as_deref(), Some("Bekannte"));
    let shared = "select a.name from aspect_members m join aspects a on a.id = m.aspect join people p on p.id = m.person where p.handle = ?";
    assert_eq!(database.text(shared, &[&dan]).as_deref(), Some("Bekannte"));
    old.pod.hears("contact", &dan);
    let letter = old.pod.hears("account_migration", &anna.handle());
    assert_eq!((letter.door.as_str(), letter.sender.as_str()), ("public", dora.as_str()), "the old identity sends it");
    let Ok(Entity::AccountMigration(moved)) = Entity::parse(letter.xml.as_bytes()) else { panic!("{}", letter.xml) };
    assert_eq!((moved.old_id().as_str(), moved.new_id().as_str()), (dora.as_str(), anna.handle().as_str()));
    assert_eq!(moved.remote_photo_path, None, "no photos came along");
    let signature = decode_base64(&moved.signature.clone().expect("a signature")).expect("base64");
    let new_key = test_key().public().expect("a public key");
    assert_eq!(new_key.verify(moved.signed_text().as_bytes(), &signature), Ok(()), "the new key signs the text");
    let sent = database.text("select envelope from imports", &[]).expect("an envelope");
    let old_key = PublicKey::from_pem(&material("keys/alice.2048.public.pem")).expect("a key");
    let opened = envelope::parse(sent.as_bytes()).expect("an envelope").open(&old_key);
    assert!(opened.is_ok(), "the old key signs the envelope");
    assert!(PrivateKey::from_pem(&material("keys/alice.2048.private.pem")).is_ok());
}

fn an_archive_of_a_pod_that_is_gone_is_brought_in_too() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let mut old = Old::new();
    let friend = Double::new(&["fred"]);
    old.list("contacts")[0]["account_id"] = json!(friend.handle("fred"));
    let post = old.post("from a pod that is gone", json!({}));
    old.pod.is_away(true);
    anna.brings(&old.bytes(), &[]);
    let said = anna.is_in();
    assert!(said.contains("You moved in"), "{said}");
    assert_eq!(anna.thread(&post).status, 200);
    // Whoever knew Dora proves it by themselves.
    friend.hears("account_migration", &old.pod.handle("dora"));
    pod.add_user("mallory");
    let mallory = pod.user("mallory");
    mallory.brings(&old.bytes(), &[]);
    assert!(mallory.is_in().contains("lives on as somebody else already"));
}

fn a_move_goes_on_where_the_plug_was_pulled() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let mut old = Old::new();
    let posts: Vec<String> = (0..1_500).map(|number| old.post(&format!("post {number}z"), json!({}))).collect();
    for post in &posts[..300] {
        old.comment_of_dora(post, "my own words");
        old.comment_of_dan(post, "words of dan");
    }
    anna.brings(&old.gzip(), &[]);
    // In the looking, in the middle of the posts, in the middle of the comments.
    for (step, through) in [("judge", 0), ("posts", 300), ("others", 1_900)] {
        let sql = "select through from imports where step not in ('done', 'refused')";
        until(step, || {
            let database = pod.database();
            let over = database.number("select count(*) from imports where ended_at is not null", &[]) == 1;
            (over || database.number(sql, &[]) >= through).then_some(())
        });
        pod.signal(Signal::KILL);
        pod.has_ended_well();
        pod.start();
    }
    let said = anna.is_in();
    assert!(said.contains("You moved in"), "{said}");
    let database = pod.database();
    assert_eq!(database.number("select count(*) from posts", &[]), 1_500);
    assert_eq!(database.number("select count(*) from comments", &[]), 600);
    let through = database.number("select through = total - 1 or through = total from imports", &[]);
    assert_eq!(through, 1, "nothing is counted twice");
    old.pod.hears("account_migration", &anna.handle());
    super::nothing_lies_about(&pod);
    pod.stop();
    let checked = pod.command(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

fn a_large_archive_takes_little_memory() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let old = Old::new();
    let idle = pod.status("VmHWM");
    // 100 MB: 2,000 posts of 50 kB, written as a stream into one list.
    let whole = old.archive.to_string();
    let (head, tail) = whole.split_once("\"posts\":[]").expect("the list of posts");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    write!(gzip, "{head}\"posts\":[").expect("packed");
    let text = "seed ".repeat(10_000);
    for number in 0..2_000 {
        let data = json!({
            "author": old.pod.handle("dora"), "guid": guid(), "created_at": "2019-03-04T05:06:07Z", "public": true,
            "text": format!("{number} {text}"), "photos": [],
        });
        let comma = if number == 0 { "" } else { "," };
        write!(gzip, "{comma}{}", entity("status_message", data)).expect("packed");
    }
    write!(gzip, "]{tail}").expect("packed");
    anna.brings(&gzip.finish().expect("packed"), &[]);
    let sql = "select count(*) from imports where step = 'done'";
    crate::support::wait::within(std::time::Duration::from_secs(240), "the archive to be brought in", || {
        (pod.database().number(sql, &[]) == 1).then_some(())
    });
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 2_000);
    let grown = pod.status("VmHWM").saturating_sub(idle);
    assert!(grown < 24 << 10, "100 MB took {grown} KiB more than idling");
}
