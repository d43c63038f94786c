//! `pappus serve`: runs the pod.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::listen::Sockets;
use super::{Error, mailer, make_folder, open};
use crate::certificate::Certificate;
use crate::certificate::acme::Acme;
use crate::certificate::files::Files;
use crate::config::{Config, Surroundings};
use crate::federation::archive::bring;
use crate::federation::{fetch, inbox, keys, outbox};
use crate::media::folder::Folder;
use crate::media::looked::Looked;
use crate::media::silent::Silent;
use crate::moderation::census::ask;
use crate::moderation::machine;
use crate::net::{self, Client, Server};
use crate::pod::{Pod, Stop, Wake, Wakes};
use crate::service::{self, Service, Watch};
use crate::store::{accounts, mails};
use crate::web::door::{self, Door};
use crate::{clerk, jobs, journal, mail, web};

/// Letters of a set-up code that nobody takes for another one.
const CODE_LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

pub fn run(config: Config) -> Result<(), Error> {
    let surroundings = Surroundings::read();
    journal::start(config.log, surroundings.journal_stream.as_deref());
    make_folder(&config)?;
    let _lock = lock(&config)?;
    let mut pod = assemble(&config)?;
    pod.mail = mailer(&config, &pod.url)?;
    let sends = pod.mail.is_some();
    if pod.store.read(mails::are_sent)? != sends {
        pod.store.write(pod.now(), |tx| mails::set_sent(tx, sends))?;
    }
    let setup_code = if pod.store.read(accounts::any)? { None } else { Some(new_code()?) };
    pod.setup_code = Mutex::new(setup_code.clone());
    let pod = Arc::new(pod);
    let certificate = certificate(&config, &pod)?;
    let sockets = Sockets::open(&config, surroundings.sockets)?;
    for name in sockets.names() {
        log::info!(target: "pappus", "listening on {name}");
    }
    let health = sockets.first();
    let door = open_door(&config, &pod, sockets, certificate.as_ref())?;
    match setup_code {
        Some(code) => log::info!(target: "pappus", "open {} to set the pod up; set-up code: {code}", pod.url),
        None => log::info!(target: "pappus", "this pod is {}", pod.url),
    }
    if !pod.clock_is_plausible() {
        log::warn!(target: "pappus", "the clock says {}, which cannot be; messages wait until it is right", pod.now());
    }
    let service = Service::new(surroundings.notify_socket.as_deref());
    let watchdog = service::watchdog(surroundings.watchdog_usec.as_deref()).zip(health);
    work(&pod, door, certificate.as_ref(), &service, watchdog)
}

/// The pod in the data folder, with its way out; it sends no mail and is set up.
pub fn assemble(config: &Config) -> Result<Pod, Error> {
    let (store, known) = open(config)?;
    let trial = known.url.starts_with("http://");
    let net = Client::new(net::Options { trial, user_agent: user_agent(), ca_file: config.ca_file.clone() })?;
    Ok(Pod {
        url: known.url,
        secret: known.secret,
        store,
        photos: Folder::new(config.photos()),
        imports: config.imports(),
        net,
        looked: Looked::default(),
        silent: Silent::default(),
        mail: None,
        setup_code: Mutex::default(),
        retention_days: config.retention_days,
        wakes: Wakes::default(),
    })
}

/// What the pod shows to whom comes by https, when it speaks that itself.
fn certificate(config: &Config, pod: &Pod) -> Result<Option<Certificate>, Error> {
    if let Some(certificate) = config.tls_certificate.clone() {
        let key = config.tls_key.clone().unwrap_or_else(|| certificate.clone());
        return Ok(Some(Certificate::from_files(Files { certificate, key })?));
    }
    let Some(contact) = config.acme.clone() else { return Ok(None) };
    Ok(Some(Certificate::from_authority(Acme {
        server: Server::new(&config.acme_server, user_agent(), config.ca_file.clone())?,
        directory: config.acme_server.clone(),
        contact,
        host: pod.host().to_owned(),
        folder: config.acme_folder(),
    })))
}

/// Runs everything until a signal asks to stop.
fn work(
    pod: &Arc<Pod>,
    door: Door,
    certificate: Option<&Certificate>,
    service: &Service,
    watchdog: Option<(Duration, SocketAddr)>,
) -> Result<(), Error> {
    let system = |error: std::io::Error| Error::System(error.to_string());
    let answered = Arc::new(AtomicUsize::default());
    let signals = Signals::new([SIGTERM, SIGINT]).map_err(system)?;
    let end_signals = signals.handle();
    let (stop, door_stop, rest) = (Stop::default(), door::Stop::new().map_err(system)?, Wake::default());
    let end = || {
        service.say("STOPPING=1");
        stop.set(pod);
        door_stop.set();
        rest.ring();
    };
    let ended = thread::scope(|scope| {
        let result = start(scope, pod, &stop, &rest)
            .and_then(|()| match certificate {
                Some(certificate) => spawn(scope, "certificate", 512 << 10, || certificate.run(pod, &stop, &rest)),
                None => Ok(()),
            })
            .and_then(|()| spawn(scope, "signals", 128 << 10, || wait_for(signals, &end)))
            .and_then(|()| match watchdog {
                Some((every, address)) => {
                    let (stop, rest, well) = (&stop, &rest, Watch::new(address, answered.clone()));
                    spawn(scope, "watchdog", 128 << 10, move || watch(service, stop, rest, every, well))
                }
                None => Ok(()),
            })
            .and_then(|()| {
                service.say("READY=1");
                Ok(door.serve(handler(pod, certificate, answered), &door_stop)?)
            });
        end_signals.close();
        end();
        result
    });
    // What was deleted must not stay beside the file.
    if let Err(error) = pod.store.fold() {
        log::warn!(target: "store", "the log could not be folded in: {error}");
    }
    ended
}

/// Starts the workers.
fn start<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    pod: &'scope Pod,
    stop: &'scope Stop,
    rest: &'scope Wake,
) -> Result<(), Error> {
    spawn(scope, "keys", 256 << 10, || keys::run(pod, stop))?;
    spawn(scope, "inbox", 128 << 10, || inbox::run(pod, stop))?;
    spawn(scope, "fetch", 128 << 10, || fetch::run(pod, stop))?;
    if pod.mail.is_some() {
        spawn(scope, "mail", 512 << 10, || mail::run(pod, stop))?;
    }
    spawn(scope, "cases", 256 << 10, || clerk::run(pod, stop))?;
    spawn(scope, "census", 128 << 10, || ask::run(pod, stop))?;
    spawn(scope, "outbox", 128 << 10, || outbox::run(pod, stop))?;
    spawn(scope, "imports", 1 << 20, || bring::run(pod, stop))?;
    spawn(scope, "jobs", 256 << 10, || jobs::run(pod, stop, rest))
}

/// What answers requests, and counts them.
fn handler(pod: &Arc<Pod>, certificate: Option<&Certificate>, answered: Arc<AtomicUsize>) -> door::Handler {
    let pod = pod.clone();
    let papers = certificate.map(|certificate| certificate.papers.clone());
    Arc::new(move |request| {
        let answer = match &papers {
            Some(papers) => web::https::handle(&pod, papers, request),
            None => web::handle(&pod, request),
        };
        answered.fetch_add(1, Ordering::Relaxed);
        answer
    })
}

fn wait_for(mut signals: Signals, end: &impl Fn()) {
    if signals.forever().next().is_some() {
        log::info!(target: "pappus", "stopping");
        end();
    }
}

/// Starts a thread that ends with the pod; `stack` in bytes.
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    name: &str,
    stack: usize,
    run: impl FnOnce() + Send + 'scope,
) -> Result<(), Error> {
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn_scoped(scope, run);
    thread.map(drop).map_err(|error| Error::System(format!("thread {name}: {error}")))
}

/// Tells systemd that the pod is well, as long as it is.
fn watch(service: &Service, stop: &Stop, rest: &Wake, every: Duration, mut well: Watch) {
    while !stop.is_set() {
        let seen = rest.count();
        if well.is_well() {
            service.say("WATCHDOG=1");
        } else {
            log::error!(target: "service", "the door does not answer");
        }
        rest.sleep(seen, Some(every));
    }
}

/// One pod a folder: the lock goes with the process.
fn lock(config: &Config) -> Result<File, Error> {
    let lock = machine::lock(&config.data).map_err(|error| Error::Folder(config.data.clone(), error))?;
    lock.ok_or_else(|| Error::Running(config.data.clone()))
}

fn open_door(
    config: &Config,
    pod: &Arc<Pod>,
    sockets: Sockets,
    certificate: Option<&Certificate>,
) -> Result<Door, Error> {
    let mut options = door::Options::new(Vec::new(), config.data.join("door"));
    sockets.hand_on(&mut options);
    options.papers = certificate.map(|certificate| certificate.papers.clone());
    options.workers = config.workers;
    options.errand = web::errand;
    options.trusted_proxies.clone_from(&config.trusted_proxies);
    let knowing = pod.clone();
    options.may_upload = Arc::new(move |cookies, path| web::may_upload(&knowing, cookies, path));
    Ok(Door::open(options)?)
}

pub fn user_agent() -> String {
    format!("pappus/{}", env!("CARGO_PKG_VERSION"))
}

/// `XXXX-XXXX`, for who sees the terminal or the journal.
fn new_code() -> Result<String, Error> {
    let random = super::random()?;
    let letters: Vec<char> =
        random.iter().take(8).map(|b| char::from(CODE_LETTERS[usize::from(*b) % CODE_LETTERS.len()])).collect();
    let (first, second) = letters.split_at(4);
    Ok(format!("{}-{}", first.iter().collect::<String>(), second.iter().collect::<String>()))
}
