//! Every setting: name, default, one sentence. Flag beats environment beats file beats default. Nobody else reads
//! the environment or the file.

mod value;

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use url::Url;

use crate::net::address::Network;
use crate::net::mail;
pub use value::nearest_of;
use value::{pod_url, without_password};

/// What the pod runs with.
#[derive(Clone, Debug)]
pub struct Config {
    pub data: PathBuf,
    pub listen: Vec<SocketAddr>,
    /// Base address without a slash at the end.
    pub url: String,
    pub workers: usize,
    pub trusted_proxies: Vec<Network>,
    pub ca_file: Option<PathBuf>,
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

/// A setting as people see it.
pub struct Setting {
    pub name: &'static str,
    pub default: &'static str,
    /// Its manual.
    pub help: &'static str,
    apply: fn(&mut Config, &str) -> Result<(), String>,
}

pub const SETTINGS: [Setting; 10] = [
    Setting {
        name: "data",
        default: "pappus-data",
        help: "Folder for the database and everything else that must be kept.",
        apply: |config, text| {
            config.data = PathBuf::from(text);
            if text.is_empty() { Err("a folder is needed".to_owned()) } else { Ok(()) }
        },
    },
    Setting {
        name: "listen",
        default: "localhost:8080",
        help: "Addresses and ports to listen on, separated by commas.",
        apply: |config, text| {
            config.listen = addresses(text)?;
            Ok(())
        },
    },
    Setting {
        name: "url",
        default: "http://localhost:8080",
        help: "The pod's address as others reach it. It is part of every diaspora* ID and can never change once there is an account. \
               With https the pod is on the internet; http is for trying out on this machine.",
        apply: |config, text| {
            config.url = pod_url(text)?;
            Ok(())
        },
    },
    Setting {
        name: "workers",
        default: "2",
        help: "Requests answered at the same time, 1 to 16. Two are right for small machines.",
        apply: |config, text| {
            config.workers =
                text.parse().ok().filter(|n| (1..=16).contains(n)).ok_or("a number from 1 to 16 is needed")?;
            Ok(())
        },
    },
    Setting {
        name: "trusted_proxies",
        default: "",
        help: "Addresses or networks of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas.",
        apply: |config, text| {
            let networks: Result<Vec<Network>, _> = words(text).map(str::parse).collect();
            config.trusted_proxies = networks.map_err(|error| error.to_string())?;
            Ok(())
        },
    },
    Setting {
        name: "ca_file",
        default: "",
        help: "PEM file of certificates to trust instead of the built-in ones, for networks of one's own.",
        apply: |config, text| {
            config.ca_file = (!text.is_empty()).then(|| PathBuf::from(text));
            Ok(())
        },
    },
    Setting {
        name: "retention_days",
        default: "90",
        help: "Days after which posts of other pods go that nobody here took part in; 0 keeps everything.",
        apply: |config, text| {
            let days: u32 = text.parse().map_err(|_| "a number of days is needed")?;
            config.retention_days = (days > 0).then_some(days);
            Ok(())
        },
    },
    Setting {
        name: "smtp_url",
        default: "",
        help: "Server that takes mails: smtps://user:password@host, or smtp://user:password@host with STARTTLS. Special characters in them are percent-encoded. \
               Without one the pod sends no mail.",
        apply: |config, text| {
            config.smtp_url = (!text.is_empty()).then(|| text.to_owned());
            if text.is_empty() { Ok(()) } else { mail::check_url(text).map_err(|error| error.to_string()) }
        },
    },
    Setting {
        name: "mail_from",
        default: "",
        help: "Where mails come from, like pod@pod.example; needed when there is a server for them.",
        apply: |config, text| {
            config.mail_from = text.to_owned();
            if text.is_empty() { Ok(()) } else { mail::check_from(text).map_err(|error| error.to_string()) }
        },
    },
    Setting {
        name: "log",
        default: "info",
        help: "How much is told: error, warn, info or debug.",
        apply: |config, text| {
            config.log = text.parse().map_err(|_| "one of error, warn, info, debug is needed")?;
            Ok(())
        },
    },
];

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
            url: String::new(),
            workers: 0,
            trusted_proxies: Vec::new(),
            ca_file: None,
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
        config.listen_where_the_url_says()?;
        Ok(config)
    }

    /// A trial pod listens where its address leads, unless it is told otherwise.
    fn listen_where_the_url_says(&mut self) -> Result<(), Error> {
        if !self.is_trial() || self.is_given("listen") || !self.is_given("url") {
            return Ok(());
        }
        let Ok(url) = Url::parse(&self.url) else { return Ok(()) };
        let host = url.host_str().unwrap_or("localhost");
        let value = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
        self.listen = addresses(&value).map_err(|why| Error::Value {
            origin: "address of the pod".to_owned(),
            name: "listen",
            value: value.clone(),
            why,
        })?;
        if let Some(at) = SETTINGS.iter().position(|setting| setting.name == "listen") {
            self.origins[at].0 = value;
        }
        Ok(())
    }

    /// Whether a setting was given at all.
    pub fn is_given(&self, name: &str) -> bool {
        let at = SETTINGS.iter().position(|setting| setting.name == name);
        at.and_then(|at| self.origins.get(at)).is_some_and(|(_, origin)| *origin != Origin::Default)
    }

    /// Whether the pod is for trying out on this machine: its own address is on loopback.
    pub fn is_trial(&self) -> bool {
        self.url.starts_with("http://")
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.join("pappus.db")
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
    let table: std::collections::BTreeMap<String, Value> =
        basic_toml::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let mut given = Vec::new();
    for (name, value) in table {
        let line = line_of(&text, &name);
        given.push(Given { value: value.into_text(), origin: Origin::File(path.to_owned(), line), name });
    }
    given.sort_by_key(|one| match one.origin {
        Origin::File(_, line) => line,
        _ => 0,
    });
    Ok(given)
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

/// What systemd tells a service in its environment (systemd.exec(5), sd_notify(3)).
pub struct Surroundings {
    pub journal_stream: Option<String>,
    pub notify_socket: Option<String>,
    pub watchdog_usec: Option<String>,
}

impl Surroundings {
    pub fn read() -> Surroundings {
        Surroundings {
            journal_stream: std::env::var("JOURNAL_STREAM").ok(),
            notify_socket: std::env::var("NOTIFY_SOCKET").ok(),
            watchdog_usec: std::env::var("WATCHDOG_USEC").ok(),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn addresses(text: &str) -> Result<Vec<SocketAddr>, String> {
    let mut addresses = Vec::new();
    for word in words(text) {
        let found =
            word.to_socket_addrs().map_err(|_| format!("`{word}` is no address with a port, like 127.0.0.1:8080"))?;
        addresses.extend(found);
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
