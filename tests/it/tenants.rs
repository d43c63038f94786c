//! Who lives here: locked and let in again, closed, given a new password; and who asks to live here.

use std::time::Duration;

use crate::support::http::{Answer, Client};
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::smtp::MailServer;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::{until, within};

trials![
    who_is_locked_is_signed_out_and_cannot_sign_in_but_lives_on_in_the_network,
    the_podmin_closes_an_account_and_never_their_own_from_there,
    the_podmin_hands_over_a_link_for_a_new_password,
    the_shell_locks_and_closes_accounts,
    nobody_asks_for_an_account_unless_the_podmin_wants_that,
    who_asks_is_let_in_by_a_human_with_a_link_for_one,
    the_link_goes_by_mail_when_the_pod_sends_mails,
    no_more_than_two_hundred_wait,
];

fn signs_in(pod: &TestPod, name: &str) -> Answer {
    let client = pod.visitor();
    let page = client.page("/login");
    client.submit(&page, "/login", &[("name", name), ("password", PASSWORD)])
}

fn who_is_locked_is_signed_out_and_cannot_sign_in_but_lives_on_in_the_network() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("carol"));
    a.add_user("bob");
    let (alice, bob, carol) = (a.user("alice"), a.user("bob"), b.user("carol"));
    befriend(&bob, &carol);
    let guid = bob.posts("Still here");
    assert!(alice.page("/podmin/users").html.contains("data-user=\"bob\""));
    alice.does("/podmin/users/lock", &[("name", "bob")]);
    assert_eq!(bob.client.get("/stream").status, 303, "the session is over");
    let answer = signs_in(&a, "bob");
    assert!(answer.status == 403 && answer.text().contains("locked this account"), "{}", answer.text());
    assert_eq!(a.visitor().get(&format!("/posts/{guid}")).status, 200, "what they wrote stays");
    carol.sees("Still here");
    carol.comments(&guid, "Where are you?");
    alice.sees_comment(&guid, "Where are you?");
    assert_eq!(bob.client.get("/podmin/users").status, 303);
    alice.does("/podmin/users/unlock", &[("name", "bob")]);
    a.user("bob").sees_comment(&guid, "Where are you?");
}

fn the_podmin_closes_an_account_and_never_their_own_from_there() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Mine");
    for deed in ["lock", "close"] {
        assert_eq!(alice.submit(&format!("/podmin/users/{deed}"), &[("name", "alice")]).status, 403, "{deed}");
        assert_eq!(bob.submit(&format!("/podmin/users/{deed}"), &[("name", "alice")]).status, 404, "{deed}");
    }
    alice.does("/podmin/users/close", &[("name", "bob")]);
    assert!(!alice.page("/podmin/users").html.contains("data-user=\"bob\""));
    assert_eq!(pod.visitor().get(&format!("/posts/{guid}")).status, 404);
    assert_eq!(signs_in(&pod, "bob").status, 422);
}

fn the_podmin_hands_over_a_link_for_a_new_password() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let alice = pod.user("alice");
    let page = alice.submit("/podmin/users/password", &[("name", "bob")]).text();
    let path = page.split("/login/forgotten/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let client = pod.visitor();
    let path = format!("/login/forgotten/{path}");
    let form = client.page(&path);
    assert_eq!(client.submit(&form, &path, &[("password", "another fine horse")]).status, 303);
    assert_eq!(signs_in(&pod, "bob").status, 422, "the old one is over");
    assert_eq!(client.get(&path).status, 404, "it is good for once");
}

fn the_shell_locks_and_closes_accounts() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("carol"));
    a.add_user("bob");
    let (bob, carol) = (a.user("bob"), b.user("carol"));
    befriend(&bob, &carol);
    let guid = bob.posts("Mine");
    carol.sees("Mine");
    assert!(a.command(&["user", "lock", "bob"]).status.success());
    assert_eq!(signs_in(&a, "bob").status, 403);
    assert!(String::from_utf8_lossy(&a.command(&["user", "list"]).stdout).contains("locked"));
    assert!(a.command(&["user", "unlock", "bob"]).status.success());
    assert_eq!(signs_in(&a, "bob").status, 303);
    assert!(!a.command(&["user", "close", "bob"]).status.success(), "that is not done by accident");
    assert!(a.command(&["user", "close", "bob", "--sure"]).status.success());
    within(Duration::from_secs(60), "the network to hear of it", || (carol.thread(&guid).status == 404).then_some(()));
}

/// Asks for an account.
fn asks(visitor: &Client, name: &str, email: &str) -> Answer {
    let page = visitor.page("/request");
    visitor.submit(&page, "/request", &[("name", name), ("email", email), ("why", "I like it here.")])
}

fn nobody_asks_for_an_account_unless_the_podmin_wants_that() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let visitor = pod.visitor();
    assert_eq!(visitor.get("/request").status, 404);
    assert!(!visitor.page("/").html.contains("/request"));
    alice.does("/podmin/requests/taken", &[("taken", "1")]);
    assert!(visitor.page("/").html.contains("href=\"/request\""));
    for (name, email) in [("dora", "nothing"), ("Dora D", "dora@mail.example"), ("alice", "dora@mail.example")] {
        assert_eq!(asks(&visitor, name, email).status, 422, "{name} {email}");
    }
    let told = visitor.get("/nodeinfo/2.1").json();
    assert_eq!(told["openRegistrations"], false, "a human decides");
    alice.does("/podmin/requests/taken", &[]);
    assert_eq!(visitor.get("/request").status, 404);
}

fn who_asks_is_let_in_by_a_human_with_a_link_for_one() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    alice.does("/podmin/requests/taken", &[("taken", "1")]);
    let visitor = pod.visitor();
    assert_eq!(asks(&visitor, "dora", "dora@mail.example").status, 200);
    assert_eq!(asks(&visitor, "eve", "eve@mail.example").status, 200);
    assert!(alice.page("/podmin").html.contains("2 ask for an account"));
    let page = alice.page("/podmin/requests").html;
    assert!(page.contains("dora@mail.example") && page.contains("I like it here."), "{page}");
    assert_eq!(bob.page("/podmin/requests").status, 404);
    assert_eq!(bob.submit("/podmin/requests", &[("accept", "1")]).status, 404);
    alice.does("/podmin/requests", &[("refuse", "2")]);
    alice.does("/podmin/requests", &[("accept", "1")]);
    let page = alice.page("/podmin/requests").html;
    assert!(!page.contains("eve@mail.example"), "who was refused is forgotten: {page}");
    let path = page.split("/i/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let path = format!("/i/{path}");
    let form = visitor.page(&path);
    assert_eq!(visitor.submit(&form, &path, &[("name", "dora"), ("password", PASSWORD)]).status, 303);
    assert_eq!(pod.visitor().get(&path).status, 404, "it is good for one");
    assert!(!alice.page("/podmin/requests").html.contains("dora@mail.example"));
    assert!(alice.page("/podmin/users").html.contains("data-user=\"dora\""));
}

fn the_link_goes_by_mail_when_the_pod_sends_mails() {
    let server = MailServer::new();
    let pod = TestPod::unborn();
    pod.set_up("alice");
    let environment = server.environment();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pod.start_with(&environment);
    let alice = pod.user("alice");
    alice.does("/podmin/requests/taken", &[("taken", "1")]);
    assert_eq!(asks(&pod.visitor(), "dora", "dora@mail.example").status, 200);
    alice.does("/podmin/requests", &[("accept", "1")]);
    let mail = until("the mail to come", || server.mails().into_iter().find(|mail| mail.to == "dora@mail.example"));
    assert!(mail.text.contains(&format!("{}/i/", pod.url)), "{}", mail.text);
}

fn no_more_than_two_hundred_wait() {
    let pod = TestPod::new("alice");
    pod.user("alice").does("/podmin/requests/taken", &[("taken", "1")]);
    pod.stop();
    pod.change(
        "insert into requests (name, email, why, at) \
         with recursive n (i) as (select 1 union all select i + 1 from n where i < 200) select 'n' || i, i || '@x.example', '', 1 from n",
    );
    pod.start();
    let answer = asks(&pod.visitor(), "dora", "dora@mail.example");
    assert!(answer.status == 403 && answer.text().contains("Too many requests wait"), "{}", answer.text());
}
