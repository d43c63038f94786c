//! The public sockets: where they come from, who may come in, and how many.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::ServerConfig;

use super::limits::Limits;

/// Where to wait for clients.
#[derive(Debug)]
pub enum Listen {
    Address(SocketAddr),
    /// A listening socket from whoever started us (systemd's socket activation).
    Inherited(OwnedFd),
}

/// A socket that waits for clients.
pub struct Listener {
    pub socket: TcpListener,
    /// Of those who come here by https; `None` where http is spoken.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Listener {
    /// Binds or takes over a socket; it waits for nothing.
    pub fn open(listen: Listen, tls: Option<Arc<ServerConfig>>) -> io::Result<Listener> {
        let socket = match listen {
            Listen::Address(address) => TcpListener::bind(address)?,
            Listen::Inherited(socket) => TcpListener::from(socket),
        };
        socket.set_nonblocking(true)?;
        Ok(Listener { socket, tls })
    }
}

/// Descriptors for everything that is no client: database, outgoing requests, pictures, the standard streams.
const RESERVED: usize = 96;

/// Raises the soft limit of open files as far as needed and allowed; returns how many connections fit. Each may need
/// a socket and a file; a request in a worker's hand needs both ends of a link and tiny_http's copy.
pub fn fit(limits: &Limits, in_hand: usize) -> usize {
    let fixed = RESERVED + 4 * in_hand;
    let wanted = (2 * limits.connections + fixed) as u64;
    let allowed = getrlimit(Resource::Nofile);
    let mut soft = allowed.current.unwrap_or(u64::MAX);
    let raised = wanted.min(allowed.maximum.unwrap_or(u64::MAX));
    if soft < raised && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: allowed.maximum }).is_ok()
    {
        soft = raised;
    }
    let soft = usize::try_from(soft).unwrap_or(usize::MAX);
    let fitting = soft.saturating_sub(fixed) / 2;
    if fitting < limits.connections {
        log::warn!(target: "door", "event=few-files connections={} wanted={}", fitting.max(8), limits.connections);
    }
    fitting.clamp(8.min(limits.connections), limits.connections)
}

/// How many connections each client has.
#[derive(Default)]
pub struct Crowd(HashMap<Client, usize>);

impl Crowd {
    /// Counts one more, unless the client has as many as it may.
    pub fn enter(&mut self, address: IpAddr, max: usize) -> bool {
        let count = self.0.entry(client(address)).or_default();
        let enters = *count < max;
        if enters {
            *count += 1;
        }
        enters
    }

    pub fn leave(&mut self, address: IpAddr) {
        let key = client(address);
        if let Some(count) = self.0.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&key);
            }
        }
    }
}

/// An IPv4 address, or the /56 that a household gets (RFC 6177).
pub type Client = [u8; 8];

/// Whose an address is.
pub fn client(address: IpAddr) -> Client {
    let mut key = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(address) => {
            key[2..4].fill(0xff);
            key[4..].copy_from_slice(&address.octets());
        }
        IpAddr::V6(address) => key[..7].copy_from_slice(&address.octets()[..7]),
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_counts_as_one() {
        let mut crowd = Crowd::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(crowd.enter(address("2001:db8::1"), 2));
        assert!(crowd.enter(address("2001:db8:0:ff::2"), 2));
        assert!(!crowd.enter(address("2001:db8:0:1::3"), 2));
        assert!(crowd.enter(address("2001:db8:0:100::1"), 2));
        assert!(crowd.enter(address("192.0.2.1"), 1));
        assert!(!crowd.enter(address("192.0.2.1"), 1));
        assert!(crowd.enter(address("192.0.2.2"), 1));
        crowd.leave(address("192.0.2.1"));
        assert!(crowd.enter(address("192.0.2.1"), 1));
    }
}
