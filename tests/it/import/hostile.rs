//! What must not come in: wrong, huge and hostile archives get a sentence and change nothing.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use pappus::federation::archive::zip;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::material;
use super::shape::{Old, entity};
use crate::support::double::{Double, guid};
use crate::support::picture::png;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![
    what_is_no_archive_gets_a_sentence_and_changes_nothing,
    an_archive_with_somebody_elses_key_or_things_is_refused,
    an_archive_of_oneself_is_refused,
    bombs_are_not_unpacked,
    hostile_zip_files_of_photos_do_no_harm,
    a_picture_like_one_in_the_bank_comes_in_held,
    nobody_brings_an_archive_without_signing_in_or_with_a_forged_form,
    the_shell_says_why_an_archive_is_refused,
];

/// The sentence for an archive that is refused; it must leave everything as it was.
fn refused(anna: &User, archive: &[u8], photos: &[&[u8]]) -> String {
    let before = super::counted(anna.pod);
    anna.brings(archive, photos);
    let said = anna.is_in();
    assert!(said.contains("Nothing was changed."), "{said}");
    let after = super::counted(anna.pod);
    // Besides the note that it was tried.
    let same = before.iter().zip(&after).enumerate().all(|(at, (before, after))| at == 12 || before == after);
    assert!(same, "{before:?} became {after:?}");
    super::nothing_lies_about(anna.pod);
    said
}

fn gzipped(parts: &[(&[u8], usize)]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    for (part, times) in parts {
        for _ in 0..*times {
            gzip.write_all(part).expect("packed");
        }
    }
    gzip.finish().expect("packed")
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::Writer::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.add(name, *content).expect("packed");
    }
    zip.finish().expect("packed").into_inner()
}

fn what_is_no_archive_gets_a_sentence_and_changes_nothing() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let old = Old::new();
    let whole = old.gzip();
    for (archive, sentence) in [
        (b"hello".to_vec(), "damaged"),
        (b"{}".to_vec(), "another version"),
        (b"[1,2".to_vec(), "damaged"),
        (b"{\"user\":{\"posts\":[[[[".to_vec(), "damaged"),
        (format!("{{\"user\":{{\"posts\":{}", "[".repeat(100_000)).into_bytes(), "damaged"),
        (format!("{{\"new\":{}", "{\"a\":".repeat(100_000)).into_bytes(), "damaged"),
        (b"\x1f\x8b\x08\x00nonsense".to_vec(), "damaged"),
        (whole[..whole.len() - 9].to_vec(), "damaged"),
        (whole[..whole.len() / 2].to_vec(), "damaged"),
        (b"PK\x03\x04nonsense".to_vec(), "no archive"),
        (zipped(&[("readme.txt", b"hello")]), "no archive"),
        (zipped(&[("a.json", b"hello")]), "damaged"),
        (br#"{"version":"1.0","user":{}}"#.to_vec(), "another version"),
        (br#"{"version":"2.0","user":{"username":"dora"}}"#.to_vec(), "lacks the key"),
    ] {
        let said = refused(&anna, &archive, &[]);
        assert!(said.contains(sentence), "{:?}: {said}", String::from_utf8_lossy(&archive[..archive.len().min(40)]));
    }
    let answer = anna.client.submit_files(&anna.page("/settings/archive"), "/settings/archive/import", &[], &[]);
    assert_eq!(answer.status, 422);
    assert!(refused(&anna, &whole, &[b"no zip"]).contains("no zip file"));
    // After all that the right one comes in.
    anna.brings(&whole, &[]);
    assert!(anna.is_in().contains("You moved in"));
}

fn an_archive_with_somebody_elses_key_or_things_is_refused() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    // A post that is here already, of somebody else.
    let far = Double::new(&["fred"]);
    far.shares_with("fred", &pod, "anna");
    until("fred to share with anna", || anna.is_shared_with_by(&far.handle("fred")).then_some(()));
    let (theirs, xml) = far.post("fred", "this is mine");
    assert_eq!(far.says("fred", &pod, &xml), 202);
    let sql = "select count(*) from posts where guid = ?";
    until("the post of fred", || (pod.database().number(sql, &[&theirs]) == 1).then_some(()));
    super::queue_is_empty(&pod);

    let mut old = Old::new();
    old.archive["user"]["private_key"] = json!(material("keys/mallory.2048.private.pem"));
    assert!(refused(&anna, &old.bytes(), &[]).contains("not the key of its account"));

    let mut old = Old::new();
    old.post("claimed", json!({ "author": old.pod.handle("dan") }));
    assert!(refused(&anna, &old.bytes(), &[]).contains("somebody else wrote"));

    let mut old = Old::new();
    let post = old.post("mine", json!({}));
    old.comment_of_dora(&post, "claimed");
    old.list("relayables")[0]["entity_data"]["author"] = json!(old.pod.handle("dan"));
    assert!(refused(&anna, &old.bytes(), &[]).contains("somebody else wrote"));

    let mut old = Old::new();
    old.post("claimed", json!({ "guid": theirs }));
    assert!(refused(&anna, &old.bytes(), &[]).contains("somebody else wrote"));
    assert_eq!(anna.thread(&theirs).post("this is mine").map(|post| post.guid), Some(theirs));

    let mut old = Old::new();
    old.archive["user"]["profile"]["entity_data"]["author"] = json!(far.handle("fred"));
    assert!(refused(&anna, &old.bytes(), &[]).contains("not the key of its account"));
}

fn an_archive_of_oneself_is_refused() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let own = anna.submit("/settings/archive/export", &[("password", PASSWORD)]).body;
    assert!(refused(&anna, &own, &[]).contains("signed in with"));
}

fn bombs_are_not_unpacked() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let idle = pod.status("VmHWM");
    let zeros = vec![0; 1 << 20];
    let spaces = vec![b' '; 1 << 20];
    let letters = vec![b'a'; 1 << 20];
    for (bomb, sentence) in [
        (gzipped(&[(&zeros, 300)]), "damaged"),
        (gzipped(&[(b"{\"user\":{\"posts\":[\"", 1), (&letters, 300)]), "too large"),
        (gzipped(&[(b"{\"user\":{\"posts\":[", 1), (&spaces, 300)]), "too large"),
        (gzipped(&[(b"{\"new\":\"", 1), (&letters, 300)]), "too large"),
        (gzipped(&[(b"{\"", 1), (&letters, 300)]), "too large"),
        (zipped(&[("a.json.gz", &gzipped(&[(b"{\"user\":{\"private_key\":\"", 1), (&letters, 300)]))]), "too large"),
    ] {
        let said = refused(&anna, &bomb, &[]);
        assert!(said.contains(sentence), "{said}");
    }
    let grown = pod.status("VmHWM").saturating_sub(idle);
    assert!(grown < 24 << 10, "bombs took {grown} KiB");
    // Two gigabytes are claimed, and never come.
    let mut claim = zipped(&[("a.json", b"{}")]);
    let at = claim.windows(4).rposition(|four| four == b"PK\x01\x02").expect("the list") + 20;
    claim[at..at + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]);
    assert!(refused(&anna, &claim, &[]).contains("no archive"));
}

fn hostile_zip_files_of_photos_do_no_harm() {
    let pod = TestPod::new("anna");
    pod.add_user("bob");
    let (anna, bob) = (pod.user("anna"), pod.user("bob"));
    let fields = [("text", "of bob"), ("audience", "public")];
    bob.client.submit_files(&bob.page("/settings"), "/posts", &fields, &[("photos", &png(60, 40, false))]);
    let bobs = pod.database().text("select name from photos", &[]).expect("the photo of bob");
    let before = bob.client.get(&format!("/uploads/images/{bobs}")).body;
    let mut old = Old::new();
    let dora = old.pod.handle("dora");
    let path = format!("{}/uploads/images/", old.pod.url());
    let names = [
        bobs.as_str(),
        "0123456789abcdef0001.jpg",
        "0123456789abcdef0002.png",
        "../../../pappus.db",
        "0123456789abcdef0003.gif",
    ];
    let photo = |name: &&str| {
        entity(
            "photo",
            json!({
                "guid": guid(), "author": dora, "public": true, "created_at": "2019-03-04T05:06:07Z",
                "remote_photo_path": path, "remote_photo_name": name,
            }),
        )
    };
    let photos: Vec<_> = names.iter().map(photo).collect();
    old.post("with photos", json!({ "photos": photos }));
    let picture = png(60, 40, false);
    let zip = zipped(&[
        (&bobs, &picture),
        ("../../../../etc/0123456789abcdef0001.jpg", &picture),
        ("a\\..\\0123456789abcdef0002.png", b"no picture"),
        ("../../../pappus.db", &picture),
        ("0123456789abcdef0003.gif", &picture),
        ("0123456789abcdef0001.jpg", b"again"),
        ("again/0123456789abcdef0002.png", &picture),
    ]);
    anna.brings(&old.bytes(), &[&zip]);
    let said = anna.is_in();
    assert!(said.contains("You moved in"), "{said}");
    assert_eq!(bob.client.get(&format!("/uploads/images/{bobs}")).body, before, "bob's photo is bob's");
    let here = pod.database().texts("select name from photos where here order by id");
    // Bob's, and three of five: one was no picture when it was tried, one had no name that a picture can have.
    assert_eq!(here.len(), 4, "{here:?}");
    assert!(here.contains(&"0123456789abcdef0001.jpg".to_owned()), "{here:?}");
    for name in &here {
        assert_eq!(anna.client.get(&format!("/uploads/images/{name}")).status, 200, "{name}");
    }
    pod.stop();
    assert!(pod.command(&["check"]).status.success());
}

fn a_picture_like_one_in_the_bank_comes_in_held() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let picture = png(60, 40, false);
    let hash: String = Sha256::digest(&picture).iter().map(|byte| format!("{byte:02x}")).collect();
    let list = pod.file("list.txt", &format!("{hash}\n"));
    let done = pod.command(&["bank", "import", &list, "--ground", "rules", "--kind", "sha256"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut old = Old::new();
    let name = "0123456789abcdef0001.png";
    let photo = entity(
        "photo",
        json!({
            "guid": guid(), "author": old.pod.handle("dora"), "public": true, "created_at": "2019-03-04T05:06:07Z",
            "remote_photo_path": format!("{}/uploads/images/", old.pod.url()), "remote_photo_name": name,
        }),
    );
    let post = old.post("look", json!({ "photos": [photo] }));
    anna.brings(&old.bytes(), &[&zipped(&[(name, &picture)])]);
    assert!(anna.is_in().contains("You moved in"));
    assert_eq!(pod.database().number("select held from every_photo where name = ?", &[&name]), 1);
    assert!(!anna.thread(&post).html.contains(name));
}

fn nobody_brings_an_archive_without_signing_in_or_with_a_forged_form() {
    let pod = TestPod::new("anna");
    let anna = pod.user("anna");
    let stranger = pod.visitor();
    let files: [(&str, &[u8]); 1] = [("archive", b"{}")];
    let answer = stranger.submit_files(&stranger.page("/login"), "/settings/archive/import", &[], &files);
    assert_eq!(answer.status, 303);
    let elsewhere = stranger.page("/login");
    let answer = anna.client.submit_files(&elsewhere, "/settings/archive/import", &[], &files);
    assert_eq!(answer.status, 403);
    assert_eq!(pod.database().number("select count(*) from imports", &[]), 0);
}

fn the_shell_says_why_an_archive_is_refused() {
    let pod = TestPod::new("anna");
    let file = pod.file("archive.json", "{\"version\":\"1.0\"}");
    let done = pod.command(&["import", &file, "--user", "anna"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        !done.status.success() && said.contains("not of version 2.0") && said.contains("nothing was changed"),
        "{said}"
    );
    let done = pod.command(&["import", "none.json", "--user", "anna"]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("none.json"));
    assert!(!pod.command(&["import", &file]).status.success(), "who moves in must be said");
}
