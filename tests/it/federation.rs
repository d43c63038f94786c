//! Two pods of ours and the people on them: what one does, the other sees.

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::until;

trials![
    people_of_two_pods_share_with_each_other,
    somebody_shared_with_is_told,
    a_public_post_reaches_the_contacts,
    a_post_to_an_aspect_reaches_its_members_and_nobody_else,
    a_comment_reaches_the_author_of_the_post_and_everybody_who_sees_it,
    a_like_counts_on_both_pods_and_goes_when_it_is_taken_back,
    a_like_on_a_comment_reaches_the_author_of_the_post,
    a_reshare_shows_on_both_pods,
    a_deleted_post_is_deleted_on_the_other_pod,
    a_comment_deleted_by_its_author_is_deleted_on_the_other_pod,
    a_comment_deleted_by_the_author_of_the_post_is_deleted_on_the_other_pod,
    a_changed_profile_reaches_the_contacts,
    a_closed_account_is_closed_on_the_other_pod,
    who_stops_sharing_gets_no_more_limited_posts_through,
    a_newly_found_person_comes_with_their_last_public_posts,
    what_was_sent_while_a_pod_was_away_reaches_it_when_it_is_back,
    a_pod_that_was_killed_delivers_after_its_restart,
    people_on_one_pod_need_no_network,
    everything_goes_to_three_pods,
];

fn people_of_two_pods_share_with_each_other() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let page = alice.page(&format!("/people/{}", bob.guid()));
    assert!(page.html.contains(&bob.handle()), "the person's page names them: {}", page.html);
}

fn somebody_shared_with_is_told() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    alice.shares_with(&bob.handle());
    until("an unread notice", || bob.page("/stream").number("data-unread").filter(|count| *count == 1));
    bob.is_told("data-kind=\"sharing\"");
    bob.does("/notifications/read", &[]);
    assert_eq!(bob.page("/stream").number("data-unread"), Some(0));
}

fn a_public_post_reaches_the_contacts() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = bob.posts("Good *morning*, <b>everybody</b> & all");
    let seen = alice.sees("Good <em>morning</em>");
    assert_eq!(seen.guid, guid);
    let visible = b.visitor().page(&format!("/posts/{guid}"));
    assert!(visible.status == 200 && visible.html.contains("Good <em>morning</em>"), "visitors read public posts");
}

fn a_post_to_an_aspect_reaches_its_members_and_nobody_else() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&bob, &alice);
    bob.does("/aspects", &[("name", "Others")]);
    let aspects = bob.aspects();
    let others = aspects.last().expect("an aspect was made");
    let carol_there = bob.finds(&carol.handle());
    bob.does(&format!("/people/{carol_there}/aspects"), &[("aspects", others)]);
    carol.shares_with(&bob.handle());
    let guid = bob.posts_to(&aspects[0], "only for the first aspect");
    bob.posts_to(others, "only for the others");
    alice.sees("only for the first aspect");
    carol.sees("only for the others");
    assert!(carol.page("/stream").post("only for the first aspect").is_none());
    assert_eq!(carol.thread(&guid).status, 404, "carol's pod does not have the post");
    assert_ne!(b.visitor().get(&format!("/posts/{guid}")).status, 200, "visitors do not read limited posts");
    assert_eq!(b.visitor().get(&format!("/fetch/post/{guid}")).status, 404, "limited posts are not handed out");
}

fn a_comment_reaches_the_author_of_the_post_and_everybody_who_sees_it() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&alice, &bob);
    befriend(&carol, &bob);
    let post = bob.posts("what do you think?");
    alice.sees("what do you think?");
    carol.sees("what do you think?");
    let comment = alice.comments(&post, "I think; so I am. Grüße 🌼");
    assert_eq!(bob.sees_comment(&post, "so I am").guid, comment);
    assert_eq!(carol.sees_comment(&post, "Grüße 🌼").guid, comment, "it is passed on with the author's signature");
    bob.is_told("data-kind=\"comment\"");
    bob.comments(&post, "indeed");
    alice.sees_comment(&post, "indeed");
    carol.sees_comment(&post, "indeed");
    alice.is_told("data-kind=\"also_commented\"");
}

fn a_like_counts_on_both_pods_and_goes_when_it_is_taken_back() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let post = bob.posts("do you like it?");
    alice.sees("do you like it?");
    alice.likes(&post);
    alice.sees_likes(&post, 1);
    bob.sees_likes(&post, 1);
    bob.is_told("data-kind=\"like\"");
    alice.likes(&post);
    alice.sees_likes(&post, 1);
    alice.unlikes(&post);
    alice.sees_likes(&post, 0);
    bob.sees_likes(&post, 0);
}

fn a_like_on_a_comment_reaches_the_author_of_the_post() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let post = bob.posts("a thread");
    alice.sees("a thread");
    let comment = alice.comments(&post, "a good word");
    bob.sees_comment(&post, "a good word");
    bob.does(&format!("/comments/{comment}/like"), &[]);
    let likes = |user: &crate::support::user::User, count: usize| {
        until("the like on the comment", || {
            let comment = user.thread(&post).comment("a good word")?;
            (comment.number("data-likes") == Some(count)).then_some(())
        })
    };
    likes(&bob, 1);
    likes(&alice, 1);
    bob.does(&format!("/comments/{comment}/unlike"), &[]);
    likes(&alice, 0);
}

fn a_reshare_shows_on_both_pods() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let post = bob.posts("worth telling");
    alice.sees("worth telling");
    let reshare = alice.reshares(&post);
    bob.sees_reshares(&post, 1);
    bob.is_told("data-kind=\"reshare\"");
    assert_eq!(bob.thread(&reshare).status, 200);
    assert_eq!(alice.submit(&format!("/posts/{post}/reshare"), &[]).status / 100, 3, "twice is once");
    alice.deletes(&reshare);
    bob.sees_reshares(&post, 0);
}

fn a_deleted_post_is_deleted_on_the_other_pod() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let public = bob.posts("a public mistake");
    let limited = bob.posts_to("all", "a limited mistake");
    alice.sees("a public mistake");
    alice.sees("a limited mistake");
    bob.deletes(&public);
    bob.deletes(&limited);
    assert_eq!(bob.thread(&public).status, 404);
    alice.misses(&public);
    alice.misses(&limited);
}

fn a_comment_deleted_by_its_author_is_deleted_on_the_other_pod() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&alice, &bob);
    befriend(&carol, &bob);
    let post = bob.posts("say it");
    alice.sees("say it");
    carol.sees("say it");
    let comment = alice.comments(&post, "oh no");
    carol.sees_comment(&post, "oh no");
    alice.deletes_comment(&comment);
    alice.misses_comment(&post, "oh no");
    bob.misses_comment(&post, "oh no");
    carol.misses_comment(&post, "oh no");
}

fn a_comment_deleted_by_the_author_of_the_post_is_deleted_on_the_other_pod() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&alice, &bob);
    befriend(&carol, &bob);
    let post = bob.posts("mind your words");
    alice.sees("mind your words");
    carol.sees("mind your words");
    let comment = alice.comments(&post, "rude words");
    bob.sees_comment(&post, "rude words");
    carol.sees_comment(&post, "rude words");
    bob.deletes_comment(&comment);
    alice.misses_comment(&post, "rude words");
    carol.misses_comment(&post, "rude words");
    let answer = carol.submit(&format!("/comments/{comment}/delete"), &[]);
    assert_eq!(answer.status, 404, "nobody deletes what is not there");
}

fn a_changed_profile_reaches_the_contacts() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bob.does(
        "/profile",
        &[
            ("first_name", "Robert"),
            ("last_name", "Gärtner"),
            ("bio", "likes seeds"),
            ("location", "Wien"),
            ("searchable", "1"),
        ],
    );
    let guid = bob.guid();
    let page = until("the new name", || {
        let page = alice.page(&format!("/people/{guid}"));
        page.html.contains("Robert Gärtner").then_some(page)
    });
    assert!(page.html.contains("likes seeds") && page.html.contains("Wien"), "{}", page.html);
    let visitor = b.visitor().page(&format!("/people/{guid}"));
    assert!(visitor.html.contains("Robert"), "the basic profile is public");
    assert!(!visitor.html.contains("likes seeds"), "the rest is for contacts");
}

fn a_closed_account_is_closed_on_the_other_pod() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let post = bob.posts("my last post");
    alice.sees("my last post");
    let wrong = bob.submit("/settings/close", &[("password", "not it")]);
    assert_ne!(wrong.status, 303, "closing asks for the password");
    bob.does("/settings/close", &[("password", crate::support::pod::PASSWORD)]);
    alice.misses(&post);
    let sql = "select count(*) from people where handle = ? and closed_at is not null";
    assert_eq!(a.database().number(sql, &[&b.handle("bob")]), 1);
    let page = b.visitor().page("/login");
    let answer = b.visitor().submit(&page, "/login", &[("name", "bob"), ("password", crate::support::pod::PASSWORD)]);
    assert_ne!(answer.status, 303, "nobody signs in to a closed account");
}

fn who_stops_sharing_gets_no_more_limited_posts_through() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bob.stops_sharing_with(&alice.handle());
    until("alice to know", || (!alice.is_shared_with_by(&bob.handle())).then_some(()));
    let secret = bob.posts_to("all", "not for alice any more");
    bob.shares_with(&alice.handle());
    bob.posts_to("all", "for alice again");
    alice.sees("for alice again");
    assert_eq!(alice.thread(&secret).status, 404);
}

fn a_newly_found_person_comes_with_their_last_public_posts() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    for number in 1..=17 {
        bob.posts(&format!("public number {number:02}"));
    }
    bob.posts_to("all", "limited, for nobody yet");
    let guid = alice.finds(&bob.handle());
    let page = until("15 posts", || {
        let page = alice.page(&format!("/people/{guid}"));
        (page.posts().len() >= 15).then_some(page)
    });
    assert!(page.post("public number 17").is_some() && page.post("public number 03").is_some(), "{}", page.html);
    assert!(page.post("limited, for nobody yet").is_none());
}

fn what_was_sent_while_a_pod_was_away_reaches_it_when_it_is_back() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    assert!(a.stop(), "the pod stops when it is asked to:\n{}", a.log());
    bob.posts("while you were out");
    until("a failed attempt", || {
        (b.database().number("select count(*) from outbox", &[]) > 0
            && b.database().number("select count(*) from pods where failing_since is not null", &[]) > 0)
            .then_some(())
    });
    a.start();
    // Instead of hours of patience: the rows are due now, and the pod looks at them when it starts.
    b.stop();
    b.make_due();
    b.start();
    alice.sees("while you were out");
    until("an empty outbox", || (b.database().number("select count(*) from outbox", &[]) == 0).then_some(()));
}

fn a_pod_that_was_killed_delivers_after_its_restart() {
    let b = TestPod::new("bob");
    let bob = b.user("bob");
    let far = Double::new(&["dora"]);
    far.shares_with("dora", &b, "bob");
    until("dora to share", || bob.is_shared_with_by(&far.handle("dora")).then_some(()));
    far.is_away(true);
    let post = bob.posts("acknowledged");
    b.kill();
    b.make_due();
    far.is_away(false);
    b.start();
    far.hears("status_message", &post);
}

fn people_on_one_pod_need_no_network() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let post = bob.posts_to("all", "inside the house");
    alice.sees("inside the house");
    alice.comments(&post, "heard");
    bob.sees_comment(&post, "heard");
    alice.likes(&post);
    bob.sees_likes(&post, 1);
    let public = bob.posts("outside too");
    alice.reshares(&public);
    bob.sees_reshares(&public, 1);
    assert_eq!(pod.database().number("select count(*) from outbox", &[]), 0, "nothing goes out");
}

fn everything_goes_to_three_pods() {
    let (a, b, c) = (TestPod::new("alice"), TestPod::new("bob"), TestPod::new("carol"));
    let (alice, bob, carol) = (a.user("alice"), b.user("bob"), c.user("carol"));
    befriend(&alice, &bob);
    befriend(&carol, &bob);
    let post = bob.posts_to("all", "for both of you");
    alice.sees("for both of you");
    carol.sees("for both of you");
    carol.likes(&post);
    alice.sees_likes(&post, 1);
    alice.comments(&post, "from alice");
    carol.sees_comment(&post, "from alice");
    carol.unlikes(&post);
    alice.sees_likes(&post, 0);
    bob.deletes(&post);
    alice.misses(&post);
    carol.misses(&post);
}
