//! What a pod promises that gets its certificate by itself: it comes by either port, is asked for anew in time, and
//! until it is there the old one is shown.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pappus::certificate::files::Files;
use pappus::web::Response;
use pappus::web::door::{Listen, Papers};

use crate::door::Porch;
use crate::support::clock::Clock;
use crate::support::pebble::Pebble;
use crate::support::pod::free_port;
use crate::support::tls::{Authority, NAME, SecurePod, Tls};
use crate::support::tools::PEBBLE;
use crate::support::wait::until;

crate::support::trials![
    PEBBLE;
    a_certificate_comes_by_port_443_alone,
    a_certificate_comes_by_port_80_when_443_does_not_lead_here,
    a_certificate_comes_although_the_authority_refuses_every_other_number,
    the_account_is_the_same_after_a_new_start,
    after_two_thirds_of_its_time_a_certificate_is_replaced,
    a_certificate_that_is_soon_over_is_not_asked_for_again_and_again,
    a_pod_in_1970_asks_for_nothing_and_shows_its_old_certificate,
];

/// Those that need no Pebble.
pub fn more_trials() -> Vec<libtest_mimic::Trial> {
    refused::trials()
}

impl SecurePod {
    /// Starts it with what it must know of its authority.
    fn asks(&self, settings: &[(&'static str, String)]) {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.start_with(&settings);
    }

    /// Waits until it shows a certificate to somebody.
    fn shows(&self, client: &Tls) {
        until(&format!("a certificate from {}", self.pod.log_path().display()), || {
            client.gets(self.https, "/login").ok()
        });
    }

    fn kept(&self, name: &str) -> std::path::PathBuf {
        self.pod.data().join("acme").join(name)
    }
}

fn a_certificate_comes_by_port_443_alone() {
    let secure = SecurePod::unborn();
    let mut pebble = Pebble::away();
    pebble.comes(free_port(), secure.https.port(), &[]);
    secure.asks(&pebble.settings());
    secure.shows(&pebble.client());
    for name in ["account.pem", "certificate.pem"] {
        let mode = secure.kept(name).metadata().expect("it is kept").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(secure.kept("").metadata().expect("a folder").permissions().mode() & 0o777, 0o700);
    // Proofs are for the authority while it asks.
    let late = pebble.client().offering(&[b"acme-tls/1"]);
    assert!(late.gets(secure.https, "/login").is_err());
    assert!(secure.pod.log().contains("a new certificate for pod.example holds until"), "{}", secure.pod.log());
}

fn a_certificate_comes_by_port_80_when_443_does_not_lead_here() {
    let secure = SecurePod::unborn();
    let mut pebble = Pebble::away();
    pebble.comes(secure.pod.port, free_port(), &[]);
    secure.asks(&pebble.settings());
    secure.shows(&pebble.client());
    assert!(secure.pod.log().contains("port 443 did not prove"), "{}", secure.pod.log());
}

fn a_certificate_comes_although_the_authority_refuses_every_other_number() {
    let secure = SecurePod::unborn();
    let mut pebble = Pebble::away();
    pebble.comes(secure.pod.port, secure.https.port(), &[("PEBBLE_WFE_NONCEREJECT", "50")]);
    secure.asks(&pebble.settings());
    secure.shows(&pebble.client());
}

fn the_account_is_the_same_after_a_new_start() {
    let secure = SecurePod::unborn();
    let mut pebble = Pebble::away();
    pebble.comes(secure.pod.port, secure.https.port(), &[]);
    secure.asks(&pebble.settings());
    secure.shows(&pebble.client());
    let account = std::fs::read(secure.kept("account.pem")).expect("a key");
    assert!(secure.pod.stop());
    // A pod that has a certificate asks for none.
    let orders = |pebble: &Pebble| pebble.log().matches("Added order").count();
    assert_eq!(orders(&pebble), 1, "{}", pebble.log());
    secure.asks(&pebble.settings());
    secure.shows(&pebble.client());
    assert!(secure.pod.stop());
    assert_eq!(orders(&pebble), 1, "{}", pebble.log());
    std::fs::remove_file(secure.kept("certificate.pem")).expect("removed");
    secure.asks(&pebble.settings());
    secure.shows(&pebble.client());
    assert_eq!(orders(&pebble), 2, "{}", pebble.log());
    assert_eq!(std::fs::read(secure.kept("account.pem")).expect("a key"), account);
    assert_eq!(pebble.log().matches("accounts in memory").count(), 1, "{}", pebble.log());
}

fn after_two_thirds_of_its_time_a_certificate_is_replaced() {
    let authority = Authority::new();
    let secure = SecurePod::unborn();
    std::fs::create_dir(secure.kept("")).expect("a folder");
    let lay_by = |from, until| {
        let old = authority.signs_for_days(NAME, from, until);
        std::fs::write(secure.kept("certificate.pem"), old.key + &old.chain).expect("written");
    };
    let mut pebble = Pebble::away();
    pebble.comes(secure.pod.port, secure.https.port(), &[]);
    // Day 59 of 90: too early.
    lay_by(-59, 31);
    secure.asks(&pebble.settings());
    assert!(authority.client().gets(secure.https, "/login").is_ok());
    assert!(secure.pod.stop());
    assert!(!pebble.log().contains("Added order"), "{}", pebble.log());
    // Day 61: the old one is shown until the new one is there.
    lay_by(-61, 29);
    secure.asks(&pebble.settings());
    secure.shows(&pebble.client());
    assert!(authority.client().gets(secure.https, "/login").is_err());
}

fn a_certificate_that_is_soon_over_is_not_asked_for_again_and_again() {
    let secure = SecurePod::unborn();
    let mut pebble = Pebble::away();
    pebble.seconds = 60;
    pebble.comes(secure.pod.port, secure.https.port(), &[]);
    secure.asks(&pebble.settings());
    until("a certificate", || secure.pod.log().contains("a new certificate for pod.example").then_some(()));
    assert!(secure.pod.log().contains("the clock of this machine is ahead"), "{}", secure.pod.log());
    assert!(secure.pod.stop());
    assert_eq!(pebble.log().matches("Added order").count(), 1, "{}", pebble.log());
}

fn a_pod_in_1970_asks_for_nothing_and_shows_its_old_certificate() {
    let authority = Authority::new();
    let secure = SecurePod::unborn();
    std::fs::create_dir(secure.kept("")).expect("a folder");
    let old = authority.signs_for_days(NAME, -61, 29);
    std::fs::write(secure.kept("certificate.pem"), old.key + &old.chain).expect("written");
    let mut pebble = Pebble::away();
    pebble.comes(secure.pod.port, secure.https.port(), &[]);
    let clock = Clock::of_1970(&secure.pod);
    secure.asks(&[pebble.settings(), clock.environment()].concat());
    assert!(authority.client().gets(secure.https, "/login").is_ok(), "{}", secure.pod.log());
    assert!(secure.pod.log().contains("which cannot be"), "{}", secure.pod.log());
    assert!(!pebble.log().contains("Added order"), "{}", pebble.log());
    // The network tells it the time: now the certificate is found to be old.
    clock.is_right();
    secure.shows(&pebble.client());
}

mod refused {
    use super::*;

    crate::support::trials![
        without_a_certificate_the_pod_says_so_and_what_to_do,
        a_certificate_that_is_over_is_shown_until_there_is_another,
        a_certificate_that_came_just_before_the_power_failed_is_shown,
        an_authority_that_wants_to_be_left_alone_is_left_alone,
        an_authority_that_wants_more_than_the_pod_has_is_understood,
    ];

    fn without_a_certificate_the_pod_says_so_and_what_to_do() {
        let secure = SecurePod::unborn();
        secure.asks(&Pebble::away().settings());
        until("a word of the pod", || secure.pod.log().contains("look at the network, at acme_server").then_some(()));
        assert!(secure.pod.log().contains("no new certificate for pod.example: no connection"), "{}", secure.pod.log());
        let answer = secure.http().get("/login");
        assert!(answer.status == 503 && answer.text().contains("no certificate yet"), "{}", answer.text());
        assert!(Authority::new().client().gets(secure.https, "/login").is_err());
    }

    fn a_certificate_that_is_over_is_shown_until_there_is_another() {
        let authority = Authority::new();
        let secure = SecurePod::unborn();
        std::fs::create_dir(secure.kept("")).expect("a folder");
        let old = authority.signs_for_days(NAME, -100, -10);
        std::fs::write(secure.kept("certificate.pem"), old.key + &old.chain).expect("written");
        secure.asks(&Pebble::away().settings());
        until("a word of the pod", || secure.pod.log().contains("no new certificate").then_some(()));
        let refused = authority.client().gets(secure.https, "/login").expect_err("it is over");
        assert!(refused.contains("expired"), "{refused}");
        assert!(secure.kept("certificate.pem").exists());
    }

    fn a_certificate_that_came_just_before_the_power_failed_is_shown() {
        let authority = Authority::new();
        let secure = SecurePod::unborn();
        std::fs::create_dir(secure.kept("")).expect("a folder");
        for (name, from, until) in [("certificate.pem", -100, -10), ("new.pem", -1, 89)] {
            let signed = authority.signs_for_days(NAME, from, until);
            std::fs::write(secure.kept(name), signed.key + &signed.chain).expect("written");
        }
        secure.asks(&Pebble::away().settings());
        assert!(authority.client().gets(secure.https, "/login").is_ok(), "{}", secure.pod.log());
        assert!(!secure.kept("new.pem").exists());
    }

    /// An authority that answers every question alike.
    fn authority_that_says(
        status: u16,
        body: &'static str,
        again: &'static str,
    ) -> (Porch, Authority, Arc<AtomicUsize>) {
        let authority = Authority::new();
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = authority.signs("127.0.0.1").lie_in(folder.path());
        let papers = Arc::new(Papers::default());
        papers.show(Files { certificate, key }.read().expect("good").shown);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let porch = Porch::with(
            |options| {
                options.listen.clear();
                options.listen_https = vec![Listen::Address("127.0.0.1:0".parse().expect("an address"))];
                options.papers = Some(papers);
            },
            Arc::new(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                Response::json(body.to_owned()).with_status(status).with_header("Retry-After", again)
            }),
        );
        (porch, authority, asked)
    }

    fn settings(secure: &SecurePod, porch: &Porch, authority: &Authority) -> Vec<(&'static str, String)> {
        vec![
            ("PAPPUS_ACME", "you@example.org".to_owned()),
            ("PAPPUS_ACME_SERVER", format!("https://{}/dir", porch.address)),
            ("PAPPUS_CA_FILE", secure.pod.file("roots.pem", &authority.pem())),
        ]
    }

    fn an_authority_that_wants_to_be_left_alone_is_left_alone() {
        let secure = SecurePod::unborn();
        let body = r#"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many\ncertificates"}"#;
        let (porch, authority, asked) = authority_that_says(429, body, "86400");
        let settings = settings(&secure, &porch, &authority);
        secure.asks(&settings);
        let word = "too many certificates (rateLimited); the authority was asked too often; wait";
        until("a word of the pod", || secure.pod.log().contains(word).then_some(()));
        assert!(secure.pod.stop());
        let before = asked.load(Ordering::SeqCst);
        secure.asks(&settings);
        until("another word", || secure.pod.log().contains("wants to be left alone until").then_some(()));
        assert!(secure.pod.stop());
        assert_eq!(asked.load(Ordering::SeqCst), before, "nobody asked again");
    }

    fn an_authority_that_wants_more_than_the_pod_has_is_understood() {
        for (body, word) in [
            (
                r#"{"newNonce":"","newAccount":"","newOrder":"","meta":{"externalAccountRequired":true}}"#,
                "an account that was made elsewhere first",
            ),
            (
                r#"{"newNonce":"https://evil.example/","newAccount":"https://evil.example/","newOrder":""}"#,
                "not at the server",
            ),
            ("<html>", "what nobody understands"),
        ] {
            let secure = SecurePod::unborn();
            let (porch, authority, _) = authority_that_says(200, body, "0");
            secure.asks(&settings(&secure, &porch, &authority));
            until("a word of the pod", || secure.pod.log().contains(word).then_some(()));
        }
    }
}
