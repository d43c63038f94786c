//! The vault: what law says must be kept of what was removed can be opened with a key that the pod does not have, for as
//! long as the law says, and never when it hurts children.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use pappus::moderation::vault;
use serde_json::Value;

use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;
use crate::surfaces::{inside, posts_photo};

trials![
    what_must_be_kept_is_opened_with_the_key_on_another_machine_and_read_by_nobody_here,
    what_hurts_children_and_what_no_law_wants_is_never_kept,
    without_a_key_nothing_is_kept_and_the_removal_does_not_wait,
    the_key_is_shown_once,
    what_is_kept_is_destroyed_on_time,
    a_file_is_kept_longer_when_an_authority_asks_and_the_case_says_so,
    a_removed_account_is_kept_with_all_it_said,
    a_damaged_file_or_another_key_opens_nothing,
];

const WORDS: &str = "unmistakable-words-that-must-be-kept";

/// The vault's files.
fn kept(pod: &TestPod) -> Vec<PathBuf> {
    let entries = fs::read_dir(pod.data().join("vault")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Makes the recovery key in the shell; the path of the key file.
fn makes_key(pod: &TestPod) -> String {
    let output = pod.command(&["vault", "key"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pod.file("recovery.key", &String::from_utf8_lossy(&output.stdout))
}

/// The podmin removes something on a ground, and the last of it is gone.
fn removes(podmin: &User, kind: &str, name: &str, ground: &str) {
    let fields = [("kind", kind), ("name", name), ("ground", ground), ("text", "")];
    let answer = podmin.submit("/podmin/cases", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let case = answer.header("location").to_owned();
    podmin.does(&case, &[("decision", "remove"), ("why", "")]);
    until("the last of it to be gone", || podmin.page(&case).html.contains("cannot come back").then_some(()));
}

fn opens(pod: &TestPod, file: &Path, key: &str) -> Output {
    pod.command(&["vault", "open", &file.display().to_string(), "--key", key])
}

/// Everything below a pod's folder says nothing of this.
fn nowhere_in(pod: &TestPod, needle: &[u8]) {
    let mut paths = vec![pod.data()];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(&path).expect("a folder").flatten().map(|entry| entry.path()));
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{} has it", path.display());
        }
    }
}

fn what_must_be_kept_is_opened_with_the_key_on_another_machine_and_read_by_nobody_here() {
    let pod = TestPod::new("alice");
    pod.add_user("carol");
    let key = makes_key(&pod);
    let (alice, carol) = (pod.user("alice"), pod.user("carol"));
    posts_photo(&carol, WORDS);
    let guid = pod.database().text("select guid from every_post", &[]).expect("a post");
    let name = pod.database().text("select name from every_photo", &[]).expect("a photo");
    let picture = fs::read(pod.data().join("photos").join(&name[..2]).join(&name)).expect("the picture");
    removes(&alice, "post", &guid, "terror");
    until("both files", || (kept(&pod).len() == 2).then_some(()));
    until("the picture to go", || (pod.visitor().get(&format!("/uploads/images/{name}")).status == 404).then_some(()));
    let page = alice.page("/podmin/vault").html;
    assert_eq!(page.matches("class=\"id\">case-1-").count(), 2, "{page}");
    assert!(pod.stop());
    let secret = fs::read_to_string(&key).expect("the key file");
    let secret = secret.lines().last().expect("a key");
    assert!(secret.starts_with("AGE-SECRET-KEY-1"), "{secret}");
    for needle in [WORDS.as_bytes(), secret.as_bytes(), &picture[..64]] {
        nowhere_in(&pod, needle);
    }
    // A machine that has the files and the key, and nothing else of the pod.
    let elsewhere = TestPod::unborn();
    for file in kept(&pod) {
        let output = opens(&elsewhere, &file, &key);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if file.to_string_lossy().ends_with(".json.age") {
            let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!((document["text"].as_str(), document["name"].as_str()), (Some(WORDS), Some(guid.as_str())));
            assert_eq!(document["author"], carol.handle());
            assert!(
                kept(&pod)
                    .iter()
                    .any(|file| file.file_name().unwrap() == document["pictures"][0]["file"].as_str().unwrap())
            );
        } else {
            assert_eq!(output.stdout, picture, "the picture as it was");
        }
    }
}

fn what_hurts_children_and_what_no_law_wants_is_never_kept() {
    let pod = TestPod::new("alice");
    pod.add_user("carol");
    makes_key(&pod);
    let (alice, carol) = (pod.user("alice"), pod.user("carol"));
    for ground in ["abuse_of_children", "spam"] {
        let guid = carol.posts(&format!("removed: {ground}"));
        removes(&alice, "post", &guid, ground);
    }
    posts_photo(&carol, "a picture");
    let guid = pod.database().text("select guid from every_post", &[]).expect("a post");
    removes(&alice, "post", &guid, "abuse_of_children");
    assert_eq!(kept(&pod), Vec::<PathBuf>::new());
    assert_eq!(pod.database().number("select count(*) from kept", &[]), 0);
}

fn without_a_key_nothing_is_kept_and_the_removal_does_not_wait() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    assert!(alice.page("/podmin").html.contains("no recovery key yet"));
    let guid = alice.posts(WORDS);
    removes(&alice, "post", &guid, "terror");
    assert_eq!(kept(&pod), Vec::<PathBuf>::new());
    assert!(pod.log().contains("no recovery key"), "the podmin can read why");
    assert!(pod.stop());
    nowhere_in(&pod, WORDS.as_bytes());
}

fn the_key_is_shown_once() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let alice = pod.user("alice");
    assert_eq!(pod.user("bob").page("/podmin/vault").status, 404);
    let made = alice.submit("/podmin/vault", &[("known", "")]);
    assert!(made.text().contains("AGE-SECRET-KEY-1"), "{}", made.text());
    assert_eq!(made.header("cache-control"), "no-store");
    let shown = alice.page("/podmin/vault").html;
    assert!(!shown.contains("AGE-SECRET-KEY-1") && shown.contains("age1"), "{shown}");
    // The same form once more, from a page that was loaded before.
    assert!(!alice.submit("/podmin/vault", &[("known", "")]).text().contains("AGE-SECRET-KEY-1"));
    let again = pod.command(&["vault", "key"]);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("--again"));
    let before = pod.database().text("select vault from pod", &[]);
    assert!(pod.command(&["vault", "key", "--again"]).status.success());
    assert_ne!(pod.database().text("select vault from pod", &[]), before);
}

fn what_is_kept_is_destroyed_on_time() {
    let test = TestPod::new("alice");
    makes_key(&test);
    let alice = test.user("alice");
    let guid = alice.posts(WORDS);
    removes(&alice, "post", &guid, "terror");
    until("the file", || (kept(&test).len() == 1).then_some(()));
    let days = test.database().number("select (until - kept_at) / 86400 from kept", &[]);
    assert_eq!(days, 180);
    assert!(test.stop());
    let pod = inside(&test);
    assert_eq!(vault::destroy_old(&pod).expect("looked through"), 0);
    assert_eq!(kept(&test).len(), 1);
    test.change("update kept set until = 1");
    assert_eq!(vault::destroy_old(&pod).expect("looked through"), 1);
    assert_eq!(kept(&test), Vec::<PathBuf>::new());
    assert_eq!(test.database().number("select count(*) from kept", &[]), 0);
}

fn a_file_is_kept_longer_when_an_authority_asks_and_the_case_says_so() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    makes_key(&pod);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = alice.posts(WORDS);
    removes(&alice, "post", &guid, "terror");
    let file = until("the file", || kept(&pod).pop());
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let days = || pod.database().number("select (until - kept_at) / 86400 from kept", &[]);
    let longer = |days, why| [("name", name.as_str()), ("days", days), ("why", why)];
    for (days, why) in [("0", "x"), ("-5", "x"), ("1000", "x"), ("many", "x"), ("10", " ")] {
        assert_eq!(alice.submit("/podmin/vault/longer", &longer(days, why)).status, 422, "{days} {why}");
    }
    assert_eq!(bob.submit("/podmin/vault/longer", &longer("10", "x")).status, 404);
    assert_eq!(alice.submit("/podmin/vault/longer", &[("name", "../x"), ("days", "1"), ("why", "x")]).status, 404);
    assert_eq!(days(), 180);
    alice.does("/podmin/vault/longer", &longer("90", "Court of Ulm, 3 C 12/26"));
    assert_eq!(days(), 270);
    let output = pod.command(&["vault", "longer", &name, "--days", "10", "--why", "the same court"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!pod.command(&["vault", "longer", &name, "--days", "10"]).status.success(), "a reason is needed");
    assert_eq!(days(), 280);
    let page = alice.page("/podmin/cases/1").html;
    assert!(page.contains("3 C 12/26") && page.contains("Kept longer in the vault"), "{page}");
    let log = pod.database().texts("select leaf from steps").join("\n");
    assert!(log.contains("\"what\":\"longer\"") && !log.contains("Ulm"), "{log}");
}

fn a_removed_account_is_kept_with_all_it_said() {
    let pod = TestPod::new("alice");
    pod.add_user("carol");
    let key = makes_key(&pod);
    let (alice, carol) = (pod.user("alice"), pod.user("carol"));
    let post = carol.posts(WORDS);
    carol.comments(&post, "and a comment");
    removes(&alice, "account", &carol.handle(), "terror");
    until("both files", || (kept(&pod).len() == 2).then_some(()));
    let mut texts: Vec<String> = kept(&pod)
        .iter()
        .map(|file| {
            let document: Value = serde_json::from_slice(&opens(&pod, file, &key).stdout).expect("JSON");
            document["text"].as_str().expect("a text").to_owned()
        })
        .collect();
    texts.sort();
    assert_eq!(texts, ["and a comment", WORDS]);
}

fn a_damaged_file_or_another_key_opens_nothing() {
    let (pod, other) = (TestPod::new("alice"), TestPod::new("bob"));
    let (key, wrong) = (makes_key(&pod), makes_key(&other));
    let alice = pod.user("alice");
    let guid = alice.posts(WORDS);
    removes(&alice, "post", &guid, "terror");
    let file = until("the file", || kept(&pod).pop());
    assert!(!opens(&pod, &file, &wrong).status.success());
    assert!(!opens(&pod, &file, &pod.file("no.key", "nothing")).status.success());
    let mut bytes = fs::read(&file).expect("the file");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let damaged = pod.data().join("damaged.age");
    fs::write(&damaged, &bytes).expect("written");
    assert!(!opens(&pod, &damaged, &key).status.success());
    fs::write(&damaged, &bytes[..last - 20]).expect("written");
    assert!(!opens(&pod, &damaged, &key).status.success());
    assert!(opens(&pod, &file, &key).status.success());
}
