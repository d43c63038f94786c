//! The power fails. A layer between the pod and its files writes down every write and every sync; from that, what a cut
//! at any moment may have left is made again, and looked through: what was acknowledged by then must be on it.
//!
//! It tests that the pod syncs the right things in the right order. It does not test file systems, disks that lie about
//! syncs, or controllers that damage what they did not write.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use pappus::media::folder::Folder;
use pappus::store::{self, Store, photos};

use crate::support::database::Database;
use crate::support::dice::Dice;
use crate::support::disk::{Disk, Platter};
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;
use crate::surfaces::posts_photo;

trials![what_was_acknowledged_before_the_power_failed_is_on_the_disk];

/// Moments at which the power fails; `PAPPUS_CUTS` may say more.
const CUTS: usize = 60;

/// What was acknowledged, and how far the disk was then.
#[derive(Default)]
struct Acknowledged {
    posts: Mutex<Vec<(usize, String)>>,
    letters: Mutex<Vec<(usize, String)>>,
}

fn what_was_acknowledged_before_the_power_failed_is_on_the_disk() {
    let mut dice = Dice::thrown();
    let cuts = std::env::var("PAPPUS_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(CUTS);
    let pod = TestPod::new("alice");
    assert!(pod.stop());
    let mut platter = Platter::of(&pod.data());
    let disk = Disk::under(&pod);
    pod.start_with(&disk.environment());
    let known = Acknowledged::default();
    lives(&pod, &disk, &known);
    // It is asked to stop, too: then the log of the database is folded in.
    assert!(pod.stop());
    let history = disk.history();
    let mut moments: Vec<usize> = (0..cuts).map(|_| dice.below(history.len())).collect();
    moments.sort_unstable();
    let (mut rest, mut lost) = (history.as_slice(), 0);
    for moment in moments {
        while history.len() - rest.len() < moment {
            let Some(next) = platter.step(rest) else { break };
            rest = next;
        }
        let at = history.len() - rest.len();
        let folder = tempfile::tempdir().expect("a folder");
        platter.cut(&mut dice, &pod.data(), folder.path());
        lost += usize::from(is_all_there(folder.path(), &known, at));
    }
    assert!(lost > 0, "no cut fell into the middle of anything");
}

/// People write and post pictures, a pod sends letters.
fn lives(pod: &TestPod, disk: &Disk, known: &Acknowledged) {
    let far = Double::new(&["dora"]);
    let over = AtomicBool::new(false);
    let count = |known: &Mutex<Vec<(usize, String)>>| known.lock().unwrap().len();
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (alice, over) = (pod.user("alice"), &over);
            scope.spawn(move || {
                let page = alice.page("/settings");
                for number in (0..).take_while(|_| !over.load(Ordering::Relaxed)) {
                    let text = format!("w{writer}n{number}z");
                    if number % 10 == 9 {
                        posts_photo(&alice, &text);
                    } else {
                        let sent = alice.client.submit(&page, "/posts", &[("text", &text), ("audience", "public")]);
                        assert_eq!(sent.status, 303);
                    }
                    known.posts.lock().unwrap().push((disk.now(), text));
                }
            });
        }
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let (guid, xml) = far.post("dora", "from afar");
                assert_eq!(far.says("dora", pod, &xml), 202);
                known.letters.lock().unwrap().push((disk.now(), guid));
            }
        });
        until("a lot to be written", || (count(&known.posts) > 80 && count(&known.letters) > 60).then_some(()));
        over.store(true, Ordering::Relaxed);
    });
}

/// Looks through what a cut left; whether anything was lost that nobody was promised.
fn is_all_there(folder: &Path, known: &Acknowledged, at: usize) -> bool {
    let path = folder.join("pappus.db");
    let pod = Store::open(&path).expect("the database opens");
    let findings = pod.read(store::check).expect("the database is read");
    assert!(findings.is_empty(), "cut at {at}: {findings:?}");
    let pictures = Folder::new(folder.join("photos"));
    for name in pod.read(photos::needed).expect("the database is read") {
        assert!(pictures.is_whole(&name), "cut at {at}: {name} is not whole");
    }
    let database = Database::open(&path);
    let texts = database.texts("select text from posts");
    let guids = database.texts("select guid from posts");
    let waiting = database.number("select count(*) from inbox", &[]);
    let promised = |known: &Mutex<Vec<(usize, String)>>, there: &[String]| {
        let known = known.lock().unwrap();
        let (by_then, after): (Vec<_>, Vec<_>) = known.iter().partition(|(moment, _)| *moment <= at);
        let missing: Vec<_> = by_then.into_iter().filter(|(_, what)| !there.contains(what)).cloned().collect();
        (missing, after.iter().any(|(_, what)| !there.contains(what)))
    };
    let (missing, gone) = promised(&known.posts, &texts);
    assert!(missing.is_empty(), "cut at {at}: {missing:?} were acknowledged");
    let (missing, _) = promised(&known.letters, &guids);
    assert!(missing.len() as i64 <= waiting, "cut at {at}: of {missing:?} only {waiting} wait in the inbox");
    gone
}
