//! What people and pods are used to from diaspora*, where no other family has it: a line of its inventory each.

use crate::support::double::{Double, entity};
use crate::support::http::Client;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    who_is_ignored_is_neither_seen_nor_heard,
    contacts_have_lists_for_everybody_and_for_the_ignored,
    the_pod_of_an_ignored_person_is_told,
    texts_have_the_limits_of_the_network,
    names_in_a_profile_have_the_limits_of_the_network,
    an_aspect_has_a_short_name_of_its_own,
    a_new_account_has_the_four_aspects,
    an_account_has_a_name_that_fits_an_id,
    the_name_of_a_closed_account_is_never_given_again,
    a_post_is_liked_once_a_person,
    only_public_posts_of_others_are_reshared_and_once,
    what_is_done_to_a_reshare_is_done_to_its_original,
    a_reshare_outlives_its_original,
    what_is_not_safe_for_work_is_behind_a_shield,
    more_about_a_person_is_for_those_they_share_with,
    who_does_not_want_to_be_found_is_not,
    a_tag_in_capitals_leads_to_the_one_in_small_letters,
    a_feed_tells_reshares_as_their_originals,
    crawlers_are_kept_off_people,
    a_phone_installs_the_pod_and_shares_with_it,
    sharing_tells_a_person_who_one_is,
    a_profile_goes_out_publicly_only_when_all_of_it_is_public,
    a_profile_says_when_it_was_changed,
    who_takes_part_in_a_post_elsewhere_tells_its_author,
    what_is_not_public_does_not_come_by_the_public_door,
    a_discussion_shows_its_last_three_comments_in_a_stream,
    a_post_says_with_what_it_was_written,
    whose_post_is_reshared_elsewhere_hears_what_is_said_there,
    who_is_mentioned_and_not_known_is_looked_up,
    an_inbox_has_fifteen_conversations_a_page,
];

fn household() -> TestPod {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod
}

fn lists(user: &User, path: &str, text: &str) -> bool {
    user.page(path).post(text).is_some()
}

fn who_is_ignored_is_neither_seen_nor_heard() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let (hers, his) = (alice.posts("by alice"), bob.posts("by bob #seed"));
    bob.comments(&hers, "before");
    assert!(lists(&alice, "/stream", "by bob"));
    alice.does(&format!("/people/{}/ignore", bob.guid()), &[]);
    for path in ["/stream", "/public", "/tags/seed", "/aspects"] {
        assert!(!lists(&alice, path, "by bob"), "{path}");
    }
    assert!(lists(&alice, &format!("/people/{}", bob.guid()), "by bob"), "on his page he is");
    assert_eq!(alice.page("/stream").number("data-unread"), Some(0), "what he did is read");
    assert!(!bob.is_shared_with_by(&alice.handle()), "she does not share with him any more");
    assert_eq!(bob.submit(&format!("/posts/{hers}/like"), &[]).status, 403);
    assert_eq!(bob.submit(&format!("/posts/{hers}/comments"), &[("text", "after")]).status, 403);
    bob.posts(&format!("@{{{}}} hear me", alice.handle()));
    assert_eq!(alice.page("/stream").number("data-unread"), Some(0), "she is told nothing more");
    alice.does(&format!("/people/{}/unignore", bob.guid()), &[]);
    assert!(lists(&alice, "/public", "by bob"));
    bob.likes(&hers);
    assert_eq!(alice.thread(&his).status, 200);
}

fn contacts_have_lists_for_everybody_and_for_the_ignored() {
    let pod = household();
    pod.add_user("cleo");
    pod.add_user("dan");
    let (alice, bob, cleo, dan) = (pod.user("alice"), pod.user("bob"), pod.user("cleo"), pod.user("dan"));
    alice.shares_with(&bob.handle());
    cleo.shares_with(&alice.handle());
    alice.finds(&dan.handle());
    alice.does(&format!("/people/{}/ignore", dan.guid()), &[]);
    let listed = |set: &str| {
        let page = alice.page(&format!("/contacts{set}")).html;
        let main = page.split("<main").nth(1).unwrap_or_default().to_owned();
        [&bob, &cleo, &dan].map(|user| main.contains(&user.handle()))
    };
    assert_eq!(listed(""), [true, false, false]);
    assert_eq!(listed("?set=all"), [true, true, false]);
    assert_eq!(listed("?set=sharing"), [false, true, false]);
    assert_eq!(listed("?set=ignored"), [false, false, true]);
    assert_eq!(listed("?set=all&q=cleo"), [false, true, false]);
}

fn the_pod_of_an_ignored_person_is_told() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    alice.shares_with(&far.handle("dora"));
    far.hears("contact", "<sharing>true</sharing>");
    alice.does(&format!("/people/{}/ignore", alice.finds(&far.handle("dora"))), &[]);
    let letter = far.hears("contact", "<blocking>true</blocking>");
    assert!(letter.xml.contains("<sharing>false</sharing>"), "{}", letter.xml);
}

fn texts_have_the_limits_of_the_network() {
    let pod = household();
    let alice = pod.user("alice");
    let (longest, longer) = ("ä".repeat(65_535), "ä".repeat(65_536));
    let say = |text: &str| alice.submit("/posts", &[("text", text), ("audience", "public")]).status;
    assert_eq!(say(&longest), 303);
    assert_eq!(say(&longer), 422);
    let post = alice.posts("short");
    let comment = |text: &str| alice.submit(&format!("/posts/{post}/comments"), &[("text", text)]).status;
    assert_eq!(comment(&longest), 303);
    assert_eq!(comment(&longer), 422);
    let ask = |answer: &str| {
        let fields = [("text", "?"), ("audience", "public"), ("question", "?")];
        alice.submit("/posts", &[&fields[..], &[("answers", answer)]].concat()).status
    };
    assert_eq!(ask(&format!("{}\nno", "y".repeat(255))), 303);
    assert_eq!(ask(&format!("{}\nno", "y".repeat(256))), 422);
}

fn names_in_a_profile_have_the_limits_of_the_network() {
    let pod = household();
    let alice = pod.user("alice");
    let tell = |name: &str, value: &str| alice.submit("/profile", &[(name, value)]).status;
    for (name, longest) in [("first_name", 32), ("last_name", 32), ("location", 255), ("gender", 255), ("bio", 65_535)]
    {
        assert_eq!(tell(name, &"ö".repeat(longest)), 303, "{name}");
        assert_eq!(tell(name, &"ö".repeat(longest + 1)), 422, "{name}");
    }
    assert_eq!(tell("first_name", "a;b"), 422);
    assert_eq!(tell("tags", "#a #b #c #d #e"), 303);
    assert_eq!(tell("tags", "#a #b #c #d #e #f"), 422);
    assert_eq!(tell("birthday", "1985-02-29"), 422);
    assert_eq!(tell("birthday", "1004-05-24"), 303);
    let page = alice.page(&format!("/people/{}", alice.guid())).html;
    assert!(page.contains("24 May") && !page.contains("1004"), "{page}");
}

fn an_aspect_has_a_short_name_of_its_own() {
    let pod = household();
    let alice = pod.user("alice");
    let add = |name: &str| alice.submit("/aspects", &[("name", name)]).status;
    assert_eq!(add(&"x".repeat(20)), 303);
    assert_eq!(add(&"x".repeat(21)), 422);
    assert_eq!(add("Neighbours"), 303);
    assert_eq!(add("neighBOURS"), 422);
}

fn a_new_account_has_the_four_aspects() {
    let pod = household();
    let names = pod.database().texts("select name from aspects where user = 2 order by position");
    assert_eq!(names, ["Family", "Friends", "Work", "Acquaintances"]);
}

fn an_account_has_a_name_that_fits_an_id() {
    let pod = household();
    let alice = pod.user("alice");
    alice.does("/settings/invites", &[("uses", "10")]);
    let code = pod.database().text("select code from invites", &[]).expect("a link");
    let path = format!("/i/{code}");
    let moves_in = |name: &str| {
        let client: Client = pod.visitor();
        client.submit(&client.page(&path), &path, &[("name", name), ("password", PASSWORD)]).status
    };
    for name in ["", "Ada", "a b", "a@b", "ä", ".ada", "bob", &"a".repeat(33)] {
        assert_eq!(moves_in(name), 422, "{name}");
    }
    assert_eq!(moves_in("a-d_a.1"), 303);
}

fn the_name_of_a_closed_account_is_never_given_again() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let (post, comment) = (bob.posts("soon gone"), bob.comments(&alice.posts("stays"), "stays under the bare ID"));
    assert_eq!(bob.submit("/settings/close", &[("password", "not it")]).status, 403);
    bob.does("/settings/close", &[("password", PASSWORD)]);
    assert_eq!(bob.client.get("/stream").status, 303, "signed out");
    let again =
        pod.visitor().submit(&pod.visitor().page("/login"), "/login", &[("name", "bob"), ("password", PASSWORD)]);
    assert!(again.status >= 400, "{}", again.status);
    assert_eq!(alice.thread(&post).status, 404);
    assert_eq!(pod.database().number("select count(*) from comments where guid = ?", &[&comment]), 1);
    assert_eq!(pod.visitor().get(&format!("/.well-known/webfinger?resource=acct:{}", bob.handle())).status, 404);
    let file = pod.file("secret", PASSWORD);
    let output = pod.command(&["user", "add", "bob", "--password-file", &file]);
    assert!(!output.status.success(), "the name is taken for ever");
}

fn a_post_is_liked_once_a_person() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = alice.posts("like me");
    bob.likes(&post);
    bob.likes(&post);
    alice.sees_likes(&post, 1);
    bob.unlikes(&post);
    alice.sees_likes(&post, 0);
}

fn only_public_posts_of_others_are_reshared_and_once() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let (public, limited) = (alice.posts("for all"), alice.posts_to("all", "for few"));
    let reshare = |user: &User, post: &str| user.submit(&format!("/posts/{post}/reshare"), &[]).status;
    assert_eq!(reshare(&alice, &public), 403, "one's own");
    assert_eq!(reshare(&bob, &limited), 403);
    assert_eq!(reshare(&bob, &public), 303);
    reshare(&bob, &public);
    assert_eq!(pod.database().number("select count(*) from posts where reshare", &[]), 1);
}

fn what_is_done_to_a_reshare_is_done_to_its_original() {
    let pod = household();
    pod.add_user("cleo");
    let (alice, bob, cleo) = (pod.user("alice"), pod.user("bob"), pod.user("cleo"));
    let post = alice.posts("the original");
    let reshare = bob.reshares(&post);
    let shown = cleo.thread(&reshare).html;
    for deed in ["like", "reshare", "comments"] {
        assert!(shown.contains(&format!("/posts/{post}/{deed}\"")), "{deed}");
        assert!(!shown.contains(&format!("/posts/{reshare}/{deed}\"")), "{deed}");
    }
    let again = cleo.reshares(&post);
    let root =
        pod.database().text("select p.guid from posts r join posts p on p.id = r.root where r.guid = ?", &[&again]);
    assert_eq!(root, Some(post));
}

fn a_reshare_outlives_its_original() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = alice.posts("soon gone");
    let reshare = bob.reshares(&post);
    alice.deletes(&post);
    let page = bob.thread(&reshare);
    assert_eq!(page.status, 200);
    assert!(page.html.contains("class=\"gone\"") && !page.html.contains("soon gone"), "{}", page.html);
}

fn what_is_not_safe_for_work_is_behind_a_shield() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let (tagged, plain) = (alice.posts("look #NSFW away"), alice.posts("nothing to hide"));
    let shielded = |post: &str| bob.thread(post).html.contains("<details class=\"shield\">");
    assert!(shielded(&tagged) && !shielded(&plain));
    alice.does("/profile", &[("nsfw", "1")]);
    assert!(shielded(&plain), "everything of hers is, when she says so");
}

fn more_about_a_person_is_for_those_they_share_with() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let path = format!("/people/{}", alice.guid());
    let fields =
        [("first_name", "Ada"), ("bio", "the *secret* story"), ("location", "Hidden Lane"), ("searchable", "1")];
    alice.does("/profile", &fields);
    assert!(!bob.page(&path).html.contains("Hidden Lane") && bob.page(&path).html.contains("Ada"));
    alice.shares_with(&bob.handle());
    assert!(bob.page(&path).html.contains("Hidden Lane") && bob.page(&path).html.contains("<em>secret</em>"));
    assert!(!pod.visitor().page(&path).html.contains("Hidden Lane"));
    alice.does("/profile", &[&fields[..], &[("public_details", "1")]].concat());
    assert!(pod.visitor().page(&path).html.contains("Hidden Lane"));
}

fn who_does_not_want_to_be_found_is_not() {
    let pod = household();
    pod.add_user("cleo");
    let (alice, bob, cleo) = (pod.user("alice"), pod.user("bob"), pod.user("cleo"));
    alice.does("/profile", &[("first_name", "Adelaide")]);
    cleo.shares_with(&alice.handle());
    let finds = |user: &User, words: &str| {
        let page = user.page(&format!("/people?q={words}")).html;
        page.split("<main").nth(1).unwrap_or_default().contains(&alice.handle())
    };
    assert!(!finds(&bob, "Adelaide") && finds(&cleo, "adelaide"), "only whoever shares with her does");
    let page = pod.visitor().page(&format!("/people/{}", alice.guid())).html;
    assert!(page.contains("content=\"noindex\""), "{page}");
    alice.does("/profile", &[("first_name", "Adelaide"), ("searchable", "1")]);
    assert!(finds(&bob, "adel") && finds(&bob, "alice") && !finds(&bob, "a"));
}

fn a_tag_in_capitals_leads_to_the_one_in_small_letters() {
    let pod = household();
    let alice = pod.user("alice");
    alice.posts("a #Seed");
    let answer = pod.visitor().get("/tags/SEED");
    assert_eq!((answer.status, answer.header("location")), (303, "/tags/seed"));
    assert!(pod.visitor().page("/tags/seed").post("a ").is_some(), "visitors read public posts");
}

fn a_feed_tells_reshares_as_their_originals() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = alice.posts("the original words");
    bob.reshares(&post);
    let feed = pod.visitor().get("/public/bob.atom").text();
    assert!(feed.contains("the original words") && feed.contains(&format!("{}/posts/{post}", pod.url)), "{feed}");
    for number in 0..26 {
        bob.does("/posts", &[("text", &format!("number {number}")), ("audience", "public")]);
    }
    assert_eq!(pod.visitor().get("/public/bob.atom").text().matches("<entry>").count(), 25);
}

fn crawlers_are_kept_off_people() {
    let pod = household();
    let rules = pod.visitor().get("/robots.txt").text();
    for path in ["/people/", "/u/", "/proxy/"] {
        assert!(rules.contains(&format!("Disallow: {path}\n")), "{rules}");
    }
    assert!(!rules.contains("/posts"), "public posts may be found");
}

fn a_phone_installs_the_pod_and_shares_with_it() {
    let pod = household();
    let manifest = pod.visitor().get("/manifest.json").json();
    assert_eq!(manifest["display"], "standalone");
    assert_eq!(manifest["icons"].as_array().map(Vec::len), Some(2));
    assert_eq!(manifest["share_target"]["action"], "/bookmarklet");
}

fn sharing_tells_a_person_who_one_is() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    alice.does("/profile", &[("first_name", "Ada"), ("location", "Hidden Lane")]);
    alice.shares_with(&far.handle("dora"));
    assert_eq!(far.hears("contact", "<sharing>true</sharing>").door, "dora");
    let profile = far.hears("profile", "<first_name>Ada</first_name>");
    assert!(profile.door == "dora" && profile.xml.contains("Hidden Lane"), "{profile:?}");
    alice.stops_sharing_with(&far.handle("dora"));
    far.hears("contact", "<sharing>false</sharing>");
}

fn a_profile_goes_out_publicly_only_when_all_of_it_is_public() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    far.shares_with("dora", &pod, "alice");
    until("dora to share", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    alice.does("/profile", &[("first_name", "Ada"), ("location", "Hidden Lane")]);
    let told = far.hears("profile", "Ada");
    assert!(!told.xml.contains("Hidden Lane"), "whoever only shares with her is a stranger");
    alice.shares_with(&far.handle("dora"));
    assert_eq!(far.hears("profile", "Hidden Lane").door, "dora", "to each she shares with");
    alice.does("/profile", &[("location", "Another Lane")]);
    assert_eq!(far.hears("profile", "Another Lane").door, "dora");
    alice.does("/profile", &[("location", "Open Road"), ("public_details", "1")]);
    assert_eq!(far.hears("profile", "Open Road").door, "public");
}

fn a_profile_says_when_it_was_changed() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    pod.user("alice").does("/profile", &[("first_name", "Ada"), ("public_details", "1")]);
    let sql =
        "select strftime('<edited_at>%Y-%m-%dT%H:%M:%SZ<', edited_at, 'unixepoch') from people where name = 'Ada'";
    let said = pod.database().text(sql, &[]).expect("it is known when");
    let told = far.hears("profile", "Ada");
    assert!(told.xml.contains(&said), "{said}: {}", told.xml);
}

fn who_takes_part_in_a_post_elsewhere_tells_its_author() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    let (post, xml) = far.post("dora", "take part");
    far.says("dora", &pod, &xml);
    until("the post", || (alice.thread(&post).status == 200).then_some(()));
    alice.likes(&post);
    assert!(far.hears("like", &post).xml.contains("<author_signature>"));
    let asked = far.hears("participation", &alice.handle());
    assert!(asked.door == "dora" && asked.xml.contains(&post), "{asked:?}");
    alice.comments(&post, "and say so");
    assert!(far.hears("comment", "and say so").xml.contains("<author_signature>"));
}

fn what_is_not_public_does_not_come_by_the_public_door() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    let (limited, public) = (far.post("dora", "for few"), far.post("dora", "for all"));
    far.says("dora", &pod, &limited.1.replace("<public>true</public>", "<public>false</public>"));
    far.says("dora", &pod, &entity("request", &[("author", &far.handle("dora"))]));
    far.says("dora", &pod, &public.1);
    until("the public one", || (alice.thread(&public.0).status == 200).then_some(()));
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 1);
}

fn a_discussion_shows_its_last_three_comments_in_a_stream() {
    let pod = household();
    let alice = pod.user("alice");
    let post = alice.posts("talk");
    for number in 1..=5 {
        alice.comments(&post, &format!("comment {number}"));
    }
    let page = alice.page("/stream");
    let shown = page.comments();
    assert_eq!(shown.len(), 3);
    assert!(shown[0].html.contains("comment 3") && shown[2].html.contains("comment 5"), "the oldest of them first");
    let link = format!("/posts/{post}#{}", shown[2].guid);
    assert!(shown[2].html.contains(&link), "each has an address");
    assert!(alice.thread(&post).html.contains(&format!("id=\"{}\"", shown[2].guid)));
}

fn a_post_says_with_what_it_was_written() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    let (post, xml) = far.post("dora", "from a phone");
    let xml = xml.replace("</text>", "</text><provider_display_name>mobile</provider_display_name>");
    far.says("dora", &pod, &xml);
    until("the post", || (alice.thread(&post).status == 200).then_some(()));
    assert!(alice.thread(&post).html.contains("via mobile"));
}

fn whose_post_is_reshared_elsewhere_hears_what_is_said_there() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    let post = alice.posts("reshare me");
    let (reshare, xml) = far.reshare("dora", &alice.handle(), &post);
    far.says("dora", &pod, &xml);
    alice.sees_reshares(&post, 1);
    let asked = until("her participation", || {
        far.letters_of("participation").into_iter().find(|letter| letter.xml.contains(&reshare))
    });
    assert!(asked.xml.contains(&alice.handle()), "{asked:?}");
}

fn who_is_mentioned_and_not_known_is_looked_up() {
    let pod = household();
    let (far, farther) = (Double::new(&["dora"]), Double::new(&["emil"]));
    let alice = pod.user("alice");
    let (post, xml) = far.post("dora", &format!("look at @{{{}}}", farther.handle("emil")));
    far.says("dora", &pod, &xml);
    until("emil to be known", || pod.database().person(&farther.handle("emil")));
    assert!(alice.thread(&post).html.contains(&format!("/people/{}", farther.person("emil"))));
}

fn an_inbox_has_fifteen_conversations_a_page() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    for number in 0..17 {
        let subject = format!("number {number}");
        bob.does("/conversations", &[("to", &alice.guid()), ("subject", &subject), ("text", "hello")]);
    }
    let page = alice.page("/conversations");
    assert_eq!(page.number("data-letters"), Some(17));
    let subjects = page.html.matches("number ").count();
    let next = page.attributes("a", "href").into_iter().find(|href| href.contains("?from=15")).expect("a next page");
    let rest = alice.page(&next).html.matches("number ").count();
    assert!(subjects > rest && rest > 0, "{subjects} on the first page, {rest} on the second");
    assert!(!page.html.contains("number 0<") && alice.page(&next).html.contains("number 0"), "the newest first");
}
