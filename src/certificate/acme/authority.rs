//! Talking to an authority (RFC 8555): signed requests, each with a number that is good once, and what it says when it
//! says no.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::account::{Account, Known};
use crate::model::Timestamp;
use crate::net::{self, Reply, Server};

/// How often a request is repeated because the authority wants another number.
const TRIES: u32 = 20;

/// Seconds that an authority may ask to be left alone: a week, as its longest limits.
pub const LEAVE_MAX: i64 = 8 * 86_400;

const JOSE: &str = "application/jose+json";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Net(#[from] net::Error),
    #[error("{0}")]
    System(#[from] std::io::Error),
    #[error("it answered what nobody understands: {0}")]
    Answer(String),
    /// It said no, and perhaps when it may be asked again.
    #[error("{0}")]
    Problem(Problem, Option<Timestamp>),
    /// It was not convinced that the name is the pod's.
    #[error("it was not convinced that the name leads here: {0}")]
    Unproven(Problem),
    #[error("it wants an account that was made elsewhere first, which this pod cannot have; name another acme_server")]
    Bound,
    #[error("it took too long")]
    Slow,
    #[error("the pod is being stopped")]
    Stopped,
}

/// What an authority says when it says no (RFC 7807, RFC 8555 §6.7).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    detail: String,
}

impl Problem {
    pub fn new(detail: &str) -> Problem {
        Problem { kind: String::new(), detail: detail.to_owned() }
    }

    /// The last word of its kind: `rateLimited`, `dns`, `caa`…
    pub fn word(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It goes into one line of the log.
        let detail: String = self.detail.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
        write!(f, "{detail} ({})", self.word())
    }
}

/// Where it takes what (RFC 8555 §7.1.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Directory {
    new_nonce: String,
    new_account: String,
    new_order: String,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    external_account_required: bool,
}

/// An authority where the pod has an account.
pub struct Authority<'a> {
    server: &'a Server,
    account: &'a Account,
    directory: Directory,
    /// The account's address; empty until it is known.
    address: String,
    nonce: Option<String>,
    now: Timestamp,
}

impl<'a> Authority<'a> {
    /// Finds the account, or makes it for whom `contact` is the mail address.
    pub fn meet(
        server: &'a Server,
        account: &'a Account,
        directory: &str,
        contact: &str,
        now: Timestamp,
    ) -> Result<Authority<'a>, Error> {
        let directory: Directory = read(&accepted(server.get(directory)?, now)?)?;
        if directory.meta.external_account_required {
            return Err(Error::Bound);
        }
        let mut authority = Authority { server, account, directory, address: String::new(), nonce: None, now };
        let payload = json!({ "termsOfServiceAgreed": true, "contact": [format!("mailto:{contact}")] });
        let url = authority.directory.new_account.clone();
        let reply = authority.post(&url, &payload.to_string())?;
        authority.address = location(&reply)?;
        Ok(authority)
    }

    /// Begins an order; its address and what it is.
    pub fn order<T: DeserializeOwned>(&mut self, host: &str) -> Result<(String, T), Error> {
        let url = self.directory.new_order.clone();
        let payload = json!({ "identifiers": [{ "type": "dns", "value": host }] });
        let reply = self.post(&url, &payload.to_string())?;
        Ok((location(&reply)?, read(&reply)?))
    }

    /// What stands at an address now.
    pub fn look<T: DeserializeOwned>(&mut self, url: &str) -> Result<T, Error> {
        read(&self.post(url, "")?)
    }

    /// A chain of certificates, in PEM.
    pub fn fetch(&mut self, url: &str) -> Result<String, Error> {
        let reply = self.post(url, "")?;
        String::from_utf8(reply.body).map_err(|error| Error::Answer(error.to_string()))
    }

    /// What answers a challenge with this token.
    pub fn answer(&self, token: &str) -> String {
        self.account.answer(token)
    }

    /// A signed request, repeated as long as the authority only wants another number.
    pub fn post(&mut self, url: &str, payload: &str) -> Result<Reply, Error> {
        for _ in 0..TRIES {
            let nonce = match self.nonce.take() {
                Some(nonce) => nonce,
                None => nonce(&self.server.get(&self.directory.new_nonce)?)
                    .ok_or_else(|| Error::Answer("it gives no number for requests".to_owned()))?,
            };
            let known = if self.address.is_empty() { Known::Key } else { Known::Account(&self.address) };
            let body = self.account.sign(&known, &nonce, url, payload)?;
            let reply = self.server.post(url, JOSE, &body)?;
            self.nonce = self::nonce(&reply);
            match accepted(reply, self.now) {
                Err(Error::Problem(problem, _)) if problem.word() == "badNonce" => {}
                other => return other,
            }
        }
        Err(Error::Answer("it takes none of its own numbers for requests".to_owned()))
    }
}

fn nonce(reply: &Reply) -> Option<String> {
    reply.header("replay-nonce").map(str::to_owned)
}

fn location(reply: &Reply) -> Result<String, Error> {
    let place = reply.header("location").map(str::to_owned);
    place.ok_or_else(|| Error::Answer("it does not say where a thing is".to_owned()))
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    serde_json::from_slice(&reply.body).map_err(|error| Error::Answer(error.to_string()))
}

/// The reply when it is a yes.
fn accepted(reply: Reply, now: Timestamp) -> Result<Reply, Error> {
    if (200..300).contains(&reply.status) {
        return Ok(reply);
    }
    let mut problem: Problem = serde_json::from_slice(&reply.body).unwrap_or_default();
    if problem.detail.is_empty() {
        problem.detail = format!("it answered {}", reply.status);
    }
    let later = reply.header("retry-after").and_then(|text| again(text, now));
    Err(Error::Problem(problem, later))
}

/// When it may be asked again: so many seconds from now, or then (RFC 9110 §10.2.3).
pub fn again(text: &str, now: Timestamp) -> Option<Timestamp> {
    let then = match text.parse::<i64>() {
        Ok(seconds) => now.plus(seconds),
        Err(_) => Timestamp(OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp()),
    };
    (then > now).then(|| then.min(now.plus(LEAVE_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_says_in_two_ways_when_it_may_be_asked_again() {
        let now = Timestamp(1_795_000_000);
        for (text, then) in [
            ("120", Some(1_795_000_120)),
            ("Wed, 18 Nov 2026 11:26:40 GMT", Some(1_795_001_200)),
            ("99999999999", Some(1_795_000_000 + LEAVE_MAX)),
            ("0", None),
            ("-5", None),
            ("Wed, 18 Nov 2020 11:26:40 GMT", None),
            ("soon", None),
        ] {
            assert_eq!(again(text, now).map(|then| then.0), then, "{text}");
        }
    }
}
