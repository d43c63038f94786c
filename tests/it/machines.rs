//! What could differ from one kind of machine to another: arithmetic, the order of bytes, pictures. With
//! `PAPPUS_TEST_PROGRAM` (see `cross/test`) one side of each trial is a program for another machine, the other side is native.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pappus::federation::diaspora::{PrivateKey, PublicKey};
use pappus::model::Timestamp;
use pappus::store::{self, Store};

use crate::support::picture::{gif, jpeg, jpeg_from_camera, png, scene, webp};
use crate::support::pod::TestPod;
use crate::support::secure::SecureSite;
use crate::support::tools::OPENSSL;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::{until, within};

trials![OPENSSL;
    people_on_two_kinds_of_machine_read_each_other,
    a_database_of_another_machine_is_sound_here,
    a_password_that_another_program_hashed_is_the_right_one,
    what_another_program_sealed_is_opened,
    what_is_signed_on_one_kind_of_machine_is_genuine_on_another,
    a_key_that_is_made_on_another_machine_fits_here,
    pictures_are_the_same_to_the_bit_on_every_machine,
    a_page_is_asked_securely_and_only_of_whom_it_claims_to_come_from,
];

fn people_on_two_kinds_of_machine_read_each_other() {
    let (a, b) = (TestPod::new("alice"), TestPod::native("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    for (one, other, name) in [(&alice, &bob, "alice"), (&bob, &alice, "bob")] {
        let post = one.posts(&format!("a post by {name}, Grüße 🌼"));
        other.sees(&format!("a post by {name}"));
        other.comments(&post, &format!("said to {name}"));
        one.sees_comment(&post, &format!("said to {name}"));
        other.likes(&post);
        one.sees_likes(&post, 1);
        one.posts_to("all", &format!("only for the contacts of {name}"));
        other.sees(&format!("only for the contacts of {name}"));
    }
}

fn a_database_of_another_machine_is_sound_here() {
    let (a, b) = (TestPod::new("alice"), TestPod::native("bob"));
    let post = a.user("alice").posts("written there");
    assert!(a.stop());
    let data = a.data().display().to_string();
    let checked = b.command(&["check", "--data", &data]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let read = b.command(&["export", "alice", "--data", &data, "--to", &b.data().display().to_string()]);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    a.start();
    assert_eq!(a.visitor().get(&format!("/posts/{post}")).status, 200);
}

/// Argon2id of the pods' common password, by the reference program: `argon2 "dandelion seed" -id -t 5 -k 7168 -p 1 -l 32 -e`.
const HASH: &str = "$argon2id$v=19$m=7168,t=5,p=1$ZGFuZGVsaW9uIHNlZWQ$gw13nu6Sf9rePaZAktNeKu1+KEVOJM0qXmzZTWUW7uo";

fn a_password_that_another_program_hashed_is_the_right_one() {
    let pod = TestPod::new("alice");
    assert!(pod.stop());
    pod.change(&format!("update users set password = '{HASH}'"));
    pod.start();
    pod.user("alice").posts("let in");
    let visitor = pod.visitor();
    let fields = [("name", "alice"), ("password", "incorrect horse battery")];
    let refused = visitor.submit(&visitor.page("/login"), "/login", &fields);
    assert_ne!(refused.status, 303, "another password is not");
}

/// By `age` in Go, for the key below, which guards nothing.
const SEALED: &str = "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSA0NjlJR1pYKzVsZ3pYYnlVZnFmYWZoYXVwSzR3T3Vzbk9ST3RUWEpIMFRzCmV1L3pLaG5y\
    Y3NwY2tyWmdKY2hpVVFEZ21LSFhMRmZVWVZ1NXpUdks5MW8KLS0tIGtRaWgzMkNhekIrOUE0aXVsSTBoc3FoRWtLaUdNdW1mcm5WcGtlVHNJeGcK7WnyQLJk+VyiLdhm\
    +pQp5Yf6xxnWIZea8t/+ZI6IiH6SCWKmGa5/+ut4v5samrnGxfQ=";
const KEY: &str = "AGE-SECRET-KEY-1A7W55L4PP8X23JF2YJHD09SAAFLQ2RZY9R4QVU9KMCZN8EKGDJASLHZRP4\n";

fn what_another_program_sealed_is_opened() {
    let pod = TestPod::unborn();
    let key = pod.file("key", KEY);
    let sealed = PathBuf::from(pod.file("sealed.age", ""));
    std::fs::write(&sealed, STANDARD.decode(SEALED).expect("base64")).expect("the file is written");
    let opened = pod.command(&["vault", "open", &sealed.display().to_string(), "--key", &key]);
    assert_eq!(String::from_utf8_lossy(&opened.stdout), "what Go has sealed");
}

fn what_is_signed_on_one_kind_of_machine_is_genuine_on_another() {
    let (a, b) = (TestPod::new("alice"), TestPod::native("bob"));
    for (signer, name, reader) in [(&a, "alice", &b), (&b, "bob", &a)] {
        let podmin = signer.user(name);
        let guid = podmin.posts("to be removed");
        let fields = [("kind", "post"), ("name", guid.as_str()), ("ground", "spam"), ("text", "")];
        let case = podmin.submit("/podmin/cases", &fields).header("location").to_owned();
        podmin.does(&case, &[("decision", "remove"), ("why", "")]);
        let receipt = until("the receipt", || {
            Some(podmin.client.get(&format!("{case}/receipt"))).filter(|answer| answer.status == 200)
        });
        let file = reader.file("receipt.json", &receipt.text());
        let verified = reader.command(&["receipt", "verify", &file, "--item", &guid]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        let forged = reader.file("forged.json", &receipt.text().replacen("spam", "rules", 1));
        assert!(!reader.command(&["receipt", "verify", &forged]).status.success());
    }
}

fn a_key_that_is_made_on_another_machine_fits_here() {
    let pod = TestPod::unborn();
    pod.start();
    // Luck decides how many candidates are tried, and an emulator is slow.
    within(Duration::from_secs(400), "a key to be made", || {
        (pod.database().number("select count(*) from pod where spare_key is not null", &[]) == 1).then_some(())
    });
    assert!(pod.stop());
    let store = Store::open(&pod.database_path()).expect("the database opens");
    let taken: store::Result<_> = store.write(Timestamp(1), store::pod::take_spare_keys);
    let keys = taken.expect("read").expect("a key");
    let private = PrivateKey::from_der(&keys.private).expect("a private key");
    let public = PublicKey::from_der(&keys.public).expect("a public key");
    let signature = private.sign(b"signed").expect("the key signs");
    assert_eq!(public.verify(b"signed", &signature), Ok(()));
    let sealed = public.encrypt(b"sealed").expect("the key encrypts");
    assert_eq!(private.decrypt(&sealed), Ok(b"sealed".to_vec()));
}

fn pictures_are_the_same_to_the_bit_on_every_machine() {
    let (a, b) = (TestPod::new("alice"), TestPod::native("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    let pictures = [
        ("photo", scene(1, 1500, 1100)),
        ("colours", jpeg(640, 480)),
        ("turned", jpeg_from_camera(640, 480, 6)),
        ("drawing", png(300, 200, true)),
        ("moving", gif(90, 60)),
        ("lossless", webp(60, 40)),
    ];
    for (name, file) in &pictures {
        let known = |pod: &TestPod| {
            let path = PathBuf::from(pod.file(name, ""));
            std::fs::write(&path, file).expect("the file is written");
            let output = pod.command(&["bank", "hash", name]);
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        assert_eq!(known(&a), known(&b), "what {name} is known by");
        let shown = |user: &User| {
            let post = user.posts_pictures("public", name, &[file]);
            let links = ["href", "src"].map(|what| user.thread(&post).attributes("a class=\"pic\"", what)).concat();
            let preview = user.thread(&post).attributes("img loading=\"lazy\"", "src");
            let files = links.iter().chain(&preview).map(|path| user.client.get(path).body);
            files.collect::<Vec<_>>()
        };
        let (there, here) = (shown(&alice), shown(&bob));
        assert!(!here.is_empty() && there == here, "the files of {name}");
    }
}

fn a_page_is_asked_securely_and_only_of_whom_it_claims_to_come_from() {
    let pod = TestPod::new("alice");
    assert!(pod.stop());
    let sites = [("ec", "-tls1_3"), ("ec", "-tls1_2"), ("rsa", "-tls1_3"), ("rsa", "-tls1_2")];
    let sites = sites.map(|(key, version)| SecureSite::new(key, version));
    let stranger = SecureSite::new("ec", "-tls1_3");
    let trusted: String = sites.iter().map(SecureSite::certificate).collect();
    pod.start_with(&[("PAPPUS_CA_FILE", &pod.file("ca.pem", &trusted))]);
    let alice = pod.user("alice");
    for site in &sites {
        let post = alice.posts(&site.url);
        until(&format!("what {} tells", site.name), || {
            alice.thread(&post).html.contains("Told in confidence").then_some(())
        });
    }
    let post = alice.posts(&stranger.url);
    until("the stranger to be refused", || pod.log().contains(&format!("not got link {}", stranger.url)).then_some(()));
    assert!(!alice.thread(&post).html.contains("Told in confidence"), "nobody vouches for this one");
}
