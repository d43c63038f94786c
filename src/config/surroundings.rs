//! What whoever started the pod tells it besides settings.

use std::net::TcpListener;

use listenfd::ListenFd;

/// What systemd tells a service in its environment (systemd.exec(5), sd_notify(3), sd_listen_fds(3)).
pub struct Surroundings {
    pub journal_stream: Option<String>,
    pub notify_socket: Option<String>,
    pub watchdog_usec: Option<String>,
    /// Sockets that listen already, each with its name.
    pub sockets: Vec<(String, TcpListener)>,
}

impl Surroundings {
    pub fn read() -> Surroundings {
        Surroundings {
            journal_stream: std::env::var("JOURNAL_STREAM").ok(),
            notify_socket: std::env::var("NOTIFY_SOCKET").ok(),
            watchdog_usec: std::env::var("WATCHDOG_USEC").ok(),
            sockets: handed_over(),
        }
    }
}

/// The sockets that whoever started the pod has opened for it. What is no socket for TCP is left alone.
fn handed_over() -> Vec<(String, TcpListener)> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':').map(str::to_owned);
    let mut sockets = ListenFd::from_env();
    (0..sockets.len())
        .filter_map(|at| {
            let name = names.next().unwrap_or_default();
            Some((name, sockets.take_tcp_listener(at).ok()??))
        })
        .collect()
}
