//! The start script for OpenWrt, run by BusyBox's shell with everything of OpenWrt's that it calls written down.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::tools::{BUSYBOX, program, source};
use crate::support::trials;

trials![BUSYBOX;
    a_router_starts_the_pod_as_its_settings_say,
    a_router_does_not_start_what_is_not_wanted,
    a_router_without_the_disk_waits_for_it,
    what_a_router_sets_the_pod_understands,
    every_setting_of_the_pod_can_be_made_on_a_router,
];

/// What stands for OpenWrt: its configuration is a script of `config` and `option`; what procd is told is printed.
const OPENWRT: &str = r#"
config() { SECTIONS="$SECTIONS $2"; SECTION=$2; }
option() { eval "CONFIG_${SECTION}_$1=\$2"; }
config_load() { SECTIONS=; . "$CONFIG"; }
config_foreach() { local section; for section in $SECTIONS; do "$1" "$section"; done; }
config_get() { eval "$1=\${CONFIG_${2}_$3:-\$4}"; }
config_get_bool() { config_get "$@"; }
user_exists() { [ "$1" = "$(id -un)" ]; }
user_add() { echo "user_add|$1"; }
group_add_next() { echo 1000; }
logger() { shift 2; echo "said|$*"; }
told() { local word; printf '%s' "$1"; shift; for word in "$@"; do printf '|%s' "$word"; done; echo; }
for name in open_instance close_instance set_param append_param add_reload_trigger add_restart_mount_trigger; do
    eval "procd_$name() { told $name \"\$@\"; }"
done
. "$SCRIPT"
start_service
service_triggers
"#;

/// What procd is told with these options instead of the ones in the file that is handed out.
fn started(options: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let handed_out = source().join("cross/openwrt/etc/config/pappus");
    let mut config = fs::read_to_string(&handed_out).expect("the configuration");
    for (name, value) in options {
        config.push_str(&format!("\toption {name} '{value}'\n"));
    }
    let file = folder.path().join("config");
    fs::write(&file, config).expect("written");
    let mut command = Command::new(BUSYBOX.path());
    command.args(["sh", "-c", OPENWRT]).env("CONFIG", &file);
    let output =
        command.env("SCRIPT", source().join("cross/openwrt/etc/init.d/pappus")).output().expect("busybox runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{errors}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// A folder on a file system of its own, as a USB disk is.
struct Disk(PathBuf);

impl Disk {
    fn new() -> Disk {
        let folder = tempfile::Builder::new().prefix("pappus-").tempdir_in("/dev/shm").expect("a folder");
        Disk(folder.keep())
    }

    fn data(&self) -> String {
        self.0.join("data").display().to_string()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The user that runs the trials: nobody else can be given a folder.
fn me() -> String {
    let output = Command::new(BUSYBOX.path()).args(["id", "-un"]).output().expect("busybox runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn a_router_starts_the_pod_as_its_settings_say() {
    let (disk, me) = (Disk::new(), me());
    let told = started(&[("enabled", "1"), ("data", &disk.data()), ("user", &me), ("memory", "32"), ("workers", "1")]);
    for line in [
        "open_instance|pod",
        "set_param|command|/usr/bin/pappus|serve",
        "append_param|env|PAPPUS_URL=https://pod.example.org",
        "append_param|env|PAPPUS_WORKERS=1",
        &format!("append_param|env|PAPPUS_DATA={}", disk.data()),
        &format!("set_param|user|{me}"),
        "set_param|stderr|1",
        "set_param|limits|data=33554432 33554432|nofile=4096 4096",
        "set_param|respawn|600|10|5",
        "close_instance",
        "add_reload_trigger|pappus",
        &format!("add_restart_mount_trigger|{}", disk.data()),
    ] {
        assert!(told.iter().any(|said| said == line), "{line}: {told:#?}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(disk.data()).expect("a folder").permissions());
    assert_eq!(mode & 0o777, 0o700, "nobody else reads the data");
}

fn a_router_does_not_start_what_is_not_wanted() {
    let told = started(&[]);
    assert!(!told.iter().any(|said| said.starts_with("open_instance")), "{told:#?}");
}

fn a_router_without_the_disk_waits_for_it() {
    let told = started(&[("enabled", "1"), ("data", "/nowhere/pappus")]);
    assert!(told.iter().any(|said| said.contains("no disk is mounted at /nowhere/pappus")), "{told:#?}");
    assert!(!told.iter().any(|said| said.starts_with("open_instance")), "{told:#?}");
    assert!(told.iter().any(|said| said == "add_restart_mount_trigger|/nowhere/pappus"), "{told:#?}");
}

fn what_a_router_sets_the_pod_understands() {
    let (disk, me) = (Disk::new(), me());
    let others = [
        ("acme", "you@pod.example"),
        ("acme_server", "https://ca.example/directory"),
        ("ca_file", "/etc/ssl/certs.pem"),
        ("listen_https", "0.0.0.0:443, [::]:443"),
        ("retention_days", "30"),
        ("smtp_url", "smtp://localhost"),
        ("mail_from", "pod@pod.example"),
        ("workers", "1"),
    ];
    let told = started(&[&[("enabled", "1"), ("data", &disk.data()), ("user", &me)], &others[..]].concat());
    let set: Vec<(&str, &str)> =
        told.iter().filter_map(|said| said.strip_prefix("append_param|env|")?.split_once('=')).collect();
    assert!(set.len() >= 8, "{set:?}");
    let output = program().arg("config").envs(set.iter().copied()).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(shown.matches("# environment").count(), set.len(), "{shown}");
}

fn every_setting_of_the_pod_can_be_made_on_a_router() {
    let script = fs::read_to_string(source().join("cross/openwrt/etc/init.d/pappus")).expect("the script");
    let settings = script.split("SETTINGS=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its settings");
    let example = program().args(["config", "--example"]).output().expect("the program runs");
    let example = String::from_utf8_lossy(&example.stdout).into_owned();
    let names = |line: &str| Some(line.strip_prefix("# ")?.split_once(" = ")?.0.to_owned());
    let mut known: Vec<String> = example.lines().filter_map(names).collect();
    let mut passed_on: Vec<&str> = settings.split_whitespace().collect();
    known.sort();
    passed_on.sort_unstable();
    assert_eq!(passed_on, known);
}
