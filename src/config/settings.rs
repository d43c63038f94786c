//! The settings, from first to last.

use std::path::PathBuf;

use super::value::{mail_address, pod_url};
use super::{Config, addresses, words};
use crate::net::address::Network;
use crate::net::mail;

/// A setting as people see it.
pub struct Setting {
    pub name: &'static str,
    pub default: &'static str,
    /// Its manual.
    pub help: &'static str,
    pub(super) apply: fn(&mut Config, &str) -> Result<(), String>,
}

/// A value, unless it is left empty.
fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

pub const SETTINGS: [Setting; 15] = [
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
        help: "Addresses and ports to listen on, separated by commas. When the pod speaks https by itself, this is where it leads \
               to it: port 80 of all addresses by default.",
        apply: |config, text| {
            config.listen = addresses(text)?;
            Ok(())
        },
    },
    Setting {
        name: "listen_https",
        default: "",
        help: "Addresses and ports for https, separated by commas; by default the port of url on all addresses. It needs a certificate: \
               acme or tls_certificate.",
        apply: |config, text| {
            config.listen_https = if text.is_empty() { Vec::new() } else { addresses(text)? };
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
            config.ca_file = given(text).map(PathBuf::from);
            Ok(())
        },
    },
    Setting {
        name: "tls_certificate",
        default: "",
        help: "PEM file of the pod's certificate and those between it and its root. With it the pod speaks https by itself; \
               it is read again when it changes.",
        apply: |config, text| {
            config.tls_certificate = given(text).map(PathBuf::from);
            Ok(())
        },
    },
    Setting {
        name: "tls_key",
        default: "",
        help: "PEM file of its private key, when it is not in the same file.",
        apply: |config, text| {
            config.tls_key = given(text).map(PathBuf::from);
            Ok(())
        },
    },
    Setting {
        name: "acme",
        default: "",
        help: "Your mail address, like you@example.org. With it the pod gets a certificate by itself from Let's Encrypt, whose terms you accept \
               by that, and renews it; it must be reached at port 443 or 80.",
        apply: |config, text| {
            config.acme = given(text).map(str::to_owned);
            if text.is_empty() || mail_address(text) {
                Ok(())
            } else {
                Err("an address like you@example.org is needed".to_owned())
            }
        },
    },
    Setting {
        name: "acme_server",
        default: "https://acme-v02.api.letsencrypt.org/directory",
        help: "Another authority that speaks ACME (RFC 8555), by the address of its directory.",
        apply: |config, text| {
            config.acme_server = text.to_owned();
            if text.starts_with("https://") { Ok(()) } else { Err("an address with https is needed".to_owned()) }
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
            config.smtp_url = given(text).map(str::to_owned);
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
