//! What the door grants a stranger. A test may shorten any of it.

use std::time::Duration;

/// Bytes of a request's body: diaspora* sends no larger message.
pub const BODY_MAX: u64 = 4 << 20;

/// Bytes of a body with files by somebody who is signed in: two large photos, or many that the browser made smaller.
pub const UPLOAD_MAX: u64 = 32 << 20;

/// The same for who moves in with an archive and photos: as large as a zip file can be.
pub const ARCHIVE_MAX: u64 = 4 << 30;

/// Bytes of a body with files that is kept in memory like any other.
pub const UPLOAD_MIN: u64 = 64 << 10;

/// Bytes of a request's head; a head has no more header lines than `HEADERS_MAX`.
pub const HEAD_MAX: usize = 16 << 10;
pub const HEADERS_MAX: usize = 64;

/// Bytes of an answer that waits in memory for its client; a larger one waits in a file. Pages are smaller.
pub const RELAY_MAX: usize = 256 << 10;

/// Bytes of answers in files: eight of the largest pictures. Beyond, they wait in memory after all.
pub const SPOOL_MAX: u64 = 64 << 20;

/// Bytes a client that is being refused may still send before it is cut off.
pub const LINGER_MAX: usize = 1 << 20;

/// How long each thing may take and how much of it there may be.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open client connections; fewer when the process may not open as many files.
    pub connections: usize,
    /// Connections from one IPv4 address or one IPv6 /56 that is no trusted proxy.
    pub connections_per_client: usize,
    /// Bytes of request bodies kept at once, over all connections. A body waits until there is room for it. One client
    /// gets a quarter of it, or one body.
    pub bodies: usize,
    /// Bytes of answers kept at once for clients that read slowly; beyond, the slowest of them is cut off.
    pub answers: usize,
    /// From the first byte of a request (or the connection's begin) to the end of its head.
    pub head: Duration,
    /// Between two requests of one connection.
    pub idle: Duration,
    /// A body is given this long and one second more for each `body_rate` bytes that came.
    pub body: Duration,
    /// Bytes a second.
    pub body_rate: u64,
    /// From a request being complete to the first byte of its answer.
    pub answer: Duration,
    /// For each 16 KiB of an answer that the client takes.
    pub write: Duration,
    /// For a client that is being refused to take note of it.
    pub linger: Duration,
    /// To finish what is in hand when the pod stops.
    pub drain: Duration,
    /// Without accepting after the system could not give another socket.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 512,
            connections_per_client: 64,
            bodies: 16 << 20,
            answers: 8 << 20,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            body: Duration::from_secs(10),
            body_rate: 8 << 10,
            answer: Duration::from_secs(60),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            drain: Duration::from_secs(10),
            pause: Duration::from_millis(200),
        }
    }
}
