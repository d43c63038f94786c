//! Where the pod listens: on sockets that systemd opened for it, or on the addresses in the settings.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};

use rustix::io::Errno;

use super::Error;
use crate::config::Config;
use crate::web::door::{Listen, Options};

/// The name of a socket (`FileDescriptorName=`) on which https is spoken; http is spoken on every other.
const HTTPS: &str = "https";

/// Sockets that listen, by what is spoken there.
pub struct Sockets {
    http: Vec<TcpListener>,
    https: Vec<TcpListener>,
}

impl Sockets {
    /// Takes what was handed over, and opens the rest. Once something was handed over, what the settings say by default
    /// is not opened besides.
    pub fn open(config: &Config, handed: Vec<(String, TcpListener)>) -> Result<Sockets, Error> {
        let alone = handed.is_empty();
        let (https, http): (Vec<_>, Vec<_>) = handed.into_iter().partition(|(name, _)| name == HTTPS);
        let or_bound = |handed: Vec<(String, TcpListener)>, setting: &str, addresses: &[SocketAddr]| {
            let handed: Vec<TcpListener> = handed.into_iter().map(|(_, socket)| socket).collect();
            let asked = alone || config.is_given(setting);
            if handed.is_empty() && asked { bind(addresses, setting) } else { Ok(handed) }
        };
        let http = or_bound(http, "listen", &config.listen)?;
        let https = or_bound(https, "listen_https", &config.listen_https)?;
        match (config.speaks_https(), https.is_empty()) {
            (true, true) => Err(Error::System(
                "no socket for https: name the one that systemd opens `https` (FileDescriptorName=https), or set listen_https"
                    .to_owned(),
            )),
            (false, false) => Err(Error::System(
                "a socket for https was handed over, and there is no certificate: set acme or tls_certificate".to_owned(),
            )),
            _ => Ok(Sockets { http, https }),
        }
    }

    /// What is listened on, for people.
    pub fn names(&self) -> Vec<String> {
        let named = |scheme: &str, sockets: &[TcpListener]| -> Vec<String> {
            addresses(sockets).map(|address| format!("{scheme}://{address}")).collect()
        };
        [named("http", &self.http), named("https", &self.https)].concat()
    }

    /// Where the pod can be asked how it is.
    pub fn first(&self) -> Option<SocketAddr> {
        addresses(&self.http).chain(addresses(&self.https)).next()
    }

    pub fn hand_on(self, options: &mut Options) {
        let listen = |sockets: Vec<TcpListener>| sockets.into_iter().map(|socket| Listen::Inherited(socket.into()));
        options.listen = listen(self.http).collect();
        options.listen_https = listen(self.https).collect();
    }
}

fn addresses(sockets: &[TcpListener]) -> impl Iterator<Item = SocketAddr> {
    sockets.iter().filter_map(|socket| socket.local_addr().ok())
}

/// Listens on every address that can be had: `localhost` is two of them, and a machine may have no IPv6.
fn bind(addresses: &[SocketAddr], setting: &str) -> Result<Vec<TcpListener>, Error> {
    let mut open: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(socket) => open.push(socket),
            Err(error) if is_missing(&error) => missing = Some((address, error)),
            Err(error) if error.kind() == ErrorKind::AddrInUse && is_ours(*address, &open) => {}
            Err(error) => return Err(cannot(address, setting, &error)),
        }
    }
    match missing {
        Some((address, error)) if open.is_empty() => Err(cannot(address, setting, &error)),
        _ => Ok(open),
    }
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable || Errno::from_io_error(error) == Some(Errno::AFNOSUPPORT)
}

/// Whether the socket for all addresses of IPv6 takes this one's clients, too, as it does on most machines.
fn is_ours(address: SocketAddr, open: &[TcpListener]) -> bool {
    let all = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), address.port());
    address.ip().is_unspecified() && addresses(open).any(|known| known == all)
}

fn cannot(address: &SocketAddr, setting: &str, error: &io::Error) -> Error {
    let advice = match error.kind() {
        ErrorKind::PermissionDenied => {
            "ports below 1024 need a right: AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or `setcap cap_net_bind_service=+ep` on the program"
                .to_owned()
        }
        _ => format!("stop what has the port, or use --{}", setting.replace('_', "-")),
    };
    Error::System(format!("cannot listen on {address}: {error}; {advice}"))
}
