//! What the doctor promises about certificates and sockets: each mistake is made, found, and answered with what to do.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use crate::support::pod::{TestPod, listener};
use crate::support::tls::{Authority, NAME, Signed};

crate::support::trials![
    a_good_certificate_is_called_good,
    a_certificate_that_nobody_will_take_is_found,
    files_that_do_not_fit_are_found,
    a_key_that_everybody_can_read_is_found,
    a_port_that_is_taken_or_forbidden_is_found,
    before_the_first_certificate_the_doctor_waits,
];

/// Somebody who asks the doctor about a pod with this certificate.
struct Patient {
    pod: TestPod,
    authority: Authority,
    roots: String,
}

impl Patient {
    fn new() -> Patient {
        let authority = Authority::new();
        let pod = TestPod::unborn();
        let roots = pod.file("roots.pem", &authority.pem());
        Patient { pod, authority, roots }
    }

    fn asks(&self, arguments: &[&str]) -> String {
        let url = format!("https://{NAME}");
        let common = ["doctor", "--url", &url, "--ca-file", &self.roots, "--listen", "127.0.0.1:0"];
        let mut all = common.to_vec();
        if !arguments.contains(&"--listen-https") {
            all.extend(["--listen-https", "127.0.0.1:0"]);
        }
        all.extend(arguments);
        said(&self.pod.command(&all))
    }

    /// About a pod that shows this.
    fn asks_about(&self, signed: &Signed) -> String {
        let (certificate, key) = signed.lie_in(self.pod.folder());
        for path in [&certificate, &key] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("its own file");
        }
        self.asks(&["--tls-certificate", &certificate.display().to_string(), "--tls-key", &key.display().to_string()])
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The line about a thing, and what to do.
fn is_wrong(said: &str, what: &str, advice: &str) {
    let mut lines = said.lines();
    let found = lines.by_ref().find(|line| line.starts_with("WRONG") && line.contains(what));
    assert!(found.is_some(), "{what}: {said}");
    let next = lines.next().unwrap_or_default();
    assert!(next.contains('→') && next.contains(advice), "{advice}: {said}");
}

fn a_good_certificate_is_called_good() {
    let patient = Patient::new();
    let said = patient.asks_about(&patient.authority.signs(NAME));
    for well in ["ok     certificate: for pod.example, until 20", "ok     key ", "ok     sockets: http://127.0.0.1:"] {
        assert!(said.contains(well), "{well}: {said}");
    }
}

fn a_certificate_that_nobody_will_take_is_found() {
    let patient = Patient::new();
    let authority = &patient.authority;
    let alone = {
        let Signed { chain, key } = authority.signs(NAME);
        let end = "-----END CERTIFICATE-----";
        Signed { chain: format!("{}{end}\n", chain.split(end).next().expect("a certificate")), key }
    };
    is_wrong(
        &patient.asks_about(&authority.signs("other.example")),
        "it is not for pod.example",
        "names the host in url",
    );
    is_wrong(&patient.asks_about(&authority.signs_for_days(NAME, -90, -1)), "it held until", "renew it");
    is_wrong(&patient.asks_about(&authority.signs_for_days(NAME, -85, 5)), "it holds only until", "renew it");
    is_wrong(&patient.asks_about(&authority.signs_for_days(NAME, 2, 90)), "it holds only from", "clock");
    is_wrong(&patient.asks_about(&Authority::new().signs(NAME)), "no root that others know", "ca_file");
    let trusting_nobody = |signed: &Signed| {
        let other = Patient::new();
        other.asks_about(signed)
    };
    is_wrong(&trusting_nobody(&alone), "nothing leads from it to a root", "fullchain.pem");
}

fn files_that_do_not_fit_are_found() {
    let patient = Patient::new();
    let (one, other) = (patient.authority.signs(NAME), patient.authority.signs(NAME));
    let mixed = Signed { chain: one.chain.clone(), key: other.key };
    is_wrong(&patient.asks_about(&mixed), "not the key of the certificate", "made together");
    let empty = Signed { chain: String::new(), key: one.key };
    is_wrong(&patient.asks_about(&empty), "no certificate in it", "PEM");
    let keyless = Signed { chain: one.chain, key: "-----BEGIN ENCRYPTED PRIVATE KEY-----\n".to_owned() };
    is_wrong(&patient.asks_about(&keyless), "no private key in it", "without a password");
    is_wrong(&patient.asks(&["--tls-certificate", "nowhere.pem"]), "nowhere.pem", "must be able to read it");
}

fn a_key_that_everybody_can_read_is_found() {
    let patient = Patient::new();
    let (certificate, key) = patient.authority.signs(NAME).lie_in(patient.pod.folder());
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("its own file");
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    let said = patient.asks(&["--tls-certificate", &certificate, "--tls-key", &key]);
    is_wrong(&said, "everybody on this machine can read it", &format!("chmod o= {key}"));
}

fn a_port_that_is_taken_or_forbidden_is_found() {
    let patient = Patient::new();
    let (_listener, port) = listener();
    let address = format!("127.0.0.1:{port}");
    let taken = patient.asks(&["--acme", "you@example.org", "--listen-https", &address]);
    is_wrong(&taken, &format!("cannot listen on {address}"), "--listen-https");
    // A user without rights; who may do everything gives the right away first.
    let mut program = Command::new(env!("CARGO_BIN_EXE_pappus"));
    if rustix::process::geteuid().is_root() {
        program = Command::new("setpriv");
        program.args(["--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"]);
        program.arg(env!("CARGO_BIN_EXE_pappus"));
    }
    let url = format!("https://{NAME}");
    program.args(["doctor", "--acme", "you@example.org", "--url", &url, "--listen", "127.0.0.1:0"]);
    program.args(["--listen-https", "127.0.0.1:443"]).env("PAPPUS_DATA", patient.pod.data());
    let output = program.output().expect("the doctor comes");
    is_wrong(&said(&output), "cannot listen on 127.0.0.1:443: Permission denied", "CAP_NET_BIND_SERVICE");
}

fn before_the_first_certificate_the_doctor_waits() {
    let patient = Patient::new();
    let said = patient.asks(&["--acme", "you@example.org"]);
    assert!(said.contains("-      certificate: none yet, the pod asks for one when it runs"), "{said}");
}
