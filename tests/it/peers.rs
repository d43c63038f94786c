//! A pod of ours and one that is made with the Python library `federation`: another mind about the same protocol.

use serde_json::json;

use crate::census::{decides, page_of, trace};
use crate::support::peer::PythonPeer;
use crate::support::pod::TestPod;
use crate::support::tools::PYTHON;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::until;

trials![PYTHON;
    the_peer_finds_a_person_of_ours,
    we_and_the_peer_share_and_read_each_other,
    the_peer_gets_what_two_pods_of_ours_say_to_each_other,
    the_peer_is_asked_for_copies_of_what_was_removed,
];

fn the_peer_finds_a_person_of_ours() {
    let (pod, peer) = (TestPod::new("alice"), PythonPeer::new());
    let found = peer.finds(&pod.handle("alice"));
    assert_eq!(found["guid"].as_str(), pod.database().person(&pod.handle("alice")).as_deref());
    assert!(found["public_key"].as_str().is_some_and(|key| key.contains("BEGIN PUBLIC KEY")), "{found}");
}

fn we_and_the_peer_share_and_read_each_other() {
    let (pod, peer) = (TestPod::new("alice"), PythonPeer::new());
    let alice = pod.user("alice");
    alice.shares_with(&peer.handle());
    peer.sees("contact", "handle", &alice.handle());
    let sharing = json!({ "target_id": alice.handle(), "target_handle": alice.handle(), "following": true });
    peer.whispers(&alice.handle(), "contact", sharing);
    until("the peer to share", || alice.is_shared_with_by(&peer.handle()).then_some(()));
    let limited = alice.posts_to("all", "only for my contacts");
    assert_eq!(peer.sees("post", "guid", &limited)["raw_content"], "only for my contacts");
    let post = alice.posts("for all Pythons");
    peer.sees("post", "guid", &post);

    let about = json!({ "target_guid": post, "target_id": post });
    let mut comment = about.clone();
    comment["raw_content"] = json!("said in Python");
    peer.sends(&pod.url, "comment", comment);
    alice.sees_comment(&post, "said in Python");
    let mut like = about;
    like["reaction"] = json!("like");
    peer.sends(&pod.url, "like", like);
    alice.sees_likes(&post, 1);
    let answer = alice.comments(&post, "answered in Rust");
    assert_eq!(peer.sees("comment", "guid", &answer)["raw_content"], "answered in Rust");

    let theirs = peer.sends(&pod.url, "post", json!({ "raw_content": "a post by a Python", "public": true }));
    alice.sees("a post by a Python");
    alice.comments(&theirs, "nice");
    peer.sees("comment", "raw_content", "nice");
    alice.likes(&theirs);
    peer.sees("like", "target_guid", &theirs);
    let reshare = alice.reshares(&theirs);
    assert_eq!(peer.sees("reshare", "guid", &reshare)["target_guid"], theirs);
    alice.deletes(&post);
    peer.sees("retraction", "target_guid", &post);
    assert!(peer.errors().iter().all(|error| !needs_no_understanding(error)), "{:?}", peer.errors());
}

/// Errors about kinds that the library does not know (participations) are its own.
fn needs_no_understanding(error: &serde_json::Value) -> bool {
    error["error"] != "nothing understood"
}

fn the_peer_gets_what_two_pods_of_ours_say_to_each_other() {
    let (a, b, peer) = (TestPod::new("alice"), TestPod::new("bob"), PythonPeer::new());
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bob.shares_with(&peer.handle());
    let post = bob.posts_to(&bob.aspects()[0], "to an aspect");
    alice.sees("to an aspect");
    assert_eq!(peer.sees("post", "guid", &post)["raw_content"], "to an aspect");
    let comment = alice.comments(&post, "by alice, passed on by bob");
    let relayed = peer.sees("comment", "guid", &comment);
    assert_eq!(relayed["handle"], alice.handle());
    alice.likes(&post);
    peer.sees("like", "handle", &alice.handle());
    let public = bob.posts("public too");
    alice.sees("public too");
    peer.sees("post", "guid", &public);
    let reshare = alice.reshares(&public);
    bob.sees_reshares(&public, 1);
    assert_eq!(bob.thread(&reshare).status, 200);

    assert!(a.stop());
    bob.posts("said while alice was away");
    bob.deletes(&post);
    peer.sees("retraction", "target_guid", &post);
    a.start();
    b.stop();
    b.make_due();
    b.start();
    alice.sees("said while alice was away");
    alice.misses(&post);
}

fn the_peer_is_asked_for_copies_of_what_was_removed() {
    let (pod, peer) = (TestPod::new("alice"), PythonPeer::new());
    let alice = pod.user("alice");
    alice.shares_with(&peer.handle());
    let theirs = peer.sends(&pod.url, "post", json!({ "raw_content": "a post by a Python", "public": true }));
    alice.sees("a post by a Python");
    let ours = alice.posts("for all Pythons");
    peer.sees("post", "guid", &ours);
    let host = peer.handle().split_once('@').expect("an ID").1.to_owned();
    let comment = json!({ "target_guid": ours, "target_id": ours, "raw_content": "said in Python" });
    peer.sends(&pod.url, "comment", comment);
    alice.sees_comment(&ours, "said in Python");
    for (guid, found) in [(&theirs, "origin"), (&ours, "clean")] {
        decides(&alice, guid, "remove");
        alice.does(&format!("/podmin/census/{guid}"), &[("whom", "thread")]);
        // The other post's census used up the visit of this quarter of an hour.
        if found == "clean" {
            assert!(pod.stop());
            pod.make_due();
            pod.change("update census_pods set due = null where trace = 'origin'");
            pod.start();
        }
        let alice = pod.user("alice");
        until(&format!("{host} to be found {found}"), || (trace(&page_of(&alice, guid), &host) == found).then_some(()));
    }
}
