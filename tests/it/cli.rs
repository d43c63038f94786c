//! The command line: what the podmin types, and what the pod answers.

use std::os::unix::net::UnixDatagram;
use std::process::Output;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;
use crate::support::wait::until;

trials![
    a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default,
    an_unknown_setting_is_refused_with_its_line_and_the_nearest_name,
    a_bad_value_is_refused_with_the_reason,
    an_unknown_command_is_refused_with_the_nearest_one,
    setting_up_twice_does_no_harm,
    accounts_are_made_listed_and_given_passwords,
    a_damaged_database_is_found,
    the_doctor_says_what_to_do,
    one_folder_is_for_one_running_pod,
    a_pod_ends_when_it_is_asked_to,
    a_pod_that_is_asked_to_end_does_not_wait_for_a_key_that_it_makes,
    systemd_is_told_how_it_goes,
    the_log_keeps_secrets,
    nobody_minds_when_nobody_reads,
];

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn works(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

fn nobody_minds_when_nobody_reads() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts("a post");
    for arguments in [
        &["config"][..],
        &["config", "--example"],
        &["--help"],
        &["--version"],
        &["user", "list"],
        &["admin", "status"],
        &["doctor"],
        &["bank", "list"],
        &["census", "0123456789abcdef"],
        &["no-such-command"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let other = writer.try_clone().expect("a second hold");
        let status = pod.runs_into(arguments, writer.into(), other.into());
        assert!(status.code().is_some_and(|code| code < 2), "{arguments:?}: {status}");
    }
}

fn fails(output: &Output) -> String {
    assert!(!output.status.success(), "{}", said(output));
    said(output)
}

fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let pod = TestPod::unborn();
    let file = pod.file("pappus.toml", "workers = 3\nretention_days = 7\nlog = \"warn\"\n");
    let environment = [("PAPPUS_CONFIG", file.as_str()), ("PAPPUS_WORKERS", "4"), ("PAPPUS_LOG", "error")];
    let shown = works(&pod.command_with(&environment, &["config", "--log", "debug"]));
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("log = \"debug\"").contains("command line"), "{shown}");
    assert!(line("workers = \"4\"").contains("environment"), "{shown}");
    assert!(line("retention_days = \"7\"").contains(&file), "{shown}");
    assert!(line("retention_days = \"7\"").contains('2'), "with its line: {shown}");
    assert!(line("listen = \"localhost:8080\"").contains("default"), "{shown}");
    let example = works(&pod.command(&["config", "--example"]));
    let again = works(&pod.command_with(&[], &["config", "--config", &pod.file("example.toml", &example)]));
    assert!(again.contains("workers"), "the example can be used as it is: {again}");
}

fn an_unknown_setting_is_refused_with_its_line_and_the_nearest_name() {
    let pod = TestPod::unborn();
    let file = pod.file("pappus.toml", "log = \"info\"\n\nlisten_on = \"127.0.0.1:1\"\n");
    let why = fails(&pod.command(&["config", "--config", &file]));
    for part in [file.as_str(), "3", "listen_on", "`listen`"] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let why = fails(&pod.command(&["config", "--wrokers", "2"]));
    assert!(why.contains("`--workers`"), "{why}");
    let why = fails(&pod.command_with(&[("PAPPUS_LISTN", "127.0.0.1:1")], &["config"]));
    assert!(why.contains("PAPPUS_LISTN") && why.contains("`listen`"), "{why}");
}

fn a_bad_value_is_refused_with_the_reason() {
    let pod = TestPod::unborn();
    for (flag, value, reason) in [
        ("--workers", "0", "1 to 16"),
        ("--url", "http://pod.example", "https"),
        ("--url", "https://pod.example/path", "host"),
        ("--url", "pod.example", "https://"),
        ("--listen", "8080", "port"),
        ("--log", "loud", "info"),
        ("--trusted-proxies", "everybody", "everybody"),
        ("--retention-days", "-1", "number"),
    ] {
        let why = fails(&pod.command(&["config", flag, value]));
        assert!(why.contains(reason) && why.contains(value), "{flag} {value}: {why}");
    }
    let why = fails(&pod.command(&["config", "--config", &pod.file("bad.toml", "log = [\n")]));
    assert!(why.contains("bad.toml"), "{why}");
}

fn an_unknown_command_is_refused_with_the_nearest_one() {
    let pod = TestPod::unborn();
    assert!(fails(&pod.command(&["docter"])).contains("`doctor`"));
    assert!(works(&pod.command(&["--help"])).contains("pappus setup"));
    assert!(works(&pod.command(&["--version"])).starts_with("pappus "));
}

fn setting_up_twice_does_no_harm() {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    let password = pod.file("other", "another good password");
    let arguments = ["setup", "--url", &pod.url, "--name", "alice", "--password-file", &password];
    assert!(works(&pod.command(&arguments)).contains("already"));
    pod.start();
    pod.user("alice").posts("with the first password");
    let arguments = ["setup", "--url", &pod.url, "--name", "eve", "--password-file", &password];
    assert!(fails(&pod.command(&arguments)).contains("already"));
    let arguments = ["setup", "--url", "http://127.0.0.1:1", "--name", "alice", "--password-file", &password];
    assert!(fails(&pod.command(&arguments)).contains(&pod.url), "another address is refused");
    assert!(fails(&TestPod::unborn().command(&["setup", "--name", "alice"])).contains("--url"));
}

fn accounts_are_made_listed_and_given_passwords() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let listed = works(&pod.command(&["user", "list"]));
    assert!(listed.contains(&format!("{}  podmin", pod.handle("alice"))), "{listed}");
    assert!(listed.contains(&pod.handle("bob")), "{listed}");
    let bob = pod.user("bob");
    let short = pod.file("short", "short");
    assert!(fails(&pod.command(&["user", "passwd", "bob", "--password-file", &short])).contains('8'));
    assert_eq!(bob.client.get("/stream").status, 200);
    let new = pod.file("new", "a password made at the shell\n");
    works(&pod.command(&["user", "passwd", "bob", "--password-file", &new]));
    assert_eq!(bob.client.get("/stream").status, 303, "whoever has the old one is out");
    let client = pod.visitor();
    let fields = [("name", "bob"), ("password", "a password made at the shell")];
    assert_eq!(client.submit(&client.page("/login"), "/login", &fields).status, 303);
    assert!(fails(&pod.command(&["user", "passwd", "nobody", "--password-file", &new])).contains("nobody"));
    assert!(fails(&pod.command(&["user", "add", "alice", "--password-file", &new])).contains("taken"));
    assert!(fails(&pod.command(&["user", "add", "B@d", "--password-file", &new])).contains("name"));
}

fn a_damaged_database_is_found() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    for number in 0..30 {
        alice.posts(&format!("post number {number}"));
    }
    assert!(works(&pod.command(&["check"])).contains("sound"));
    pod.stop();
    assert!(works(&pod.command(&["check"])).contains("sound"));
    let mut bytes = std::fs::read(pod.database_path()).expect("the database is read");
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 20_000] {
        *byte ^= 0x5a;
    }
    std::fs::write(pod.database_path(), bytes).expect("the database is written");
    let why = fails(&pod.command(&["check"]));
    assert!(why.contains("backup") || why.contains("malformed"), "{why}");
}

fn the_doctor_says_what_to_do() {
    let pod = TestPod::new("alice");
    let well = works(&pod.command(&["doctor", "--url", &pod.url, "--listen", &pod.host()]));
    for part in ["settings", "clock", "folder", "database", "webfinger"] {
        assert!(well.lines().any(|line| line.starts_with("ok ") && line.contains(part)), "{part}: {well}");
    }
    let why = fails(&pod.command(&["doctor", "--url", "http://127.0.0.1:1"]));
    assert!(why.contains("WRONG") && why.contains('→') && why.contains(&pod.url), "{why}");
    pod.stop();
    let why = fails(&pod.command(&["doctor", "--url", &pod.url]));
    assert!(why.lines().any(|line| line.starts_with("WRONG") && line.contains("webfinger")), "{why}");
    let why = fails(&pod.command(&["doctor", "--workers", "many"]));
    assert!(why.contains("settings") && why.contains('→'), "{why}");
}

fn one_folder_is_for_one_running_pod() {
    let pod = TestPod::new("alice");
    let why = fails(&pod.command(&["serve", "--listen", "127.0.0.1:0", "--url", &pod.url]));
    assert!(why.contains("another pappus is running"), "{why}");
    pod.user("alice").posts("the first one does not care");
}

fn a_pod_that_is_asked_to_end_does_not_wait_for_a_key_that_it_makes() {
    let pod = TestPod::unborn();
    // Some are made before the pod has come up.
    let ended_before = (0..20).any(|_| {
        pod.start();
        assert!(pod.stop(), "{}", pod.log());
        let lacks_one = pod.database().number("select spare_key is null from pod", &[]) == 1;
        pod.change("update pod set spare_key = null, spare_public_key = null");
        lacks_one
    });
    assert!(ended_before, "it never ended before the key was made");
}

fn a_pod_ends_when_it_is_asked_to() {
    for signal in [Signal::TERM, Signal::INT] {
        let pod = TestPod::new("alice");
        pod.user("alice").posts("before the end");
        pod.signal(signal);
        assert!(pod.has_ended_well(), "{}", pod.log());
        pod.start();
        assert!(pod.user("alice").page("/stream").post("before the end").is_some());
    }
}

fn systemd_is_told_how_it_goes() {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).expect("a socket");
    systemd.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    let hears = |wanted: &str| {
        until(wanted, || {
            let mut words = [0; 256];
            let length = systemd.recv(&mut words).ok()?;
            String::from_utf8_lossy(&words[..length]).lines().any(|line| line == wanted).then_some(())
        })
    };
    let path = path.display().to_string();
    pod.spawn_with(&[("NOTIFY_SOCKET", &path), ("WATCHDOG_USEC", "400000")]);
    hears("READY=1");
    hears("WATCHDOG=1");
    hears("WATCHDOG=1");
    pod.signal(Signal::TERM);
    hears("STOPPING=1");
    assert!(pod.has_ended_well(), "{}", pod.log());
}

fn the_log_keeps_secrets() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    alice.posts("what I say is nobody's business");
    let client = pod.visitor();
    client.submit(&client.page("/login"), "/login", &[("name", "alice"), ("password", "a wrong password")]);
    let session = alice.client.cookie("session").expect("signed in");
    let log = pod.log();
    for secret in [PASSWORD, "a wrong password", &session, "nobody's business"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
