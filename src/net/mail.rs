//! Mails out, by the server that the podmin named: encrypted, except to a server on this machine.

use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport};
use url::{Host, Url};

use crate::model::Timestamp;

/// For each step of talking to the server.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Ports where nothing else is said: RFC 8314 §3.3, RFC 6409 §3.1.
const PORT_TLS: u16 = 465;
const PORT_STARTTLS: u16 = 587;

/// Sends mails.
pub struct Mailer {
    transport: SmtpTransport,
    from: Mailbox,
    /// Host of the pod, for the names of mails.
    host: String,
}

/// What a mailer is made from.
pub struct Options<'a> {
    /// `smtps://user:password@host:465`, or `smtp://…:587` with STARTTLS.
    pub url: &'a str,
    /// `Name <user@host>` or `user@host`.
    pub from: &'a str,
    /// Host of the pod.
    pub host: &'a str,
    /// PEM certificates to trust instead of the built-in roots.
    pub ca_file: Option<&'a Path>,
}

/// A mail in plain text.
pub struct Mail<'a> {
    pub to: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    /// Unique on this pod.
    pub id: &'a str,
    /// Mails with the same one are about the same thing.
    pub thread: Option<&'a str>,
    /// Where the reader says that they want no more of them.
    pub settings: Option<&'a str>,
    /// Name and text of a document (JSON) that goes along.
    pub file: Option<(&'a str, &'a str)>,
    pub at: Timestamp,
}

/// Why a mail was not sent, or none can be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("smtp_url: {0}")]
    Url(&'static str),
    #[error("mail_from: an address like pod@pod.example is needed")]
    From,
    #[error("certificates: {0}")]
    Certificates(String),
    /// The server does not take this mail, or it cannot be written; another try does not help.
    #[error("mail: {0}")]
    Refused(String),
    #[error("mail: {0}")]
    Later(String),
}

/// How a connection is kept from strangers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Security {
    Tls,
    StartTls,
    /// The server is on this machine.
    None,
}

/// What stands in the address of a server.
struct Server {
    host: String,
    port: u16,
    security: Security,
}

/// Whether the address of a server can be understood.
pub fn check_url(text: &str) -> Result<(), Error> {
    Server::parse(text).map(drop)
}

/// Whether mails can come from there.
pub fn check_from(text: &str) -> Result<(), Error> {
    text.parse::<Mailbox>().map(drop).map_err(|_| Error::From)
}

impl Server {
    fn parse(text: &str) -> Result<Server, Error> {
        let url = Url::parse(text).map_err(|_| Error::Url("an address like smtps://user:password@host is needed"))?;
        let local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(Error::Url("a host is missing")),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(Error::Url("only user, password, host and port"));
        }
        let (security, port) = match url.scheme() {
            "smtps" => (Security::Tls, PORT_TLS),
            "smtp" if local => (Security::None, 25),
            "smtp" => (Security::StartTls, PORT_STARTTLS),
            _ => return Err(Error::Url("it begins with smtps:// or smtp://")),
        };
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        Ok(Server { host, port: url.port().unwrap_or(port), security })
    }
}

impl Mailer {
    pub fn new(options: &Options) -> Result<Mailer, Error> {
        let server = Server::parse(options.url)?;
        let from = options.from.parse().map_err(|_| Error::From)?;
        // It reads name and password; the rest is decided here.
        let builder =
            SmtpTransport::from_url(options.url).map_err(|_| Error::Url("user or password cannot be understood"))?;
        let tls = match server.security {
            Security::Tls => Tls::Wrapper(parameters(&server.host, options.ca_file)?),
            Security::StartTls => Tls::Required(parameters(&server.host, options.ca_file)?),
            Security::None => Tls::None,
        };
        let hello = ClientId::Domain(options.host.split(':').next().unwrap_or_default().to_owned());
        let transport = builder.port(server.port).tls(tls).hello_name(hello).timeout(Some(TIMEOUT)).build();
        Ok(Mailer { transport, from, host: options.host.replace(':', ".") })
    }

    /// Sends a mail; when this returns, the server has it.
    pub fn send(&self, mail: &Mail) -> Result<(), Error> {
        let message = self.message(mail)?;
        match self.transport.send(&message) {
            Ok(_) => Ok(()),
            // Mailbox, size, content (RFC 5321 §4.2.2). Other noes are about the server, and may change.
            Err(error) if error.status().is_some_and(|code| matches!(u16::from(code), 550..=554)) => {
                Err(Error::Refused(error.to_string()))
            }
            Err(error) => Err(Error::Later(error.to_string())),
        }
    }

    /// Whether the server answers and takes the password.
    pub fn test(&self) -> Result<(), Error> {
        match self.transport.test_connection() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::Later("the server does not answer".to_owned())),
            Err(error) => Err(Error::Later(error.to_string())),
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, Error> {
        let refused = |what: &str| Error::Refused(format!("{what} cannot be written"));
        let to = Mailbox::new(None, mail.to.parse().map_err(|_| refused("the address"))?);
        let seconds = u64::try_from(mail.at.0).unwrap_or(0);
        let name = |local: &str| format!("<{local}@{}>", self.host);
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(line(mail.subject))
            .date(UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(name(mail.id)))
            // RFC 3834 §5.
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(settings) = mail.settings {
            // RFC 2919, RFC 2369 §3.2.
            builder = builder
                .raw_header(header("List-Id", &format!("<notices.{}>", self.host)))
                .raw_header(header("List-Unsubscribe", &format!("<{settings}>")));
        }
        if let Some(thread) = mail.thread {
            builder = builder.references(name(thread)).in_reply_to(name(thread));
        }
        let message = match mail.file {
            None => builder.header(ContentType::TEXT_PLAIN).body(mail.text.to_owned()),
            Some((name, text)) => {
                let json = ContentType::parse("application/json").map_err(|_| refused("the document"))?;
                let file = Attachment::new(name.to_owned()).body(text.to_owned(), json);
                let said = SinglePart::plain(mail.text.to_owned());
                builder.multipart(MultiPart::mixed().singlepart(said).singlepart(file))
            }
        };
        message.map_err(|_| refused("the text"))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// One line, whatever people call themselves.
fn line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

fn parameters(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(path) = ca_file {
        let pem = std::fs::read(path).map_err(|error| Error::Certificates(error.to_string()))?;
        let own = Certificate::from_pem(&pem).map_err(|error| Error::Certificates(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(own);
    }
    builder.build_rustls().map_err(|error| Error::Certificates(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_is_spoken_to_in_the_clear() {
        for (url, host, port, security) in [
            ("smtps://a:b@mail.example", "mail.example", 465, Security::Tls),
            ("smtp://a:b%40c@mail.example", "mail.example", 587, Security::StartTls),
            ("smtp://mail.example:25", "mail.example", 25, Security::StartTls),
            ("smtp://192.168.1.2", "192.168.1.2", 587, Security::StartTls),
            ("smtp://localhost", "localhost", 25, Security::None),
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, Security::None),
            ("smtp://[::1]:2525", "::1", 2525, Security::None),
        ] {
            let server = Server::parse(url).expect(url);
            assert_eq!((server.host.as_str(), server.port, server.security), (host, port, security), "{url}");
            let options = Options { url, from: "Pod <pod@pod.example>", host: "pod.example", ca_file: None };
            assert!(Mailer::new(&options).is_ok(), "{url}");
        }
        for url in ["mail.example", "https://mail.example", "smtp://", "smtp://mail.example/x", "smtp://a?tls=none"] {
            assert!(check_url(url).is_err(), "{url}");
        }
        assert!(check_from("pod@pod.example").is_ok() && check_from("pod").is_err());
    }

    #[test]
    fn a_mail_says_what_it_is() {
        let options =
            Options { url: "smtp://localhost", from: "pod@pod.example", host: "pod.example:3000", ca_file: None };
        let mailer = Mailer::new(&options).expect("made");
        let mail = Mail {
            to: "ada@mail.example",
            subject: "Bob\r\nBcc: eve@mail.example likes",
            text: "Grüße\n",
            id: "7.abc",
            thread: Some("post.1"),
            settings: Some("https://pod.example/settings/mail"),
            file: None,
            at: Timestamp(1_700_000_000),
        };
        let written = String::from_utf8(mailer.message(&mail).expect("written").formatted()).expect("text");
        for line in [
            "Subject: Bob Bcc: eve@mail.example likes\r\n",
            "Message-ID: <7.abc@pod.example.3000>\r\n",
            "References: <post.1@pod.example.3000>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "List-Unsubscribe: <https://pod.example/settings/mail>\r\n",
            "List-Id: <notices.pod.example.3000>\r\n",
        ] {
            assert!(written.contains(line), "{line}: {written}");
        }
        assert!(!written.contains("\r\nBcc"), "{written}");
    }
}
