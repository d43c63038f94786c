//! Ringing the podmin's telephone: one line of text is posted to an address of the podmin's choice (ntfy, UnifiedPush, a
//! web hook). It says how many cases wait and when the first is due: no names, nothing of what they are about.

use std::time::Duration;

use crate::moderation::status;
use crate::net::{self, Client};
use crate::pod::Pod;
use crate::store::{self, accounts, alarm};

use super::text::{self, Book};

/// Seconds until it is tried again, by how often it was tried; then no more.
const AGAIN: [i64; 8] = [60, 60, 120, 300, 900, 900, 1_800, 3_600];

/// How long the address has to take the line.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Rings when that is due.
pub fn ring(pod: &Pod) -> Result<(), store::Error> {
    let known = pod.store.read(alarm::get)?;
    let (Some(url), Some(due)) = (&known.url, known.due) else { return Ok(()) };
    if due > pod.now() {
        return Ok(());
    }
    let cases = pod.store.read(|db| status::cases(db, pod.now()))?;
    // It was decided meanwhile.
    let outcome = if cases.waiting == 0 { Ok(()) } else { post(&pod.net, url, &line(pod, &cases)?) };
    let again = AGAIN.get(known.tries as usize).map(|wait| pod.now().plus(*wait)).filter(|_| outcome.is_err());
    if let Err(why) = &outcome {
        log::warn!(target: "alarm", "the telephone could not be rung: {why}");
    }
    pod.store.write(pod.now(), |tx| alarm::told(tx, &outcome.err().unwrap_or_default(), again))
}

/// Rings to try whether that works.
pub fn test(pod: &Pod, book: &Book) -> Result<(), store::Error> {
    let Some(url) = pod.store.read(alarm::get)?.url else { return Ok(()) };
    let outcome = post(&pod.net, &url, &book.words("alarm.test_line", &[("host", pod.authority())]));
    pod.store.write(pod.now(), |tx| alarm::told(tx, &outcome.err().unwrap_or_default(), None))
}

/// In the language of who speaks for the pod.
fn line(pod: &Pod, cases: &status::Cases) -> Result<String, store::Error> {
    let speaker = pod.store.read(accounts::speaker)?;
    let book = text::book(speaker.and_then(|user| user.language).as_deref().unwrap_or_default());
    let n = cases.waiting.to_string();
    let waiting = book.words("alarm.line", &[("host", pod.authority()), ("n", &n)]);
    Ok(match cases.next_due {
        Some(due) => format!("{waiting} {}", book.clock(due, pod.now())),
        None => waiting,
    })
}

fn post(client: &Client, url: &str, line: &str) -> Result<(), String> {
    match client.post(url, "text/plain; charset=utf-8", line.as_bytes(), TIMEOUT) {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(status.to_string()),
        // It must not say the address: that is a secret.
        Err(net::Error::Refused(rule)) => Err(rule.without_address().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
