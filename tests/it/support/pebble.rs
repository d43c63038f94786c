//! An authority of a trial's own: Pebble, which was made to try clients of ACME with, and a server of names that says of
//! every name that it leads to this machine.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::pod::free_port;
use super::tls::{Authority, Tls};
use super::tools::PEBBLE;
use super::wait::until;

pub struct Pebble {
    port: u16,
    management: u16,
    /// Signs what Pebble itself shows.
    authority: Authority,
    /// For so many seconds it signs; 0: for years.
    pub seconds: u32,
    folder: tempfile::TempDir,
    programs: Vec<Child>,
}

impl Pebble {
    /// One that is not there yet.
    pub fn away() -> Pebble {
        let (port, management) = (free_port(), free_port());
        let folder = tempfile::tempdir().expect("a folder");
        Pebble { port, management, authority: Authority::new(), seconds: 0, folder, programs: Vec::new() }
    }

    /// Lets it come. It looks for proofs at these ports; the environment may make it moody.
    pub fn comes(&mut self, http: u16, tls: u16, environment: &[(&str, &str)]) {
        let names = free_port();
        let (certificate, key) = self.authority.signs("127.0.0.1").lie_in(self.folder.path());
        let settings = json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{}", self.port),
            "managementListenAddress": format!("127.0.0.1:{}", self.management),
            "certificate": certificate, "privateKey": key, "httpPort": http, "tlsPort": tls,
            "certificateValidityPeriod": self.seconds,
        }});
        let path = self.folder.path().join("pebble.json");
        std::fs::write(&path, settings.to_string()).expect("the settings are written");
        let mut server = Command::new(PEBBLE.path().with_file_name("pebble-challtestsrv"));
        server.args(["-dns01", &format!("127.0.0.1:{names}"), "-management", &format!("127.0.0.1:{}", free_port())]);
        server.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
        self.start(server);
        let mut pebble = Command::new(PEBBLE.path());
        pebble.arg("-config").arg(path).args(["-dnsserver", &format!("127.0.0.1:{names}")]);
        pebble.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_AUTHZREUSE", "0").envs(environment.iter().copied());
        self.start(pebble);
        for port in [self.port, self.management, names] {
            until("pebble to listen", || TcpStream::connect(("127.0.0.1", port)).ok());
        }
    }

    fn start(&mut self, mut command: Command) {
        let log = || File::options().create(true).append(true).open(self.folder.path().join("log")).expect("a log");
        command.stdin(Stdio::null()).stdout(log()).stderr(log());
        self.programs.push(command.spawn().expect("pebble starts"));
    }

    /// What a pod must know to ask it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let roots = self.folder.path().join("roots.pem");
        std::fs::write(&roots, self.authority.pem()).expect("the root is written");
        vec![
            ("PAPPUS_ACME", "you@example.org".to_owned()),
            ("PAPPUS_ACME_SERVER", format!("https://127.0.0.1:{}/dir", self.port)),
            ("PAPPUS_CA_FILE", roots.display().to_string()),
        ]
    }

    /// Who trusts what it signs.
    pub fn client(&self) -> Tls {
        let mut caller =
            self.authority.client().calls(SocketAddr::from(([127, 0, 0, 1], self.management)), "127.0.0.1");
        caller.say(b"GET /roots/0 HTTP/1.1\r\nHost: pebble\r\nConnection: close\r\n\r\n").expect("asked");
        let answer = String::from_utf8(caller.rest().expect("an answer")).expect("text");
        Tls::trusting(&answer[answer.find("-----BEGIN").expect("a certificate")..])
    }

    /// What it wrote about its work.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for program in &mut self.programs {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}
