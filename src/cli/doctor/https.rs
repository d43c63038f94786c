//! What the doctor looks at where the pod meets strangers by itself: the sockets, the certificate, its key, port 80.

use std::net::{TcpListener, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use url::Url;

use super::super::listen::Sockets;
use super::Finding::{self, Open, Well, Wrong};
use crate::certificate::acme;
use crate::certificate::chain::{Flaw, flaw};
use crate::certificate::pair::Pair;
use crate::config::Config;
use crate::pod::{is_plausible, now};
use crate::service;

/// Seconds before the end of a certificate in which there should be another one: a pod asks at 30 days.
const SOON: i64 = 7 * 86_400;

/// `running`: the sockets are taken, by the pod itself.
pub fn examine(config: &Config, url: &str, running: bool) -> Vec<Finding> {
    let mut findings = vec![if running { Well("sockets: the pod has them".to_owned()) } else { sockets(config) }];
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if config.speaks_https() {
        findings.extend(certificate(config, &host));
    }
    if config.acme.is_some() && running {
        findings.push(proofs(&host, 80));
    }
    findings
}

/// Whether the pod could listen where it is to.
fn sockets(config: &Config) -> Finding {
    match Sockets::open(config, Vec::<(String, TcpListener)>::new()) {
        Ok(sockets) => Well(format!("sockets: {} can be had", sockets.names().join(", "))),
        Err(error) => with_advice("sockets", &error.to_string()),
    }
}

/// An error that says after its last semicolon what to do.
fn with_advice(thing: &str, error: &str) -> Finding {
    let (what, advice) = error.rsplit_once("; ").unwrap_or((error, "look into the log"));
    Wrong(format!("{thing}: {what}"), advice.to_owned())
}

fn certificate(config: &Config, host: &str) -> Vec<Finding> {
    let (certificate, key) = match &config.tls_certificate {
        Some(path) => (path.clone(), config.tls_key.clone().unwrap_or_else(|| path.clone())),
        None => {
            let path = acme::certificate(&config.acme_folder());
            if !path.exists() {
                return vec![Open("certificate: none yet, the pod asks for one when it runs".to_owned())];
            }
            (path.clone(), path)
        }
    };
    match Pair::read(&certificate, &key) {
        Err(error) => vec![with_advice("certificate", &error.to_string())],
        Ok(pair) => vec![judge(config, &pair, host), secret(&key)],
    }
}

fn judge(config: &Config, pair: &Pair, host: &str) -> Finding {
    // A clock that cannot be right judges nobody.
    let now = if is_plausible(now()) { now() } else { pair.from };
    let renew = if config.acme.is_some() {
        "the log says why there is no new one (journalctl -u pappus)"
    } else {
        "renew it and put the new one in its place; the pod takes it by itself"
    };
    let (what, advice) = match flaw(pair, host, config.ca_file.as_ref(), now) {
        None if pair.until.0 - now.0 < SOON => (format!("it holds only until {}", pair.until), renew),
        None => return Well(format!("certificate: for {host}, until {}", pair.until)),
        Some(Flaw::Over) => (format!("it held until {}", pair.until), renew),
        Some(Flaw::Early) => {
            (format!("it holds only from {} on", pair.from), "look at the clock of this machine, or wait")
        }
        Some(Flaw::Name) => {
            (format!("it is not for {host}"), "ask for one that names the host in url, and put it in its place")
        }
        Some(Flaw::Alone) => (
            "nothing leads from it to a root that others know".to_owned(),
            "put the certificates of who signed it behind it, in the same file (certbot calls that one fullchain.pem)",
        ),
        Some(Flaw::Unknown) => (
            "no root that others know leads to it".to_owned(),
            "get one from an authority that browsers know; in a network of your own name its root in ca_file",
        ),
    };
    Wrong(format!("certificate: {what}"), advice.to_owned())
}

/// Whether the key is for few to read.
fn secret(key: &Path) -> Finding {
    let mode = std::fs::metadata(key).map_or(0, |file| file.permissions().mode());
    if mode & 0o007 == 0 {
        Well(format!("key {}: a secret", key.display()))
    } else {
        let advice = format!("chmod o= {}; who had it until now may still have it: get a new one", key.display());
        Wrong(format!("key {}: everybody on this machine can read it", key.display()), advice)
    }
}

/// Asks for what an authority would ask for. Not being reached is no mistake: port 443 is enough.
fn proofs(host: &str, port: u16) -> Finding {
    let asked = (host, port)
        .to_socket_addrs()
        .and_then(|mut found| found.next().ok_or_else(|| std::io::ErrorKind::NotFound.into()))
        .and_then(|address| service::ask(address, host, "/.well-known/acme-challenge/doctor"));
    match asked {
        Ok(answer) if answer.contains("nobody was asked for that") => {
            Well(format!("port {port}: {host} leads to this pod"))
        }
        Ok(_) => Open(format!("port {port}: something else than this pod answers at {host}; port 443 is enough")),
        Err(error) => Open(format!("port {port}: {host} is not reached from here ({error}); port 443 is enough")),
    }
}

/// Where the pod's lock is, and whether somebody has it.
pub fn is_running(data: &Path) -> bool {
    let lock: PathBuf = data.join("lock");
    lock.exists() && matches!(crate::moderation::machine::lock(data), Ok(None))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn whoever_answers_for_the_proofs_is_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let answering = std::thread::spawn(move || {
            for answer in ["404 Not Found\r\n\r\nnobody was asked for that", "200 OK\r\n\r\na router"] {
                let (mut socket, _) = listener.accept().expect("the doctor comes");
                let mut question = [0; 1024];
                let length = socket.read(&mut question).expect("a question");
                assert!(question[..length].starts_with(b"GET /.well-known/acme-challenge/doctor HTTP/1.1\r\n"));
                socket.write_all(format!("HTTP/1.1 {answer}").as_bytes()).expect("said");
            }
        });
        assert!(matches!(proofs("127.0.0.1", port), Well(text) if text.ends_with("127.0.0.1 leads to this pod")));
        assert!(matches!(proofs("127.0.0.1", port), Open(text) if text.contains("something else than this pod")));
        answering.join().expect("both came");
        assert!(matches!(proofs("127.0.0.1", port), Open(text) if text.contains("is not reached from here")));
    }
}
