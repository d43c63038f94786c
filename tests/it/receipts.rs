//! Receipts: whoever has one can check it on any machine, and nobody can change a letter of it.

use std::path::Path;
use std::process::Output;

use pappus::model::{CaseId, Timestamp};
use pappus::moderation::key::Key;
use pappus::moderation::log::{self, Step, Subject, Who};
use pappus::moderation::receipt::{self, Draft, Seen, Surface};
use pappus::store::{self, Store};

use crate::support::database::database;
use crate::support::tools::program;
use crate::support::trials;

trials![
    a_receipt_is_genuine_on_a_machine_without_a_pod,
    a_receipt_tells_whoever_has_the_thing_that_it_is_about_it,
    every_changed_byte_of_a_receipt_is_found,
    every_cut_and_every_addition_is_found,
    a_receipt_signed_by_somebody_else_is_not_the_pods,
    a_receipt_that_the_log_does_not_bear_out_is_not_believed,
    a_receipt_names_nothing_it_is_about,
    a_receipt_goes_on_holding_while_the_log_grows,
];

const GUID: &str = "8d89e1f029f6013487753131731751e9";
const CASE: CaseId = CaseId(7);

/// Holds and removes a post, and gives back the receipt.
fn receipt_of(store: &Store) -> String {
    let made: store::Result<_> = store.write(Timestamp(1_795_435_200), |tx| {
        let sealed = receipt::salt(tx, CASE)?.seal("post", GUID);
        let subjects = [Subject { kind: "post".to_owned(), sealed }];
        let step = |what| Step { case: CASE, what, who: Who::Podmin, ground: "terror", subjects: &subjects };
        log::append(tx, &step("open"))?;
        log::append(tx, &step("hold"))?;
        let index = log::append(tx, &step("remove"))?;
        let surface = |name: &str| Surface { name: name.to_owned(), before: Seen::Shown, after: Seen::Absent };
        let draft = Draft {
            case: CASE,
            index,
            received_at: Timestamp(1_795_431_600),
            held_at: Some(Timestamp(1_795_433_000)),
            purged_at: Some(tx.now),
            surfaces: vec![surface("page of the post"), surface("stream"), surface("/fetch")],
            files: vec![receipt::File { sha256: "ab".repeat(32), bytes: 20_480 }],
        };
        receipt::make(tx, draft)
    });
    made.expect("the receipt is made").expect("the step is in the log")
}

fn pappus(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command.args(arguments).current_dir(folder).env("PAPPUS_DATA", "/nowhere/at/all");
    command.output().expect("the program runs")
}

/// Verifies a text as a file; what was said, and whether it was believed.
fn verify(text: &str, flags: &[&str]) -> (String, bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("receipt.json"), text).expect("the file is written");
    let output = pappus(folder.path(), &[&["receipt", "verify", "receipt.json"], flags].concat());
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&said).into_owned(), output.status.success())
}

fn key(seed: u8) -> String {
    Key::from_seed(&[seed; 32]).expect("32 bytes").public().multibase()
}

fn a_receipt_is_genuine_on_a_machine_without_a_pod() {
    let (store, _folder) = database();
    let text = receipt_of(&store);
    let (said, believed) = verify(&text, &["--key", &key(2)]);
    assert!(believed, "{said}");
    for words in ["genuine", "https://pod.example", "terror", "remove", "shown on none", "1 deleted, 20480 bytes"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (said, believed) = verify(&text, &[]);
    assert!(believed && said.contains("compare it with https://pod.example/.well-known/advisory-key"), "{said}");
    let kept = store.read(|db| store::receipts::get(db, CASE)).expect("read");
    assert_eq!(kept, Some(text));
}

fn a_receipt_tells_whoever_has_the_thing_that_it_is_about_it() {
    let (store, _folder) = database();
    let text = receipt_of(&store);
    let (said, believed) = verify(&text, &["--item", GUID]);
    assert!(believed && said.contains("the item you named"), "{said}");
    let (said, believed) = verify(&text, &["--item", "8d89e1f029f6013487753131731751e8"]);
    assert!(!believed && said.contains("not about this item"), "{said}");
}

/// Whether a changed receipt is believed, in this process: there are thousands.
fn fooled_by(bytes: &[u8]) -> bool {
    receipt::verify(bytes, None).is_ok()
}

fn every_changed_byte_of_a_receipt_is_found() {
    let (store, _folder) = database();
    let good = receipt_of(&store).into_bytes();
    assert!(fooled_by(&good));
    for at in 0..good.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128] {
            let mut bad = good.clone();
            bad[at] ^= change;
            assert!(!fooled_by(&bad), "byte {at} of {}: {}", bad.len(), String::from_utf8_lossy(&bad));
        }
        for other in [b' ', b'\n', b'0', b'"', b'1', b'z'] {
            let mut bad = good.clone();
            bad[at] = other;
            assert!(bad == good || !fooled_by(&bad), "byte {at} of {}", bad.len());
        }
    }
    let changed = String::from_utf8_lossy(&good).replace("\"absent\"", "\"shown\"");
    let (said, believed) = verify(&changed, &[]);
    assert!(!believed && said.contains("the signature does not match"), "{said}");
}

fn every_cut_and_every_addition_is_found() {
    let (store, _folder) = database();
    let good = receipt_of(&store).into_bytes();
    for at in 0..good.len() {
        assert!(!fooled_by(&good[..at]), "cut at {at}");
        let without = [&good[..at], &good[at + 1..]].concat();
        assert!(!fooled_by(&without), "without {at}");
        for more in [b' ', b'\n', b'0', b','] {
            let with = [&good[..at], &[more], &good[at..]].concat();
            assert!(!fooled_by(&with), "with {more} at {at}");
        }
    }
    let doubled = String::from_utf8_lossy(&good).replacen("{", "{\n  \"case\": 8,", 1);
    assert!(!fooled_by(doubled.as_bytes()));
    let more = String::from_utf8_lossy(&good).replacen("\"files\"", "\"remark\": \"all is well\",\n  \"files\"", 1);
    assert!(!fooled_by(more.as_bytes()));
    let (said, believed) = verify(&String::from_utf8_lossy(&good[..good.len() / 2]), &[]);
    assert!(!believed && said.contains("cannot be read as one"), "{said}");
}

fn a_receipt_signed_by_somebody_else_is_not_the_pods() {
    let (store, _folder) = database();
    let (said, believed) = verify(&receipt_of(&store), &["--key", &key(3)]);
    assert!(!believed && said.contains("signed with another key"), "{said}");
    // Somebody with a key of their own speaks for the pod: only who knows the pod's key sees it.
    let (forger, folder) = database();
    let connection = rusqlite::Connection::open(folder.path().join("pappus.db")).expect("the database opens");
    connection.execute("update pod set identity = ?", [vec![9_u8; 32]]).expect("another key");
    let forged = receipt_of(&forger);
    assert!(verify(&forged, &["--key", &key(9)]).1);
    assert!(!verify(&forged, &["--key", &key(2)]).1);
    let (said, believed) = verify(&forged, &["--key", "z6Mk"]);
    assert!(!believed && said.contains("not a key"), "{said}");
}

fn a_receipt_that_the_log_does_not_bear_out_is_not_believed() {
    use pappus::moderation::proof;
    let (store, _folder) = database();
    let good = receipt_of(&store);
    let key = Key::from_seed(&[2; 32]).expect("32 bytes");
    let keys = "https://pod.example/.well-known/advisory-key";
    // The pod's own key signs something else than what was logged.
    for (from, to, why) in [
        ("\"action\": \"remove\"", "\"action\": \"restore\"", "something else than its step"),
        ("\"ground\": \"terror\"", "\"ground\": \"rules\"", "something else than its step"),
        ("\"index\": 2", "\"index\": 1", "not in the log"),
        ("\"size\": 3", "\"size\": 4", "of another size"),
        ("pod.example/log\\n3\\n", "pod.example/log\\n4\\n", "not signed with the same key"),
        ("https://pod.example\"", "https://pod.example:8443\"", "but at https://pod.example/"),
    ] {
        assert!(good.contains(from), "{from}: {good}");
        // Members of the log's place stand after the leaf's; the first ones are the receipt's own.
        let changed = if from.contains("ground") { good.replacen(from, to, 1) } else { good.replace(from, to) };
        let mut document = serde_json::from_str::<serde_json::Value>(&changed).expect("JSON");
        let members = document.as_object_mut().expect("an object");
        proof::sign(members, &key, keys, Timestamp(1_795_435_200)).expect("signed");
        let proof = serde_json::to_string_pretty(&members["proof"]).expect("JSON").replace('\n', "\n  ");
        let start = changed.find("\"proof\": ").expect("a proof");
        let again = format!("{}\"proof\": {proof}\n}}\n", &changed[..start]);
        let (said, believed) = verify(&again, &[]);
        assert!(!believed && said.contains(why), "{to}: {said}");
    }
}

fn a_receipt_names_nothing_it_is_about() {
    let (store, _folder) = database();
    assert!(!receipt_of(&store).contains(GUID));
}

fn a_receipt_goes_on_holding_while_the_log_grows() {
    let (store, _folder) = database();
    let first = receipt_of(&store);
    let second = receipt_of(&store);
    assert_ne!(first, second);
    for text in [first, second] {
        assert!(verify(&text, &["--key", &key(2), "--item", GUID]).1);
    }
}
