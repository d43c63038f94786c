//! `pappus admin`: the podmin's room in the shell, also while the pod runs; that notices within half a minute.

use serde::Serialize;

use super::{Error, open};
use crate::config::Config;
use crate::model::case::{Case, Severity};
use crate::model::{CaseId, Timestamp};
use crate::moderation::case::{self, Decision};
use crate::moderation::{limit, status};
use crate::pod::now;
use crate::social::Invalid;
use crate::store::cases::{self, Filter};
use crate::store::limits::Limit;
use crate::store::pods;

/// Who decides in the file of a case.
const WHO: &str = "shell";

/// Pods that are listed at the most.
const PODS_MAX: i64 = 10_000;

pub enum Deed {
    Status { json: bool },
    Cases { json: bool },
    Pods { json: bool },
    Decide { case: String, decision: String, why: String },
    Limit { subject: String, severity: String },
    Lift { subject: String },
}

pub const USAGE: &str = "admin: say `status`, `cases`, `pods`, `decide CASE hold|restore|remove|close --why TEXT`, \
    `limit SUBJECT suspend|silence|allow` or `lift SUBJECT`";

impl Deed {
    /// What the words after `admin` say.
    pub fn read(words: &[&str], json: bool, why: Option<&str>) -> Option<Deed> {
        let own = |word: &str| word.to_owned();
        Some(match words {
            ["status"] => Deed::Status { json },
            ["cases"] => Deed::Cases { json },
            ["pods"] => Deed::Pods { json },
            ["decide", case, decision] => Deed::Decide { case: own(case), decision: own(decision), why: own(why?) },
            ["limit", subject, severity] => Deed::Limit { subject: own(subject), severity: own(severity) },
            ["lift", subject] => Deed::Lift { subject: own(subject) },
            _ => return None,
        })
    }
}

pub fn run(config: &Config, deed: &Deed) -> Result<(), Error> {
    match deed {
        Deed::Status { json } => show_status(config, *json),
        Deed::Cases { json } => show_cases(config, *json),
        Deed::Pods { json } => show_pods(config, *json),
        Deed::Decide { case, decision, why } => decide(config, case, decision, why),
        Deed::Limit { subject, severity } => set_limit(config, subject, severity),
        Deed::Lift { subject } => lift(config, subject),
    }
}

fn print_json(value: &impl Serialize) -> Result<(), Error> {
    say!("{}", serde_json::to_string_pretty(value).map_err(|error| Error::System(error.to_string()))?);
    Ok(())
}

fn show_status(config: &Config, json: bool) -> Result<(), Error> {
    let (store, pod) = open(config)?;
    let found = status::look(&store, config.retention_days, now())?;
    if json {
        return print_json(&found);
    }
    let (machine, queues, storage) = (&found.machine, &found.queues, &found.storage);
    let or_unknown = |number: Option<u64>| number.map_or("?".to_owned(), |number| number.to_string());
    let mb = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    say!("{}  pappus {}  {}", pod.url, found.version, if machine.running { "runs" } else { "does not run" });
    if machine.running {
        say!("up           {} s", or_unknown(machine.uptime));
        say!("memory       {}", machine.memory.map_or("?".to_owned(), mb));
    }
    say!("disk free    {}", machine.disk_free.map_or("?".to_owned(), mb));
    say!("database     {}, {} of it free", mb(storage.database.unsigned_abs()), mb(storage.free.unsigned_abs()));
    for kind in &storage.kinds {
        say!("  {:<10} {} ({} about)", kind.name, kind.rows, mb(kind.bytes.unsigned_abs()));
    }
    say!("accounts     {}, {} asked for", found.accounts, found.requests);
    say!(
        "cases        {} waiting, {} late, {} being removed",
        found.cases.waiting,
        found.cases.late,
        found.cases.removing
    );
    say!("inbox        {}, {} parked", queues.inbox, queues.parked);
    say!("outbox       {}, {} due, {} withheld", queues.outbox, queues.due, queues.withheld);
    say!("to fetch     {}", queues.needs);
    say!("mails        {}", queues.mails);
    say!("pods         {} known, {} failing", found.pods.known, found.pods.failing);
    for pod in &found.pods.worst {
        say!("  {} since {}: {}", pod.host, time(pod.failing_since), pod.error.as_deref().unwrap_or_default());
    }
    let days = found.retention.days.map_or("never".to_owned(), |days| format!("after {days} days"));
    say!(
        "retention    {days}; {} posts would go at {} days, {} went",
        found.retention.would_free,
        found.retention.counted_for,
        found.retention.freed
    );
    say!("removed      {} for good", found.tombstones);
    say!("limits       {}", found.limits);
    Ok(())
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or("-".to_owned(), |time| time.to_string())
}

/// A case as programs read it.
#[derive(Serialize)]
struct Listed {
    case: i64,
    kind: &'static str,
    subject: String,
    state: &'static str,
    origin: &'static str,
    ground: String,
    reports: i64,
    opened_at: Timestamp,
    due: Option<Timestamp>,
    appealed: bool,
}

impl Listed {
    fn of(case: Case) -> Listed {
        Listed {
            case: case.id.0,
            kind: case.subject.kind.as_str(),
            state: case.state.as_str(),
            origin: case.origin.as_str(),
            due: case.due.filter(|_| case.waits()),
            appealed: case.appealed_at.is_some(),
            reports: case.reports,
            opened_at: case.opened_at,
            subject: case.subject.name,
            ground: case.ground,
        }
    }
}

/// Cases that wait, the most urgent first.
fn show_cases(config: &Config, json: bool) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let mut found = Vec::new();
    loop {
        let from = found.len() as i64;
        let mut page = store.read(|db| cases::list(db, Filter::Waiting, from))?;
        let more = page.len() as i64 > cases::PAGE;
        page.truncate(usize::try_from(cases::PAGE).unwrap_or(usize::MAX));
        found.extend(page.into_iter().map(Listed::of));
        if !more {
            break;
        }
    }
    if json {
        return print_json(&found);
    }
    for case in found {
        say!("{}  {}  due {}  {} {}  {}", case.case, case.state, time(case.due), case.kind, case.subject, case.ground);
    }
    Ok(())
}

fn show_pods(config: &Config, json: bool) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let found = store.read(|db| pods::list(db, false, 0, PODS_MAX))?;
    if json {
        return print_json(&found);
    }
    for pod in found {
        let software = pod.software.as_deref().unwrap_or("?");
        let failing = pod.failing_since.map(|since| format!("  failing since {since}"));
        let version = pod.version.as_deref().unwrap_or_default();
        say!(
            "{}  {software} {version}  seen {}  {} waiting{}",
            pod.host,
            time(pod.seen_at),
            pod.waiting,
            failing.unwrap_or_default()
        );
    }
    Ok(())
}

fn decide(config: &Config, case: &str, decision: &str, why: &str) -> Result<(), Error> {
    let decision = match decision {
        "hold" => Decision::Hold,
        "restore" => Decision::Restore,
        "remove" => Decision::Remove,
        "close" => Decision::Close,
        _ => return Err(Error::Usage(USAGE.to_owned())),
    };
    let id = case.parse().map(CaseId).map_err(|_| Error::Usage(format!("admin: {case} is no number of a case")))?;
    let (store, _) = open(config)?;
    let case = store.write(now(), |tx| case::decide(tx, WHO, id, &decision, why))?;
    say!("Case {id} is {} now.", if case.closed_at.is_some() { "closed" } else { case.state.as_str() });
    Ok(())
}

fn subject(text: &str) -> Result<String, Error> {
    Ok(limit::subject(text).ok_or(crate::social::Error::from(Invalid::NoSubject))?)
}

fn set_limit(config: &Config, text: &str, severity: &str) -> Result<(), Error> {
    let severity = Severity::parse(severity).ok_or_else(|| Error::Usage(USAGE.to_owned()))?;
    let subject = subject(text)?;
    let (store, _) = open(config)?;
    let new = Limit { severity, ..Limit::suspension(&subject, now()) };
    store.write(now(), |tx| limit::set(tx, &new))?;
    say!("{subject}: {}.", severity.as_str());
    Ok(())
}

fn lift(config: &Config, text: &str) -> Result<(), Error> {
    let subject = subject(text)?;
    let (store, _) = open(config)?;
    store.write(now(), |tx| limit::lift(tx, &subject))?;
    say!("{subject}: not limited any more.");
    Ok(())
}
