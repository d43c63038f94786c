//! `pappus doctor`: looks for the mistakes that people make, and says what to do about each.

mod https;

use std::io::Write;
use std::net::{IpAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use url::Url;

use super::mailer;
use crate::config::{self, Config};
use crate::federation::diaspora::documents::jrd;
use crate::net::{self, Ask, Client, Options, Rule, address};
use crate::pod::{is_plausible, now};
use crate::store::{self, Store, accounts, pod};

/// Free space below which a pod soon stands still, in bytes.
const SPACE_MIN: u64 = 64 << 20;

/// What one look found.
enum Finding {
    Well(String),
    /// What is wrong, and what to do.
    Wrong(String, String),
    /// It cannot be told, or need not be.
    Open(String),
}

use Finding::{Open, Well, Wrong};

/// Looks at everything; fails when something is wrong.
pub fn run(config: Result<Config, config::Error>) -> ExitCode {
    let findings = match config {
        Ok(config) => examine(&config),
        Err(error) => vec![Wrong(
            format!("settings: {error}"),
            "mend this setting; `pappus config --example` shows all".to_owned(),
        )],
    };
    let mut wrong = 0;
    let mut out = std::io::stdout().lock();
    for finding in findings {
        let line = match finding {
            Well(text) => format!("ok     {text}\n"),
            Open(text) => format!("-      {text}\n"),
            Wrong(text, advice) => {
                wrong += 1;
                format!("WRONG  {text}\n       → {advice}\n")
            }
        };
        // Nobody is left to tell when stdout is closed.
        let _ = out.write_all(line.as_bytes());
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Well("settings: understood".to_owned()), clock(), folder(config)];
    let (finding, store) = database(config);
    findings.push(finding);
    findings.push(space(config));
    let known = store.as_ref().and_then(|store| store.read(pod::get).ok().flatten());
    let url = known.map_or_else(|| config.url.clone(), |pod| pod.url);
    if config.is_given("url") && url != config.url && store.as_ref().is_some_and(inhabited) {
        let advice = format!("the address can never change: set url = {url:?}, or begin a new pod in another folder");
        findings.push(Wrong(format!("address: this pod is {url}, the settings say {}", config.url), advice));
    }
    findings.push(name(&url));
    findings.extend(https::examine(config, &url, https::is_running(&config.data)));
    findings.extend(mail(config, &url));
    match &store {
        Some(store) => findings.push(own_webfinger(config, store, &url)),
        None => findings.push(Open("webfinger: not asked, there is no pod here yet".to_owned())),
    }
    findings
}

/// Asks the server for mails whether it would take one.
fn mail(config: &Config, url: &str) -> Option<Finding> {
    let tried = match mailer(config, url) {
        Ok(None) => return None,
        Ok(Some(mailer)) => mailer.test().map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Some(match tried {
        Ok(()) => Well("mail: the server answers".to_owned()),
        Err(why) => Wrong(why, "look at host, port, user and password in smtp_url".to_owned()),
    })
}

fn inhabited(store: &Store) -> bool {
    store.read(accounts::any).unwrap_or(false)
}

fn clock() -> Finding {
    if is_plausible(now()) {
        Well(format!("clock: {}", now()))
    } else {
        Wrong(
            format!("clock: it says {}, which cannot be", now()),
            "set the clock, or start a time service (timedatectl set-ntp true; on OpenWrt: /etc/init.d/sysntpd enable)"
                .to_owned(),
        )
    }
}

fn folder(config: &Config) -> Finding {
    let folder = &config.data;
    if !folder.exists() {
        return Open(format!("folder {}: not there yet, it is made at the first start", folder.display()));
    }
    let probe = folder.join(".doctor");
    let tried = std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Well(format!("folder {}: can be written", folder.display())),
        Err(error) => Wrong(
            format!("folder {}: {error}", folder.display()),
            "give the folder to the user that runs the pod (chown -R pappus FOLDER), and look whether the disk is read-only or full".to_owned(),
        ),
    }
}

fn database(config: &Config) -> (Finding, Option<Store>) {
    if !config.database().exists() {
        return (Open("database: not there yet, it is made at the first start".to_owned()), None);
    }
    let damaged = |why: String| {
        Wrong(format!("database: {why}"), "run `pappus check`; restore the last backup when it finds damage".to_owned())
    };
    match Store::open(&config.database()) {
        Err(error) => (damaged(error.to_string()), None),
        Ok(store) => match store.read(store::checks::quick) {
            Ok(None) => (Well("database: sound at first sight".to_owned()), Some(store)),
            Ok(Some(finding)) => (damaged(finding), Some(store)),
            Err(error) => (damaged(error.to_string()), Some(store)),
        },
    }
}

fn space(config: &Config) -> Finding {
    match rustix::fs::statvfs(&config.data) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let text = format!("disk: {} MB free", free >> 20);
            if free >= SPACE_MIN {
                Well(text)
            } else {
                Wrong(text, "make room, or move the folder to a larger disk".to_owned())
            }
        }
        Err(_) => Open("disk: the folder is not there yet".to_owned()),
    }
}

/// Whether the pod's name leads to an address that others can reach.
fn name(url: &str) -> Finding {
    if url.starts_with("http://") {
        return Open(format!("name: {url} is for trying out on this machine; other pods cannot reach it"));
    }
    let Ok(parsed) = Url::parse(url) else { return Open(format!("name: {url} cannot be read")) };
    let host = parsed.host_str().unwrap_or_default();
    let found: Vec<IpAddr> = match (host, parsed.port_or_known_default().unwrap_or(443)).to_socket_addrs() {
        Ok(addresses) => addresses.map(|address| address.ip()).collect(),
        Err(error) => {
            let advice = format!(
                "make an A or AAAA record for {host} at your name provider, and look whether this machine can resolve names at all"
            );
            return Wrong(format!("name: {host} leads nowhere ({error})"), advice);
        }
    };
    let list = found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if found.iter().any(|address| address::is_public(*address)) {
        Well(format!("name: {host} leads to {list}"))
    } else {
        Wrong(
            format!("name: {host} leads to {list}, which is not on the internet"),
            "let the name lead to the public address of your router, and forward ports 80 and 443 to this machine"
                .to_owned(),
        )
    }
}

/// Asks the pod for one of its people by its public address, as another pod would.
fn own_webfinger(config: &Config, store: &Store, url: &str) -> Finding {
    let Ok(Some(user)) = store.read(accounts::speaker) else {
        return Open("webfinger: nobody lives here yet".to_owned());
    };
    let trial = url.starts_with("http://");
    let options = Options {
        trial,
        user_agent: format!("pappus-doctor/{}", env!("CARGO_PKG_VERSION")),
        ca_file: config.ca_file.clone(),
    };
    let client = match Client::new(options) {
        Ok(client) => client,
        Err(error) => return Wrong(error.to_string(), "mend the setting ca_file".to_owned()),
    };
    let handle = &user.person.handle;
    let asked = format!("{url}/.well-known/webfinger?resource=acct:{handle}");
    let ask =
        Ask { accept: "application/jrd+json", max_bytes: 64 << 10, redirects: 0, timeout: Duration::from_secs(20) };
    match client.get(&asked, &ask) {
        Err(error) => unreachable_pod(url, &error),
        Ok(answer) if answer.status == 200 => match jrd::read(&answer.body) {
            Ok(jrd) if jrd.subject == *handle => Well(format!("webfinger: {handle} is found at {url}")),
            _ => Wrong(
                format!("webfinger: something else than this pod answers at {url}"),
                "look which program has the port, and whether the reverse proxy passes everything on to the pod"
                    .to_owned(),
            ),
        },
        Ok(answer) => {
            let advice = match answer.status {
                301 | 302 | 303 | 307 | 308 => {
                    "the reverse proxy must pass /.well-known/ on to the pod, not redirect it"
                }
                404 => {
                    "pass /.well-known/ on to the pod in the reverse proxy; if the pod was set up just now, wait until its key is made"
                }
                421 => "the reverse proxy must keep the Host header (nginx: proxy_set_header Host $host)",
                502..=504 => {
                    "the reverse proxy does not reach the pod: is it running, and on the address that the proxy uses?"
                }
                _ => "look into the pod's log and the proxy's",
            };
            Wrong(format!("webfinger: {url} answered {}", answer.status), advice.to_owned())
        }
    }
}

fn unreachable_pod(url: &str, error: &net::Error) -> Finding {
    let advice = match error {
        net::Error::Refused(Rule::Private(_)) => "the name leads to an address that is not on the internet; see above",
        net::Error::Refused(_) => "mend the setting url",
        net::Error::Resolve(_) => "mend the name first; see above",
        net::Error::Tls(_) => {
            "the certificate is missing, expired, for another name or from an unknown issuer; see above, or mend it in the reverse proxy"
        }
        net::Error::Connect(_) | net::Error::Timeout(_) => {
            "is the pod (and the reverse proxy) running? From inside a home network a router may not lead back to itself: then try from outside"
        }
        net::Error::TooLarge(_) | net::Error::Protocol(_) | net::Error::Certificates { .. } => {
            "something else than a pod answers there"
        }
    };
    Wrong(format!("webfinger: {url}: {error}"), advice.to_owned())
}
