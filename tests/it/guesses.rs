//! Who guesses at passwords is slowed down, and keeps nobody else from signing in.

use crate::support::http::{Answer, Client};
use crate::support::page::Page;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;

trials![
    a_password_is_not_guessed_by_many_names_of_one_person,
    a_password_is_not_guessed_from_many_addresses,
    strangers_who_guess_lock_nobody_out_of_a_browser_in_which_they_signed_in_before,
    somebody_with_an_account_gets_no_more_tries_at_another,
    in_a_browser_that_is_known_passwords_are_not_guessed_either,
    a_browser_is_known_no_more_after_signing_out_everywhere_or_a_new_password,
    who_has_a_link_for_a_new_password_signs_in_although_strangers_guess,
    the_cookie_by_which_a_browser_is_known_opens_nothing_and_is_good_for_its_people_alone,
];

fn signs_in(client: &Client, name: &str, password: &str) -> u16 {
    client.submit(&client.page("/login"), "/login", &[("name", name), ("password", password)]).status
}

/// The same in a browser that has this cookie alone.
fn signs_in_with(pod: &TestPod, known: &str, name: &str, password: &str) -> u16 {
    let client = pod.visitor();
    client.holds("known", known);
    signs_in(&client, name, password)
}

/// Guesses from this machine's address until that has no tries left.
fn bar_this_address(pod: &TestPod, name: &str) {
    let client = pod.visitor();
    let answers: Vec<u16> = (0..21).map(|_| signs_in(&client, name, "wrong")).collect();
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
}

/// Strangers with any number of addresses, in front of a pod that believes its proxy.
struct Strangers {
    client: Client,
    page: Page,
}

impl Strangers {
    /// Starts the pod for them.
    fn at(pod: &TestPod) -> Strangers {
        pod.start_with(&[("PAPPUS_TRUSTED_PROXIES", "127.0.0.1")]);
        let client = pod.visitor();
        let page = client.page("/login");
        Strangers { client, page }
    }

    fn try_from(&self, address: usize, name: &str, password: &str) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs([("csrf", self.page.csrf().as_str()), ("name", name), ("password", password)]);
        let address = format!("203.0.113.{address}");
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", address.as_str())];
        self.client.post_with("/login", &headers, form.finish().as_bytes())
    }
}

fn a_password_is_not_guessed_by_many_names_of_one_person() {
    let pod = TestPod::new("alice");
    let client = pod.visitor();
    let whole = pod.handle("alice");
    let names = ["alice", "ALICE", " alice ", "Alice", whole.as_str(), "\u{212a}alice", "alice\u{0}"];
    let answers: Vec<u16> = (0..40).map(|number| signs_in(&client, names[number % names.len()], "wrong")).collect();
    assert!(answers.iter().all(|status| (400..500).contains(status)), "{answers:?}");
    assert!(answers[20..].iter().all(|status| *status == 429), "{answers:?}");
}

fn a_password_is_not_guessed_from_many_addresses() {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    pod.add_user("bob");
    pod.change("update users set email = 'Alice@mail.example' where name = 'alice'");
    let strangers = Strangers::at(&pod);
    let whole = pod.handle("alice");
    let names = ["alice", "ALICE", "alice@mail.example", "Alice@Mail.Example", whole.as_str()];
    for number in 0..100 {
        // No address comes near its own limit.
        let answer = strangers.try_from(number / 10, names[number % names.len()], "wrong");
        assert_eq!(answer.status, 422, "try {number}");
    }
    for (place, name) in names.into_iter().enumerate() {
        let answer = strangers.try_from(100 + place, name, PASSWORD);
        assert_eq!(answer.status, 429, "{name} has no tries left anywhere");
    }
    assert_eq!(strangers.try_from(200, "bob", PASSWORD).status, 303, "others sign in");
}

fn strangers_who_guess_lock_nobody_out_of_a_browser_in_which_they_signed_in_before() {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    let strangers = Strangers::at(&pod);
    let (at_home, on_the_way) = (pod.user("alice"), pod.user("alice"));
    at_home.does("/logout", &[]);
    for number in 0..101 {
        let _ = strangers.try_from(number / 10, "alice", "wrong");
    }
    let barred = strangers.try_from(100, "alice", PASSWORD);
    assert_eq!(barred.status, 429, "alice has no tries left for strangers");
    assert!(barred.text().contains("A browser in which you signed in before still lets you in"), "{}", barred.text());
    assert_eq!(signs_in(&at_home.client, "alice", PASSWORD), 303, "her browser is none");
    assert_eq!(
        on_the_way.submit("/settings/archive/export", &[("password", PASSWORD)]).status,
        200,
        "nor is a session"
    );
    assert_eq!(strangers.try_from(101, "alice", PASSWORD).status, 429, "strangers are as before");
}

fn somebody_with_an_account_gets_no_more_tries_at_another() {
    let pod = TestPod::new("alice");
    pod.add_user("mallory");
    let guess = |_| {
        assert_ne!(signs_in(&pod.visitor(), "mallory", PASSWORD), 422);
        signs_in(&pod.visitor(), "alice", "wrong")
    };
    let answers: Vec<u16> = (0..21).map(guess).collect();
    assert_eq!(answers[19..], [422, 429], "{answers:?}");
}

fn in_a_browser_that_is_known_passwords_are_not_guessed_either() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let wrong = |_| alice.submit("/settings/archive/export", &[("password", "wrong")]).status;
    let answers: Vec<u16> = (0..21).map(wrong).collect();
    assert_eq!(answers[19..], [403, 429], "{answers:?}");
    alice.does("/logout", &[]);
    let answers: Vec<u16> = (0..21).map(|_| signs_in(&alice.client, "alice", "wrong")).collect();
    assert_eq!(answers[19..], [422, 429], "{answers:?}");
    pod.user("alice");
}

fn a_browser_is_known_no_more_after_signing_out_everywhere_or_a_new_password() {
    let pod = TestPod::new("alice");
    let new = "another fine password";
    let [first, second, third] = [(); 3].map(|()| pod.user("alice"));
    first.does("/logout", &[]);
    second.does("/logout", &[]);
    bar_this_address(&pod, "alice");
    assert_eq!(signs_in(&first.client, "alice", PASSWORD), 303);
    third.does("/settings/sessions/end", &[]);
    assert_eq!(signs_in(&first.client, "alice", PASSWORD), 429, "she was signed out everywhere");
    third.does("/logout", &[]);
    assert_eq!(signs_in(&third.client, "alice", PASSWORD), 303, "but here");
    let before = third.client.cookie("known").expect("a cookie");
    third.does("/settings/password", &[("old", PASSWORD), ("new", new)]);
    third.does("/logout", &[]);
    assert_eq!(signs_in_with(&pod, &before, "alice", new), 429, "there is a new password since");
    assert_eq!(signs_in(&third.client, "alice", new), 303, "it was chosen here");
}

fn who_has_a_link_for_a_new_password_signs_in_although_strangers_guess() {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    let code = "0123456789abcdef0123456789abcdef";
    pod.change(&format!("update users set reset_code = '{code}', reset_until = 4000000000"));
    pod.start();
    bar_this_address(&pod, "alice");
    let (client, new) = (pod.visitor(), "another fine password");
    assert_eq!(signs_in(&client, "alice", PASSWORD), 429);
    let link = format!("/login/forgotten/{code}");
    assert_eq!(client.submit(&client.page(&link), &link, &[("password", new)]).status, 303);
    assert_eq!(signs_in(&client, "alice", new), 303);
}

fn the_cookie_by_which_a_browser_is_known_opens_nothing_and_is_good_for_its_people_alone() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let client = pod.visitor();
    assert_eq!(signs_in(&client, "alice", "wrong"), 422);
    assert_eq!(client.cookie("known"), None);
    let answer = client.submit(&client.page("/login"), "/login", &[("name", "alice"), ("password", PASSWORD)]);
    let cookie = answer.headers.iter().find(|(name, value)| name == "set-cookie" && value.starts_with("known="));
    let (_, cookie) = cookie.expect("a cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let of_alice = client.cookie("known").expect("a cookie");
    let of_bob = pod.user("bob").client.cookie("known").expect("a cookie");
    assert_ne!(pod.user("alice").client.cookie("known").as_deref(), Some(of_alice.as_str()), "one for each browser");
    let sent = format!("known={of_alice}");
    assert_eq!(pod.visitor().get_with("/stream", &[("cookie", &sent)]).status, 303, "it is no session");
    bar_this_address(&pod, "alice");
    let changed: String = of_alice.chars().rev().collect();
    for known in ["", &changed, &of_bob, &of_alice[..35], &format!("{of_bob}.{changed}"), &of_alice.repeat(2)] {
        assert_eq!(signs_in_with(&pod, known, "alice", PASSWORD), 429, "{known}");
    }
    assert_eq!(signs_in_with(&pod, &of_alice, "nobody", PASSWORD), 429);
    assert_eq!(signs_in_with(&pod, &of_alice, "alice", PASSWORD), 303);
    // Two people share a browser.
    assert_eq!(signs_in_with(&pod, &of_alice, "bob", PASSWORD), 429);
    let both = format!("{of_bob}.{of_alice}");
    for name in ["alice", "bob", "alice"] {
        assert_eq!(signs_in_with(&pod, &both, name, PASSWORD), 303, "{name}");
    }
}
