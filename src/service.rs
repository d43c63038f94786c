//! Being a service: telling systemd how it goes (sd_notify(3)), ending when asked to.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The line to systemd; absent when nobody listens.
pub struct Service {
    socket: Option<(UnixDatagram, SocketAddr)>,
}

impl Service {
    /// `path` is the environment's `NOTIFY_SOCKET`: a path, or `@name` for one without.
    pub fn new(path: Option<&str>) -> Service {
        Service { socket: path.and_then(connect) }
    }

    /// Says something: `READY=1`, `STOPPING=1`, `WATCHDOG=1`.
    pub fn say(&self, state: &str) {
        if let Some((socket, address)) = &self.socket
            && let Err(error) = socket.send_to_addr(state.as_bytes(), address)
        {
            log::warn!(target: "service", "systemd could not be told {state}: {error}");
        }
    }
}

fn connect(path: &str) -> Option<(UnixDatagram, SocketAddr)> {
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(path),
    };
    Some((UnixDatagram::unbound().ok()?, address.ok()?))
}

/// How often systemd wants to hear of us: half of `WATCHDOG_USEC`.
pub fn watchdog(usec: Option<&str>) -> Option<Duration> {
    let usec: u64 = usec?.parse().ok()?;
    (usec > 0).then(|| Duration::from_micros(usec / 2))
}

/// Sees whether the pod is well.
pub struct Watch {
    address: std::net::SocketAddr,
    /// Requests that workers have answered, and how many of them there were at the last look.
    answered: Arc<AtomicUsize>,
    seen: usize,
}

impl Watch {
    pub fn new(address: std::net::SocketAddr, answered: Arc<AtomicUsize>) -> Watch {
        Watch { address, answered, seen: 0 }
    }

    /// Whether `/health` is answered, or at least somebody was since the last look: a pod with too much to do turns this
    /// question away, too, and starting it again would only lose what it does.
    pub fn is_well(&mut self) -> bool {
        let answers = answers(self.address);
        let answered = self.answered.load(Ordering::Relaxed);
        let before = std::mem::replace(&mut self.seen, answered);
        answers || before != answered
    }
}

/// Whether the door answers its own `/health`: a real question over the socket that everybody uses. Where only https is
/// spoken, it says so.
fn answers(address: std::net::SocketAddr) -> bool {
    let answer = ask(reachable(address), &address.to_string(), "/health");
    answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 400 "))
}

/// The beginning of what a server of our own answers at a path, by http.
pub fn ask(address: std::net::SocketAddr, host: &str, path: &str) -> std::io::Result<String> {
    use std::io::{Read, Write};
    let wait = Duration::from_secs(5);
    let mut stream = std::net::TcpStream::connect_timeout(&address, wait)?;
    stream.set_read_timeout(Some(wait))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Who listens on all addresses is reached on loopback.
fn reachable(mut address: std::net::SocketAddr) -> std::net::SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}
