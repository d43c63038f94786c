//! The podmin's hand: what people report is looked at, held, removed for good, or left; pods and accounts are limited.

use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    a_report_waits_for_the_podmin_and_everybody_who_reports_the_same_joins_the_case,
    what_is_held_is_seen_by_nobody_and_comes_back_as_it_was,
    what_was_removed_never_comes_back_whatever_other_pods_send,
    a_removed_post_of_ours_is_taken_back_on_other_pods,
    whose_account_is_held_reads_why_and_can_object,
    a_removed_account_goes_with_everything_and_is_not_known_again,
    a_suspension_ends_contacts_on_both_sides_and_lifting_it_begins_them_again,
    who_is_silenced_is_seen_only_by_people_who_share_with_them,
    pictures_and_previews_of_a_limited_pod_are_not_shown,
    a_held_delivery_goes_out_when_the_post_is_restored,
    an_order_holds_by_itself_when_nobody_answers,
    words_for_a_decision_or_an_objection_that_is_not_taken_are_there_again,
    anybody_can_give_notice_without_an_account,
    an_address_that_a_stranger_leaves_adds_nothing_to_a_mail,
    a_list_of_domain_blocks_shows_what_it_would_change_and_never_lifts,
    when_only_allowed_pods_are_let_in_the_others_are_not,
    nobody_but_the_podmin_finds_the_podmins_pages,
];

/// The podmin opens a case about something; its number.
pub fn case_about(podmin: &User, kind: &str, name: &str) -> String {
    let answer = podmin.submit("/podmin/cases", &[("kind", kind), ("name", name), ("ground", "rules"), ("text", "")]);
    assert_eq!(answer.status, 303, "a case is opened: {}", answer.text());
    answer.header("location").rsplit('/').next().unwrap_or_default().to_owned()
}

pub fn decides(podmin: &User, case: &str, decision: &str) {
    podmin.does(&format!("/podmin/cases/{case}"), &[("decision", decision), ("why", "it breaks a rule")]);
}

/// The podmin removes a thing and waits until the last of it is gone.
pub fn removes(podmin: &User, kind: &str, name: &str) {
    let case = case_about(podmin, kind, name);
    decides(podmin, &case, "remove");
    until("the last of it to be gone", || {
        Some(podmin.page(&format!("/podmin/cases/{case}"))).filter(|page| page.html.contains("cannot come back"))
    });
}

fn a_report_waits_for_the_podmin_and_everybody_who_reports_the_same_joins_the_case() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("carol");
    let (alice, bob, carol) = (pod.user("alice"), pod.user("bob"), pod.user("carol"));
    let guid = carol.posts("Buy my pills");
    for user in [&bob, &bob, &alice] {
        if user.handle() == alice.handle() {
            case_about(user, "post", &guid);
        } else {
            let said =
                [("kind", "post"), ("name", guid.as_str()), ("ground", "spam"), ("text", "It is an advertisement.")];
            assert_eq!(user.submit("/report", &said).status, 200);
        }
    }
    alice.is_told("data-kind=\"case\"");
    let page = alice.page("/podmin/cases");
    assert_eq!(page.html.matches("data-case=").count(), 1, "one case: {}", page.html);
    assert!(page.html.contains("1 voice"), "who says it twice is counted once: {}", page.html);
    assert!(alice.page("/podmin/cases/1").html.contains("It is an advertisement."));
    let nothing = bob.submit("/report", &[("kind", "post"), ("name", &guid), ("ground", ""), ("text", "x")]);
    assert_eq!(nothing.status, 422, "a ground must be chosen");
}

fn what_is_held_is_seen_by_nobody_and_comes_back_as_it_was() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("A questionable #opinion");
    alice.comments(&guid, "Hm.");
    let case = case_about(&alice, "post", &guid);
    decides(&alice, &case, "hold");
    for path in [format!("/posts/{guid}"), format!("/fetch/post/{guid}")] {
        assert_eq!(pod.visitor().get(&path).status, 404, "{path}");
        assert_eq!(alice.page(&path).status, 404, "{path}, signed in");
    }
    for path in ["/stream", "/public", "/tags/opinion", "/people?q=questionable", "/notifications", "/activity"] {
        assert!(!bob.page(path).html.contains("A questionable"), "{path}");
        assert!(!alice.page(path).html.contains(&format!("/posts/{guid}")), "{path}");
    }
    bob.is_told("data-kind=\"moderated\"");
    let told = bob.page(&format!("/decisions/{case}")).html;
    assert!(told.contains("it breaks a rule") && told.contains("Object"), "{told}");
    decides(&alice, &case, "restore");
    assert_eq!(pod.visitor().get(&format!("/posts/{guid}")).status, 200);
    alice.sees_comment(&guid, "Hm.");
}

fn what_was_removed_never_comes_back_whatever_other_pods_send() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&alice, &bob);
    befriend(&carol, &bob);
    befriend(&alice, &carol);
    let guid = bob.posts("Come and join us");
    alice.sees("Come and join us");
    carol.sees("Come and join us");
    removes(&alice, "post", &guid);
    // A reshare and a comment bring a root and a parent with them, on a pod that has no tombstone.
    let reshare = carol.reshares(&guid);
    carol.comments(&guid, "Great!");
    let other = carol.posts("Something else");
    alice.sees("Something else");
    assert!(!other.is_empty());
    let database = a.database();
    until("the inbox to be empty", || (database.number("select count(*) from inbox", &[]) == 0).then_some(()));
    for name in [&guid, &reshare] {
        assert_eq!(database.number("select count(*) from every_post where guid = ?", &[name]), 0);
    }
    assert_eq!(database.number("select count(*) from every_comment", &[]), 0);
}

fn a_removed_post_of_ours_is_taken_back_on_other_pods() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    a.add_user("mallory");
    let (alice, mallory, bob) = (a.user("alice"), a.user("mallory"), b.user("bob"));
    befriend(&mallory, &bob);
    let guid = mallory.posts("Bad words");
    bob.sees("Bad words");
    removes(&alice, "post", &guid);
    bob.misses(&guid);
}

fn whose_account_is_held_reads_why_and_can_object() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Hello");
    let person = bob.guid();
    let case = case_about(&alice, "account", &bob.handle());
    decides(&alice, &case, "hold");
    for path in [format!("/people/{person}"), format!("/posts/{guid}"), format!("/hcard/users/{person}")] {
        assert_eq!(pod.visitor().get(&path).status, 404, "{path}");
    }
    let finger = format!("/.well-known/webfinger?resource=acct:{}", bob.handle());
    assert_eq!(pod.visitor().get(&finger).status, 404);
    assert_eq!(pod.visitor().get("/public/bob.atom").status, 404);
    let page = bob.page("/decisions");
    assert!(page.html.contains("The podmin holds your account"), "{}", page.html);
    assert!(bob.page("/stream").html.contains("The podmin holds your account"), "nothing else is open to them");
    bob.does(&format!("/decisions/{case}/appeal"), &[("text", "It was a joke.")]);
    assert!(alice.page(&format!("/podmin/cases/{case}")).html.contains("It was a joke."));
    decides(&alice, &case, "restore");
    assert_eq!(pod.visitor().get(&format!("/posts/{guid}")).status, 200);
    bob.posts("I am back");
}

fn a_removed_account_goes_with_everything_and_is_not_known_again() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let mine = alice.posts("A post of mine");
    bob.sees("A post of mine");
    for n in 0..7 {
        bob.posts(&format!("Number {n}"));
    }
    bob.comments(&mine, "A comment of theirs");
    alice.sees_comment(&mine, "A comment of theirs");
    alice.sees("Number 6");
    removes(&alice, "account", &bob.handle());
    let database = a.database();
    for table in ["every_post", "every_comment"] {
        let theirs =
            format!("select count(*) from {table} t join every_person p on p.id = t.author where p.host is not null");
        assert_eq!(database.number(&theirs, &[]), 0, "{table}");
    }
    bob.posts("Again");
    bob.comments(&mine, "Again");
    until("both to be refused", || (a.log().matches("was removed here").count() >= 2).then_some(()));
    assert_eq!(database.number("select count(*) from every_comment", &[]), 0);
}

fn a_suspension_ends_contacts_on_both_sides_and_lifting_it_begins_them_again() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = bob.posts("Before");
    alice.sees("Before");
    let limit = [("subject", b.host()), ("severity", "suspend".to_owned())];
    let limit: Vec<(&str, &str)> = limit.iter().map(|(name, value)| (*name, value.as_str())).collect();
    alice.does("/podmin/limits", &limit);
    assert_eq!(alice.page(&format!("/posts/{guid}")).status, 404);
    until("bob to hear that alice shares no more", || (!bob.is_shared_with_by(&alice.handle())).then_some(()));
    bob.posts("While suspended");
    until("it to be refused", || a.log().contains("suspended here").then_some(()));
    alice.page(&format!("/people?q={}", bob.handle()));
    until("nobody to ask there for bob", || {
        a.log()
            .contains(&format!("not got posts {}: discovery: {0} was removed or is suspended here", bob.handle()))
            .then_some(())
    });
    alice.does("/podmin/limits/lift", &[("subject", &b.host())]);
    assert_eq!(alice.page(&format!("/posts/{guid}")).status, 200);
    until("bob to hear that alice shares again", || bob.is_shared_with_by(&alice.handle()).then_some(()));
    bob.posts("After");
    alice.sees("After");
    // What was decided since stays.
    alice.does("/podmin/limits", &limit);
    alice.does("/podmin/limits", &[("subject", b.host().as_str()), ("severity", "silence")]);
    alice.does(&format!("/people/{}/ignore", bob.guid()), &[]);
    alice.does("/podmin/limits/lift", &[("subject", &b.host())]);
    assert_eq!(
        a.database().number("select count(*) from aspect_members", &[]),
        0,
        "she does not share with whom she ignores"
    );
}

fn who_is_silenced_is_seen_only_by_people_who_share_with_them() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    a.add_user("carol");
    let (alice, carol, bob) = (a.user("alice"), a.user("carol"), b.user("bob"));
    befriend(&carol, &bob);
    let guid = bob.posts("Loud #noise");
    carol.sees("Loud");
    alice.does("/podmin/limits", &[("subject", &bob.handle()), ("severity", "silence")]);
    assert_eq!(alice.page(&format!("/posts/{guid}")).status, 404);
    assert!(!alice.page("/public").html.contains("Loud") && !alice.page("/tags/noise").html.contains("Loud"));
    assert!(carol.page("/stream").html.contains("Loud"), "who shares with them still sees them");
}

fn pictures_and_previews_of_a_limited_pod_are_not_shown() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bob.posts("Look: ![a picture](https://pictures.example/one.png)");
    assert!(alice.sees("Look:").html.contains("/proxy/"), "a picture is shown");
    let limit = [("subject", b.host()), ("severity", "noop".to_owned()), ("no_pictures", "1".to_owned())];
    let limit: Vec<(&str, &str)> = limit.iter().map(|(name, value)| (*name, value.as_str())).collect();
    alice.does("/podmin/limits", &limit);
    let seen = alice.sees("Look:").html;
    assert!(!seen.contains("/proxy/") && seen.contains("a picture"), "its description is left: {seen}");
}

fn a_held_delivery_goes_out_when_the_post_is_restored() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    b.stop();
    let guid = alice.posts("Not yet");
    let case = case_about(&alice, "post", &guid);
    decides(&alice, &case, "hold");
    b.start();
    a.stop();
    a.make_due();
    a.start();
    until("the delivery to be withheld", || a.log().contains("withheld post").then_some(()));
    decides(&alice, &case, "restore");
    b.user("bob").sees("Not yet");
    drop(bob);
}

/// An order of an authority against a post comes in.
pub fn an_authority_orders(podmin: &User, post: &str, more: &[(&str, &str)]) {
    let order = [("kind", "post"), ("name", post), ("ground", "terror"), ("text", "Order 1/26"), ("order", "1")];
    assert_eq!(podmin.submit("/podmin/cases", &[&order[..], more].concat()).status, 303);
}

fn an_order_holds_by_itself_when_nobody_answers() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("Ordered away");
    an_authority_orders(&alice, &guid, &[("hold_after", "0")]);
    until("it to be held", || (pod.visitor().get(&format!("/posts/{guid}")).status == 404).then_some(()));
    let page = alice.page("/podmin/cases").html;
    assert!(page.contains("Ordered by an authority") && page.contains("due in"), "{page}");
}

fn words_for_a_decision_or_an_objection_that_is_not_taken_are_there_again() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let case = case_about(&alice, "post", &bob.posts("Something"));
    decides(&alice, &case, "hold");
    let again =
        alice.submit(&format!("/podmin/cases/{case}"), &[("decision", "hold"), ("why", "at length & in detail")]);
    assert_eq!(again.status, 403, "it was decided meanwhile");
    assert!(again.text().contains("at length &amp; in detail</textarea>"), "{}", again.text());
    let object = format!("/decisions/{case}/appeal");
    let long = "It was a joke. ".repeat(400);
    let again = bob.submit(&object, &[("text", &long)]);
    assert_eq!(again.status, 422);
    assert!(again.text().contains(&format!("{long}</textarea>")), "{}", again.text());
    assert!(again.text().contains("maxlength=\"5000\""), "{}", again.text());
    decides(&alice, &case, "restore");
    decides(&alice, &case, "close");
    let again =
        alice.submit(&format!("/podmin/cases/{case}"), &[("decision", "remove"), ("why", "at length & in detail")]);
    assert_eq!(again.status, 403, "it was closed meanwhile");
    assert!(again.text().contains("at length &amp; in detail</blockquote>"), "{}", again.text());
}

fn anybody_can_give_notice_without_an_account() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("Something");
    let visitor = pod.visitor();
    let page = visitor.page("/report");
    let url = format!("{}/posts/{guid}", pod.url);
    let fields = [
        ("url", url.as_str()),
        ("ground", "privacy"),
        ("text", "This is my address."),
        ("name_of", "Dora"),
        ("email", "dora@mail.example"),
        ("good_faith", "1"),
    ];
    let incomplete: Vec<(&str, &str)> = fields.iter().copied().filter(|(name, _)| *name != "good_faith").collect();
    assert_eq!(visitor.submit(&page, "/report", &incomplete).status, 422);
    assert_eq!(visitor.submit(&page, "/report", &fields).status, 200);
    let page = alice.page("/podmin/cases/1").html;
    assert!(page.contains("dora@mail.example") && page.contains("This is my address."), "{page}");
}

fn an_address_that_a_stranger_leaves_adds_nothing_to_a_mail() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let url = format!("{}/posts/{}", pod.url, alice.posts("Something"));
    let visitor = pod.visitor();
    let page = visitor.page("/report");
    let says = |ground: &str, email: &str| {
        let words = [("url", url.as_str()), ("ground", ground), ("text", "Look."), ("good_faith", "1")];
        let who = [("name_of", "Dora"), ("email", email)];
        visitor.submit(&page, "/report", &[&words[..], &who].concat()).status
    };
    for ground in ["privacy", "abuse_of_children"] {
        for email in ["me@x.example?bcc=evil@y.example", "me@x.example,evil@y.example", "@", "me@x.example?bcc=z"] {
            assert_eq!(says(ground, email), 422, "{ground} {email}");
        }
    }
    assert_eq!(says("privacy", "me?bcc=evil&to=you@y.example"), 200, "an odd one, but one address");
    let links = alice.page("/podmin/cases/1").attributes("a", "href");
    let link = links.iter().find(|link| link.starts_with("mailto:")).expect("a link that begins a mail");
    assert_eq!(link, "mailto:me%3Fbcc%3Devil%26to%3Dyou@y.example?subject=Case%201");
}

fn a_list_of_domain_blocks_shows_what_it_would_change_and_never_lifts() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let list = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n\
        bad.example,suspend,true,false,\"hate, mostly\",false\nloud.example,silence,false,false,,false\nw*rong,suspend,,,,\n";
    let shown = alice.submit("/podmin/limits/list", &[("list", list), ("origin", "friends")]).text();
    assert!(shown.contains("It changes 2 limits.") && shown.contains("w*rong"), "{shown}");
    assert!(!alice.page("/podmin/limits").html.contains("bad.example"), "looking changes nothing");
    alice.does("/podmin/limits/list", &[("list", list), ("origin", "friends"), ("sure", "1")]);
    alice.does("/podmin/limits/list", &[("list", "loud.example"), ("origin", "friends"), ("sure", "1")]);
    let csv = alice.page("/podmin/limits.csv").html;
    assert!(csv.contains("bad.example,suspend,true,false,\"hate, mostly\",false"), "absence lifts nothing: {csv}");
    assert!(csv.contains("loud.example,suspend"), "{csv}");
    // Its last line would name a part of a domain.
    let long = "friendly.example\n".repeat(53_000);
    let answer = alice.submit("/podmin/limits/list", &[("list", &long), ("origin", "friends"), ("sure", "1")]);
    assert_eq!(answer.status, 422);
}

fn when_only_allowed_pods_are_let_in_the_others_are_not() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&alice, &bob);
    befriend(&alice, &carol);
    alice.does("/podmin/limits", &[("subject", &b.host()), ("severity", "allow")]);
    alice.does("/podmin/limits/only", &[("allow_only", "1")]);
    carol.posts("From carol");
    until("carol to be refused", || a.log().contains("suspended here").then_some(()));
    bob.posts("From bob");
    alice.sees("From bob");
    assert!(!alice.page("/stream").html.contains("From carol"));
    alice.posts("From here");
    bob.sees("From here");
}

fn nobody_but_the_podmin_finds_the_podmins_pages() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Mine");
    let case = case_about(&alice, "post", &guid);
    for path in ["/podmin/cases", "/podmin/cases/new", "/podmin/limits", "/podmin/limits.csv"] {
        assert_eq!(bob.page(path).status, 404, "{path}");
    }
    assert_eq!(bob.page(&format!("/podmin/cases/{case}")).status, 404);
    assert_eq!(bob.submit(&format!("/podmin/cases/{case}"), &[("decision", "close"), ("why", "")]).status, 404);
    assert_eq!(bob.page(&format!("/decisions/{case}")).status, 404, "an open case is the podmin's alone");
}
