//! The documents by which other pods find people, read as they read them.

use serde_json::Value;

use crate::support::double::{Double, guid};
use crate::support::pod::TestPod;
use crate::support::trials;

trials![
    webfinger_leads_to_the_hcard,
    webfinger_of_nobody_is_404_and_of_nothing_400,
    an_hcard_has_every_element_that_pods_look_for,
    host_meta_leads_to_webfinger,
    nodeinfo_is_valid_against_its_schemas,
    the_home_page_answers_200,
    a_public_post_is_handed_out_and_a_limited_one_is_not,
    a_post_of_another_pod_is_redirected_to_its_author,
    the_stream_of_a_person_is_a_list_of_their_public_posts,
    a_person_has_a_feed,
    a_feed_can_be_read_whatever_signs_a_post_has,
];

fn webfinger(pod: &TestPod, resource: &str) -> crate::support::http::Answer {
    pod.visitor().get(&format!("/.well-known/webfinger?resource={resource}"))
}

fn link(document: &Value, rel: &str) -> String {
    let links = document["links"].as_array().cloned().unwrap_or_default();
    let link = links.into_iter().find(|link| link["rel"] == rel).unwrap_or_else(|| panic!("no {rel}: {document}"));
    let target = if link["href"].is_null() { &link["template"] } else { &link["href"] };
    target.as_str().expect("a link leads somewhere").to_owned()
}

fn webfinger_leads_to_the_hcard() {
    let pod = TestPod::new("alice");
    let handle = pod.handle("alice");
    let encoded = format!("acct%3A{}", handle.replace('@', "%40").replace(':', "%3A"));
    for resource in [encoded, format!("acct:{handle}"), handle.clone(), format!("acct:{}", handle.to_uppercase())] {
        let answer = webfinger(&pod, &resource);
        assert_eq!(answer.status, 200, "{resource}");
        assert!(answer.header("content-type").starts_with("application/jrd+json"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let document = answer.json();
        assert_eq!(document["subject"], format!("acct:{handle}"));
        let guid = pod.database().person(&handle).expect("alice is stored");
        assert_eq!(link(&document, "http://microformats.org/profile/hcard"), format!("{}/hcard/users/{guid}", pod.url));
        let seed = link(&document, "http://joindiaspora.com/seed_location");
        assert_eq!(seed.trim_end_matches('/'), pod.url);
    }
}

fn webfinger_of_nobody_is_404_and_of_nothing_400() {
    let pod = TestPod::new("alice");
    assert_eq!(webfinger(&pod, &format!("acct:{}", pod.handle("bob"))).status, 404);
    assert_eq!(webfinger(&pod, "acct:alice@elsewhere.example").status, 404);
    assert_eq!(webfinger(&pod, "nonsense").status, 404);
    assert_eq!(pod.visitor().get("/.well-known/webfinger").status, 400);
}

fn an_hcard_has_every_element_that_pods_look_for() {
    let pod = TestPod::new("alice");
    let guid = pod.database().person(&pod.handle("alice")).expect("alice is stored");
    let answer = pod.visitor().get(&format!("/hcard/users/{guid}"));
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/html"));
    let html = answer.text();
    let classes = [
        "uid",
        "nickname",
        "fn",
        "given_name",
        "family_name",
        "key",
        "searchable",
        "entity_photo",
        "entity_photo_medium",
        "entity_photo_small",
    ];
    for class in classes {
        let quoted = [format!("class=\"{class}\""), format!("class=\"{class} "), format!(" {class}\"")];
        assert!(quoted.iter().any(|text| html.contains(text)), "{class}: {html}");
    }
    assert!(html.contains("-----BEGIN PUBLIC KEY-----") && html.contains("-----END PUBLIC KEY-----"), "{html}");
    let photos: Vec<&str> = html.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(photos.len(), 3);
    assert!(photos.iter().all(|url| url.starts_with("http")), "absolute addresses: {photos:?}");
    assert_eq!(pod.visitor().get("/hcard/users/0123456789abcdef").status, 404);
}

fn host_meta_leads_to_webfinger() {
    let pod = TestPod::new("alice");
    let answer = pod.visitor().get("/.well-known/host-meta");
    assert_eq!(answer.status, 200);
    assert!(
        answer.text().contains(&format!("{}/.well-known/webfinger?resource={{uri}}", pod.url)),
        "{}",
        answer.text()
    );
}

fn nodeinfo_is_valid_against_its_schemas() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("counted");
    alice.comments(&post, "counted too");
    let links = pod.visitor().get("/.well-known/nodeinfo").json();
    for version in ["1.0", "2.0", "2.1"] {
        let url = link(&links, &format!("http://nodeinfo.diaspora.software/ns/schema/{version}"));
        let answer = pod.visitor().get(url.strip_prefix(&pod.url).expect("on the same pod"));
        assert_eq!(answer.status, 200);
        let kind = format!("http://nodeinfo.diaspora.software/ns/schema/{version}#");
        assert!(answer.header("content-type").contains(&kind), "{}", answer.header("content-type"));
        let document = answer.json();
        valid(&document, version).unwrap_or_else(|error| panic!("{version}: {error}: {document}"));
        // Version 1.0 knows three names only.
        let name = if version == "1.0" { "diaspora" } else { "pappus" };
        assert_eq!(document["software"]["name"], name);
        assert_eq!(document["usage"]["users"]["total"], 1);
        assert_eq!(
            (document["usage"]["localPosts"].as_i64(), document["usage"]["localComments"].as_i64()),
            (Some(1), Some(1))
        );
        assert_eq!(document["openRegistrations"], false);
    }
    assert_eq!(pod.visitor().get("/nodeinfo/3.0").status, 404);
}

/// The rules of the official schemas, by hand: every member is named, and no other may be there.
fn valid(document: &Value, version: &str) -> Result<(), String> {
    let old = version == "1.0";
    members(
        document,
        &["version", "software", "protocols", "services", "openRegistrations", "usage", "metadata"],
        &[],
    )?;
    same(&document["version"], version)?;
    let software = &document["software"];
    members(software, &["name", "version"], if version == "2.1" { &["repository", "homepage"] } else { &[] })?;
    let name = software["name"].as_str().unwrap_or_default();
    let name_fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(name_fits) {
        return Err(format!("software.name {name}"));
    }
    text(&software["version"])?;
    let known_old = "diaspora friendica redmatrix";
    let known = "activitypub buddycloud dfrn diaspora libertree ostatus pumpio tent xmpp zot";
    if old {
        members(&document["protocols"], &["inbound", "outbound"], &[])?;
        words(
            &document["protocols"]["inbound"],
            Some(&format!("{known_old} buddycloud gnusocial libertree mediagoblin pumpio smtp tent")),
            1,
        )?;
        words(
            &document["protocols"]["outbound"],
            Some(&format!("{known_old} buddycloud gnusocial libertree mediagoblin pumpio smtp tent")),
            1,
        )?;
    } else {
        words(&document["protocols"], Some(known), 1)?;
    }
    members(&document["services"], &["inbound", "outbound"], &[])?;
    words(&document["services"]["inbound"], Some("atom1.0 gnusocial imap pnut pop3 pumpio rss2.0 twitter"), 0)?;
    words(&document["services"]["outbound"], Some("atom1.0 rss2.0 smtp xmpp wordpress"), 0)?;
    document["openRegistrations"].as_bool().ok_or("openRegistrations")?;
    members(&document["usage"], &["users"], &["localPosts", "localComments"])?;
    members(&document["usage"]["users"], &[], &["total", "activeHalfyear", "activeMonth"])?;
    let users = document["usage"]["users"].as_object().into_iter().flatten();
    let counts = document["usage"].as_object().into_iter().flatten().filter(|(name, _)| *name != "users");
    for (name, count) in users.chain(counts) {
        count.as_u64().ok_or(format!("usage {name}"))?;
    }
    document["metadata"].as_object().map(|_| ()).ok_or("metadata".to_owned())
}

fn members(value: &Value, required: &[&str], optional: &[&str]) -> Result<(), String> {
    let object = value.as_object().ok_or(format!("not an object: {value}"))?;
    if let Some(name) = required.iter().find(|name| !object.contains_key(**name)) {
        return Err(format!("{name} is missing"));
    }
    let known = |name: &str| required.contains(&name) || optional.contains(&name);
    match object.keys().find(|name| !known(name)) {
        Some(name) => Err(format!("{name} is not allowed")),
        None => Ok(()),
    }
}

fn same(value: &Value, expected: &str) -> Result<(), String> {
    if value == expected { Ok(()) } else { Err(format!("{value} is not {expected}")) }
}

fn text(value: &Value) -> Result<(), String> {
    value.as_str().map(|_| ()).ok_or(format!("not a text: {value}"))
}

/// A list of different words out of some.
fn words(value: &Value, known: Option<&str>, at_least: usize) -> Result<(), String> {
    let list = value.as_array().ok_or(format!("not a list: {value}"))?;
    let fits = |word: &Value| {
        word.as_str().is_some_and(|word| known.is_none_or(|known| known.split(' ').any(|one| one == word)))
    };
    if list.len() >= at_least && list.iter().all(fits) { Ok(()) } else { Err(format!("{value}")) }
}

fn the_home_page_answers_200() {
    let pod = TestPod::new("alice");
    let answer = pod.visitor().get("/");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-security-policy").contains("default-src"), "{:?}", answer.headers);
    assert!(!answer.header("content-security-policy").contains("unsafe-inline"));
}

fn a_public_post_is_handed_out_and_a_limited_one_is_not() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (public, limited) = (alice.posts("take it"), alice.posts_to("all", "leave it"));
    let comment = alice.comments(&public, "and this");
    for kind in ["post", "status_message"] {
        let answer = pod.visitor().get(&format!("/fetch/{kind}/{public}"));
        assert_eq!(answer.status, 200, "{kind}");
        assert!(answer.header("content-type").starts_with("application/magic-envelope+xml"));
        assert!(answer.text().contains("<me:sig key_id="), "{}", answer.text());
    }
    assert!([200, 404].contains(&pod.visitor().get(&format!("/fetch/comment/{comment}")).status));
    for path in [format!("post/{limited}"), format!("post/{}", guid()), format!("nonsense/{public}")] {
        assert_eq!(pod.visitor().get(&format!("/fetch/{path}")).status, 404, "{path}");
    }
}

fn a_post_of_another_pod_is_redirected_to_its_author() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let (post, xml) = far.post("dora", "at home");
    far.says("dora", &pod, &xml);
    let answer = crate::support::wait::until("the post", || {
        Some(pod.visitor().get(&format!("/fetch/post/{post}"))).filter(|answer| answer.status != 404)
    });
    assert_eq!((answer.status, answer.header("location")), (302, format!("{}/fetch/post/{post}", far.url()).as_str()));
}

fn the_stream_of_a_person_is_a_list_of_their_public_posts() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (public, limited) = (alice.posts("for the stream"), alice.posts_to("all", "not for the stream"));
    let answer = pod.visitor().get_with(&format!("/people/{}/stream", alice.guid()), &[("accept", "application/json")]);
    assert_eq!(answer.status, 200);
    let stream = answer.json();
    let posts = stream.as_array().expect("a list");
    assert_eq!((posts.len(), &posts[0]["guid"], &posts[0]["public"]), (1, &Value::from(public), &Value::from(true)));
    assert_eq!(posts[0]["author"]["guid"], alice.guid());
    assert!(!answer.text().contains(&limited));
}

fn a_person_has_a_feed() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts("fed to *readers*");
    alice.posts_to("all", "not fed");
    let answer = pod.visitor().get("/public/alice.atom");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/atom+xml"), "{}", answer.header("content-type"));
    let feed = answer.text();
    assert!(feed.contains("<feed") && feed.contains("readers") && !feed.contains("not fed"), "{feed}");
}

fn a_feed_can_be_read_whatever_signs_a_post_has() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts("fed \u{1}\u{b}\u{1f}\u{fffe}\u{ffff} to *readers*");
    alice.does("/profile", &[("first_name", "Al\u{8}ice")]);
    let feed = pod.visitor().get("/public/alice.atom").text();
    let found = pappus::federation::diaspora::xml::parse(feed.as_bytes());
    assert!(found.is_ok() && feed.contains("readers"), "{found:?} {feed}");
}
