//! Whoever a case concerns is told: who reported it that it was heard and what was decided, an authority by a receipt, the
//! podmin in time and by telephone.

use std::fs;

use crate::cases::{an_authority_orders, case_about, decides, removes};
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::smtp::MailServer;
use crate::support::trials;
use crate::support::wait::until;

trials![
    who_reports_from_outside_is_mailed_that_it_was_heard_and_what_was_decided_and_why,
    an_address_hears_once_a_day_that_it_was_heard_and_never_in_words_of_others,
    a_user_who_reports_reads_what_was_decided_and_why,
    a_receipt_is_mailed_and_that_is_written_down,
    who_speaks_up_again_after_a_decision_is_not_overlooked,
    a_request_for_an_account_is_told_to_the_podmin_and_counted,
    the_telephone_rings_without_names_and_the_page_says_whether_that_worked,
    the_clock_of_a_case_rings_until_it_is_held,
];

/// A pod of alice, who runs it, and bob, that sends its mails to a server of the trial.
fn pod_with_mail(server: &MailServer) -> TestPod {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    let environment = server.environment();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pod.start_with(&environment);
    pod.add_user("bob");
    pod
}

/// Somebody without an account gives notice of a post.
fn gives_notice(pod: &TestPod, guid: &str, email: &str, text: &str) {
    let visitor = pod.visitor();
    let url = format!("{}/posts/{guid}", pod.url);
    let fields = [
        ("url", url.as_str()),
        ("ground", "privacy"),
        ("text", text),
        ("name_of", "Dora"),
        ("email", email),
        ("good_faith", "1"),
    ];
    let answer = visitor.submit(&visitor.page("/report"), "/report", &fields);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn who_reports_from_outside_is_mailed_that_it_was_heard_and_what_was_decided_and_why() {
    let server = MailServer::new();
    let pod = pod_with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Dora lives at Hill 7");
    gives_notice(&pod, &guid, "dora@mail.example", "That is my address, take it away.");
    let mail = server.gets("got a report");
    assert_eq!(mail.to, "dora@mail.example");
    assert!(mail.text.contains("Reference: case 1") && !mail.text.contains("take it away"), "{}", mail.text);
    assert!(!mail.text.contains("List-Unsubscribe"), "{}", mail.text);
    decides(&alice, "1", "hold");
    decides(&alice, "1", "remove");
    let mail = server.gets("was removed from this pod");
    assert_eq!(mail.to, "dora@mail.example");
    for words in ["it breaks a rule", "A human decided", "/contact", "Reference: case 1"] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }
    assert!(!mail.text.contains("Hill 7") && !mail.text.contains(&bob.handle()), "{}", mail.text);
    // The author hears the reason and nothing of who spoke up.
    let told = bob.page("/decisions/1").html;
    assert!(told.contains("it breaks a rule") && !told.contains("Dora") && !told.contains("dora@"), "{told}");
}

fn an_address_hears_once_a_day_that_it_was_heard_and_never_in_words_of_others() {
    let server = MailServer::new();
    let pod = pod_with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    for number in 0..3 {
        let guid = bob.posts(&format!("Number {number}"));
        gives_notice(&pod, &guid, "victim@mail.example", "Buy my pills");
    }
    for case in ["1", "2", "3"] {
        decides(&alice, case, "restore");
    }
    until("three answers", || {
        let mails = server.mails();
        let answers = mails.iter().filter(|mail| mail.text.contains("stays as it is")).count();
        (answers == 3).then_some(())
    });
    let mails: Vec<_> = server.mails().into_iter().filter(|mail| mail.to == "victim@mail.example").collect();
    assert_eq!(mails.iter().filter(|mail| mail.text.contains("got a report")).count(), 1);
    assert!(mails.iter().all(|mail| !mail.text.contains("pills") && !mail.text.contains("Dora")));
}

fn a_user_who_reports_reads_what_was_decided_and_why() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("carol");
    let (alice, bob, carol) = (pod.user("alice"), pod.user("bob"), pod.user("carol"));
    let guid = carol.posts("Buy my pills");
    let said = [("kind", "post"), ("name", guid.as_str()), ("ground", "spam"), ("text", "It is an advertisement.")];
    assert_eq!(bob.submit("/report", &said).status, 200);
    let page = bob.page("/decisions").html;
    assert!(page.contains("What you reported") && page.contains("It waits for a decision"), "{page}");
    assert!(!bob.page("/notifications").html.contains("data-kind=\"answered\""));
    decides(&alice, "1", "hold");
    assert!(!bob.page("/notifications").html.contains("data-kind=\"answered\""), "to hold is not to decide");
    decides(&alice, "1", "remove");
    bob.is_told("data-kind=\"answered\"");
    assert!(bob.page("/notifications").html.contains("/decisions#reports"));
    let page = bob.page("/decisions").html;
    assert!(page.contains("removed from this pod for good") && page.contains("it breaks a rule"), "{page}");
    let page = carol.page("/decisions").html;
    assert!(!page.contains("What you reported") && !page.contains("an advertisement"), "{page}");
}

fn a_receipt_is_mailed_and_that_is_written_down() {
    let server = MailServer::new();
    let pod = pod_with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("To be removed");
    gives_notice(&pod, &guid, "dora@mail.example", "Please.");
    removes(&alice, "post", &guid);
    until("the receipt", || alice.page("/podmin/cases/1").html.contains("value=\"dora@mail.example\"").then_some(()));
    let refused = alice.submit("/podmin/cases/1/receipt", &[("to", "no address")]);
    assert_eq!(refused.status, 422);
    assert_eq!(bob.submit("/podmin/cases/1/receipt", &[("to", "bob@mail.example")]).status, 404);
    alice.does("/podmin/cases/1/receipt", &[("to", "desk@police.example")]);
    let mail = until("the mail", || server.mails().into_iter().find(|mail| mail.to == "desk@police.example"));
    assert!(mail.text.contains("pappus receipt verify") && mail.text.contains("filename=\"receipt-"), "{}", mail.text);
    let page = alice.page("/podmin/cases/1").html;
    assert!(page.contains("Receipt mailed") && page.contains("desk@police.example"), "{page}");
    let log = pod.database().texts("select leaf from steps").join("\n");
    assert!(log.contains("\"what\":\"sent\"") && !log.contains("police"), "the log names nobody: {log}");
    let receipt = alice.client.get("/podmin/cases/1/receipt").text();
    let file = pod.file("receipt.json", &receipt);
    let key = pod.visitor().get("/.well-known/advisory-key").text();
    let key = key.split(['"', '#']).find(|word| word.starts_with("z6Mk")).expect("the key").to_owned();
    let output = pod.command(&["receipt", "verify", &file, "--item", &guid, "--key", &key]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // What was mailed is the same file.
    let mailed = mail.text.split("receipt-").nth(1).unwrap_or_default().to_owned();
    let proof = receipt.split("\"proofValue\": \"").nth(1).and_then(|rest| rest.get(..40)).expect("a proof");
    let plain = mailed.replace(['\n', '\r'], "");
    assert!(plain.contains(proof) || base64_contains(&mailed, proof), "{mailed}");
    drop(fs::remove_file(file));
}

/// Whether a part of a mail in base64 contains a text.
fn base64_contains(part: &str, text: &str) -> bool {
    use base64::Engine;
    let body = part.split("\n\n").nth(1).unwrap_or_default().split("--").next().unwrap_or_default();
    let body: String = body.split_whitespace().collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(body).unwrap_or_default();
    String::from_utf8_lossy(&decoded).contains(text)
}

fn who_speaks_up_again_after_a_decision_is_not_overlooked() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Borderline");
    case_about(&alice, "post", &guid);
    decides(&alice, "1", "restore");
    assert!(!alice.page("/podmin/cases").html.contains("data-case"));
    gives_notice(&pod, &guid, "dora@mail.example", "It is about me.");
    let page = alice.page("/podmin/cases").html;
    assert!(page.contains("data-case=\"1\"") && page.contains("Privacy") && page.contains("due in"), "{page}");
    assert!(page.contains("Cases (1)"), "it is counted: {page}");
    decides(&alice, "1", "restore");
    an_authority_orders(&alice, &guid, &[]);
    let page = alice.page("/podmin/cases").html;
    let runs = ["due in 1 h", "due in 59 min"].iter().any(|due| page.contains(due));
    assert!(page.contains("Ordered by an authority") && runs, "the hour runs: {page}");
}

fn a_request_for_an_account_is_told_to_the_podmin_and_counted() {
    let server = MailServer::new();
    let pod = pod_with_mail(&server);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    alice.does("/podmin/requests/taken", &[("taken", "1")]);
    assert!(pod.stop());
    pod.change("update users set email = name || '@mail.example'");
    let environment = server.environment();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pod.start_with(&environment);
    assert!(alice.page("/settings/mail").html.contains("value=\"request\""));
    assert!(!bob.page("/settings/mail").html.contains("value=\"request\""), "only podmins are told of it");
    alice.does("/settings/mail", &[("kind", "request"), ("when", "once")]);
    let visitor = pod.visitor();
    for name in ["dora", "fred"] {
        let email = format!("{name}@mail.example");
        let fields = [("name", name), ("email", email.as_str()), ("why", "I live here.")];
        assert_eq!(visitor.submit(&visitor.page("/request"), "/request", &fields).status, 200);
    }
    let page = alice.page("/notifications").html;
    assert_eq!(page.matches("data-kind=\"request\"").count(), 1, "one notice for both: {page}");
    assert!(page.contains("href=\"/podmin/requests\""), "{page}");
    assert!(alice.page("/podmin").html.contains("Requests (2)"));
    assert!(!bob.page("/notifications").html.contains("data-kind=\"request\""));
    let mail = server.gets("Somebody asks for an account");
    assert!(mail.to == "alice@mail.example" && mail.text.contains("/podmin/requests"), "{}", mail.text);
    assert!(!mail.text.contains("dora"), "{}", mail.text);
    assert_eq!(server.mails().len(), 1, "one mail for both");
}

fn the_telephone_rings_without_names_and_the_page_says_whether_that_worked() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let bell = Double::new(&["nobody"]);
    let url = format!("{}/topic-nobody-guesses", bell.url());
    for path in ["/podmin/alarm", "/podmin/alarm/test"] {
        assert_eq!(bob.submit(path, &[("url", &url)]).status, 404, "{path}");
    }
    assert_eq!(bob.page("/podmin/alarm").status, 404);
    for wrong in ["nonsense", "ftp://pod.example/x", "https://name:word@pod.example/"] {
        assert_eq!(alice.submit("/podmin/alarm", &[("url", wrong)]).status, 422, "{wrong}");
    }
    alice.does("/podmin/alarm", &[("url", &url)]);
    let guid = bob.posts("Something private about Dora");
    gives_notice(&pod, &guid, "dora@mail.example", "It is about Dora.");
    let told = until("the bell", || bell.posted("/topic-nobody-guesses").pop());
    assert!(told.contains("1 case waits, due in") && told.contains(&pod.host()), "{told}");
    for word in ["Dora", "bob", "alice", &guid] {
        assert!(!told.contains(word), "{word}: {told}");
    }
    until("the ring to be noted", || alice.page("/podmin/alarm").html.contains("It was taken").then_some(()));
    bell.will_answer(&[403]);
    alice.does("/podmin/alarm/test", &[]);
    assert!(alice.page("/podmin/alarm").html.contains("It did not work: 403"));
    alice.does("/podmin/alarm/test", &[]);
    assert!(alice.page("/podmin/alarm").html.contains("It was taken"));
    assert!(!pod.log().contains("topic-nobody-guesses"), "the address is a secret");
    alice.does("/podmin/alarm", &[("url", "")]);
    assert!(!alice.page("/podmin/alarm").html.contains("Ring now"));
}

fn the_clock_of_a_case_rings_until_it_is_held() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("Something");
    gives_notice(&pod, &guid, "dora@mail.example", "It is about me.");
    let rings = || pod.database().number("select alarm_at from cases", &[]);
    let (opened, due) = (
        pod.database().number("select opened_at from cases", &[]),
        pod.database().number("select due from cases", &[]),
    );
    assert_eq!((due - opened, due - rings()), (86_400, 21_600), "when a quarter is left");
    alice.does("/notifications/read", &[]);
    assert!(pod.stop());
    pod.change("update cases set due = 2000, alarm_at = 1000");
    pod.start();
    let alice = pod.user("alice");
    until("the clock to ring", || (rings() > 1_000_000).then_some(()));
    assert_eq!(alice.page("/stream").number("data-unread"), Some(1), "told again");
    alice.does("/notifications/read", &[]);
    decides(&alice, "1", "hold");
    alice.does("/notifications/read", &[]);
    assert!(pod.stop());
    pod.change("update cases set alarm_at = 1000");
    pod.start();
    let alice = pod.user("alice");
    // Another case goes through the clerk's hands after it.
    let other = alice.posts("Another");
    an_authority_orders(&alice, &other, &[("hold_after", "0")]);
    until("it to be held", || (pod.visitor().get(&format!("/posts/{other}")).status == 404).then_some(()));
    assert_eq!(
        pod.database().number("select alarm_at from cases where id = 1", &[]),
        1_000,
        "what is held lets one sleep"
    );
}
