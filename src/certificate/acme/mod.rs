//! A certificate that an authority signs when it is asked by the pod itself (ACME, RFC 8555): asked for when there is
//! none, and again when two thirds of its time are over. Until there is a new one, the old one is shown.

mod account;
mod authority;
mod order;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keep;
use super::pair::Pair;
use crate::model::Timestamp;
use crate::net::Server;
use crate::pod::{Pod, Stop, Wake};
use crate::web::door::Papers;
use account::Account;
use authority::{Authority, Error};
use order::Way;

/// Seconds until the authority is asked again after it said no for the first time; then twice as long each time. Let's
/// Encrypt forgives five failures an hour.
const BACK_OFF: i64 = 20 * 60;

/// Seconds after which it is asked again at the latest.
const BACK_OFF_MAX: i64 = 86_400;

/// Seconds until it is asked again after it said yes, at the least: by a clock that is ahead, or when it signs for a short
/// time, the time for the next certificate is over as soon as this one is there.
const PAUSE: i64 = 3_600;

/// The longest nap: the clock of a small machine jumps by decades when the network tells it the time.
const NAP: Duration = Duration::from_secs(600);

/// The same while the clock cannot be right yet.
const NAP_WITHOUT_CLOCK: Duration = Duration::from_secs(10);

/// How the pod gets its certificate.
pub struct Acme {
    pub server: Server,
    /// Address of the authority's directory.
    pub directory: String,
    /// Mail address of whose account it is.
    pub contact: String,
    /// The name on the certificate.
    pub host: String,
    /// What must be kept: the account, the certificate and its key.
    pub folder: PathBuf,
}

impl Acme {
    /// The certificate that was got before, when it is for this name.
    pub fn kept(&self) -> Option<Pair> {
        // The power failed when one was there already, but not yet in its place.
        let new = Pair::read(&self.fresh(), &self.fresh()).is_ok_and(|pair| pair.is_for(&self.host));
        if new && let Err(error) = self.settle() {
            log::error!(target: "certificate", "{}: {error}", self.folder.display());
        }
        let path = certificate(&self.folder);
        if !path.exists() {
            return None;
        }
        match Pair::read(&path, &path) {
            Ok(pair) => pair.is_for(&self.host).then_some(pair),
            Err(error) => {
                log::error!(target: "certificate", "{error}");
                None
            }
        }
    }

    /// Keeps the certificate up to date until `stop`.
    pub fn run(&self, pod: &Pod, papers: &Papers, stop: &Stop, rest: &Wake) {
        let mut due = self.kept().map_or(Timestamp(0), |pair| renewal(&pair));
        let mut failures = 0;
        let mut wait = self.left_alone();
        if wait > pod.now() {
            log::warn!(target: "certificate", "the authority wants to be left alone until {wait}");
        }
        while !stop.is_set() {
            let seen = rest.count();
            let now = pod.now();
            // Nobody waits that long: the clock was wrong when this was written down.
            if wait > now.plus(authority::LEAVE_MAX) && pod.clock_is_plausible() {
                wait = now;
            }
            if pod.clock_is_plausible() && now >= due.max(wait) {
                match self.ask(now, papers, stop, rest) {
                    Ok(pair) => {
                        failures = 0;
                        let early = pod.now().plus(PAUSE);
                        due = renewal(&pair).max(early);
                        if due == early {
                            log::warn!(target: "certificate", "two thirds of the time of the new certificate are over within the hour: either the clock of this machine is ahead, or the authority signs for a very short time");
                        }
                        log::info!(target: "certificate", "a new certificate for {} holds until {}; the next one is asked for at {due}", self.host, pair.until);
                        papers.show(pair.shown);
                    }
                    Err(Error::Stopped) => return,
                    Err(error) => {
                        wait = self.again(&error, now, failures);
                        failures += 1;
                        log::error!(target: "certificate", "no new certificate for {}: {error}; {}; tried again at {wait}, or when the pod is started anew", self.host, advice(&error));
                    }
                }
                continue;
            }
            let left = u64::try_from(due.max(wait).0 - now.0).unwrap_or(0);
            let nap = if pod.clock_is_plausible() { NAP } else { NAP_WITHOUT_CLOCK };
            rest.sleep(seen, Some(Duration::from_secs(left.max(1)).min(nap)));
        }
    }

    /// Asks in one way, then in the other, and keeps what came.
    fn ask(&self, now: Timestamp, papers: &Papers, stop: &Stop, rest: &Wake) -> Result<Pair, Error> {
        super::make_folder(&self.folder)?;
        let account = Account::open(&self.folder.join("account.pem"))?;
        let nap = |time| {
            rest.sleep(rest.count(), Some(time));
            !stop.is_set()
        };
        let mut authority = Authority::meet(&self.server, &account, &self.directory, &self.contact, now)?;
        let pem = match order::obtain(&mut authority, &self.host, Way::Tls, papers, &nap) {
            Err(Error::Unproven(first)) => {
                log::warn!(target: "certificate", "port 443 did not prove that {} leads here: {first}; trying port 80", self.host);
                order::obtain(&mut authority, &self.host, Way::Http, papers, &nap)
            }
            other => other,
        }?;
        let new = self.fresh();
        keep(&new, &pem)?;
        let pair = Pair::read(&new, &new).map_err(|error| Error::Answer(error.to_string()))?;
        if !pair.is_for(&self.host) {
            return Err(Error::Answer(format!("its certificate is not for {}", self.host)));
        }
        self.settle()?;
        Ok(pair)
    }

    /// Where a new certificate is until it was looked at.
    fn fresh(&self) -> PathBuf {
        self.folder.join("new.pem")
    }

    /// Puts the new certificate into its place, for good.
    fn settle(&self) -> io::Result<()> {
        fs::rename(self.fresh(), certificate(&self.folder))?;
        File::open(&self.folder)?.sync_all()
    }

    /// When to ask again after a no.
    fn again(&self, error: &Error, now: Timestamp, failures: u32) -> Timestamp {
        let wait = now.plus(BACK_OFF.saturating_mul(1 << failures.min(10)).min(BACK_OFF_MAX));
        let Error::Problem(_, Some(told)) = error else { return wait };
        // Kept, so that a pod that is started again and again does not ask each time.
        if let Err(error) = keep(&self.folder.join("wait"), &told.0.to_string()) {
            log::warn!(target: "certificate", "{}: {error}", self.folder.display());
        }
        wait.max(*told)
    }

    /// Until when the authority asked to be left alone.
    fn left_alone(&self) -> Timestamp {
        let kept = fs::read_to_string(self.folder.join("wait")).ok();
        Timestamp(kept.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
    }
}

/// Certificate, chain and key in one file, so that one step replaces them all.
pub fn certificate(folder: &Path) -> PathBuf {
    folder.join("certificate.pem")
}

/// When two thirds of its time are over.
fn renewal(pair: &Pair) -> Timestamp {
    pair.from.plus((pair.until.0 - pair.from.0).max(0) / 3 * 2)
}

/// What the podmin can do.
fn advice(error: &Error) -> &'static str {
    let word = match error {
        Error::Problem(problem, _) | Error::Unproven(problem) => problem.word(),
        Error::Net(_) => "network",
        Error::System(_) => "system",
        _ => "",
    };
    match word {
        "dns" => "make an A or AAAA record for the name at your name provider",
        "connection" | "unauthorized" | "tls" => {
            "let ports 443 and 80 of the name's address lead to this pod (port forwarding in the router, firewall)"
        }
        "caa" => "a CAA record of the name forbids this authority; take it away or add the authority to it",
        "rateLimited" => "the authority was asked too often; wait",
        "rejectedIdentifier" => "it signs no such names; look at url",
        "invalidContact" | "unsupportedContact" => "look at the mail address in acme",
        "network" => "look at the network, at acme_server, and at ca_file for an authority of your own",
        "system" => "look at the data folder and its disk",
        _ => "look at what the authority says",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_that_says_no_is_asked_less_and_less_often() {
        let folder = tempfile::tempdir().expect("a folder");
        let acme = Acme {
            server: Server::new("https://ca.example/", "test".to_owned(), None).expect("made"),
            directory: "https://ca.example/".to_owned(),
            contact: "you@example.org".to_owned(),
            host: "pod.example".to_owned(),
            folder: folder.path().to_owned(),
        };
        let now = Timestamp(1_800_000_000);
        let minutes = |failures| (acme.again(&Error::Slow, now, failures).0 - now.0) / 60;
        assert_eq!([0, 1, 2, 6, 7, 40].map(minutes), [20, 40, 80, 1_280, 1_440, 1_440]);
        assert_eq!(acme.left_alone(), Timestamp(0));
        let told = |seconds| Error::Problem(authority::Problem::new("too much"), Some(now.plus(seconds)));
        assert_eq!(acme.again(&told(60), now, 0), now.plus(20 * 60));
        assert_eq!(acme.again(&told(7_200), now, 0), now.plus(7_200));
        assert_eq!(acme.left_alone(), now.plus(7_200));
    }
}
