//! The log of steps: whoever keeps its checkpoint can prove later that nothing in it was changed, and it tells nobody's
//! name.

use pappus::model::hex::{hex, unhex};
use pappus::model::{CaseId, Timestamp};
use pappus::moderation::key::{Key, PublicKey};
use pappus::moderation::log::note::{Checkpoint, Kind, Note, Verifier};
use pappus::moderation::log::tree::{self, Range};
use pappus::moderation::log::{self, Index, Step, Subject, Who};
use pappus::moderation::seal::Salt;
use pappus::moderation::{jcs, proof};
use pappus::store::{self, Store};
use serde_json::Value;

use crate::support::database::database;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;

trials![
    sealed_subjects_are_those_of_the_vectors,
    signed_changes_are_those_of_the_vectors,
    a_changed_change_is_forged,
    trees_and_checkpoints_are_those_of_the_vectors,
    a_cosignature_tells_its_time_and_holds_for_its_note_only,
    a_checkpoint_proves_every_step_of_the_log,
    a_step_that_is_changed_removed_or_added_by_hand_is_found,
    the_text_of_a_step_can_go_and_the_log_still_proves,
    a_step_that_is_undone_leaves_no_leaf,
    everybody_can_read_the_key_and_the_checkpoint,
    what_happens_in_a_case_is_logged_without_a_name,
];

fn vectors() -> Value {
    let text = include_str!("../vectors/moderation/advisory_vectors.json");
    serde_json::from_str(text).expect("the vectors are JSON")
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("a list").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn seed(name: &str) -> Key {
    Key::from_seed(&unhex(text(&vectors()[name])).expect("hex")).expect("32 bytes")
}

fn leaves() -> Vec<tree::Hash> {
    list(&vectors()["jcs_of_signed"]).iter().map(|signed| tree::leaf(text(signed).as_bytes())).collect()
}

fn sealed_subjects_are_those_of_the_vectors() {
    let vectors = vectors();
    let salt = Salt::parse(text(&vectors["salt_hex"])).expect("16 bytes");
    for subject in list(&vectors["sealed"]) {
        assert_eq!(salt.seal(text(&subject["kind"]), text(&subject["key"])), text(&subject["sealed"]));
    }
    let (one, other) = (Salt::of_case(b"secret", 1), Salt::of_case(b"secret", 2));
    assert_ne!(one.seal("post", "a"), other.seal("post", "a"), "who may check one case cannot check another");
    assert_ne!(one.seal("post", "a"), one.seal("comment", "a"));
}

fn signed_changes_are_those_of_the_vectors() {
    let vectors = vectors();
    let key = seed("seed_feed_key_hex");
    assert_eq!(key.public().multibase(), text(&vectors["feed_public_multibase"]));
    assert_eq!(PublicKey::parse(&key.public().multibase()), Some(key.public()));
    let canonical = list(&vectors["jcs_of_signed"]);
    for (signed, canonical) in list(&vectors["signed_changes"]).iter().zip(&canonical) {
        assert_eq!(jcs::text(signed).as_deref(), Ok(text(canonical)));
        let signed = signed.as_object().expect("an object");
        let (proven, shown) = proof::verify(signed).expect("the signature is right");
        assert_eq!((proven, shown.as_str()), (key.public(), "https://pod.example/.well-known/advisory-key"));
        let mut again = signed.clone();
        let created = time(text(&signed["proof"]["created"]));
        proof::sign(&mut again, &key, &shown, created).expect("it has a canonical form");
        assert_eq!(&again, signed);
    }
}

fn time(text: &str) -> Timestamp {
    let format = &time::format_description::well_known::Rfc3339;
    Timestamp(time::OffsetDateTime::parse(text, format).expect("a time").unix_timestamp())
}

fn a_changed_change_is_forged() {
    for signed in list(&vectors()["signed_changes"]) {
        let written = signed.to_string();
        let mut tried = 0;
        for at in 0..written.len() {
            let mut bytes = written.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(Value::Object(changed)) = serde_json::from_slice(&bytes) else { continue };
            let error = proof::verify(&changed).map(|_| String::from_utf8_lossy(&bytes).into_owned());
            assert!(error.is_err(), "{error:?}");
            tried += 1;
        }
        assert!(tried > 500, "{tried}");
    }
}

fn trees_and_checkpoints_are_those_of_the_vectors() {
    let vectors = vectors();
    let leaves = leaves();
    let known: Vec<String> = list(&vectors["leaf_hashes"]).iter().map(|hash| text(hash).to_owned()).collect();
    assert_eq!(leaves.iter().map(|leaf| hex(leaf)).collect::<Vec<_>>(), known);
    let key = seed("seed_feed_key_hex");
    let verifier = Verifier::parse(text(&vectors["feed_vkey"])).expect("a verifier key");
    assert_eq!(verifier, Verifier::new("pod.example/advisories", Kind::Ed25519, key.public()));
    assert_eq!(verifier.vkey(), text(&vectors["feed_vkey"]));
    for (size, checkpoint) in list(&vectors["checkpoints"]).iter().enumerate() {
        let range = Range::of(&leaves[..size]);
        assert_eq!(hex(&range.root()), text(&checkpoint["root_hex"]));
        let note = Note::parse(text(&checkpoint["note"])).expect("a note");
        let said = Checkpoint::parse(&note).expect("a checkpoint");
        let own = Checkpoint { origin: "pod.example/advisories".to_owned(), size: size as u64, root: range.root() };
        assert_eq!(said, own);
        assert_eq!(verifier.signed(&note), Some(0));
        assert!(text(&checkpoint["note"]).starts_with(&own.sign(&key)), "Ed25519 signs the same the same");
    }
}

fn a_cosignature_tells_its_time_and_holds_for_its_note_only() {
    let vectors = vectors();
    let witness = Verifier::parse(text(&vectors["witness_vkey"])).expect("a verifier key");
    let key = seed("witness_seed_hex").public();
    assert_eq!(witness, Verifier::new("friend.example/witness", Kind::Cosignature, key));
    let checkpoints = list(&vectors["checkpoints"]);
    let notes: Vec<Note> = checkpoints.iter().map(|known| Note::parse(text(&known["note"])).expect("a note")).collect();
    for (at, note) in notes.iter().enumerate() {
        assert_eq!(witness.signed(note), Some(1_795_435_200 + at as u64));
        let other = Verifier::new("other.example/witness", Kind::Cosignature, key);
        assert_eq!(other.signed(note), None);
    }
    let (first, second) = (text(&checkpoints[1]["note"]), text(&checkpoints[2]["note"]));
    let mixed = format!("{}\n\n{}", first.split_once("\n\n").unwrap().0, second.split_once("\n\n").unwrap().1);
    assert_eq!(witness.signed(&Note::parse(&mixed).expect("a note")), None);
    for broken in
        ["", "a\n", "a\n\n", "a\n\n\u{2014} b c\n", &first[..first.len() - 1], &first.replace('\u{2014}', "-")]
    {
        assert_eq!(Note::parse(broken), None, "{broken:?}");
    }
}

fn takes_steps(store: &Store, steps: i64) {
    for number in 0..steps {
        let sealed = Salt::of_case(&[1; 32], number).seal("post", "8d89e1f029f6013487753131731751e9");
        let subjects = [Subject { kind: "post".to_owned(), sealed }];
        let step = Step { case: CaseId(number), what: "hold", who: Who::Podmin, ground: "terror", subjects: &subjects };
        let index = store.write(Timestamp(1_795_435_200 + number), |tx| log::append(tx, &step));
        assert_eq!(index.expect("the step is taken"), Index(number as u64));
    }
}

fn findings(store: &Store) -> Vec<String> {
    store.read(log::check).expect("the log can be read")
}

fn a_checkpoint_proves_every_step_of_the_log() {
    let (store, _folder) = database();
    assert_eq!(findings(&store), Vec::<String>::new());
    takes_steps(&store, 21);
    assert_eq!(findings(&store), Vec::<String>::new());
    let verifier =
        Verifier::new("pod.example/log", Kind::Ed25519, Key::from_seed(&[2; 32]).expect("32 bytes").public());
    for number in 0..21 {
        let (index, leaf) = store.read(|db| log::of_case(db, CaseId(number))).expect("read").remove(0);
        let text = jcs::text(&leaf).expect("whole numbers");
        assert!(!text.contains("8d89e1f0"), "{text}");
        let proof = store.read(|db| log::prove(db, index)).expect("read").expect("the leaf is there");
        let note = Note::parse(&proof.checkpoint).expect("a note");
        assert_eq!(verifier.signed(&note), Some(0));
        let said = Checkpoint::parse(&note).expect("a checkpoint");
        let root = tree::root_of_proof(tree::leaf(text.as_bytes()), index.0, said.size, &proof.path);
        assert_eq!((said.size, root), (21, Some(said.root)));
    }
    assert!(store.read(|db| log::prove(db, Index(21))).expect("read").is_none());
}

fn a_step_that_is_changed_removed_or_added_by_hand_is_found() {
    for (change, finding) in [
        ("update steps set leaf = replace(leaf, 'hold', 'open') where seq = 3", "leaf 3 was changed"),
        ("update steps set hash = zeroblob(32), leaf = null where seq = 3", "do not give its root"),
        ("delete from steps where seq = 3", "leaf 3 is missing"),
        ("delete from steps where seq = 6", "do not give its root"),
        ("insert into steps select 7, \"case\", leaf, hash from steps where seq = 6", "do not give its root"),
    ] {
        let (store, folder) = database();
        takes_steps(&store, 7);
        let connection = rusqlite::Connection::open(folder.path().join("pappus.db")).expect("the database opens");
        connection.execute_batch(change).expect("the database can be changed");
        let found = findings(&store);
        assert!(found.iter().any(|found| found.contains(finding)), "{change}: {found:?}");
    }
}

fn the_text_of_a_step_can_go_and_the_log_still_proves() {
    let (store, _folder) = database();
    takes_steps(&store, 5);
    let checkpoint = || store.read(log::checkpoint).expect("read");
    let before = checkpoint();
    store.write(Timestamp(1_795_435_300), |tx| log::drop_text(tx, Index(2))).expect("dropped");
    assert_eq!(checkpoint(), before);
    assert_eq!(findings(&store), Vec::<String>::new());
    assert!(store.read(|db| log::of_case(db, CaseId(2))).expect("read").is_empty());
    takes_six(&store);
    assert_eq!(findings(&store), Vec::<String>::new());
}

fn takes_six(store: &Store) {
    let step = Step { case: CaseId(2), what: "close", who: Who::Pod, ground: "", subjects: &[] };
    let index = store.write(Timestamp(1_795_435_301), |tx| log::append(tx, &step)).expect("the step is taken");
    assert_eq!(index, Index(5));
}

fn a_step_that_is_undone_leaves_no_leaf() {
    let (store, _folder) = database();
    takes_steps(&store, 3);
    let before = store.read(log::checkpoint).expect("read");
    let undone: store::Result<()> = store.write(Timestamp(1_795_435_400), |tx| {
        log::append(tx, &Step { case: CaseId(9), what: "hold", who: Who::Podmin, ground: "", subjects: &[] })?;
        Err(store::Error::InvalidQuery)
    });
    assert!(undone.is_err());
    assert_eq!(store.read(log::checkpoint).expect("read"), before);
    assert_eq!(findings(&store), Vec::<String>::new());
}

fn everybody_can_read_the_key_and_the_checkpoint() {
    let pod = TestPod::new("alice");
    let shown = pod.visitor().get("/.well-known/advisory-key").json();
    let key = text(&shown["assertionMethod"][0]["publicKeyMultibase"]).to_owned();
    assert_eq!(shown["assertionMethod"][0]["id"], format!("{}/.well-known/advisory-key#{key}", pod.url));
    let verifier = Verifier::parse(text(&shown["checkpointKey"])).expect("a verifier key");
    assert_eq!(verifier, Verifier::new(&format!("{}/log", pod.host()), Kind::Ed25519, PublicKey::parse(&key).unwrap()));
    let answer = pod.visitor().get("/moderation/checkpoint");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let note = answer.text();
    assert_eq!(verifier.signed(&Note::parse(&note).expect("a note")), Some(0), "{note}");
    assert!(note.starts_with(&format!("{}/log\n0\n", pod.host())), "{note}");
}

fn what_happens_in_a_case_is_logged_without_a_name() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("carol");
    let guid = pod.user("carol").posts("Buy my pills");
    let said = [("kind", "post"), ("name", guid.as_str()), ("ground", "spam"), ("text", "It is an advertisement.")];
    assert_eq!(pod.user("bob").submit("/report", &said).status, 200);
    let alice = pod.user("alice");
    for decision in ["hold", "remove"] {
        alice.does("/podmin/cases/1", &[("decision", decision), ("why", "carol sells pills")]);
    }
    until("the removal to be at its end", || {
        pod.visitor().get("/moderation/checkpoint").text().contains("/log\n4\n").then_some(())
    });
    let leaves = pod.database().texts("select leaf from steps order by seq");
    let steps: Vec<Value> = leaves.iter().map(|leaf| serde_json::from_str(leaf).expect("JSON")).collect();
    let told: Vec<_> = steps.iter().map(|step| (text(&step["what"]), text(&step["who"]))).collect();
    assert_eq!(told, [("report", "reporter"), ("hold", "podmin"), ("remove", "podmin"), ("purge", "pod")]);
    assert!(steps.iter().all(|step| step["ground"] == "spam" && step["subjects"] == steps[0]["subjects"]));
    for word in ["alice", "bob", "carol", "pills", guid.as_str()] {
        assert!(!leaves.concat().contains(word), "{word}: {leaves:?}");
    }
    let checked = pod.command(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}
