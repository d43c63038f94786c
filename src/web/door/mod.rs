//! The door: everything between a stranger's socket and a [`Request`] in a worker's hand.
//!
//! One thread owns all public connections (`front`). It reads heads and bodies under limits (`scan`, `head`,
//! `chunked`, `limits`), and only a whole, checked request goes to tiny_http and its workers (`backend`), over a socket
//! that nobody else can reach. Answers come back the same way and are framed anew (`relay`). A thousand slow clients
//! cost a thousand small buffers and no worker. On sockets for https it shows the pod's `papers` (`transport`).

mod backend;
pub mod chunked;
mod connection;
mod files;
pub mod forwarded;
mod front;
mod handoff;
pub mod head;
mod intake;
pub mod limits;
mod line;
mod link;
mod listen;
mod outgo;
mod papers;
mod places;
mod poll;
pub mod refusal;
mod relay;
mod room;
pub mod scan;
mod slab;
mod spool;
mod stop;
mod transport;
mod upload;

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

pub use backend::Handler;
pub use limits::Limits;
pub use listen::{Listen, client};
pub use papers::Papers;
pub use stop::Stop;
pub use upload::{MayUpload, Upload};

use super::Method;
use crate::net::address::Network;
use backend::{Backend, Private};
use files::{Counter, Counters};
use front::{Backstage, Front};
use listen::Listener;
use spool::Spool;

/// A request that keeps a worker for long. Strangers can ask for both kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Waits for another machine.
    Far,
    /// Computes.
    Heavy,
}

/// Which kind of errand a request is by its method, path and bytes of body, if it is one.
pub type ErrandOf = fn(Method, &str, u64) -> Option<Errand>;

/// How a door is opened.
pub struct Options {
    pub listen: Vec<Listen>,
    /// The same for https; nobody is let in there without papers.
    pub listen_https: Vec<Listen>,
    /// What the pod shows to clients that come by https.
    pub papers: Option<Arc<Papers>>,
    /// Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. They may open any number of connections.
    pub trusted_proxies: Vec<Network>,
    /// A directory for the inner socket, for files that are brought and for large answers; it is made, and nobody else may enter it.
    pub socket_dir: PathBuf,
    /// Threads that answer requests; there are two more for errands.
    pub workers: usize,
    /// Which requests are errands. At most as many of a kind as there are workers are in hand at once, and one more of
    /// both together: each kind has a place that the other cannot take, and they leave one for everything else.
    pub errand: ErrandOf,
    pub limits: Limits,
    /// Who may send larger bodies, with files in them.
    pub may_upload: MayUpload,
}

impl Options {
    fn threads(&self) -> usize {
        self.errands() + 1
    }

    /// Errands in hand at the most.
    fn errands(&self) -> usize {
        self.workers + 1
    }

    /// Other requests in hand at the most: each worker finds the next one waiting.
    fn requests(&self) -> usize {
        2 * self.workers
    }

    /// With the usual limits and two workers: more are of no use on a small machine. Nobody may bring files.
    pub fn new(listen: Vec<Listen>, socket_dir: PathBuf) -> Options {
        let may_upload: MayUpload = Arc::new(|_, _| 0);
        Options {
            listen,
            listen_https: Vec::new(),
            papers: None,
            trusted_proxies: Vec::new(),
            socket_dir,
            workers: 2,
            errand: |_, _, _| None,
            limits: Limits::default(),
            may_upload,
        }
    }
}

/// Why the door can't be opened or has to be given up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0:?}: cannot listen there: {1}")]
    Listen(String, io::Error),
    #[error("https cannot be spoken: {0}")]
    Tls(#[from] rustls::Error),
    #[error("{0}: cannot keep a socket there: {1}")]
    Directory(PathBuf, io::Error),
    #[error("the workers cannot be started: {0}")]
    Workers(io::Error),
    #[error("the sockets cannot be watched: {0}")]
    Watch(io::Error),
}

/// Bound to its addresses, but nobody is let in before [`Door::serve`].
pub struct Door {
    options: Options,
    listeners: Vec<Listener>,
    private: Private,
}

impl Door {
    pub fn open(mut options: Options) -> Result<Door, Error> {
        options.workers = options.workers.max(1);
        let tls = options.papers.as_ref().map(papers::configuration).transpose()?;
        let plain = options.listen.drain(..).map(|listen| (listen, None));
        let https = options.listen_https.drain(..).filter_map(|listen| Some((listen, Some(tls.clone()?))));
        let mut listeners = Vec::new();
        for (listen, tls) in plain.chain(https) {
            let name = format!("{listen:?}");
            listeners.push(Listener::open(listen, tls).map_err(|error| Error::Listen(name, error))?);
        }
        let private =
            Private::open(&options.socket_dir).map_err(|error| Error::Directory(options.socket_dir.clone(), error))?;
        Ok(Door { options, listeners, private })
    }

    /// Where it listens, in the order of `Options::listen`, then of `Options::listen_https`.
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|listener| listener.socket.local_addr().ok()).collect()
    }

    /// Lets clients in and answers them until `stop` is said and what was in hand then is finished, or its time is up.
    pub fn serve(self, handler: Handler, stop: &Stop) -> Result<(), Error> {
        let Door { options, listeners, private } = self;
        let files = Arc::new(Counter::default());
        let brought = Arc::new(Counter::default());
        let spool = Arc::new(Spool::new(&options.socket_dir));
        let counters = Counters { files, brought, spool };
        let backend =
            Backend::start(&private, "door-0", options.threads(), &handler, &counters).map_err(Error::Workers)?;
        let mut backstage = Backstage { private, backend, counters, handler, next_ticket: 0, next_name: 0 };
        let places = listen::fit(&options.limits, options.requests() + options.errands());
        let ended = keep_running(&options, &listeners, places, &mut backstage, stop);
        backstage.backend.close(Instant::now() + options.limits.linger);
        ended.map_err(Error::Watch)
    }
}

/// Runs the loop, and begins it again without its connections should it ever panic.
fn keep_running(
    options: &Options,
    listeners: &[Listener],
    places: usize,
    backstage: &mut Backstage,
    stop: &Stop,
) -> io::Result<()> {
    loop {
        let mut front = Front::new(options, listeners, places, backstage)?;
        match catch_unwind(AssertUnwindSafe(|| front.run(stop))) {
            Ok(ended) => return ended,
            Err(_) => log::error!(target: "door", "event=loop-panicked"),
        }
    }
}
