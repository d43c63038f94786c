//! There is no more memory: the system gives none, or kills whoever took too much. What was acknowledged is there
//! afterwards, and the pod starts again; a household does not come near that.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::dice::Dice;
use crate::support::double::Double;
use crate::support::page::Page;
use crate::support::picture::jpeg;
use crate::support::pod::TestPod;
use crate::support::tools::MEMORY_GROUPS;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::{until, within};
use crate::support::witness::Witness;

trials![
    a_pod_that_gets_no_more_memory_loses_nothing_that_it_acknowledged,
    what_signing_in_needs_for_a_moment_is_given_back,
];

/// Those that need a group of processes with a limit of its own.
pub mod grouped {
    use super::*;

    trials![MEMORY_GROUPS;
        a_pod_killed_for_its_memory_loses_nothing_that_it_acknowledged,
        a_household_needs_less_than_sixty_four_megabytes,
    ];

    fn a_pod_killed_for_its_memory_loses_nothing_that_it_acknowledged() {
        let group = Group::new("killed");
        runs_out_of_memory(|pod, more| {
            group.takes(pod);
            group.limits(more);
            within(Duration::from_secs(60), "the pod to be killed", || (!pod.is_running()).then_some(()));
            assert!(!pod.has_ended_well());
        });
    }

    /// The hard ceiling that a router sets; page cache counts, too.
    fn a_household_needs_less_than_sixty_four_megabytes() {
        let group = Group::new("household");
        let pod = TestPod::new("alice");
        group.takes(&pod);
        group.limits(64 << 20);
        let (far, witness) = (Double::new(&["dora"]), Witness::new());
        let alice = pod.user("alice");
        std::thread::scope(|scope| {
            scope.spawn(|| witness.hears_of(&alice, "post "));
            scope.spawn(|| witness.hears_from(&far, &pod));
            witness.until_over(|| {
                let photo = jpeg(4000, 3000);
                for number in 0..2 {
                    alice.posts_pictures("public", &format!("a photo of twelve megapixels {number}"), &[&photo]);
                    // Hashing a password takes 7 MB.
                    drop(User::sign_in(&pod, "alice"));
                }
                until("letters, too", || (witness.counts().1 > 20).then_some(()));
            });
        });
        assert!(pod.stop(), "{}", pod.log());
        assert!(group.most() > 1 << 20, "the limit held for the pod");
    }
}

fn a_pod_that_gets_no_more_memory_loses_nothing_that_it_acknowledged() {
    runs_out_of_memory(|pod, more| {
        let process = Pid::from_raw(pod.pid() as i32);
        let all = (pod.status("VmData") << 10) + more;
        let limit = Rlimit { current: Some(all), maximum: Some(all) };
        prlimit(process, Resource::Data, limit).expect("the limit of a child can be changed");
        // Hashing a password takes 7 MB.
        let client = pod.visitor();
        let fields = [("name", "alice"), ("password", "wrong")];
        let asked = client.try_get("/login").is_ok_and(|page| {
            let page = Page { path: "/login".to_owned(), status: page.status, html: page.text() };
            client.try_submit(&page, "/login", &fields).is_ok_and(|answer| answer.status < 500)
        });
        assert!(!asked, "there was enough");
        pod.kill();
    });
}

/// A pod at work runs out of memory again and again: `end` lets it take so many bytes more, until it is at its end.
fn runs_out_of_memory(end: impl Fn(&TestPod, u64)) {
    let mut dice = Dice::thrown();
    let pod = TestPod::new("alice");
    let (far, witness) = (Double::new(&["dora"]), Witness::new());
    let alice = pod.user("alice");
    // Looking for her without memory would be put off for minutes, and all her letters with it.
    alice.finds(&far.handle("dora"));
    // What signing in took stays at hand in a process, so each round has a new one.
    assert!(pod.stop());
    for round in 0..4 {
        pod.start();
        witness.begins();
        std::thread::scope(|scope| {
            let (alice, far, pod, witness) = (&alice, &far, &pod, &witness);
            scope.spawn(move || witness.hears_of(alice, &format!("round {round} ")));
            scope.spawn(move || witness.hears_from(far, pod));
            let before = witness.counts();
            let more = |count: (usize, usize)| count.0 > before.0 && count.1 > before.1;
            witness.until_over(|| {
                until("both at work", || more(witness.counts()).then_some(()));
                end(pod, (dice.below(16) as u64) << 16);
            });
        });
    }
    // What could not be read for want of memory is tried again minutes later.
    pod.make_due();
    pod.start();
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    witness.so_far().is_at(&pod);
    assert!(pod.stop());
    let checked = pod.command(&["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// A group of processes whose memory has a limit, as systemd or a router makes one for a service.
struct Group {
    folder: PathBuf,
    /// The file of the limit, and of the most that was used, by the version of the kernel's interface.
    files: [&'static str; 2],
}

impl Group {
    fn new(name: &str) -> Group {
        let name = format!("pappus-trial-{}-{name}", std::process::id());
        let old = Path::new("/sys/fs/cgroup/memory");
        let (folder, files) = if old.is_dir() {
            (old.join(name), ["memory.limit_in_bytes", "memory.max_usage_in_bytes"])
        } else {
            (Path::new("/sys/fs/cgroup").join(name), ["memory.max", "memory.peak"])
        };
        fs::create_dir(&folder).expect("a group");
        // Nothing goes to a disk instead, where there is one for that.
        for (file, none) in [("memory.swap.max", "0"), ("memory.swappiness", "0")] {
            let _ = fs::write(folder.join(file), none);
        }
        Group { folder, files }
    }

    fn takes(&self, pod: &TestPod) {
        fs::write(self.folder.join("cgroup.procs"), pod.pid().to_string()).expect("a process can be moved");
    }

    /// Bytes; what a process had before it came does not count.
    fn limits(&self, bytes: u64) {
        // Less than nothing is used up at once; the older interface takes no limit below what is used up already.
        let mut bytes = bytes.max(1 << 16);
        while let Err(error) = fs::write(self.folder.join(self.files[0]), bytes.to_string()) {
            assert!(error.kind() == ErrorKind::ResourceBusy && bytes < 1 << 30, "a limit: {error}");
            bytes += 1 << 16;
        }
    }

    /// Bytes.
    fn most(&self) -> u64 {
        let text = fs::read_to_string(self.folder.join(self.files[1])).expect("a figure");
        text.trim().parse().expect("a number")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The kernel lets go of the last process in its own time.
        for _ in 0..100 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn what_signing_in_needs_for_a_moment_is_given_back() {
    let pod = TestPod::new("alice");
    let sign_in = |times| (0..times).for_each(|_| drop(pod.user("alice")));
    sign_in(2);
    let before = pod.status("RssAnon");
    sign_in(8);
    let after = pod.status("RssAnon");
    assert!(after < before + 6 * 1024, "{before} KiB, then {after}");
}
