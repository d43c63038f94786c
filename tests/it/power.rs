//! The power fails. A layer between the pod and its files writes down every write and every sync; from that, what a cut
//! at any moment may have left is made again, and looked through: what was acknowledged by then must be on it.
//!
//! It tests that the pod syncs the right things in the right order. It does not test file systems, disks that lie about
//! syncs, or controllers that damage what they did not write.

use std::path::Path;

use pappus::media::folder::Folder;
use pappus::store::{self, Store, photos};

use crate::support::database::Database;
use crate::support::dice::Dice;
use crate::support::disk::{Disk, Platter};
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;
use crate::support::witness::Witness;
use crate::surfaces::posts_photo;

trials![what_was_acknowledged_before_the_power_failed_is_on_the_disk, a_disk_that_lies_about_its_syncs_loses_something,];

/// Moments at which the power fails; `PAPPUS_CUTS` may say more.
const CUTS: usize = 60;

fn what_was_acknowledged_before_the_power_failed_is_on_the_disk() {
    let cuts = std::env::var("PAPPUS_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(CUTS);
    let found = cut_during_a_life(&[(cuts, |_| true)]);
    let lost: Vec<&Left> = found[0].iter().filter(|left| !left.wrong.is_empty()).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(found[0].iter().any(|left| left.others_gone), "no cut fell into the middle of anything");
}

/// The trial above would find out about each sync that somebody leaves away.
fn a_disk_that_lies_about_its_syncs_loses_something() {
    fn is_picture(path: &Path) -> bool {
        path.components().any(|part| part.as_os_str() == "photos")
    }
    let found = cut_during_a_life(&[
        (CUTS, |path| is_picture(path) || path.is_dir()),
        (CUTS, |path| !is_picture(path) || path.is_dir()),
        (CUTS, |path| !path.is_dir()),
    ]);
    for (what, found) in ["the database", "pictures", "names"].into_iter().zip(found) {
        assert!(found.iter().any(|left| !left.wrong.is_empty()), "nobody misses the syncs of {what}");
    }
}

/// What a cut left.
#[derive(Debug)]
struct Left {
    /// What should be otherwise.
    wrong: Vec<String>,
    /// Something is gone that nobody was promised.
    others_gone: bool,
}

/// How often the power is cut on a disk, and which things' syncs it does.
type Trial = (usize, fn(&Path) -> bool);

/// Cuts the power at any moments of one life of a pod, with each of these disks.
fn cut_during_a_life(disks: &[Trial]) -> Vec<Vec<Left>> {
    let mut dice = Dice::thrown();
    let pod = TestPod::new("alice");
    assert!(pod.stop());
    let before = Platter::of(&pod.data());
    let disk = Disk::under(&pod);
    pod.start_with(&disk.environment());
    let witness = Witness::with_clock(|| disk.now());
    lives(&pod, &witness);
    // It is asked to stop, too: then the log of the database is folded in.
    assert!(pod.stop());
    let history = disk.history();
    let cuts = disks.iter().map(|(cuts, syncs)| {
        let mut platter = before.clone().with_syncs_of(*syncs);
        let mut moments: Vec<usize> = (0..*cuts).map(|_| dice.below(history.len())).collect();
        moments.sort_unstable();
        let mut rest = history.as_slice();
        let left = moments.into_iter().map(|moment| {
            while history.len() - rest.len() < moment {
                let Some(next) = platter.step(rest) else { break };
                rest = next;
            }
            let folder = tempfile::tempdir().expect("a folder");
            platter.cut(&mut dice, &pod.data(), folder.path());
            look_through(folder.path(), &witness, history.len() - rest.len())
        });
        left.collect()
    });
    cuts.collect()
}

/// People write and post pictures, a pod sends letters.
fn lives(pod: &TestPod, witness: &Witness) {
    let far = Double::new(&["dora"]);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let alice = pod.user("alice");
            scope.spawn(move || {
                let page = alice.page("/settings");
                witness.notes_posts(&format!("w{writer}"), |number, text| {
                    if number % 10 == 9 {
                        posts_photo(&alice, text);
                        return true;
                    }
                    let sent = alice.client.submit(&page, "/posts", &[("text", text), ("audience", "public")]);
                    sent.status == 303
                });
            });
        }
        scope.spawn(|| witness.hears_from(&far, pod));
        let enough = || (witness.counts().0 > 80 && witness.counts().1 > 60).then_some(());
        witness.until_over(|| until("a lot to be written", enough));
    });
}

/// Looks through what a cut left at a moment.
fn look_through(folder: &Path, witness: &Witness, at: usize) -> Left {
    let path = folder.join("pappus.db");
    let broken = |why: String| Left { wrong: vec![format!("cut at {at}: {why}")], others_gone: false };
    let looked = Store::open(&path).map_err(|error| error.to_string()).and_then(|pod| {
        let read = |error: store::Error| error.to_string();
        Ok((pod.read(store::checks::findings).map_err(read)?, pod.read(photos::needed).map_err(read)?))
    });
    let (mut wrong, needed) = match looked {
        Ok(looked) => looked,
        Err(why) => return broken(why),
    };
    if !wrong.is_empty() {
        return broken(wrong.join("; "));
    }
    let pictures = Folder::new(folder.join("photos"));
    wrong.extend(needed.iter().filter(|name| !pictures.is_whole(name)).map(|name| format!("{name} is not whole")));
    let database = Database::open(&path);
    let missing = witness.until(at).missing_in(&database);
    wrong.extend(missing.posts);
    if missing.letters.len() as i64 > database.number("select count(*) from inbox", &[]) {
        wrong.extend(missing.letters);
    }
    let others_gone = !witness.so_far().missing_in(&database).posts.is_empty();
    Left { wrong: wrong.into_iter().map(|what| format!("cut at {at}: {what}")).collect(), others_gone }
}
