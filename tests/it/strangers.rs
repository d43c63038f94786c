//! What visitors without an account see: what people here made public, and of other pods nothing but what was said in
//! answer to that.

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;

trials![
    what_people_elsewhere_wrote_is_not_shown_to_strangers_on_any_page,
    an_answer_from_elsewhere_is_shown_under_the_post_and_keeps_the_page_out_of_search_engines,
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
}

fn crawlers_are_told_to_stay_away_from_profiles_and_pictures_of_others() {
    let pod = TestPod::new("alice");
    let rules = pod.visitor().get("/robots.txt").text();
    for path in ["/people/", "/u/", "/proxy/"] {
        assert!(rules.contains(&format!("Disallow: {path}\n")), "{rules}");
    }
}
