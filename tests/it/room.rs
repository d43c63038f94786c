//! The podmin's room: how the pod is doing, other pods, who lives here, and the same in the shell.

use serde_json::Value;

use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::{until, within};

trials![
    the_podmin_sees_at_one_look_how_the_pod_is_doing,
    the_shell_tells_the_same_as_the_dashboard,
    a_monitor_learns_that_a_case_is_late_and_nothing_about_it,
    a_pod_that_cannot_be_reached_is_shown_and_tried_at_once_when_the_podmin_wants,
    the_podmin_learns_what_other_pods_run,
    what_the_podmin_removes_in_the_shell_goes_while_the_pod_runs,
    the_shell_limits_and_lifts,
];

/// Runs `pappus admin …`, which must work.
fn admin(pod: &TestPod, arguments: &[&str]) -> String {
    let output = pod.command(&[&["admin"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn admin_json(pod: &TestPod, what: &str) -> Value {
    serde_json::from_str(&admin(pod, &[what, "--json"])).expect("JSON")
}

/// The podmin opens a case about a post; its number.
fn case_about(podmin: &User, guid: &str) -> String {
    let answer = podmin.submit("/podmin/cases", &[("kind", "post"), ("name", guid), ("ground", "rules"), ("text", "")]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").rsplit('/').next().unwrap_or_default().to_owned()
}

fn the_podmin_sees_at_one_look_how_the_pod_is_doing() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Look at this");
    case_about(&alice, &guid);
    let page = alice.page("/podmin").html;
    for words in ["1 case waits for you", "Disk free", "Memory used", "Queues", "Running for"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(alice.page("/settings").html.contains("href=\"/podmin\""), "it is linked from the settings");
    for path in ["/podmin", "/podmin/pods"] {
        assert_eq!(bob.page(path).status, 404, "{path}");
        assert_eq!(pod.visitor().get(path).status, 303, "{path}");
    }
    assert_eq!(bob.submit("/podmin/pods/look", &[("host", "x.example")]).status, 404);
}

fn the_shell_tells_the_same_as_the_dashboard() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("One post");
    let case = case_about(&alice, &guid);
    let status = admin_json(&pod, "status");
    assert_eq!(status["machine"]["running"], true);
    assert!(status["machine"]["memory"].as_u64() > Some(1_000_000), "{status}");
    assert!(status["machine"]["disk_free"].as_u64().is_some() && status["machine"]["uptime"].as_u64().is_some());
    assert_eq!((&status["cases"]["waiting"], &status["cases"]["late"]), (&1.into(), &0.into()));
    let kinds = status["storage"]["kinds"].as_array().expect("kinds");
    let posts = kinds.iter().find(|kind| kind["name"] == "posts").expect("posts");
    assert!(posts["rows"] == 1 && posts["bytes"].as_u64() > Some(100), "{posts}");
    let cases = admin_json(&pod, "cases");
    assert_eq!((&cases[0]["case"].to_string(), &cases[0]["subject"]), (&case, &guid.as_str().into()));
    pod.stop();
    let status = admin_json(&pod, "status");
    assert_eq!((&status["machine"]["running"], &status["machine"]["memory"]), (&false.into(), &Value::Null));
    assert!(admin(&pod, &["status"]).contains("does not run"));
    assert!(!pod.command(&["admin", "decide", &case, "hold"]).status.success(), "a decision has a reason");
}

fn a_monitor_learns_that_a_case_is_late_and_nothing_about_it() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("Secret");
    case_about(&alice, &guid);
    assert_eq!(pod.visitor().get("/health").text(), "ok");
    let told = pod.visitor().get("/health?cases");
    assert_eq!((told.status, &told.json()["ok"], &told.json()["waiting"]), (200, &true.into(), &1.into()));
    pod.stop();
    pod.change("update cases set due = 1");
    pod.start();
    let told = pod.visitor().get("/health?cases");
    assert_eq!((&told.json()["ok"], &told.json()["late"]), (&false.into(), &1.into()));
    assert!(!told.text().contains(&guid) && !told.text().contains("rules"), "{}", told.text());
}

fn a_pod_that_cannot_be_reached_is_shown_and_tried_at_once_when_the_podmin_wants() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    b.stop();
    alice.posts("Is anybody there?");
    let page = until("the pod to fail", || {
        Some(alice.page("/podmin/pods?which=failing").html).filter(|page| page.contains(&b.host()))
    });
    assert!(page.contains("Cannot be reached") && page.contains("1 delivery waits"), "{page}");
    assert!(alice.page("/podmin").html.contains(&b.host()));
    b.start();
    alice.does("/podmin/pods/deliver", &[("host", &b.host())]);
    b.user("bob").sees("Is anybody there?");
    until("the pod to work again", || (!alice.page("/podmin/pods").html.contains("Cannot be reached")).then_some(()));
    drop(bob);
}

fn the_podmin_learns_what_other_pods_run() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let alice = a.user("alice");
    alice.finds(&b.handle("bob"));
    assert!(alice.page("/podmin/pods").html.contains("is not known"));
    alice.does("/podmin/pods/look", &[("host", &b.host())]);
    let version = format!("pappus {}", env!("CARGO_PKG_VERSION"));
    until("the pod to tell", || alice.page("/podmin/pods").html.contains(&version).then_some(()));
    let pods = admin_json(&a, "pods");
    assert_eq!((&pods[0]["host"], &pods[0]["software"]), (&b.host().into(), &"pappus".into()));
    assert_eq!(alice.submit("/podmin/pods/look", &[("host", "nobody.example")]).status, 404);
}

fn what_the_podmin_removes_in_the_shell_goes_while_the_pod_runs() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = alice.posts("To be removed");
    bob.sees("To be removed");
    let case = case_about(&alice, &guid);
    let said = admin(&a, &["decide", &case, "remove", "--why", "it breaks a rule"]);
    assert!(said.contains("is removed now"), "{said}");
    assert_eq!(a.visitor().get(&format!("/posts/{guid}")).status, 404);
    let patience = std::time::Duration::from_secs(60);
    within(patience, "the other pod to hear of it", || (bob.thread(&guid).status == 404).then_some(()));
    within(patience, "the last of it to be gone", || {
        alice.page(&format!("/podmin/cases/{case}")).html.contains("cannot come back").then_some(())
    });
    admin(&a, &["decide", &case, "close", "--why", "done"]);
    assert_eq!(admin_json(&a, "cases"), Value::Array(Vec::new()));
    assert_eq!(admin_json(&a, "status")["tombstones"], 1);
}

fn the_shell_limits_and_lifts() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    admin(&pod, &["limit", "bad.example", "suspend"]);
    assert!(alice.page("/podmin/limits").html.contains("bad.example"));
    admin(&pod, &["lift", "bad.example"]);
    assert!(!alice.page("/podmin/limits").html.contains("bad.example"));
    assert!(!pod.command(&["admin", "limit", "bad.example", "explode"]).status.success());
}
