//! What the units in `systemd/` promise, tried by a real systemd: a small Debian is booted beside this machine, on a
//! network of its own, with the program and the units in their places (`service/evening.sh`).

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::support::tls::Authority;
use crate::support::tools::{SYSTEMD, source};
use crate::support::trials;

trials![SYSTEMD;
    systemd_starts_the_pod_and_hears_when_it_is_ready,
    the_pod_lives_with_all_that_its_unit_forbids,
    nobody_else_may_enter_its_folder,
    a_pod_that_was_killed_or_hangs_comes_back,
    the_timer_keeps_backups_that_nobody_else_may_read,
    a_pod_that_is_stopped_ends_well,
    a_pod_alone_gets_its_ports_from_systemd,
    the_units_are_as_closed_as_can_be,
];

/// A trial pod; a name of its own on the internet for the second half of the evening.
const TRIAL: &str = "url = \"http://localhost:8080\"\n";
const ALONE: &str = "url = \"https://pod.example\"\ntls_certificate = \"/etc/pappus.pem\"\n";

/// Seconds that the evening may take.
const EVENING: &str = "300";

fn systemd_starts_the_pod_and_hears_when_it_is_ready() {
    saw("started", "active");
    saw("health", "200");
}

fn the_pod_lives_with_all_that_its_unit_forbids() {
    saw("setup", "200");
    saw("system calls denied", "0");
}

fn nobody_else_may_enter_its_folder() {
    saw("folder", "700 its own");
    saw("database", "600 its own");
}

fn a_pod_that_was_killed_or_hangs_comes_back() {
    saw("health after being killed", "200");
    saw("health after hanging", "200");
}

fn the_timer_keeps_backups_that_nobody_else_may_read() {
    saw("backup", "success");
    saw("backup kept", "600 its own");
}

fn a_pod_that_is_stopped_ends_well() {
    saw("stopped", "success 0");
}

fn a_pod_alone_gets_its_ports_from_systemd() {
    saw("port 80", "301");
    saw("port 443 in the clear", "400");
    saw("alone", "active");
}

fn the_units_are_as_closed_as_can_be() {
    for (unit, most) in [("pappus.service", 1.5), ("pappus-backup.service", 0.5)] {
        let path = source().join("systemd").join(unit);
        let output = Command::new("systemd-analyze").args(["security", "--offline=true"]).arg(path).output();
        let text = String::from_utf8_lossy(&output.expect("systemd-analyze runs").stdout).into_owned();
        let figure = text.rsplit_once("exposure level for").and_then(|(_, rest)| rest.split_whitespace().nth(1));
        let exposure: f64 = figure.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no figure in {text}"));
        assert!(exposure <= most, "{unit} is exposed {exposure}");
    }
}

/// One thing that was seen on that evening.
fn saw(key: &str, wanted: &str) {
    static SEEN: OnceLock<Result<HashMap<String, String>, String>> = OnceLock::new();
    let seen = SEEN.get_or_init(spend_it).as_ref().unwrap_or_else(|why| panic!("the evening ended early: {why}"));
    assert_eq!(seen.get(key).map(String::as_str), Some(wanted), "{key}; all that was seen: {seen:#?}");
}

/// Boots the small Debian and lets it run the evening.
fn spend_it() -> Result<HashMap<String, String>, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file is written");
    put("pappus.toml", TRIAL);
    put("alone.toml", ALONE);
    // Nobody waits a minute for a pod that hangs, nor ten seconds for one that was killed.
    put("quicker.conf", "[Service]\nWatchdogSec=4\nRestartSec=1\n");
    put(
        "trial.service",
        "[Unit]\nAfter=basic.target\nRequires=basic.target\n[Service]\nType=oneshot\nExecStart=/bin/bash /trial/evening.sh\n",
    );
    fs::copy(source().join("tests/it/service/evening.sh"), folder.path().join("evening.sh")).expect("copied");
    let signed = Authority::new().signs("pod.example");
    put("pappus.pem", &format!("{}{}", signed.chain, signed.key));
    boot(folder.path());
    let over = folder.path().join("over");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let words = read("seen");
    let pairs = words.lines().filter_map(|line| line.split_once('='));
    let seen = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    if over.exists() { Ok(seen) } else { Err([words, read("console"), read("log"), read("journal")].join("\n")) }
}

/// Until the small machine has ended.
fn boot(folder: &Path) {
    let console = fs::File::create(folder.join("console")).expect("a file is made");
    let mut command = Command::new("timeout");
    command.args(["--kill-after=10", EVENING, "systemd-nspawn"]);
    command.args(["--quiet", "--register=no", "--keep-unit", "--private-network", "--volatile=overlay", "--boot"]);
    command.arg("--directory").arg(SYSTEMD.path());
    command.arg(format!("--bind={}:/trial", folder.display()));
    let mut bring = |from: &Path, to: &str| {
        command.arg(format!("--bind-ro={}:{to}", from.display()));
    };
    bring(Path::new(env!("CARGO_BIN_EXE_pappus")), "/usr/local/bin/pappus");
    for unit in ["pappus.service", "pappus-backup.service", "pappus-http.socket", "pappus-https.socket"] {
        bring(&source().join("systemd").join(unit), &format!("/etc/systemd/system/{unit}"));
    }
    bring(&folder.join("trial.service"), "/etc/systemd/system/trial.service");
    bring(&folder.join("quicker.conf"), "/etc/systemd/system/pappus.service.d/quicker.conf");
    command.args(["--", "--unit=trial.service"]);
    command.stdin(Stdio::null()).stdout(console.try_clone().expect("a second hold")).stderr(console);
    command.status().expect("systemd-nspawn starts");
}
