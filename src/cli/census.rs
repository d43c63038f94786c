//! `pappus census`: asks other pods for copies of a removed post, also while the pod runs.

use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::{Error, open};
use crate::config::Config;
use crate::model::case::Trace;
use crate::moderation::census::{self, ask};
use crate::net::{self, Client};
use crate::pod::now;
use crate::store::census::{Found, pods};
use crate::store::{self, Store};

/// Rounds of a second that a running pod is waited for which asks at the same time.
const ROUNDS: u32 = 60;

/// Asks, shows what each pod answered, and writes it as CSV. `all`: every known pod, not only those of the thread.
pub fn run(config: &Config, guid: &str, all: bool, csv: Option<&Path>) -> Result<(), Error> {
    let (store, pod) = open(config)?;
    let options = net::Options {
        trial: pod.url.starts_with("http://"),
        user_agent: super::serve::user_agent(),
        ca_file: config.ca_file.clone(),
    };
    let net = Client::new(options)?;
    store.write(now(), |tx| if all { census::widen(tx, guid) } else { census::begin(tx, guid) })?;
    ask_all(&store, &net, guid)?;
    let found = store.read(|db| pods(db, guid))?;
    print(&found);
    if let Some(path) = csv {
        let written = std::fs::write(path, census::csv(guid, &found));
        written.map_err(|error| Error::System(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

fn ask_all(store: &Store, net: &Client, guid: &str) -> Result<(), store::Error> {
    let mut rounds = 0;
    while rounds < ROUNDS {
        if ask::visit_due(store, net, &now)? > 0 {
            continue;
        }
        let found = store.read(|db| pods(db, guid))?;
        if found.iter().all(|pod| pod.trace != Trace::Waiting) {
            return Ok(());
        }
        thread::sleep(Duration::from_secs(1));
        rounds += 1;
    }
    Ok(())
}

fn print(found: &[Found]) {
    let mut out = std::io::stdout().lock();
    for pod in found {
        let since = pod.since.map_or("-".to_owned(), |at| at.to_string());
        // A pipe that is closed is no reason to fail.
        let _ = writeln!(out, "{:<8} {since:<20} {} ({})", pod.trace.as_str(), pod.host, pod.answer);
    }
    let count = |trace: Trace| found.iter().filter(|pod| pod.trace == trace).count();
    let _ = writeln!(
        out,
        "{} pods: {} hold a copy, {} clean, {} without a clear answer, {} not asked yet",
        found.len(),
        count(Trace::Holds) + count(Trace::Origin),
        count(Trace::Clean),
        count(Trace::Unknown),
        count(Trace::Waiting)
    );
}
