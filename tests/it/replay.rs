//! August 2014 once more, with twenty pods: militants post from five of them, others reshare and comment, one podmin
//! removes, finds out who holds a copy, some of the others act, and a storm of reshares tries to bring it back.

use std::collections::BTreeSet;

use crate::census::{decides, page_of, trace};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::{until, within};

trials![what_one_podmin_removes_stays_away_from_there_and_nothing_else_is_touched];

/// How long twenty pods may take on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

const MILITANTS: std::ops::Range<usize> = 0..5;
/// Alice, who acts first.
const ALICE: usize = 5;
/// Share with the militants, and with Alice.
const READERS: std::ops::Range<usize> = 6..13;
/// Share with Alice alone.
const BYSTANDERS: std::ops::Range<usize> = 13..20;

struct World {
    pods: Vec<TestPod>,
}

impl World {
    fn new() -> World {
        let name = |number: usize| if number == ALICE { "alice".to_owned() } else { format!("user{number}") };
        World { pods: (0..20).map(|number| TestPod::new(&name(number))).collect() }
    }

    fn user(&self, number: usize) -> User<'_> {
        let name = if number == ALICE { "alice".to_owned() } else { format!("user{number}") };
        self.pods[number].user(&name)
    }

    /// Waits until nothing is under way.
    fn comes_to_rest(&self) {
        let under_way = "select (select count(*) from inbox) + (select count(*) from outbox) \
                         + (select count(*) from needs where need like 'post %' or need like 'person %')";
        let rests = |pod: &TestPod| pod.database().number(under_way, &[]) == 0;
        // Twice: what left one of them for another between two looks was seen at neither.
        for _ in 0..2 {
            within(PATIENCE, "nothing to be under way", || self.pods.iter().all(rests).then_some(()));
        }
    }

    /// Pods whose database has a row of this post, held or not.
    fn holders(&self, guid: &str) -> BTreeSet<usize> {
        let has = |pod: &TestPod| pod.database().number("select count(*) from every_post where guid = ?", &[&guid]) > 0;
        (0..20).filter(|number| has(&self.pods[*number])).collect()
    }

    /// GUIDs of all posts and comments of a pod that have nothing to do with a post.
    fn others(&self, number: usize, guid: &str) -> BTreeSet<String> {
        let root = format!("(select id from every_post where guid = '{guid}')");
        let posts = format!(
            "select guid from every_post where guid <> '{guid}' and root is not {root} and not (reshare and root is null) \
             union select guid from every_comment where post is not {root}"
        );
        self.pods[number].database().texts(&posts).into_iter().collect()
    }
}

fn what_one_podmin_removes_stays_away_from_there_and_nothing_else_is_touched() {
    let world = World::new();
    let alice = world.user(ALICE);
    for number in READERS.chain(BYSTANDERS) {
        befriend(&alice, &world.user(number));
    }
    let militants: Vec<User> = MILITANTS.map(|number| world.user(number)).collect();
    for number in [ALICE].into_iter().chain(READERS) {
        for militant in [&militants[0], &militants[1 + number % 4]] {
            world.user(number).shares_with(&militant.handle());
        }
    }
    let guid = crate::surfaces::posts_photo(&militants[0], "Come and join us");
    for (at, militant) in militants.iter().enumerate().skip(1) {
        militant.posts(&format!("Another call, {at}"));
    }
    for number in READERS.chain(BYSTANDERS) {
        world.user(number).posts(&format!("Good morning from {number}"));
    }
    for number in [ALICE].into_iter().chain(READERS) {
        within(PATIENCE, "the call to arrive", || world.holders(&guid).contains(&number).then_some(()));
    }
    for number in READERS.take(4) {
        world.user(number).reshares(&guid);
        world.user(number).comments(&guid, &format!("Yes, {number}"));
    }
    within(PATIENCE, "comments and reshares to reach alice", || {
        let database = world.pods[ALICE].database();
        let here = database.number("select count(*) from every_comment", &[]);
        let reshares = database.number("select count(*) from every_post where reshare", &[]);
        (here >= 4 && reshares >= 4).then_some(())
    });
    // The reshares lead the pods of other militants to it.
    world.comes_to_rest();

    let case = decides(&alice, &guid, "remove");
    let receipt = receipt_of(&alice, &case);
    assert!(!world.holders(&guid).contains(&ALICE));

    // The census asks every pod that alice's knows, and finds exactly those that hold it.
    alice.does(&format!("/podmin/census/{guid}"), &[("whom", "all")]);
    let page = within(PATIENCE, "everybody to be asked", || {
        Some(page_of(&alice, &guid)).filter(|page| !page.contains("\"waiting\""))
    });
    let holders = world.holders(&guid);
    assert!(READERS.chain([0]).all(|number| holders.contains(&number)), "the readers have it: {holders:?}");
    let asked = |number: &usize| page.contains(&format!("data-pod=\"{}\"", world.pods[*number].host()));
    assert!(READERS.chain(BYSTANDERS).chain([0]).all(|number| asked(&number)), "alice's pod knows them: {page}");
    for number in (0..20).filter(asked) {
        let expected = match number {
            0 => "origin",
            number if holders.contains(&number) => "holds",
            _ => "clean",
        };
        assert_eq!(trace(&page, &world.pods[number].host()), expected, "pod {number}: {page}");
    }

    // Two of the others act; everybody who still has it reshares it once more.
    let acting = [6, 7];
    let receipts: Vec<String> = acting
        .iter()
        .map(|number| {
            let podmin = world.user(*number);
            receipt_of(&podmin, &decides(&podmin, &guid, "remove"))
        })
        .collect();
    let untouched: Vec<BTreeSet<String>> = (0..20).map(|number| world.others(number, &guid)).collect();
    for number in READERS.skip(4) {
        world.user(number).reshares(&guid);
        world.user(number).comments(&guid, "Again");
    }
    for number in READERS.skip(2) {
        // What comes after the storm from the same pods has arrived when this has.
        world.user(number).posts(&format!("After the storm, {number}"));
    }
    let after = "select count(*) from posts where text like 'After the storm%'";
    let arrived = || (world.pods[ALICE].database().number(after, &[]) == 5).then_some(());
    within(PATIENCE, "what came after the storm", arrived);
    for number in [ALICE].into_iter().chain(acting) {
        let pod = &world.pods[number];
        until("the inbox to be done with", || {
            (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(())
        });
        let database = pod.database();
        assert!(!world.holders(&guid).contains(&number), "pod {number} has it again");
        let back = "select count(*) from every_post p join every_post r on r.id = p.root where r.guid = ?";
        assert_eq!(database.number(back, &[&guid]), 0, "pod {number} has a reshare of it");
        let words = "select count(*) from every_comment where text like 'Yes, %' or text = 'Again'";
        assert_eq!(database.number(words, &[]), 0, "pod {number} has comments on it");
    }
    for (number, before) in untouched.iter().enumerate() {
        let now = world.others(number, &guid);
        assert!(before.is_subset(&now), "something else was touched on pod {number}");
    }
    let left: BTreeSet<usize> = holders.into_iter().filter(|number| !acting.contains(number)).collect();
    assert_eq!(world.holders(&guid), left, "where nobody removed it, it is still there");

    // Anybody can verify every receipt anywhere, and no other.
    let elsewhere = &world.pods[19];
    for receipt in receipts.iter().chain([&receipt]) {
        let file = elsewhere.file("receipt.json", receipt);
        assert!(elsewhere.command(&["receipt", "verify", &file, "--item", &guid]).status.success(), "{receipt}");
        for (from, to) in [("\"absent\"", "\"shown\""), ("\"remove\"", "\"hold\""), ("terror", "spam")] {
            let file = elsewhere.file("forged.json", &receipt.replacen(from, to, 1));
            assert!(!elsewhere.command(&["receipt", "verify", &file]).status.success(), "{from} became {to}");
        }
    }
}

/// The receipt of a removal, when the last of it is gone.
fn receipt_of(podmin: &User, case: &str) -> String {
    let answer = within(PATIENCE, "the receipt", || {
        Some(podmin.client.get(&format!("{case}/receipt"))).filter(|answer| answer.status == 200)
    });
    answer.text()
}
