//! Which posts stand in which stream, and how one keeps posts out of them.

use crate::support::double::{Double, entity};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::until;

trials![
    a_stream_of_aspects_shows_whom_one_put_into_them,
    mentions_are_collected,
    what_one_took_part_in_is_in_ones_activity_the_last_deed_first,
    followed_tags_have_a_stream_and_stand_in_the_main_one,
    a_tag_is_one_word,
    the_page_of_a_tag_shows_who_describes_themselves_with_it,
    a_hidden_post_is_in_no_stream_and_comes_back_with_undo,
    nobody_is_told_of_a_muted_post,
    a_subscribed_post_tells_of_its_comments,
    the_stream_says_how_many_posts_are_new,
    a_stream_is_read_to_its_end_page_by_page,
    what_is_said_under_a_reshare_and_its_original_is_read_together,
    a_long_discussion_is_read_backwards,
    sound_and_film_are_played_in_the_post,
    a_comment_is_looked_at_before_it_is_sent,
];

impl User<'_> {
    /// GUIDs of the posts on a page.
    fn listed(&self, path: &str) -> Vec<String> {
        let page = self.page(path);
        assert_eq!(page.status, 200, "{path}");
        page.posts().into_iter().map(|post| post.guid).collect()
    }

    fn puts_into(&self, other: &User, aspect: &str) {
        self.does(&format!("/people/{}/aspects", self.finds(&other.handle())), &[("aspects", aspect)]);
    }
}

/// A pod with two people who share with each other.
fn household() -> TestPod {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    {
        let (alice, bob) = (pod.user("alice"), pod.user("bob"));
        befriend(&alice, &bob);
        alice.does("/notifications/read", &[]);
    }
    pod
}

fn a_stream_of_aspects_shows_whom_one_put_into_them() {
    let pod = household();
    pod.add_user("cleo");
    let (alice, bob, cleo) = (pod.user("alice"), pod.user("bob"), pod.user("cleo"));
    let aspects = alice.aspects();
    alice.puts_into(&cleo, &aspects[1]);
    let (from_bob, from_cleo) = (bob.posts("by bob"), cleo.posts("by cleo"));
    alice.posts("by alice");
    assert_eq!(alice.listed(&format!("/aspects?a_ids={}", aspects[0])), [from_bob.as_str()]);
    assert_eq!(alice.listed(&format!("/aspects?a_ids={}", aspects[1])), [from_cleo.as_str()]);
    assert_eq!(alice.listed(&format!("/aspects?a_ids={}&a_ids={}", aspects[0], aspects[1])), [from_cleo, from_bob]);
    assert_eq!(alice.listed("/aspects").len(), 2, "without a choice it is all of them");
    assert!(bob.listed(&format!("/aspects?a_ids={}", aspects[1])).is_empty(), "aspects of others lead nowhere");
}

fn mentions_are_collected() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    bob.posts("nothing for her");
    let public = bob.posts(&format!("hello @{{{}}}", alice.handle()));
    assert_eq!(alice.listed("/mentions"), [public]);
    assert!(bob.listed("/mentions").is_empty());
}

fn what_one_took_part_in_is_in_ones_activity_the_last_deed_first() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let (liked, talked, reshared) = (bob.posts("to like"), bob.posts("to talk"), bob.posts("to reshare"));
    bob.posts("to pass by");
    alice.likes(&liked);
    alice.comments(&talked, "indeed");
    alice.reshares(&reshared);
    let written = alice.posts("my own");
    assert_eq!(alice.listed("/liked"), [liked.as_str()]);
    assert_eq!(alice.listed("/commented"), [talked.as_str()]);
    let mut seen = alice.listed("/activity");
    let mut expected = vec![liked.clone(), talked, reshared, written];
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    alice.unlikes(&liked);
    assert!(alice.listed("/liked").is_empty());
}

fn followed_tags_have_a_stream_and_stand_in_the_main_one() {
    let pod = TestPod::new("alice");
    pod.add_user("eve");
    let (alice, eve) = (pod.user("alice"), pod.user("eve"));
    let (public, other) = (eve.posts("a #Dandelion in spring"), eve.posts("a #rose"));
    assert!(alice.listed("/stream").is_empty(), "a stranger's posts are not in the stream");
    alice.does("/followed_tags", &[("tag", "#dandelion")]);
    assert_eq!(alice.listed("/followed_tags"), [public.as_str()]);
    assert_eq!(alice.listed("/stream"), [public.as_str()]);
    assert!(alice.page("/tags/dandelion").html.contains("Stop following #dandelion"));
    assert_eq!(alice.listed("/tags/rose"), [other]);
    assert_eq!(alice.page("/tags/Dandelion").path, "/tags/dandelion", "a tag has one address");
    alice.does("/followed_tags/drop", &[("tag", "dandelion")]);
    assert!(alice.listed("/followed_tags").is_empty() && alice.listed("/stream").is_empty());
}

fn a_tag_is_one_word() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    for (tag, status) in [("two words", 422), ("", 422), ("#", 422), ("a.b", 422), ("ä_ö-1", 303), ("#<3", 303)] {
        assert_eq!(alice.submit("/followed_tags", &[("tag", tag)]).status, status, "{tag}");
    }
    let kept = alice.submit("/followed_tags", &[("tag", "two words")]).text();
    assert!(kept.contains("value=\"two words\"") && kept.contains("role=\"alert\""), "{kept}");
}

fn the_page_of_a_tag_shows_who_describes_themselves_with_it() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    bob.does("/profile", &[("first_name", "Bob"), ("tags", "#Cycling #music"), ("searchable", "1")]);
    assert!(alice.page("/tags/cycling").html.contains(&bob.handle()));
    assert!(!alice.page("/tags/cycl").html.contains(&bob.handle()));
    assert!(!pod.visitor().page("/tags/cycling").html.contains(&bob.handle()));
}

fn a_hidden_post_is_in_no_stream_and_comes_back_with_undo() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = bob.posts(&format!("#tiresome news for @{{{}}}", alice.handle()));
    alice.does("/followed_tags", &[("tag", "tiresome")]);
    let answer = alice.submit(&format!("/posts/{post}/hide"), &[]);
    let page = alice.page(answer.header("location"));
    assert!(page.html.contains(&format!("action=\"/posts/{post}/unhide\"")), "it can be undone");
    for path in ["/stream", "/public", "/aspects", "/mentions", "/followed_tags", "/tags/tiresome"] {
        assert!(alice.listed(path).is_empty(), "{path}");
    }
    assert_eq!(alice.listed(&format!("/people/{}", bob.guid())), [post.as_str()]);
    assert_eq!(bob.listed("/stream"), [post.as_str()], "nobody else notices");
    alice.does(&format!("/posts/{post}/unhide"), &[]);
    assert_eq!(alice.listed("/stream"), [post.as_str()]);
    assert_eq!(bob.submit(&format!("/posts/{post}/hide"), &[]).status, 403, "one's own posts are deleted, not hidden");
    let evil = alice.page("/stream?done=hidden_post&undo=https://evil.example/unhide").html;
    assert!(!evil.contains("evil.example"), "{evil}");
}

fn nobody_is_told_of_a_muted_post() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = bob.posts("a long discussion");
    alice.comments(&post, "first");
    alice.does(&format!("/posts/{post}/mute"), &[]);
    bob.comments(&post, "second");
    assert_eq!(alice.page("/stream").number("data-unread"), Some(0));
    alice.comments(&post, "I am back");
    bob.comments(&post, "welcome");
    assert_eq!(alice.page("/stream").number("data-unread"), Some(1), "who speaks again wants to hear again");
}

fn a_subscribed_post_tells_of_its_comments() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::new(&["dora", "emil"]);
    far.shares_with("dora", &pod, "alice");
    until("dora to share", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    alice.shares_with(&far.handle("dora"));
    let (post, xml) = far.post("dora", "interesting");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    alice.sees("interesting");
    alice.does(&format!("/posts/{post}/subscribe"), &[]);
    far.hears("participation", &post);
    let (_, comment) = far.comment("emil", &post, "quite");
    assert_eq!(far.says("dora", &pod, &comment), 202);
    alice.is_told("also commented");
    let wish =
        entity("retraction", &[("author", &far.handle("dora")), ("target_guid", &post), ("target_type", "Post")]);
    assert_eq!(far.says("dora", &pod, &wish), 202);
    alice.misses(&post);
}

fn the_stream_says_how_many_posts_are_new() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    bob.posts("seen");
    let newest = alice.page("/stream").number("data-newest").expect("the stream says where it begins");
    let ask = |user: &User<'_>| user.client.get(&format!("/stream/new?after={newest}")).text();
    assert_eq!(ask(&alice), "");
    bob.posts("not seen");
    assert_eq!(ask(&alice), "1 new post");
    bob.posts("nor this");
    assert_eq!(ask(&alice), "2 new posts");
    assert_eq!(pod.visitor().get("/stream/new?after=0").status, 303);
}

fn a_stream_is_read_to_its_end_page_by_page() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let mut written: Vec<String> = (0..35).map(|number| bob.posts(&format!("#many number {number}"))).collect();
    for post in &written {
        alice.likes(post);
    }
    alice.does("/followed_tags", &[("tag", "many")]);
    written.reverse();
    for path in ["/stream", "/public", "/aspects", "/followed_tags", "/tags/many", "/activity", "/liked"] {
        let (mut seen, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let page = alice.page(&path);
            assert!(page.posts().len() <= 15);
            seen.extend(page.posts().into_iter().map(|post| post.guid));
            next =
                page.attributes("a class=\"button\" rel=\"next\"", "href").pop().map(|href| href.replace("&amp;", "&"));
        }
        assert_eq!(seen, written, "{path}");
    }
}

fn what_is_said_under_a_reshare_and_its_original_is_read_together() {
    let pod = household();
    let far = Double::new(&["dora"]);
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = bob.posts("the original");
    let reshare = alice.reshares(&post);
    bob.comments(&post, "said under the original");
    let (_, xml) = far.comment("dora", &reshare, "said under the reshare");
    far.says("dora", &pod, &xml);
    let page = until("the comment on the reshare", || {
        Some(alice.thread(&reshare)).filter(|page| page.comment("said under the reshare").is_some())
    });
    assert!(page.comment("said under the original").is_some());
    let own = page.comment("said under the reshare").map(|one| one.html).unwrap_or_default();
    assert!(own.contains("/delete"), "the reshare is hers to keep clean");
    let other = page.comment("said under the original").map(|one| one.html).unwrap_or_default();
    assert!(!other.split("<article").next().unwrap_or_default().contains("/delete"), "the original is not");
    assert!(alice.thread(&post).comment("said under the reshare").is_none());
}

fn a_long_discussion_is_read_backwards() {
    let pod = household();
    let alice = pod.user("alice");
    let post = alice.posts("much to say");
    let page = alice.page("/settings");
    for number in 0..203 {
        alice.client.submit(
            &page,
            &format!("/posts/{post}/comments"),
            &[("text", &format!("comment {number} of many"))],
        );
    }
    let page = alice.thread(&post);
    assert_eq!(page.comments().len(), 200);
    assert!(page.comment("comment 2 of many").is_none() && page.comment("comment 202 of many").is_some());
    let earlier = page.attributes("a", "href").into_iter().find(|href| href.contains("?before=")).expect("a way back");
    let page = alice.page(&earlier);
    assert_eq!(page.comments().len(), 3);
    assert!(page.comment("comment 0 of many").is_some());
}

fn sound_and_film_are_played_in_the_post() {
    let pod = household();
    let alice = pod.user("alice");
    let post = alice.posts("listen https://media.example/song.ogg and see [this](https://media.example/film.mp4)");
    let page = alice.thread(&post);
    let player = "controls preload=\"none\" src=\"https://media.example/";
    for element in ["<audio", "<video"] {
        assert!(page.html.contains(&format!("{element} {player}")), "{element}: {}", page.html);
    }
    let policy = pod.visitor().get("/").header("content-security-policy").to_owned();
    assert!(policy.contains("media-src https:;"), "{policy}");
}

fn a_comment_is_looked_at_before_it_is_sent() {
    let pod = household();
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = alice.posts("say something");
    let sent = alice.submit(&format!("/posts/{post}/comments"), &[("text", "so *it* looks"), ("preview", "1")]);
    assert_eq!(sent.status, 200);
    assert!(sent.text().contains("so <em>it</em> looks") && sent.text().contains(">so *it* looks</textarea>"));
    assert!(alice.thread(&post).comments().is_empty());
    bob.does("/conversations", &[("to", &alice.guid()), ("subject", "Seeds"), ("text", "hello")]);
    let guid = pod.database().text("select guid from conversations", &[]).expect("a conversation");
    let path = format!("/conversations/{guid}/messages");
    let sent = alice.submit(&path, &[("text", "so *it* looks"), ("preview", "1")]);
    assert!(sent.text().contains("so <em>it</em> looks"), "{}", sent.text());
    assert_eq!(pod.database().number("select count(*) from messages", &[]), 1);
}
