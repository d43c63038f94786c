//! An authority that signs certificates, and clients that speak https to a pod.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use time::OffsetDateTime;

use super::http::Client;
use super::pod::{TestPod, free_port};
use super::wait::until;

/// The name of pods that speak https in trials.
pub const NAME: &str = "pod.example";

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its chain and its key, in PEM.
pub struct Signed {
    pub chain: String,
    pub key: String,
}

impl Signed {
    /// Writes the two over the files of that name in a folder.
    pub fn lie_in(&self, folder: &std::path::Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        std::fs::write(&certificate, &self.chain).expect("the certificate is written");
        std::fs::write(&key, &self.key).expect("the key is written");
        (certificate, key)
    }
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Authority of a trial");
        let key = KeyPair::generate().expect("a key");
        Authority(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// A certificate for a year.
    pub fn signs(&self, name: &str) -> Signed {
        self.signs_for_days(name, -1, 365)
    }

    /// A certificate from so many days before or after now until so many.
    pub fn signs_for_days(&self, name: &str, from: i64, until: i64) -> Signed {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = OffsetDateTime::now_utc() + time::Duration::days(from);
        params.not_after = OffsetDateTime::now_utc() + time::Duration::days(until);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        Signed { chain: certificate.pem() + &self.0.pem(), key: key.serialize_pem() }
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A client that trusts this authority.
    pub fn client(&self) -> Tls {
        Tls::trusting(&self.0.pem())
    }
}

/// Whom a client trusts, and what it speaks.
pub struct Tls(ClientConfig);

impl Tls {
    pub fn trusting(roots: &str) -> Tls {
        Tls::speaking(roots, &[&TLS13, &TLS12])
    }

    pub fn speaking(roots: &str, versions: &[&'static rustls::SupportedProtocolVersion]) -> Tls {
        let mut store = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(roots.as_bytes()) {
            store.add(root.expect("a certificate")).expect("a root");
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(versions).expect("versions");
        let mut config = builder.with_root_certificates(store).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Tls(config)
    }

    /// Offers other protocols than http.
    pub fn offering(mut self, protocols: &[&[u8]]) -> Tls {
        self.0.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        self
    }

    /// Begins to talk to somebody whose name it is to be; nothing is sent yet.
    pub fn calls(&self, address: SocketAddr, name: &str) -> TlsCaller {
        let socket = TcpStream::connect(address).expect("a connection");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let session = ClientConnection::new(Arc::new(self.0.clone()), name).expect("a client");
        TlsCaller(StreamOwned::new(session, socket))
    }

    /// The answer to one request, with head and body; why there is none otherwise.
    pub fn asks(&self, address: SocketAddr, request: &str) -> Result<String, String> {
        let mut caller = self.calls(address, NAME);
        caller.say(request.as_bytes())?;
        caller.rest().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The same, for a page of the pod.
    pub fn gets(&self, address: SocketAddr, path: &str) -> Result<String, String> {
        self.asks(address, &format!("GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"))
    }
}

/// A client in the middle of a talk.
pub struct TlsCaller(pub StreamOwned<ClientConnection, TcpStream>);

impl TlsCaller {
    pub fn say(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.write_all(bytes).and_then(|()| self.0.flush()).map_err(|error| error.to_string())
    }

    /// Everything until the end that the other side announces.
    pub fn rest(&mut self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).map(|_| bytes).map_err(|error| error.to_string())
    }
}

/// A pod that speaks https by itself, with one account.
pub struct SecurePod {
    pub pod: TestPod,
    pub https: SocketAddr,
}

impl SecurePod {
    /// A pod that is set up and does not run yet.
    pub fn unborn() -> SecurePod {
        let mut pod = TestPod::unborn();
        pod.url = format!("https://{NAME}");
        pod.set_up("alice");
        SecurePod { pod, https: SocketAddr::from(([127, 0, 0, 1], free_port())) }
    }

    /// A running pod that shows a certificate from its folder.
    pub fn showing(signed: &Signed) -> SecurePod {
        let secure = SecurePod::unborn();
        let (certificate, key) = signed.lie_in(secure.folder());
        let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
        secure.start_with(&[("PAPPUS_TLS_CERTIFICATE", &certificate), ("PAPPUS_TLS_KEY", &key)]);
        secure
    }

    /// Starts it and waits until it answers by http.
    pub fn start_with(&self, environment: &[(&str, &str)]) {
        let https = self.https.to_string();
        let mut all = vec![("PAPPUS_LISTEN_HTTPS", https.as_str())];
        all.extend(environment);
        self.pod.spawn_with(&all);
        let visitor = self.http();
        until("the pod to answer", || {
            assert!(self.pod.is_running(), "the pod ended at once:\n{}", self.pod.log());
            visitor.try_get("/health").ok().filter(|answer| answer.status == 200)
        });
    }

    /// Somebody from outside who comes by http.
    pub fn http(&self) -> Client {
        Client::new(&format!("http://{}", self.pod.host()))
    }

    /// Where its certificate lies.
    pub fn folder(&self) -> &std::path::Path {
        self.pod.folder()
    }
}
