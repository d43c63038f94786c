//! One server that the podmin named: it may be anywhere, also in a network of one's own, and nothing else is asked,
//! wherever its answers point.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::TlsConfig;
use url::{Origin, Url};

use super::client::{Error, HEAD_MAX, Rule, from_ureq, roots};

/// For everything together.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of an answer: the longest is a chain of certificates.
const ANSWER_MAX: u64 = 256 << 10;

pub struct Server {
    agent: Agent,
    origin: Origin,
}

/// What it said.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header by its name; `None` when it is absent or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Server {
    /// The one at this address; `ca_file` are PEM certificates to trust instead of the built-in roots.
    pub fn new(url: &str, user_agent: String, ca_file: Option<PathBuf>) -> Result<Server, Error> {
        let address = Url::parse(url).ok().filter(|url| url.scheme() == "https" && url.has_host());
        let origin = address.ok_or_else(|| Rule::Address(url.to_owned()))?.origin();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(user_agent)
            .max_response_header_size(HEAD_MAX)
            .timeout_global(Some(TIMEOUT))
            // It is asked for a minute every other month.
            .max_idle_connections(1)
            .max_idle_age(TIMEOUT)
            .tls_config(TlsConfig::builder().root_certs(roots(ca_file)?).build())
            .build();
        Ok(Server { agent: config.into(), origin })
    }

    pub fn get(&self, url: &str) -> Result<Reply, Error> {
        whole(self.agent.get(self.admit(url)?.as_str()).call())
    }

    pub fn post(&self, url: &str, content_type: &str, body: &str) -> Result<Reply, Error> {
        whole(self.agent.post(self.admit(url)?.as_str()).header("Content-Type", content_type).send(body))
    }

    fn admit(&self, text: &str) -> Result<Url, Rule> {
        let url = Url::parse(text).map_err(|_| Rule::Address(text.to_owned()))?;
        if url.origin() == self.origin { Ok(url) } else { Err(Rule::Elsewhere(text.to_owned())) }
    }
}

fn whole(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Reply, Error> {
    let (head, body) = answer.map_err(from_ureq)?.into_parts();
    let mut bytes = Vec::new();
    body.into_reader().take(ANSWER_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > ANSWER_MAX {
        return Err(Error::TooLarge(ANSWER_MAX));
    }
    Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_named_server_is_asked() {
        let server = Server::new("https://ca.example/directory", "test".to_owned(), None).expect("made");
        for url in
            ["https://other.example/", "http://ca.example/", "https://ca.example:8443/", "file:///etc/passwd", ""]
        {
            assert!(matches!(server.get(url), Err(Error::Refused(_))), "{url}");
        }
        for url in ["http://ca.example/directory", "ca.example", "file:///etc/passwd"] {
            assert!(Server::new(url, "test".to_owned(), None).is_err(), "{url}");
        }
    }
}
