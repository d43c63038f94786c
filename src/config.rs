//! Every setting: name, default, one sentence. Flag beats environment beats file beats default. Nobody else reads
//! the environment or the file.

mod settings;
mod surroundings;
pub mod value;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use url::Url;

use crate::net::address::Network;
pub use settings::{SETTINGS, Setting};
pub use surroundings::Surroundings;
pub use value::nearest_of;
use value::without_password;

/// What the pod runs with.
#[derive(Clone, Debug)]
pub struct Config {
    pub data: PathBuf,
    pub listen: Vec<SocketAddr>,
    /// Empty when somebody else speaks https for the pod.
    pub listen_https: Vec<SocketAddr>,
    /// Base address without a slash at the end.
    pub url: String,
    pub workers: usize,
    pub trusted_proxies: Vec<Network>,
    pub ca_file: Option<PathBuf>,
    pub tls_certificate: Option<PathBuf>,
    /// `None`: in the certificate's file.
    pub tls_key: Option<PathBuf>,
    /// Whose account at the authority it is.
    pub acme: Option<String>,
    pub acme_server: String,
    /// `None`: everything is kept.
    pub retention_days: Option<u32>,
    /// Carries a password.
    pub smtp_url: Option<String>,
    pub mail_from: String,
    pub log: log::LevelFilter,
    /// The value in force and where it came from, in the order of `SETTINGS`.
    pub origins: Vec<(String, Origin)>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Flag,
    Environment,
    /// Line of the file.
    File(PathBuf, usize),
    Default,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {why}")]
    File { path: PathBuf, why: String },
    #[error("{origin}: there is no setting `{name}`{hint}", hint = nearest(name))]
    Unknown { origin: String, name: String },
    #[error("{origin}: {name} = {value:?}: {why}")]
    Value { origin: String, name: &'static str, value: String, why: String },
}

/// One value that was given, before it is understood.
struct Given {
    name: String,
    value: String,
    origin: Origin,
}

impl Config {
    /// Gathers the settings: `flags` as `(name, value)`, and the file named by `--config` or `PAPPUS_CONFIG`.
    pub fn load(flags: &[(String, String)], file: Option<&Path>) -> Result<Config, Error> {
        let mut given = Vec::new();
        let named = file.map(Path::to_owned).or_else(|| std::env::var_os("PAPPUS_CONFIG").map(PathBuf::from));
        if let Some(path) = named {
            given.extend(from_file(&path)?);
        }
        given.extend(from_environment());
        given.extend(flags.iter().map(|(name, value)| Given {
            name: name.clone(),
            value: value.clone(),
            origin: Origin::Flag,
        }));
        Config::from_given(&given)
    }

    fn from_given(given: &[Given]) -> Result<Config, Error> {
        for one in given {
            if !SETTINGS.iter().any(|setting| setting.name == one.name) {
                let origin = match one.origin {
                    Origin::Environment => format!("environment: PAPPUS_{}", one.name.to_uppercase()),
                    _ => one.origin.to_string(),
                };
                return Err(Error::Unknown { origin, name: one.name.clone() });
            }
        }
        let mut config = Config {
            data: PathBuf::new(),
            listen: Vec::new(),
            listen_https: Vec::new(),
            url: String::new(),
            workers: 0,
            trusted_proxies: Vec::new(),
            ca_file: None,
            tls_certificate: None,
            tls_key: None,
            acme: None,
            acme_server: String::new(),
            retention_days: None,
            smtp_url: None,
            mail_from: String::new(),
            log: log::LevelFilter::Info,
            origins: Vec::new(),
        };
        for setting in &SETTINGS {
            let last = given.iter().rev().find(|one| one.name == setting.name);
            let (value, origin) = match last {
                Some(one) => (one.value.trim(), one.origin.clone()),
                None => (setting.default, Origin::Default),
            };
            (setting.apply)(&mut config, value).map_err(|why| Error::Value {
                origin: origin.to_string(),
                name: setting.name,
                value: without_password(value),
                why,
            })?;
            config.origins.push((without_password(value), origin));
        }
        if config.smtp_url.is_some() && config.mail_from.is_empty() {
            return Err(Error::Value {
                origin: "smtp_url is given".to_owned(),
                name: "mail_from",
                value: String::new(),
                why: "mails must come from somewhere: an address like pod@pod.example is needed".to_owned(),
            });
        }
        config.check_https()?;
        config.listen_where_the_url_says()?;
        Ok(config)
    }

    /// What only makes sense together.
    fn check_https(&self) -> Result<(), Error> {
        let wrong = |name: &'static str, value: String, why: &str| {
            Err(Error::Value { origin: self.origin_of(name), name, value, why: why.to_owned() })
        };
        let shown = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        match (&self.tls_certificate, &self.acme) {
            (Some(_), Some(acme)) => {
                wrong("acme", acme.clone(), "there is a tls_certificate already: take one of the two away")
            }
            (None, _) if self.tls_key.is_some() => {
                wrong("tls_key", shown(&self.tls_key), "its certificate is missing: set tls_certificate, too")
            }
            (None, None) if !self.listen_https.is_empty() => {
                let value = self.value_of("listen_https");
                wrong("listen_https", value, "https needs a certificate: set acme or tls_certificate")
            }
            (None, Some(_)) if Url::parse(&self.url).is_ok_and(|url| url.domain().is_none()) => {
                wrong("url", self.url.clone(), "authorities sign names: the pod needs one to use acme")
            }
            (Some(_), None) | (None, Some(_)) if self.is_trial() => wrong(
                "url",
                self.url.clone(),
                "a certificate is for a pod on the internet: set url to its address, which begins with https",
            ),
            _ => Ok(()),
        }
    }

    /// Whether the pod speaks https by itself.
    pub fn speaks_https(&self) -> bool {
        self.tls_certificate.is_some() || self.acme.is_some()
    }

    /// A trial pod listens where its address leads, and one that speaks https on the ports for that, unless they are told
    /// otherwise.
    fn listen_where_the_url_says(&mut self) -> Result<(), Error> {
        let Ok(url) = Url::parse(&self.url) else { return Ok(()) };
        let port = url.port_or_known_default().unwrap_or(80);
        if self.is_trial() && !self.is_given("listen") && self.is_given("url") {
            let value = format!("{}:{port}", url.host_str().unwrap_or("localhost"));
            self.listen = self.derived("listen", value)?;
        }
        if self.speaks_https() && !self.is_given("listen") {
            self.listen = self.derived("listen", everywhere(80))?;
        }
        if self.speaks_https() && !self.is_given("listen_https") {
            self.listen_https = self.derived("listen_https", everywhere(port))?;
        }
        Ok(())
    }

    /// Addresses that follow from the pod's own.
    fn derived(&mut self, name: &'static str, value: String) -> Result<Vec<SocketAddr>, Error> {
        let origin = "address of the pod".to_owned();
        let found = addresses(&value).map_err(|why| Error::Value { origin, name, value: value.clone(), why })?;
        if let Some(at) = place_of(name) {
            self.origins[at].0 = value;
        }
        Ok(found)
    }

    /// The value of a setting as it may be shown.
    fn value_of(&self, name: &str) -> String {
        place_of(name).and_then(|at| self.origins.get(at)).map(|(value, _)| value.clone()).unwrap_or_default()
    }

    fn origin_of(&self, name: &str) -> String {
        place_of(name).and_then(|at| self.origins.get(at)).map(|(_, origin)| origin.to_string()).unwrap_or_default()
    }

    /// Whether a setting was given at all.
    pub fn is_given(&self, name: &str) -> bool {
        place_of(name).and_then(|at| self.origins.get(at)).is_some_and(|(_, origin)| *origin != Origin::Default)
    }

    /// Whether the pod is for trying out on this machine: its own address is on loopback.
    pub fn is_trial(&self) -> bool {
        self.url.starts_with("http://")
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.join("pappus.db")
    }

    /// The folder of what the pod keeps for its authority.
    pub fn acme_folder(&self) -> PathBuf {
        self.data.join("acme")
    }

    /// The folder of archives that are being brought in.
    pub fn imports(&self) -> PathBuf {
        self.data.join("imports")
    }

    /// The folder of pictures.
    pub fn photos(&self) -> PathBuf {
        self.data.join("photos")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag => f.write_str("command line"),
            Origin::Environment => f.write_str("environment"),
            Origin::File(path, line) => write!(f, "{}:{line}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// The file's settings with their lines.
fn from_file(path: &Path) -> Result<Vec<Given>, Error> {
    let failed = |why: String| Error::File { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let values = values(&text).map_err(failed)?;
    let given = |(line, name, value)| Given { name, value, origin: Origin::File(path.to_owned(), line) };
    Ok(values.into_iter().map(given).collect())
}

/// What stands in the text of a file: line, name and value, in their order; or what is wrong with it.
pub fn values(text: &str) -> Result<Vec<(usize, String, String)>, String> {
    let table: std::collections::BTreeMap<String, Value> =
        basic_toml::from_str(text).map_err(|error| error.to_string())?;
    let lined = |(name, value): (String, Value)| (line_of(text, &name), name, value.into_text());
    let mut values: Vec<_> = table.into_iter().map(lined).collect();
    values.sort_by_key(|(line, _, _)| *line);
    Ok(values)
}

/// What a value in the file may be.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(i64),
    Truth(bool),
    List(Vec<String>),
    Other(serde::de::IgnoredAny),
}

impl Value {
    fn into_text(self) -> String {
        match self {
            Value::Text(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Truth(truth) => truth.to_string(),
            Value::List(list) => list.join(", "),
            // No setting is understood from this; the error shows it.
            Value::Other(_) => "[…]".to_owned(),
        }
    }
}

/// The line that a key stands on, counted from 1.
fn line_of(text: &str, key: &str) -> usize {
    let names = |line: &str| {
        let name = line.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'', '[', ']']);
        name == key || name.starts_with(&format!("{key}."))
    };
    text.lines().position(names).map_or(1, |at| at + 1)
}

/// `PAPPUS_…` variables that are settings, or meant to be. Those for tests and for the file's name are none.
fn from_environment() -> Vec<Given> {
    let is_setting = |name: &str| name != "config" && name != "vectors" && !name.starts_with("test_");
    std::env::vars_os()
        .filter_map(|(key, value)| {
            let name = key.to_str()?.strip_prefix("PAPPUS_")?.to_ascii_lowercase();
            is_setting(&name).then(|| Given {
                name,
                value: value.to_string_lossy().into_owned(),
                origin: Origin::Environment,
            })
        })
        .collect()
}

/// Where a setting stands in the list.
fn place_of(name: &str) -> Option<usize> {
    SETTINGS.iter().position(|setting| setting.name == name)
}

/// A port of all addresses. Where the first of them takes the second one's clients, too, it stands alone.
fn everywhere(port: u16) -> String {
    format!("[::]:{port}, 0.0.0.0:{port}")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn addresses(text: &str) -> Result<Vec<SocketAddr>, String> {
    let mut addresses = Vec::new();
    for word in words(text) {
        let wrong = |_: io::Error| format!("`{word}` is no address with a port, like 127.0.0.1:8080");
        match word.strip_prefix("localhost:") {
            // Everybody knows where that is; a small machine may have no file that says so.
            Some(port) => {
                let port: u16 = port.parse().map_err(|_| wrong(io::ErrorKind::InvalidInput.into()))?;
                addresses.push((Ipv6Addr::LOCALHOST, port).into());
                addresses.push((Ipv4Addr::LOCALHOST, port).into());
            }
            None => addresses.extend(word.to_socket_addrs().map_err(wrong)?),
        }
    }
    addresses.dedup();
    if addresses.is_empty() {
        Err("an address with a port is needed, like 127.0.0.1:8080".to_owned())
    } else {
        Ok(addresses)
    }
}

/// `; did you mean …?` with the nearest name, or nothing when none is near.
fn nearest(name: &str) -> String {
    nearest_of(name, SETTINGS.iter().map(|setting| setting.name))
        .map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

/// A file with every setting, its manual and its default.
pub fn example() -> String {
    let mut text = String::from("# Settings of pappus. A flag (--url) or a variable (PAPPUS_URL) beats this file.\n");
    for setting in &SETTINGS {
        text.push_str(&format!("\n# {}\n# {} = {:?}\n", setting.help, setting.name, setting.default));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(pairs: &[(&str, &str)]) -> Result<Config, Error> {
        let given: Vec<Given> = pairs
            .iter()
            .map(|(n, v)| Given { name: (*n).to_owned(), value: (*v).to_owned(), origin: Origin::Flag })
            .collect();
        Config::from_given(&given)
    }

    #[test]
    fn without_settings_it_is_a_trial_pod_on_localhost() {
        let config = flags(&[]).expect("legal");
        assert!(config.is_trial() && config.listen.iter().all(|address| address.ip().is_loopback()));
        assert_eq!(config.retention_days, Some(90));
    }

    #[test]
    fn an_unknown_setting_is_refused_with_the_nearest_name() {
        let message = flags(&[("retention_day", "1")]).expect_err("refused").to_string();
        assert_eq!(message, "command line: there is no setting `retention_day`; did you mean `retention_days`?");
        assert!(!flags(&[("nonsense", "1")]).expect_err("refused").to_string().contains("mean"));
    }

    #[test]
    fn a_pod_has_a_whole_host_and_http_stays_on_this_machine() {
        for url in [
            "https://pod.example",
            "https://pod.example:8443/",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            assert!(flags(&[("url", url)]).is_ok(), "{url}");
        }
        for url in [
            "pod.example",
            "http://pod.example",
            "https://localhost",
            "https://pod.example/pod",
            "https://a@pod.example",
            "ftp://x",
        ] {
            assert!(flags(&[("url", url)]).is_err(), "{url}");
        }
    }

    #[test]
    fn the_file_names_the_line_of_what_is_wrong() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.toml");
        std::fs::write(&path, "# mine\nurl = \"https://pod.example\"\nworkers = 99\n").expect("written");
        let given = from_file(&path).expect("read");
        let message = Config::from_given(&given).expect_err("refused").to_string();
        assert!(message.ends_with("pappus.toml:3: workers = \"99\": a number from 1 to 16 is needed"), "{message}");
        std::fs::write(&path, "worker = 2").expect("written");
        let message = Config::from_given(&from_file(&path).expect("read")).expect_err("refused").to_string();
        assert!(message.ends_with("pappus.toml:1: there is no setting `worker`; did you mean `workers`?"), "{message}");
    }

    #[test]
    fn a_password_is_shown_to_nobody() {
        let given = [("smtp_url", "smtps://ada:p:ss@w@mail.example"), ("mail_from", "pod@pod.example")];
        let config = flags(&given).expect("legal");
        assert_eq!(config.smtp_url.as_deref(), Some(given[0].1));
        assert!(config.origins.iter().any(|(value, _)| value == "smtps://ada:…@mail.example"));
        let message = flags(&[("smtp_url", "http://ada:secret@mail.example")]).expect_err("refused").to_string();
        assert!(!message.contains("secret") && message.contains("smtps://"), "{message}");
        assert!(flags(&[("smtp_url", "smtps://mail.example")]).expect_err("refused").to_string().contains("mail_from"));
    }

    #[test]
    fn with_a_certificate_the_pod_listens_where_its_address_leads() {
        let pod = ("url", "https://pod.example:8443");
        let config = flags(&[pod, ("acme", "you@example.org")]).expect("legal");
        let ports = |addresses: &[SocketAddr]| addresses.iter().map(SocketAddr::port).collect::<Vec<_>>();
        assert_eq!((ports(&config.listen), ports(&config.listen_https)), (vec![80; 2], vec![8443; 2]));
        let told = [pod, ("tls_certificate", "a.pem"), ("listen", "127.0.0.1:1"), ("listen_https", "127.0.0.1:2")];
        let config = flags(&told).expect("legal");
        assert_eq!((ports(&config.listen), ports(&config.listen_https)), (vec![1], vec![2]));
        assert!(flags(&[pod]).expect("legal").listen_https.is_empty());
    }

    #[test]
    fn a_certificate_has_one_source_and_a_pod_on_the_internet() {
        let pod = ("url", "https://pod.example");
        for (given, word) in [
            (vec![pod, ("acme", "you@example.org"), ("tls_certificate", "a.pem")], "take one of the two away"),
            (vec![pod, ("tls_key", "a.pem")], "set tls_certificate, too"),
            (vec![pod, ("listen_https", "127.0.0.1:2")], "https needs a certificate"),
            (vec![("acme", "you@example.org")], "set url to its address"),
            (vec![("url", "https://192.0.2.1"), ("acme", "you@example.org")], "the pod needs one to use acme"),
            (vec![pod, ("acme", "yes")], "an address like you@example.org is needed"),
            (vec![pod, ("acme", "you@example.org"), ("acme_server", "http://ca.example")], "an address with https"),
        ] {
            let message = flags(&given).expect_err("refused").to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn the_example_file_is_understood_when_its_lines_are_let_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.toml");
        let lines: Vec<String> = example()
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = \"")).unwrap_or("").to_owned())
            .collect();
        std::fs::write(&path, lines.join("\n")).expect("written");
        let given = from_file(&path).expect("read");
        assert_eq!(given.len(), SETTINGS.len());
        assert!(Config::from_given(&given).is_ok());
    }
}
