//! A web site with TLS, by OpenSSL: another mind about the same protocol.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::pod::free_port;
use super::tools::OPENSSL;
use super::wait::until;

/// One page, until it is dropped.
pub struct SecureSite {
    /// Key and version.
    pub name: String,
    /// The address of the page.
    pub url: String,
    folder: TempDir,
    child: Child,
}

impl SecureSite {
    /// A site with a key (`ec` or `rsa`) that its own authority vouches for, and one version of TLS, e.g. `-tls1_3`.
    pub fn new(key: &str, version: &str) -> SecureSite {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let make: &[&str] = match key {
            "ec" => &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            _ => &["rsa:2048"],
        };
        let common = ["req", "-x509", "-days", "2", "-nodes", "-newkey"];
        let authority = ["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"];
        let site =
            ["-subj", "/CN=site", "-keyout", "site.key", "-out", "site.pem", "-CA", "ca.pem", "-CAkey", "ca.key"];
        let named = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
        openssl(folder.path(), &[&common, make, &authority].concat());
        openssl(folder.path(), &[&common, make, &site, &named].concat());
        std::fs::write(folder.path().join("page.html"), "<html><head><title>Told in confidence</title>")
            .expect("written");
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(OPENSSL.path());
        command.args(["s_server", "-quiet", "-WWW", "-cert", "site.pem", "-key", "site.key", version]);
        command.args(["-accept", &address]).current_dir(folder.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        until("the secure site to listen", || std::net::TcpStream::connect(&address).ok());
        SecureSite { name: format!("{key} {version}"), url: format!("https://{address}/page.html"), folder, child }
    }

    /// The authority's certificate, PEM.
    pub fn certificate(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("ca.pem")).expect("a certificate")
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new(OPENSSL.path()).args(arguments).current_dir(folder).output().expect("openssl runs");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Drop for SecureSite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
