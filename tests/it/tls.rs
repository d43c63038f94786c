//! What the pod promises who comes by https: a certificate that can be replaced at any time, nothing to read along, and
//! a door that holds against those who speak TLS badly.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pappus::certificate::files::Files;
use pappus::web::door::{Limits, Listen, Papers};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use rustls::HandshakeKind;
use rustls::version::{TLS12, TLS13};

use crate::door::{self, Porch};
use crate::support::tls::{Authority, NAME, SecurePod, Tls};
use crate::support::tools::OPENSSL;
use crate::support::wait::until;

crate::support::trials![
    a_pod_with_a_certificate_speaks_https_by_itself,
    http_leads_to_the_pods_own_address_whatever_name_was_used,
    a_new_certificate_is_shown_without_a_new_start,
    a_new_certificate_that_is_no_good_leaves_the_old_one_where_it_is,
    a_key_whose_rights_were_mended_is_read_again,
    a_pod_does_not_start_with_a_certificate_that_is_no_good,
    all_addresses_of_both_kinds_can_be_listened_on,
    sockets_from_systemd_are_told_by_their_names,
    old_and_new_clients_are_understood,
    a_client_that_comes_again_need_not_greet_at_length,
    who_asks_for_another_name_sees_whose_pod_it_is,
    large_things_pass_whole_in_both_directions,
    requests_may_come_torn_and_sent_ahead,
    who_does_not_read_is_cut_off,
    who_speaks_http_is_told_that_https_is_spoken,
    nonsense_is_ended_at_once,
    nonsense_leaves_nothing_in_the_log,
    a_greeting_without_end_is_cut_off,
    a_greeting_left_half_said_is_ended_in_time,
    five_hundred_half_greetings_keep_nobody_from_being_served,
];

pub fn more_trials() -> Vec<libtest_mimic::Trial> {
    let anew = nobody_may_begin_anew_within_a_connection;
    vec![crate::support::promise_with(module_path!(), "nobody_may_begin_anew_within_a_connection", &OPENSSL, anew)]
}

/// A door for https alone, with a small handler behind it.
struct SecurePorch {
    porch: Porch,
    authority: Authority,
    _folder: tempfile::TempDir,
}

impl SecurePorch {
    fn new() -> SecurePorch {
        SecurePorch::with_limits(|_| {})
    }

    fn with_limits(change: impl FnOnce(&mut Limits)) -> SecurePorch {
        let authority = Authority::new();
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = authority.signs(NAME).lie_in(folder.path());
        let papers = Arc::new(Papers::default());
        papers.show(Files { certificate, key }.read().expect("a good certificate").shown);
        let open = |options: &mut pappus::web::door::Options| {
            options.listen.clear();
            options.listen_https = vec![Listen::Address("127.0.0.1:0".parse().expect("an address"))];
            options.papers = Some(papers);
            change(&mut options.limits);
        };
        SecurePorch { porch: Porch::with(open, Arc::new(door::answer)), authority, _folder: folder }
    }

    fn address(&self) -> SocketAddr {
        self.porch.address
    }

    /// What a client without TLS gets for these bytes.
    fn tell(&self, bytes: &[u8]) -> Vec<u8> {
        let mut socket = bare(self.address());
        let _ = socket.write_all(bytes);
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        answer
    }

    fn still_serves(&self) {
        let answer = self.authority.client().gets(self.address(), "/ok").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
    }
}

fn bare(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("a connection");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    socket
}

const CLOSE: &str = "Host: pod\r\nConnection: close\r\n";

fn a_pod_with_a_certificate_speaks_https_by_itself() {
    let authority = Authority::new();
    let secure = SecurePod::showing(&authority.signs(NAME));
    let page = authority.client().gets(secure.https, "/login").expect("a page");
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("Strict-Transport-Security: max-age="), "{page}");
    assert!(page.contains("; HttpOnly; SameSite=Lax; Secure\r\n"), "cookies go by https alone: {page}");
    let handle = format!("/.well-known/webfinger?resource=acct:alice@{NAME}");
    let found = authority.client().gets(secure.https, &handle).expect("a document");
    assert!(found.contains(&format!("acct:alice@{NAME}")), "{found}");
    let stranger = Authority::new().client().gets(secure.https, "/login");
    assert!(stranger.is_err_and(|error| error.contains("certificate")), "only who trusts the authority is content");
}

fn http_leads_to_the_pods_own_address_whatever_name_was_used() {
    let secure = SecurePod::showing(&Authority::new().signs(NAME));
    let http = secure.http();
    for (host, path) in [(NAME, "/people?q=a%20b"), ("evil.example", "/"), (NAME, "//evil.example/"), (NAME, "/@evil")]
    {
        let answer = http.get_with(path, &[("host", host)]);
        let (status, location) = (answer.status, answer.header("location"));
        assert_eq!((status, location), (301, format!("https://{NAME}{path}").as_str()), "{host} {path}");
        assert_eq!(answer.header("strict-transport-security"), "", "this is for https to say");
    }
    let answer = http.post("/receive/public", "application/magic-envelope+xml", b"<x/>");
    assert_eq!((answer.status, answer.header("location")), (308, format!("https://{NAME}/receive/public").as_str()));
    // Who says of himself that he came by https has not.
    assert_eq!(http.get_with("/login", &[("x-forwarded-proto", "https")]).status, 301);
    assert_eq!(http.get("/.well-known/acme-challenge/guess").status, 404);
    assert_eq!(http.get("/health").status, 200);
}

fn a_new_certificate_is_shown_without_a_new_start() {
    let (old, new) = (Authority::new(), Authority::new());
    let secure = SecurePod::showing(&old.signs(NAME));
    assert!(old.client().gets(secure.https, "/health").is_ok());
    new.signs(NAME).lie_in(secure.folder());
    until("the new certificate", || new.client().gets(secure.https, "/health").ok());
    assert!(old.client().gets(secure.https, "/health").is_err());
    assert!(secure.pod.log().contains("the certificate was read again"), "{}", secure.pod.log());
}

fn a_new_certificate_that_is_no_good_leaves_the_old_one_where_it_is() {
    let authority = Authority::new();
    let secure = SecurePod::showing(&authority.signs(NAME));
    let other = authority.signs(NAME);
    std::fs::write(secure.folder().join("key.pem"), &other.key).expect("written");
    until("a word about the key", || secure.pod.log().contains("not the key of the certificate").then_some(()));
    assert!(secure.pod.log().contains("the old one is shown on"), "{}", secure.pod.log());
    assert!(authority.client().gets(secure.https, "/health").is_ok());
    std::fs::remove_file(secure.folder().join("key.pem")).expect("removed");
    until("a word about the file", || secure.pod.log().contains("must be able to read it").then_some(()));
    assert!(authority.client().gets(secure.https, "/health").is_ok());
    other.lie_in(secure.folder());
    until("the next certificate", || secure.pod.log().contains("the certificate was read again").then_some(()));
}

/// A key that may not be read is only one reason why it was no good, and the one that nobody can make for root.
fn a_key_whose_rights_were_mended_is_read_again() {
    let authority = Authority::new();
    let secure = SecurePod::showing(&authority.signs(NAME));
    let key = secure.folder().join("key.pem");
    std::fs::write(&key, authority.signs(NAME).key).expect("written");
    let complaints = || secure.pod.log().matches("the old one is shown on").count();
    until("a word about the key", || (complaints() == 1).then_some(()));
    std::fs::set_permissions(&key, Permissions::from_mode(0o640)).expect("mended");
    until("another look at the key", || (complaints() == 2).then_some(()));
}

fn a_pod_does_not_start_with_a_certificate_that_is_no_good() {
    let secure = SecurePod::unborn();
    let signed = Authority::new().signs(NAME);
    let (certificate, key) = signed.lie_in(secure.folder());
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    let other = secure.pod.file("other.pem", &Authority::new().signs(NAME).key);
    for (certificate, key, word) in [
        (&certificate, &other, "not the key of the certificate"),
        (&key, &key, "no certificate in it"),
        (&certificate, &certificate, "no private key in it"),
        (&certificate, &"nowhere.pem".to_owned(), "must be able to read it"),
    ] {
        let output = secure.pod.command(&[
            "serve",
            "--url",
            &secure.pod.url,
            "--tls-certificate",
            certificate,
            "--tls-key",
            key,
        ]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(word), "{word}: {said}");
    }
}

/// On most machines the socket for IPv6 takes the clients of IPv4, too, and the second one cannot be had besides.
fn all_addresses_of_both_kinds_can_be_listened_on() {
    let authority = Authority::new();
    let secure = SecurePod::unborn();
    let signed = authority.signs(NAME);
    let both = secure.pod.file("both.pem", &(signed.key + &signed.chain));
    let port = secure.https.port();
    let everywhere = format!("[::]:{port}, 0.0.0.0:{port}");
    secure.start_with(&[("PAPPUS_TLS_CERTIFICATE", &both), ("PAPPUS_LISTEN_HTTPS", &everywhere)]);
    assert!(authority.client().gets(secure.https, "/login").is_ok());
}

/// What systemd does for a service with `FileDescriptorName=`.
fn sockets_from_systemd_are_told_by_their_names() {
    let authority = Authority::new();
    let secure = SecurePod::unborn();
    let signed = authority.signs(NAME);
    let both = secure.pod.file("both.pem", &(signed.key + &signed.chain));
    let listen = || std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let (first, second) = (listen(), listen());
    let (https, http) = (first.local_addr().expect("an address"), second.local_addr().expect("an address"));
    let script = "exec 3<&0 4<&1 0</dev/null 1>/dev/null; \
                  LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=https:http exec \"$0\" serve --url \"$1\" --tls-certificate \"$2\"";
    let mut program = Command::new("sh");
    program.args(["-c", script, env!("CARGO_BIN_EXE_pappus"), &secure.pod.url, &both]);
    program.env("PAPPUS_DATA", secure.pod.data()).env_remove("PAPPUS_CONFIG");
    program.stdin(std::os::fd::OwnedFd::from(first)).stdout(std::os::fd::OwnedFd::from(second));
    let log = std::fs::File::create(secure.pod.log_path()).expect("a log");
    let mut child = program.stderr(Stdio::from(log)).spawn().expect("the pod starts");
    drop(program);
    let page = until("the pod to answer", || authority.client().gets(https, "/login").ok());
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    let lead = crate::support::http::Client::new(&format!("http://{http}")).get("/login");
    assert_eq!(lead.header("location"), format!("https://{NAME}/login"));
    child.kill().and_then(|()| child.wait()).expect("the pod is ours");
    let without = Command::new("sh")
        .args(["-c", &script.replace("4<&1", "4<&0"), env!("CARGO_BIN_EXE_pappus"), &secure.pod.url, ""])
        .env("PAPPUS_DATA", secure.pod.data())
        .stdin(std::os::fd::OwnedFd::from(listen()))
        .output()
        .expect("the pod ends");
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(!without.status.success() && said.contains("there is no certificate"), "{said}");
}

fn old_and_new_clients_are_understood() {
    let secure = SecurePorch::new();
    for version in [&TLS12, &TLS13] {
        let client = Tls::speaking(&secure.authority.pem(), &[version]);
        let who = client.gets(secure.address(), "/who").expect("an answer");
        assert!(who.ends_with("127.0.0.1 true"), "{who}");
    }
    // One that knows HTTP/1.1 without saying so; one that wants only what is not spoken.
    let silent = secure.authority.client().offering(&[]);
    assert!(silent.gets(secure.address(), "/ok").is_ok());
    let other = secure.authority.client().offering(&[b"h2"]);
    assert!(other.gets(secure.address(), "/ok").is_err());
    // Nobody asked this pod for a proof.
    let authority = secure.authority.client().offering(&[b"acme-tls/1"]);
    assert!(authority.gets(secure.address(), "/ok").is_err());
    secure.still_serves();
}

fn a_client_that_comes_again_need_not_greet_at_length() {
    let secure = SecurePorch::new();
    for version in [&TLS12, &TLS13] {
        let client = Tls::speaking(&secure.authority.pem(), &[version]);
        client.gets(secure.address(), "/ok").expect("an answer");
        let mut again = client.calls(secure.address(), NAME);
        again.say(format!("GET /ok HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).expect("said");
        assert!(again.rest().expect("an answer").ends_with(b"ok"));
        assert_eq!(again.0.conn.handshake_kind(), Some(HandshakeKind::Resumed), "{version:?}");
    }
}

fn who_asks_for_another_name_sees_whose_pod_it_is() {
    let secure = SecurePorch::new();
    let mut caller = secure.authority.client().calls(secure.address(), "other.example");
    let refused = caller.say(b"GET / HTTP/1.1\r\n\r\n").expect_err("the client says no");
    assert!(refused.contains("other.example") && refused.contains(NAME), "{refused}");
}

fn large_things_pass_whole_in_both_directions() {
    let secure = SecurePorch::new();
    let client = secure.authority.client();
    let big = client.asks(secure.address(), &format!("GET /big HTTP/1.1\r\n{CLOSE}\r\n")).expect("an answer");
    assert_eq!(big.split_once("\r\n\r\n").map(|(_, body)| body.len()), Some(door::BIG));
    let mut caller = client.calls(secure.address(), NAME);
    caller.say(format!("GET /file HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).expect("said");
    let file = caller.rest().expect("an answer");
    assert!(file.len() > 8 << 20 && file.ends_with(b"\0end"));
    let mut caller = client.calls(secure.address(), NAME);
    let body: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let head = format!("POST /echo HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n", body.len());
    caller.say(&[head.as_bytes(), &body].concat()).expect("said");
    assert!(caller.rest().expect("an answer").ends_with(&body));
}

fn requests_may_come_torn_and_sent_ahead() {
    let secure = SecurePorch::new();
    let mut caller = secure.authority.client().calls(secure.address(), NAME);
    for byte in b"POST /echo HTTP/1.1\r\nHost: pod\r\nContent-Length: 5\r\n\r\nhello" {
        caller.say(&[*byte]).expect("said");
    }
    let ahead = "POST /echo HTTP/1.1\r\nHost: pod\r\nContent-Length: 3\r\n\r\n";
    let many: String = (100..400).map(|number| format!("{ahead}{number}")).collect();
    caller.say((many + &format!("GET /ok HTTP/1.1\r\n{CLOSE}\r\n")).as_bytes()).expect("said");
    let all = String::from_utf8(caller.rest().expect("answers")).expect("text");
    let bodies: Vec<&str> =
        all.split("\r\n\r\n").skip(1).map(|rest| rest.split("HTTP/1.1").next().unwrap_or("")).collect();
    assert_eq!(bodies.len(), 302, "{all}");
    assert_eq!((bodies[0], bodies[1], bodies[300], bodies[301]), ("hello", "100", "399", "ok"));
}

fn who_does_not_read_is_cut_off() {
    let secure = SecurePorch::with_limits(|limits| limits.write = Duration::from_millis(400));
    let client = secure.authority.client();
    let mut deaf: Vec<_> = (0..8).map(|_| client.calls(secure.address(), NAME)).collect();
    for (place, caller) in deaf.iter_mut().enumerate() {
        set_socket_recv_buffer_size(&caller.0.sock, 4096).expect("a socket");
        let path = if place % 2 == 0 { "/big" } else { "/file" };
        caller.say(format!("GET {path} HTTP/1.1\r\nHost: pod\r\n\r\n").repeat(4).as_bytes()).expect("said");
    }
    for _ in 0..5 {
        secure.still_serves();
    }
    // Whether the door has cut them off shows in a later write: the other side is gone.
    for caller in &mut deaf {
        until("the end of who does not read", || caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n").err());
    }
}

fn who_speaks_http_is_told_that_https_is_spoken() {
    let secure = SecurePorch::new();
    let answer = String::from_utf8(secure.tell(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n")).expect("text");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("https is spoken here, not http\n"), "{answer}");
    secure.still_serves();
}

fn nonsense_is_ended_at_once() {
    let secure = SecurePorch::new();
    let huge_record = [&[22, 3, 1, 0xff, 0xff][..], &[0; 70_000]].concat();
    let ssl3 = b"\x16\x03\x00\x00\x2f\x01\x00\x00\x2b\x03\x00aaaaaaaabbbbbbbbccccccccdddddddd\x00\x00\x04\x00\x05\x00\x0a\x01\x00";
    let ssl2 = b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80\x02\x00\x80\x03\x00\x80";
    for (what, bytes) in [
        ("zeroes", &[0; 500][..]),
        ("letters", b"hello, is there anybody?\r\n\r\n"),
        ("SSLv2", ssl2),
        ("SSLv3", ssl3),
        ("a record that is too large", &huge_record),
        ("an alert", b"\x15\x03\x01\x00\x02\x02\x28"),
        ("data before the greeting", b"\x17\x03\x03\x00\x05hello"),
        ("a greeting of nothing", b"\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
        ("many empty records", &b"\x16\x03\x01\x00\x00".repeat(5_000)),
        ("a finish first", b"\x16\x03\x03\x00\x10\x14\x00\x00\x0cabcdefghijkl"),
    ] {
        // At most an alert, and the end.
        assert!(secure.tell(bytes).len() <= 7, "{what}");
    }
    secure.still_serves();
}

fn nonsense_leaves_nothing_in_the_log() {
    let authority = Authority::new();
    let secure = SecurePod::showing(&authority.signs(NAME));
    let lines = || secure.pod.log().lines().count();
    let before = lines();
    // The second is a warning, which a client may give as often as it likes.
    for bytes in
        [&[22; 50][..], b"\x15\x03\x03\x00\x02\x01\x28", b"\x17\x03\x03\x00\x05hello", b"GET / HTTP/1.1\r\n\r\n"]
    {
        let mut socket = bare(secure.https);
        socket.write_all(bytes).and_then(|()| socket.shutdown(std::net::Shutdown::Write)).expect("said");
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
    }
    assert!(authority.client().gets(secure.https, "/health").is_ok());
    assert_eq!(lines(), before, "{}", secure.pod.log());
}

/// Announces 65,535 bytes, and so many records of it come that somebody would have to keep.
fn a_greeting_without_end_is_cut_off() {
    let secure = SecurePorch::new();
    let mut socket = bare(secure.address());
    let mut record = b"\x16\x03\x01\x40\x00".to_vec();
    record.resize(5 + (16 << 10), 0);
    record[5..9].copy_from_slice(b"\x01\x00\xff\xff");
    let sent = (0..4).take_while(|_| socket.write_all(&record).is_ok()).count();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    assert!(answer.len() <= 7, "after {sent} records: {answer:?}");
    secure.still_serves();
}

fn a_greeting_left_half_said_is_ended_in_time() {
    let secure = SecurePorch::with_limits(|limits| limits.head = Duration::from_millis(200));
    for bytes in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        assert_eq!(secure.tell(bytes), b"", "{bytes:?}");
    }
    // Who has greeted has still to ask in the same time; here enough for greeting.
    let secure = SecurePorch::with_limits(|limits| limits.head = Duration::from_secs(3));
    let mut caller = secure.authority.client().calls(secure.address(), NAME);
    caller.say(b"GET /ok HTTP").expect("said");
    let answer = String::from_utf8(caller.rest().expect("an answer")).expect("text");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

fn five_hundred_half_greetings_keep_nobody_from_being_served() {
    let secure = SecurePorch::new();
    let pending: Vec<TcpStream> = (0..500)
        .map(|number| {
            let mut socket = bare(secure.address());
            socket.write_all(&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..1 + number % 11]).expect("said");
            socket
        })
        .collect();
    for _ in 0..20 {
        secure.still_serves();
    }
    drop(pending);
    secure.still_serves();
}

fn nobody_may_begin_anew_within_a_connection() {
    let secure = SecurePorch::new();
    let mut child = Command::new(OPENSSL.path())
        .args(["s_client", "-tls1_2", "-servername", NAME, "-connect", &secure.address().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl starts");
    let mut stdin = child.stdin.take().expect("a way in");
    // Its command for a new handshake.
    stdin.write_all(b"R\n").expect("said");
    let mut said = String::new();
    child.stderr.take().expect("a way out").read_to_string(&mut said).expect("text");
    child.wait().expect("openssl ends");
    assert!(said.contains("RENEGOTIATING") && said.contains("no renegotiation"), "{said}");
    secure.still_serves();
}
