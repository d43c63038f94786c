//! The census: the podmin finds out which pods still hold a copy of what was removed here, and writes to theirs.

use std::fs;

use serde_json::Value;

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    the_census_says_what_each_pod_of_the_thread_holds,
    nobody_is_asked_before_the_podmin_wants_it_and_nobody_twice_in_a_quarter_of_an_hour,
    pods_of_ours_tell_whether_they_hold_a_copy,
    the_podmin_of_a_pod_that_holds_a_copy_gets_a_message,
    a_census_outlives_restarts_and_its_case_until_all_are_clean_and_is_then_forgotten,
    who_is_clean_is_left_in_peace,
    all_known_pods_can_be_asked_too,
    nobody_is_ever_asked_about_a_private_post,
    a_restored_post_is_nobodys_business,
    the_shell_asks_and_writes_csv,
    the_census_is_for_the_podmin_alone,
];

/// What a census page says about a pod.
pub fn trace(page: &str, host: &str) -> String {
    let start = page.find(&format!("data-pod=\"{host}\"")).unwrap_or_else(|| panic!("{host} is on {page}"));
    let rest = &page[start..];
    rest.split("data-trace=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

/// Opens a case about a post and decides.
pub fn decides(podmin: &User, guid: &str, decision: &str) -> String {
    let fields = [("kind", "post"), ("name", guid), ("ground", "terror"), ("text", "")];
    let answer = podmin.submit("/podmin/cases", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let case = answer.header("location").to_owned();
    podmin.does(&case, &[("decision", decision), ("why", "a reason")]);
    case
}

pub fn page_of(podmin: &User, guid: &str) -> String {
    let page = podmin.page(&format!("/podmin/census/{guid}"));
    assert_eq!(page.status, 200, "{}", page.html);
    page.html
}

/// Asks, and waits until everybody was asked.
fn asks(podmin: &User, guid: &str, whom: &str) -> String {
    podmin.does(&format!("/podmin/census/{guid}"), &[("whom", whom)]);
    until("everybody to be asked", || Some(page_of(podmin, guid)).filter(|page| !page.contains("\"waiting\"")))
}

/// Somebody of a double comments on a post of ours.
fn comments(double: &Double, podmin: &User, guid: &str, text: &str) {
    let (_, xml) = double.comment("bob", guid, text);
    assert_eq!(double.says("bob", podmin.pod, &xml), 202);
    podmin.sees_comment(guid, text);
}

fn asked(double: &Double) -> usize {
    double.asked().iter().filter(|path| path.starts_with("/fetch/post/")).count()
}

fn the_census_says_what_each_pod_of_the_thread_holds() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("to be removed");
    let path = format!("/fetch/post/{guid}");
    let doubles: Vec<Double> = (0..6).map(|_| Double::new(&["bob"])).collect();
    for (number, double) in doubles.iter().enumerate() {
        comments(double, &alice, &guid, &format!("comment {number}"));
    }
    let [holds, friendica, clean, origin, broken, login] = &doubles[..] else { panic!("six") };
    holds.points(&path, 302, &format!("{}{path}", pod.url));
    friendica.points(&path, 301, &format!("{}{path}", pod.url));
    origin.points(&path, 200, "");
    broken.points(&path, 503, "");
    login.points(&path, 302, "/users/sign_in");
    decides(&alice, &guid, "remove");
    let page = asks(&alice, &guid, "thread");
    for (double, found) in [
        (holds, "holds"),
        (friendica, "holds"),
        (clean, "clean"),
        (origin, "origin"),
        (broken, "unknown"),
        (login, "unknown"),
    ] {
        assert_eq!(trace(&page, &double.host()), found, "{}: {page}", double.host());
        assert_eq!(asked(double), 1);
    }
    assert!(page.contains("3 pods hold a copy"), "{page}");
    let csv = pod.user("alice").client.get(&format!("/podmin/census/{guid}/csv"));
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 7, "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with(&format!("{guid},{},holds,20", holds.host()))), "{lines:?}");
    let signed = alice.client.get(&format!("/podmin/census/{guid}/signed")).text();
    let verify =
        |text: &str, item: &str| pod.command(&["receipt", "verify", &pod.file("census.json", text), "--item", item]);
    let output = verify(&signed, &guid);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains(&format!("{guid},{},holds,20", holds.host())), "{said}");
    assert!(!verify(&signed.replace("holds", "clean"), &guid).status.success(), "not when it was changed");
    assert!(!verify(&signed, "8d89e1f029f6013487753131731751e9").status.success(), "nor about another post");
}

fn nobody_is_asked_before_the_podmin_wants_it_and_nobody_twice_in_a_quarter_of_an_hour() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let double = Double::new(&["bob"]);
    let mut guids = Vec::new();
    for text in ["one", "two"] {
        let guid = alice.posts(text);
        comments(&double, &alice, &guid, &format!("to {text}"));
        double.points(&format!("/fetch/post/{guid}"), 302, &format!("{}/fetch/post/{guid}", pod.url));
        decides(&alice, &guid, "hold");
        assert!(page_of(&alice, &guid).contains("Nobody was asked yet"));
        guids.push(guid);
    }
    assert_eq!(asked(&double), 0);
    asks(&alice, &guids[0], "thread");
    for guid in guids.iter().chain(&guids) {
        alice.does(&format!("/podmin/census/{guid}"), &[("whom", "thread")]);
    }
    // Whoever was asked about one post is not asked about another before their time.
    assert_eq!(trace(&page_of(&alice, &guids[1]), &double.host()), "waiting");
    assert!(pod.stop());
    assert_eq!(asked(&double), 1);
}

fn pods_of_ours_tell_whether_they_hold_a_copy() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&alice, &bob);
    befriend(&carol, &bob);
    let guid = bob.posts("seen on three pods");
    alice.sees("seen on three pods");
    carol.sees("seen on three pods");
    carol.comments(&guid, "by carol");
    alice.sees_comment(&guid, "by carol");
    decides(&alice, &guid, "remove");
    let page = asks(&alice, &guid, "thread");
    assert_eq!(trace(&page, &b.host()), "origin");
    assert_eq!(trace(&page, &c.host()), "holds");
    decides(&carol, &guid, "hold");
    assert!(a.stop());
    a.make_due();
    a.start();
    let alice = a.user("alice");
    until("carol's pod to be found clean", || (trace(&page_of(&alice, &guid), &c.host()) == "clean").then_some(()));
    assert_eq!(trace(&page_of(&alice, &guid), &b.host()), "origin");
}

fn the_podmin_of_a_pod_that_holds_a_copy_gets_a_message() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    let double = Double::new(&["dora"]);
    let guid = bob.posts("to be removed at alice's");
    alice.finds(&bob.handle());
    until("the post to come", || (alice.thread(&guid).status == 200).then_some(()));
    alice.comments(&guid, "hm");
    let (_, like) = double.comment("dora", &guid, "me too");
    assert_eq!(double.says("dora", &b, &like), 202);
    decides(&alice, &guid, "remove");
    asks(&alice, &guid, "thread");
    let letter = format!("/podmin/census/{guid}/letter?host={}", b.host().replace(':', "%3A"));
    let page = alice.page(&letter);
    for words in [bob.handle(), format!("{}/posts/{guid}", b.url), "Terrorism".to_owned(), a.url.clone()] {
        assert!(page.html.contains(&words), "{words}: {}", page.html);
    }
    let german = alice.page(&format!("{letter}&language=de"));
    assert!(german.html.contains("Bitte sieh ihn dir an"), "{}", german.html);
    let fields = [
        ("host", b.host()),
        ("subject", "A post".to_owned()),
        ("text", "Please look".to_owned()),
        ("way", "message".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    alice.does(&format!("/podmin/census/{guid}/letter"), &fields);
    until("the message to arrive", || bob.page("/conversations").html.contains("Please look").then_some(()));
    assert!(page_of(&alice, &guid).contains("You wrote"), "it is written down");
    assert!(alice.page(&letter).html.contains("Please look"));
}

fn a_census_outlives_restarts_and_its_case_until_all_are_clean_and_is_then_forgotten() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let double = Double::new(&["bob"]);
    let guid = alice.posts("to be removed");
    comments(&double, &alice, &guid, "a comment");
    let path = format!("/fetch/post/{guid}");
    double.points(&path, 302, &format!("{}{path}", pod.url));
    let case = decides(&alice, &guid, "remove");
    double.is_away(true);
    let page = asks(&alice, &guid, "thread");
    assert_eq!(trace(&page, &double.host()), "unknown");
    until("the last of it to be gone", || alice.page(&case).html.contains("cannot come back").then_some(()));
    pod.kill();
    double.is_away(false);
    pod.make_due();
    pod.start();
    let alice = pod.user("alice");
    until("the copy to be found", || (trace(&page_of(&alice, &guid), &double.host()) == "holds").then_some(()));
    alice.does(&case, &[("decision", "close"), ("why", "")]);
    let named = || pod.database().number("select count(*) from cases where subject <> ''", &[]);
    until("the case to forget it", || (named() == 0).then_some(()));
    pod.kill();
    double.points(&path, 404, "");
    pod.make_due();
    pod.start();
    let alice = pod.user("alice");
    let page = format!("/podmin/census/{guid}");
    until("the census to be forgotten", || (alice.page(&page).status == 404).then_some(()));
    assert_eq!(double.asked().iter().filter(|asked| **asked == path).count(), 2, "it went on until the pod was clean");
}

fn who_is_clean_is_left_in_peace() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let double = Double::new(&["bob"]);
    let guid = alice.posts("to be held");
    comments(&double, &alice, &guid, "a comment");
    decides(&alice, &guid, "hold");
    asks(&alice, &guid, "thread");
    assert!(page_of(&alice, &guid).contains("No pod holds a copy any more"));
    assert!(pod.stop());
    let before = asked(&double);
    pod.make_due();
    pod.start();
    pod.user("alice").does(&format!("/podmin/census/{guid}"), &[("whom", "thread")]);
    assert!(pod.stop());
    assert_eq!(asked(&double), before);
}

fn all_known_pods_can_be_asked_too() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (near, far) = (Double::new(&["bob"]), Double::new(&["carol"]));
    alice.finds(&far.handle("carol"));
    let guid = alice.posts("to be removed");
    comments(&near, &alice, &guid, "a comment");
    decides(&alice, &guid, "hold");
    let page = asks(&alice, &guid, "thread");
    assert!(!page.contains(&far.host()), "who did not take part is not told the number of the post");
    assert_eq!(asked(&far), 0);
    let page = asks(&alice, &guid, "all");
    assert_eq!(trace(&page, &far.host()), "clean");
    assert_eq!((asked(&near), asked(&far)), (1, 1));
}

fn nobody_is_ever_asked_about_a_private_post() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = alice.posts_to("all", "only for contacts");
    bob.sees("only for contacts");
    decides(&alice, &guid, "hold");
    assert_eq!(alice.page(&format!("/podmin/census/{guid}")).status, 404);
    assert_eq!(alice.submit(&format!("/podmin/census/{guid}"), &[("whom", "all")]).status, 404);
    let output = a.command(&["census", &guid]);
    assert!(!output.status.success());
}

fn a_restored_post_is_nobodys_business() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("not so bad");
    let case = decides(&alice, &guid, "hold");
    page_of(&alice, &guid);
    alice.does(&case, &[("decision", "restore"), ("why", "it is fine")]);
    assert_eq!(alice.page(&format!("/podmin/census/{guid}")).status, 404);
}

fn the_shell_asks_and_writes_csv() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let doubles: Vec<Double> = (0..12).map(|_| Double::new(&["bob"])).collect();
    let guid = alice.posts("to be removed");
    let path = format!("/fetch/post/{guid}");
    for (number, double) in doubles.iter().enumerate() {
        comments(double, &alice, &guid, &format!("comment {number}"));
        if number < 5 {
            double.points(&path, 302, &format!("{}{path}", pod.url));
        }
    }
    decides(&alice, &guid, "remove");
    let output = pod.command(&["census", &guid, "--csv", "copies.csv"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("12 pods: 5 hold a copy, 7 clean, 0 without a clear answer, 0 not asked yet"), "{said}");
    let csv = fs::read_to_string(pod.data().with_file_name("copies.csv")).expect("the file is written");
    assert_eq!(csv.matches(",holds,").count(), 5, "{csv}");
    assert_eq!(csv.matches(",clean,").count(), 7, "{csv}");
    assert!(doubles.iter().all(|double| asked(double) == 1), "the pod and the shell do not both ask");
    assert!(!pod.command(&["census", "8d89e1f029f6013487753131731751e9"]).status.success());
}

fn the_census_is_for_the_podmin_alone() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = alice.posts("to be removed");
    decides(&alice, &guid, "hold");
    for path in ["", "/csv", "/letter?host=x"] {
        assert_eq!(bob.page(&format!("/podmin/census/{guid}{path}")).status, 404, "{path}");
    }
    assert_eq!(bob.submit(&format!("/podmin/census/{guid}"), &[("whom", "all")]).status, 404);
    assert!(alice.page("/podmin/census").html.contains(&guid));
    let info: Value = pod.visitor().get("/nodeinfo/2.1").json();
    assert_eq!(info["metadata"]["adminAccount"], "alice");
}
