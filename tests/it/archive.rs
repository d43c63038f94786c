//! Moving house: all that a person has as an archive of diaspora*, taken along and brought in.

use std::io::{Read, Write};
use std::net::TcpStream;

use flate2::read::GzDecoder;
use pappus::web::door::Errand;
use pappus::web::{Method, errand};
use serde_json::Value;

use crate::support::double::Double;
use crate::support::picture::png;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![
    an_archive_holds_all_that_a_person_has,
    an_archive_is_only_given_to_who_knows_the_password,
    pictures_come_as_a_zip_file,
    one_zip_file_of_pictures_is_under_way_at_a_time,
    the_shell_writes_the_same_archive,
];

impl User<'_> {
    /// The own archive, as the page gives it.
    fn archive(&self) -> Vec<u8> {
        let answer = self.submit("/settings/archive/export", &[("password", PASSWORD)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.header("content-disposition").contains("alice_data.json.gz"), "{:?}", answer.headers);
        answer.body
    }
}

/// What is in an archive.
fn unpacked(gzip: &[u8]) -> Value {
    let mut text = String::new();
    GzDecoder::new(gzip).read_to_string(&mut text).expect("it is gzipped text");
    serde_json::from_str(&text).expect("it is JSON")
}

/// Alice shares with Dora, and both did something under a post of Alice's.
fn lively(pod: &TestPod, far: &Double) -> String {
    let alice = pod.user("alice");
    far.shares_with("dora", pod, "alice");
    until("dora to share", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    alice.shares_with(&far.handle("dora"));
    let post = alice.posts("a #seed for everybody");
    alice.posts_to("all", "a seed for some");
    alice.likes(&post);
    alice.comments(&post, "my own words");
    let (_, comment) = far.comment("dora", &post, "words of dora");
    assert_eq!(far.says("dora", pod, &comment), 202);
    alice.sees_comment(&post, "words of dora");
    alice.does("/followed_tags", &[("tag", "seed")]);
    post
}

fn an_archive_holds_all_that_a_person_has() {
    let (pod, far) = (TestPod::new("alice"), Double::new(&["dora"]));
    let post = lively(&pod, &far);
    let archive = unpacked(&pod.user("alice").archive());
    assert_eq!(archive["version"], "2.0");
    let user = &archive["user"];
    assert_eq!(user["username"], "alice");
    assert!(user["private_key"].as_str().is_some_and(|key| key.starts_with("-----BEGIN PRIVATE KEY-----")));
    assert_eq!(user["profile"]["entity_type"], "profile");
    assert_eq!(user["profile"]["entity_data"]["author"], pod.handle("alice"));
    assert_eq!(user["contact_groups"][0]["name"], "Family");
    assert_eq!(user["contacts"][0]["account_id"], far.handle("dora"));
    assert_eq!(user["contacts"][0]["contact_groups_membership"][0], "Family");
    assert_eq!((&user["contacts"][0]["sharing"], &user["contacts"][0]["receiving"]), (&true.into(), &true.into()));
    assert_eq!(user["followed_tags"][0], "seed");
    let posts = user["posts"].as_array().expect("a list");
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[0]["entity_data"]["guid"], post.as_str());
    assert_eq!(posts[0]["entity_data"]["public"], true);
    assert_eq!(posts[0]["subscribed_pods_uris"][0], far.url());
    assert_eq!(posts[1]["subscribed_users_ids"][0], far.handle("dora"));
    let own = user["relayables"].as_array().expect("a list");
    let kinds: Vec<&Value> = own.iter().map(|thing| &thing["entity_type"]).collect();
    assert_eq!(kinds, ["comment", "like"]);
    assert!(own.iter().all(|thing| thing["entity_data"]["author_signature"].is_null()), "{own:?}");
    let others = archive["others_data"]["relayables"].as_array().expect("a list");
    assert_eq!(others.len(), 1);
    let data = &others[0]["entity_data"];
    let order: Vec<&str> =
        others[0]["property_order"].as_array().expect("an order").iter().flat_map(Value::as_str).collect();
    assert_eq!(order, ["author", "guid", "parent_guid", "text", "created_at"]);
    let signed: Vec<&str> = order.iter().flat_map(|name| data[name].as_str()).collect();
    assert_eq!(data["author_signature"], far.signature(&signed.join(";")));
}

fn an_archive_is_only_given_to_who_knows_the_password() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let answer = alice.submit("/settings/archive/export", &[("password", "a guess of mine")]);
    assert_eq!(answer.status, 403);
    assert!(!answer.text().contains("PRIVATE KEY"));
    assert_eq!(pod.visitor().get("/settings/archive").status, 303);
    assert_eq!(pod.visitor().get("/settings/archive/photos/1").status, 303);
}

/// Posts a picture; returns the name of its file.
fn posts_picture(alice: &User, text: &str) -> String {
    let fields = [("text", text), ("audience", "public")];
    let answer =
        alice.client.submit_files(&alice.page("/settings"), "/posts", &fields, &[("photos", &png(60, 40, false))]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let sql = "select h.name from photos h join posts p on p.id = h.post where p.text = ?";
    alice.pod.database().text(sql, &[&text]).expect("the picture is stored")
}

fn pictures_come_as_a_zip_file() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let name = posts_picture(&alice, "look");
    assert!(alice.page("/settings/archive").html.contains("/settings/archive/photos/1"));
    let zip = alice.client.get("/settings/archive/photos/1");
    assert_eq!((zip.status, zip.header("content-type")), (200, "application/zip"));
    let file = alice.client.get(&format!("/uploads/images/{name}")).body;
    let found = zip.body.windows(file.len()).any(|window| window == file);
    assert!(found && zip.body.windows(name.len()).any(|window| window == name.as_bytes()));
    assert_eq!(alice.client.get("/settings/archive/photos/2").status, 404);
}

fn one_zip_file_of_pictures_is_under_way_at_a_time() {
    const ZIP: &str = "/settings/archive/photos/1";
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let name = posts_picture(&alice, "look");
    let shelves = std::fs::read_dir(pod.data().join("photos")).expect("pictures").flatten();
    let file = shelves.map(|shelf| shelf.path().join(&name)).find(|path| path.exists()).expect("the picture");
    // More than lies between the pod and who does not read.
    std::fs::write(&file, vec![7; 24 << 20]).expect("a larger one");
    let session = alice.client.cookie("session").expect("a session");
    let asks = |method: &str| {
        let mut socket = TcpStream::connect(pod.host()).expect("a connection");
        let head = format!("{method} {ZIP} HTTP/1.1\r\nHost: {}\r\nCookie: session={session}\r\n\r\n", pod.host());
        socket.write_all(head.as_bytes()).expect("the pod listens");
        let mut begin = [0; 12];
        socket.read_exact(&mut begin).expect("an answer");
        (String::from_utf8_lossy(&begin).into_owned(), socket)
    };
    assert_eq!(asks("HEAD").0, "HTTP/1.1 405", "none is made for who wants to know how long it is");
    let (answer, socket) = asks("GET");
    assert_eq!(answer, "HTTP/1.1 200");
    let other = alice.client.get(ZIP);
    assert!(other.status == 429 && other.text().contains("on its way"), "{} {}", other.status, other.text());
    drop(socket);
    std::fs::write(&file, [7]).expect("a small one");
    until("the one that nobody takes to be let go", || (alice.client.get(ZIP).status == 200).then_some(()));
    assert_eq!(alice.client.get(ZIP).status, 200, "the one before has arrived");
    assert_eq!(errand(Method::Get, ZIP, 0), Some(Errand::Heavy));
}

fn the_shell_writes_the_same_archive() {
    let (pod, far) = (TestPod::new("alice"), Double::new(&["dora"]));
    lively(&pod, &far);
    posts_picture(&pod.user("alice"), "look");
    let folder = pod.data().join("out");
    std::fs::create_dir(&folder).expect("a folder");
    let done = pod.command(&["export", "alice", "--to", &folder.display().to_string()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let written = std::fs::read(folder.join("alice_data.json.gz")).expect("the archive is there");
    assert_eq!(unpacked(&written), unpacked(&pod.user("alice").archive()));
    assert!(folder.join("alice_photos_1.zip").exists());
    assert!(!pod.command(&["export", "nobody", "--to", "x"]).status.success());
}
