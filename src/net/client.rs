//! The guarded client. A pod on the internet speaks https, and never to an address that is not on the internet; a
//! trial pod, whose own address is on loopback, may speak http too, and only to loopback. The address that is checked
//! is the one that is connected to, at every redirect.

use std::io::Read;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};
use url::Url;

use super::address;

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);

/// Bytes of an answer's head at the most.
pub(super) const HEAD_MAX: usize = 32 * 1024;

/// Connections kept open for the next request: a pod often gets several messages in a row.
const IDLE_MAX: usize = 4;

pub struct Client {
    agent: Agent,
    trial: bool,
}

/// What a client is made from.
pub struct Options {
    /// The pod's own address is on loopback.
    pub trial: bool,
    pub user_agent: String,
    /// PEM certificates to trust instead of the built-in roots.
    pub ca_file: Option<PathBuf>,
}

/// A question and its limits.
pub struct Ask<'a> {
    /// The `Accept` header.
    pub accept: &'a str,
    /// Bytes of the answer at the most.
    pub max_bytes: u64,
    /// Redirects that are followed; the next one is the answer.
    pub redirects: u32,
    /// For everything together.
    pub timeout: Duration,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Where it came from in the end.
    pub url: String,
    /// Empty when there was none.
    pub content_type: String,
    /// Where a redirect that was not followed leads.
    pub location: Option<String>,
    pub body: Vec<u8>,
}

/// An answer whose body is still to be read.
pub struct Stream {
    pub status: u16,
    pub url: String,
    pub content_type: String,
    pub location: Option<String>,
    /// Bytes, when the other side tells.
    pub length: Option<u64>,
    body: Body,
    max_bytes: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of this client says no.
    #[error("{0}")]
    Refused(#[from] Rule),
    #[error("no host of this name: {0}")]
    Resolve(String),
    #[error("no connection: {0}")]
    Connect(String),
    #[error("no secure connection: {0}")]
    Tls(String),
    #[error("no answer in time ({0})")]
    Timeout(String),
    #[error("the answer has more than {0} bytes")]
    TooLarge(u64),
    #[error("the answer cannot be understood: {0}")]
    Protocol(String),
    /// The client itself could not be made.
    #[error("certificates {path}: {why}")]
    Certificates { path: PathBuf, why: String },
}

/// Rules of this client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    #[error("{0}: not an address of the web")]
    Address(String),
    #[error("{0}: only https is spoken")]
    Scheme(String),
    #[error("{0}: an address with a name and password in it")]
    Credentials(String),
    #[error("{0}: not on the internet")]
    Private(String),
    #[error("{0}: not at the server that is spoken to")]
    Elsewhere(String),
}

impl Error {
    /// Whether asking again later may help.
    pub fn may_pass(&self) -> bool {
        match self {
            // A name that leads home now, because the line is down or a router answers for everybody, may lead to its
            // pod again tomorrow; an address stays what it is.
            Error::Refused(Rule::Private(host)) => host.trim_matches(['[', ']']).parse::<IpAddr>().is_err(),
            Error::Refused(_) => false,
            _ => true,
        }
    }
}

impl Rule {
    /// What is wrong, for who must not read the address.
    pub fn without_address(&self) -> &'static str {
        match self {
            Rule::Address(_) => "not an address of the web",
            Rule::Scheme(_) => "only https is spoken",
            Rule::Credentials(_) => "an address with a name and password in it",
            Rule::Private(_) => "not on the internet",
            Rule::Elsewhere(_) => "not at the server that is spoken to",
        }
    }
}

impl Client {
    /// A client that asks the system what names mean.
    pub fn new(options: Options) -> Result<Client, Error> {
        Client::asking(DefaultResolver::default(), options)
    }

    /// One that asks somebody else; what the answers may be stays the same.
    pub fn asking(names: impl Resolver, options: Options) -> Result<Client, Error> {
        let roots = roots(options.ca_file)?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(options.user_agent)
            .max_response_header_size(HEAD_MAX)
            .input_buffer_size(16 * 1024)
            .output_buffer_size(16 * 1024)
            .max_idle_connections(IDLE_MAX)
            .max_idle_connections_per_host(1)
            .timeout_connect(Some(CONNECT))
            .timeout_resolve(Some(CONNECT))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        let resolver = Guard { names, trial: options.trial };
        Ok(Client { agent: Agent::with_parts(config, DefaultConnector::default(), resolver), trial: options.trial })
    }

    /// `http` for a trial pod, else `https`.
    pub fn scheme(&self) -> &'static str {
        if self.trial { "http" } else { "https" }
    }

    /// Asks for a document and reads all of it.
    pub fn get(&self, url: &str, ask: &Ask) -> Result<Answer, Error> {
        self.open(url, ask)?.whole()
    }

    /// Asks for a document and leaves its body to be read; `ask.timeout` holds for the body, too.
    pub fn open(&self, url: &str, ask: &Ask) -> Result<Stream, Error> {
        let until = Instant::now() + ask.timeout;
        let mut url = self.admit(url)?;
        let mut left = ask.redirects;
        loop {
            let stream = self.ask_once(&url, ask, until)?;
            match (&stream.location, left) {
                (Some(location), 1..) => {
                    let next = url.join(location).map_err(|_| Rule::Address(location.clone()))?;
                    url = self.admit(next.as_str())?;
                    left -= 1;
                }
                _ => return Ok(stream),
            }
        }
    }

    fn ask_once(&self, url: &Url, ask: &Ask, until: Instant) -> Result<Stream, Error> {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let request =
            self.agent.get(url.as_str()).header("Accept", ask.accept).config().timeout_global(Some(left)).build();
        let answer = request.call().map_err(from_ureq)?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = answer.status().as_u16();
        let redirect = matches!(status, 301 | 302 | 303 | 307 | 308);
        let (content_type, location) = (header("content-type").unwrap_or_default(), header("location"));
        let body = answer.into_body();
        let length = body.content_length();
        Ok(Stream {
            status,
            url: url.to_string(),
            content_type,
            location: location.filter(|_| redirect),
            length,
            body,
            max_bytes: ask.max_bytes,
        })
    }

    /// Sends a message and gives back the status, all within `timeout`. No redirect is followed; what the answer says is
    /// not read.
    pub fn post(&self, url: &str, content_type: &str, body: &[u8], timeout: Duration) -> Result<u16, Error> {
        let url = self.admit(url)?;
        let request = self.agent.post(url.as_str()).header("Content-Type", content_type);
        let answer = request.config().timeout_global(Some(timeout)).build().send(body).map_err(from_ureq)?;
        let status = answer.status().as_u16();
        // A short answer is read to its end, so that the connection can carry the next message.
        let mut rest = answer.into_body().into_reader().take(16 * 1024);
        let _ = std::io::copy(&mut rest, &mut std::io::sink());
        Ok(status)
    }

    /// Whether this client may ask an address, as far as that can be told before the host is looked up.
    pub fn admits(&self, url: &str) -> bool {
        self.admit(url).is_ok()
    }

    /// Lets an address pass that this client may ask.
    fn admit(&self, text: &str) -> Result<Url, Rule> {
        let url = Url::parse(text).map_err(|_| Rule::Address(shortened(text)))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Rule::Address(shortened(text))),
        };
        if !secure && !self.trial {
            return Err(Rule::Scheme(shortened(text)));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Rule::Credentials(url.host_str().unwrap_or_default().to_owned()));
        }
        if !url.has_host() || url.port() == Some(0) {
            return Err(Rule::Address(shortened(text)));
        }
        Ok(url)
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// The certificates in a file, or the built-in ones.
pub(super) fn roots(file: Option<PathBuf>) -> Result<RootCerts, Error> {
    let Some(path) = file else { return Ok(RootCerts::WebPki) };
    let failed = |why: String| Error::Certificates { path: path.clone(), why };
    let pem = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| failed(error.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(failed("no certificate in it".to_owned()));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

impl Stream {
    /// Reads the whole body.
    pub fn whole(self) -> Result<Answer, Error> {
        let (status, url, content_type, location) =
            (self.status, self.url.clone(), self.content_type.clone(), self.location.clone());
        let max = self.max_bytes;
        if self.length.is_some_and(|length| length > max) {
            return Err(Error::TooLarge(max));
        }
        let mut body = Vec::new();
        let read = self.into_reader().read_to_end(&mut body);
        if body.len() as u64 > max {
            return Err(Error::TooLarge(max));
        }
        read?;
        Ok(Answer { status, url, content_type, location, body })
    }

    /// The body, piece by piece: at most one byte more than allowed, by which the reader knows that there is more.
    pub fn into_reader(self) -> impl Read {
        self.body.into_reader().take(self.max_bytes.saturating_add(1))
    }
}

/// Asks once for the addresses of a host and leaves only those that this client may connect to.
#[derive(Debug)]
struct Guard<R> {
    names: R,
    trial: bool,
}

impl<R> Guard<R> {
    fn allows(&self, address: IpAddr) -> bool {
        if self.trial { address::is_loopback(address) } else { address::is_public(address) }
    }
}

impl<R: Resolver> Resolver for Guard<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found: Vec<SocketAddr> = match literal(uri) {
            Some(address) => vec![address],
            None => self.names.resolve(uri, config, timeout)?.iter().copied().collect(),
        };
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| self.allows(address.ip())).take(16) {
            allowed.push(*address);
        }
        if allowed.is_empty() {
            let host = uri.host().unwrap_or_default().to_owned();
            return Err(ureq::Error::Other(Box::new(Rule::Private(host))));
        }
        Ok(allowed)
    }
}

/// The address of a host that is written as one; nobody need be asked.
fn literal(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    (host.parse::<IpAddr>().ok()?, port).to_socket_addrs().ok()?.next()
}

pub(super) fn from_ureq(error: ureq::Error) -> Error {
    use ureq::Error as Ureq;
    match error {
        Ureq::Other(inner) => match inner.downcast::<Rule>() {
            Ok(rule) => Error::Refused(*rule),
            Err(other) => Error::Protocol(other.to_string()),
        },
        Ureq::HostNotFound => Error::Resolve("not found".to_owned()),
        Ureq::Timeout(what) => Error::Timeout(what.to_string()),
        Ureq::Io(error) => from_system(&error),
        Ureq::ConnectionFailed => Error::Connect("refused".to_owned()),
        Ureq::Tls(why) => Error::Tls(why.to_owned()),
        Ureq::Rustls(error) => Error::Tls(error.to_string()),
        other => Error::Protocol(other.to_string()),
    }
}

/// An error while reading; the library hides its own ones in it.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        from_ureq(ureq::Error::from(error))
    }
}

fn from_system(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => Error::Timeout(error.to_string()),
        _ if error.to_string().contains("failed to lookup address") => Error::Resolve(error.to_string()),
        _ => Error::Connect(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trial: bool) -> Client {
        Client::new(Options { trial, user_agent: "test".to_owned(), ca_file: None }).expect("made")
    }

    fn ask() -> Ask<'static> {
        Ask { accept: "*/*", max_bytes: 100, redirects: 2, timeout: Duration::from_secs(5) }
    }

    #[test]
    fn a_pod_on_the_internet_speaks_https_to_the_internet_only() {
        let client = client(false);
        for url in [
            "http://pod.example/",
            "ftp://pod.example/",
            "file:///etc/passwd",
            "https://a:b@pod.example/",
            "https://pod.example:0/",
        ] {
            assert!(matches!(client.get(url, &ask()), Err(Error::Refused(_))), "{url}");
        }
        for host in [
            "127.0.0.1",
            "[::1]",
            "10.1.2.3",
            "169.254.169.254",
            "[::ffff:127.0.0.1]",
            "0x7f.1",
            "2130706433",
            "localhost",
        ] {
            let url = format!("https://{host}/");
            assert!(matches!(client.get(&url, &ask()), Err(Error::Refused(Rule::Private(_)))), "{url}");
        }
    }

    #[test]
    fn a_trial_pod_speaks_to_its_own_machine_only() {
        let client = client(true);
        assert!(matches!(client.get("http://10.1.2.3/", &ask()), Err(Error::Refused(Rule::Private(_)))));
        assert!(matches!(
            client.post("http://8.8.8.8/", "text/plain", b"x", ask().timeout),
            Err(Error::Refused(Rule::Private(_)))
        ));
    }
}
