//! A machine of its own: the pod on a small computer's kernel, with a disk that loses its power. Run by `cross/boot`, which
//! makes the machine; no part of the other trials.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use libtest_mimic::Trial;

use crate::support::http::Client;
use crate::support::pod::{PASSWORD, TestPod, free_port};
use crate::support::promise;
use crate::support::wait::within;

/// Nothing where no machine was made.
pub fn trials() -> Vec<Trial> {
    let name = "a_small_machine_federates_and_survives_a_power_cut";
    let made = std::env::var_os("PAPPUS_TEST_BOOT").is_some();
    let trial = || promise(module_path!(), name, a_small_machine_federates_and_survives_a_power_cut);
    made.then(trial).into_iter().collect()
}

/// An emulated machine is slow, and makes a key of 4096 bits first.
const PATIENCE: Duration = Duration::from_secs(600);

struct Machine {
    folder: PathBuf,
    /// `pi3`, or the megabytes of a machine without a name.
    kind: String,
    port: u16,
    neighbour: u16,
    child: Option<Child>,
}

impl Machine {
    /// Switches it on.
    fn start(&mut self) {
        let console = File::create(self.folder.join("console")).expect("a file for the console");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let words = format!("console=ttyAMA0 quiet panic=-1 now={now} pod={} neighbour={}", self.port, self.neighbour);
        let forward = format!("user,id=net,hostfwd=tcp:127.0.0.1:{0}-:{0}", self.port);
        let mut command = Command::new("qemu-system-aarch64");
        command.args(["-kernel", "kernel", "-nographic", "-no-reboot", "-netdev", &forward]).current_dir(&self.folder);
        if self.kind == "pi3" {
            let words = format!("{words} disk=mmcblk0 net=usb0");
            command.args(["-M", "raspi3b", "-dtb", "pi3.dtb", "-initrd", "initrd-pi3", "-append", &words]);
            command.args(["-device", "usb-net,netdev=net", "-drive", "file=disk,format=raw,if=sd"]);
        } else {
            command.args(["-M", "virt", "-cpu", "cortex-a53", "-smp", "2", "-m", &self.kind]);
            let words = format!("{words} disk=vda net=eth0 cma=0");
            command.args(["-initrd", "initrd-virt", "-append", &words]);
            command.args(["-device", "virtio-net-pci,netdev=net,romfile=", "-drive", "file=disk,format=raw,if=virtio"]);
        }
        let child = command.stdin(Stdio::null()).stdout(console).stderr(Stdio::inherit()).spawn();
        self.child = Some(child.expect("qemu-system-aarch64 starts"));
    }

    /// Cuts the power.
    fn cut(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().and_then(|()| child.wait()).expect("the machine is ours");
        }
    }

    fn console(&self) -> String {
        let text = fs::read(self.folder.join("console")).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The last thing it told about memory, MiB each: resident, of it anonymous, most so far, limited by `ulimit -d`, left, all.
    fn told(&self) -> Vec<String> {
        let console = self.console();
        let last = console.lines().rev().find_map(|line| line.trim().strip_prefix("boot: memory "));
        let numbers = last.unwrap_or_default().split_whitespace().filter_map(|number| number.parse::<f64>().ok());
        numbers.map(|kib| format!("{:.1}", kib / 1024.0)).collect()
    }

    /// Waits until a page says something; how long that took.
    fn says(&mut self, client: &Client, path: &str, words: &str) -> Duration {
        let begun = Instant::now();
        within(PATIENCE, &format!("{words:?} at {path}"), || {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "the machine went off");
            let answer = client.try_get(path).ok()?;
            (answer.status == 200 && answer.text().contains(words)).then_some(())
        });
        begun.elapsed()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.cut();
        if std::thread::panicking() {
            eprintln!("--- console\n{}", self.console());
        }
    }
}

fn a_small_machine_federates_and_survives_a_power_cut() {
    let folder = PathBuf::from(std::env::var_os("PAPPUS_TEST_BOOT").expect("cross/boot says where it is"));
    let kind = std::env::var("PAPPUS_TEST_MACHINE").expect("cross/boot says which");
    let b = TestPod::native("bob");
    let bob = b.user("bob");
    let mut machine = Machine { folder, kind, port: free_port(), neighbour: b.port, child: None };
    machine.start();
    let host = format!("127.0.0.1:{}", machine.port);
    let alice = Client::new(&format!("http://{host}"));
    let started = machine.says(&alice, "/health", "");
    let idle = machine.told();
    let key = machine.says(&alice, &format!("/.well-known/webfinger?resource=acct:alice@{host}"), "subject");

    bob.shares_with(&format!("alice@{host}"));
    let login = [("name", "alice"), ("password", PASSWORD)];
    within(PATIENCE, "alice to sign in", || {
        alice.try_submit(&alice.page("/login"), "/login", &login).ok().filter(|answer| answer.status == 303)
    });
    machine.says(&alice, "/contacts?set=sharing", "bob@");
    let fields = [("text", "written before the power cut"), ("audience", "public")];
    assert_eq!(alice.submit(&alice.page("/stream"), "/posts", &fields).status, 303);
    let post = bob.sees("written before the power cut").guid;
    bob.comments(&post, "said from outside");
    machine.says(&alice, &format!("/posts/{post}"), "said from outside");
    for _ in 0..50 {
        assert_eq!(alice.page("/stream").status, 200);
    }
    machine.says(&alice, "/stream", "written before");
    let busy = machine.told();

    machine.cut();
    machine.start();
    let again = machine.says(&alice, &format!("/posts/{post}"), "said from outside");
    assert!(alice.get(&format!("/posts/{post}")).text().contains("written before the power cut"));
    assert!(machine.console().contains("boot: the database is sound"), "{}", machine.console());
    measured(&machine, &[started, key, again], &idle, &busy);
}

/// Adds the measurements to the table of `cross/boot`.
fn measured(machine: &Machine, times: &[Duration], idle: &[String], busy: &[String]) {
    let file = machine.folder.join("measured");
    let mut file = File::options().create(true).append(true).open(file).expect("the table opens");
    writeln!(file, "machine {}", machine.kind).expect("written");
    let seconds = ["switched on to the first answer", "until the first key was made", "power back to the first page"];
    for (what, time) in seconds.iter().zip(times) {
        writeln!(file, "  {what} (emulated)|{:.0} s", time.as_secs_f64()).expect("written");
    }
    let numbers =
        ["resident", "of it anonymous", "resident at the most", "own memory (ulimit -d)", "memory left", "memory"];
    for (when, told) in [("after the start", idle), ("after 50 pages", busy)] {
        for (what, mib) in numbers.iter().zip(told) {
            writeln!(file, "  {what}, {when}|{mib} MiB").expect("written");
        }
    }
}
