//! What visitors without an account see: what people here made public, and of other pods nothing but what was said in
//! answer to that.

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![
    what_people_elsewhere_wrote_is_not_shown_to_strangers_on_any_page,
    an_answer_from_elsewhere_is_shown_under_the_post_and_keeps_the_page_out_of_search_engines,
    whoever_has_a_question_finds_whom_to_ask_and_the_podmin_can_say_it_better,
    what_the_podmin_did_is_told_in_numbers_and_without_names,
    an_objection_to_a_removal_is_turned_down_by_closing_and_the_author_is_told,
    crawlers_are_told_to_stay_away_from_profiles_and_pictures_of_others,
];

const NOINDEX: &str = "name=\"robots\" content=\"noindex\"";

fn what_people_elsewhere_wrote_is_not_shown_to_strangers_on_any_page() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    let mine = alice.posts("Words from here #seed");
    let (guid, xml) = far.post("dora", "Words from afar #seed");
    far.says("dora", &pod, &xml);
    until("the post to arrive", || (alice.thread(&guid).status == 200).then_some(()));
    let (_, xml) = far.comment("dora", &guid, "More Words from afar");
    far.says("dora", &pod, &xml);
    alice.sees_comment(&guid, "More Words from afar");
    alice.comments(&guid, "You say: Words from afar");
    let reshare = alice.reshares(&guid);
    let (own, dora) = (alice.guid(), far.person("dora"));
    let paths = [
        "/".to_owned(),
        "/public".to_owned(),
        "/tags/seed".to_owned(),
        format!("/posts/{guid}"),
        format!("/posts/{guid}/comments"),
        format!("/p/{guid}"),
        format!("/posts/{mine}"),
        format!("/posts/{reshare}"),
        format!("/posts/{reshare}/comments"),
        format!("/people/{own}"),
        format!("/people/{own}/stream"),
        format!("/people/{own}/photos"),
        "/public/alice.atom".to_owned(),
        format!("/people/{dora}"),
        format!("/people/{dora}/stream"),
        format!("/people/{dora}/photos"),
        "/u/dora".to_owned(),
        format!("/hcard/users/{dora}"),
        format!("/oembed?url={}/posts/{guid}", pod.url),
        format!("/oembed?url={}/posts/{reshare}", pod.url),
        format!("/fetch/post/{guid}"),
        "/people?q=afar".to_owned(),
        "/statistics".to_owned(),
        "/transparency".to_owned(),
    ];
    let visitor = pod.visitor();
    for path in &paths {
        for accept in ["text/html", "application/json"] {
            let said = visitor.get_with(path, &[("accept", accept)]).text();
            assert!(!said.contains("Words from afar"), "{path} {accept}: {said}");
        }
    }
    for path in [&paths[3], &paths[13], &paths[14], &paths[15], &paths[17]] {
        assert_eq!(visitor.get(path).status, 404, "{path}");
    }
    let shown = visitor.page(&format!("/posts/{reshare}")).html;
    assert!(shown.contains(&format!("{}/posts/{guid}", far.url())), "one is led to where it was written: {shown}");
    assert!(shown.contains(NOINDEX), "{shown}");
    assert!(visitor.page("/public").html.contains("Words from here"));
    assert!(alice.page(&format!("/posts/{reshare}")).html.contains("Words from afar"), "people here read it here");
}

fn an_answer_from_elsewhere_is_shown_under_the_post_and_keeps_the_page_out_of_search_engines() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let far = Double::new(&["dora"]);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = alice.posts("A question");
    bob.comments(&guid, "An answer from here");
    let path = format!("/posts/{guid}");
    let page = pod.visitor().page(&path).html;
    assert!(page.contains("An answer from here") && !page.contains(NOINDEX), "{page}");
    let (_, xml) = far.comment("dora", &guid, "An answer from afar");
    far.says("dora", &pod, &xml);
    alice.sees_comment(&guid, "An answer from afar");
    let page = pod.visitor().page(&path).html;
    assert!(page.contains("An answer from afar") && page.contains(NOINDEX), "{page}");
    let reshare = bob.reshares(&guid);
    for path in [format!("/posts/{reshare}"), format!("/posts/{reshare}/comments")] {
        let said = pod.visitor().get_with(&path, &[("accept", "application/json")]).text();
        assert!(said.contains("An answer from here"), "a reshare carries what is said here: {path} {said}");
    }
}

fn crawlers_are_told_to_stay_away_from_profiles_and_pictures_of_others() {
    let pod = TestPod::new("alice");
    let rules = pod.visitor().get("/robots.txt").text();
    for path in ["/people/", "/u/", "/proxy/"] {
        assert!(rules.contains(&format!("Disallow: {path}\n")), "{rules}");
    }
}

fn whoever_has_a_question_finds_whom_to_ask_and_the_podmin_can_say_it_better() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let visitor = pod.visitor();
    let home = visitor.page("/").html;
    assert!(home.contains("href=\"/contact\"") && home.contains("href=\"/report\""), "{home}");
    let page = visitor.page("/contact").html;
    for words in [&alice.handle(), "Write in English", "href=\"/report\"", "For authorities", "href=\"/transparency\""]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    alice.does("/settings/pages", &[("contact", "Call *me*"), ("imprint", "x")]);
    let page = visitor.page("/contact").html;
    assert!(page.contains("Call <em>me</em>") && page.contains(&alice.handle()), "{page}");
    assert_eq!(visitor.page("/").html.matches("href=\"/contact\"").count(), 1, "it is linked once");
}

/// A case that the podmin opens and decides; its number.
fn decides(podmin: &User, fields: &[(&str, &str)], decision: &str) -> String {
    let answer = podmin.submit("/podmin/cases", fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let case = answer.header("location").rsplit('/').next().unwrap_or_default().to_owned();
    podmin.does(&format!("/podmin/cases/{case}"), &[("decision", decision), ("why", "it breaks a rule")]);
    case
}

fn what_the_podmin_did_is_told_in_numbers_and_without_names() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let empty = pod.visitor().page("/transparency").html;
    assert!(empty.contains("0 cases came up"), "{empty}");
    let (first, second) = (bob.posts("One"), bob.posts("Two"));
    let spam = [("kind", "post"), ("name", first.as_str()), ("ground", "spam"), ("text", "")];
    let case = decides(&alice, &spam, "hold");
    bob.does(&format!("/decisions/{case}/appeal"), &[("text", "It is none.")]);
    alice.does(&format!("/podmin/cases/{case}"), &[("decision", "restore"), ("why", "you are right")]);
    let order =
        [("kind", "post"), ("name", second.as_str()), ("ground", "terror"), ("text", "Order 1/26"), ("order", "1")];
    decides(&alice, &order, "remove");
    alice.does("/podmin/limits", &[("subject", "loud.example"), ("severity", "silence")]);
    let page = pod.visitor().page("/transparency").html;
    for words in ["2 cases came up", "Ordered by an authority", "Terrorism", "Spam", "Granted", "Silence", "within"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let csv = pod.visitor().get("/transparency.csv").text();
    let year = csv.lines().nth(1).and_then(|line| line.split(',').next()).expect("a year").to_owned();
    for line in [
        "cases,all,2",
        "origin,order,1",
        "origin,podmin,1",
        "ground,spam,1",
        "kind,post,2",
        "outcome,removed,1",
        "outcome,restored,1",
        "orders,terror,1",
        "objections,granted,1",
        "limits,silence,1",
        "held_by_itself,all,0",
    ] {
        assert!(csv.contains(&format!("{year},{line}\r\n")), "{line}: {csv}");
    }
    for told in [&page, &csv] {
        for secret in [first.as_str(), second.as_str(), "bob", "loud.example", "Order 1/26", "breaks a rule"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
    assert_eq!(pod.visitor().get("/transparency?year=1990").status, 404);
    assert_eq!(pod.visitor().get("/transparency.csv?year=x").status, 404);
}

fn an_objection_to_a_removal_is_turned_down_by_closing_and_the_author_is_told() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let guid = bob.posts("Gone soon");
    let case = decides(&alice, &[("kind", "post"), ("name", &guid), ("ground", "rules"), ("text", "")], "remove");
    let page = format!("/podmin/cases/{case}");
    until("the last of it to be gone", || alice.page(&page).html.contains("cannot come back").then_some(()));
    bob.does(&format!("/decisions/{case}/appeal"), &[("text", "It was fine.")]);
    alice.does(&page, &[("decision", "close"), ("why", "no, it was not")]);
    let told = bob.page(&format!("/decisions/{case}")).html;
    assert!(told.contains("no, it was not") && told.contains("You objected"), "{told}");
    assert_eq!(bob.submit(&format!("/decisions/{case}/appeal"), &[("text", "But!")]).status, 403, "once");
    let csv = pod.visitor().get("/transparency.csv").text();
    assert!(csv.contains("objections,rejected,1"), "{csv}");
}
