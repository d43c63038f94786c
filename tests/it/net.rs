//! The guarded client, asked to do what it must not, and answered by servers that mean no good.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pappus::net::{Answer, Ask, Client, Error, Options, Rule};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::support::trials;

trials![
    a_pod_on_the_internet_goes_nowhere_else,
    a_trial_pod_stays_on_its_machine,
    a_redirect_is_checked_like_the_address_it_came_from,
    a_name_that_means_something_else_a_moment_later_leads_nowhere_else,
    a_name_that_leads_home_for_a_while_may_be_asked_again,
    of_many_addresses_of_a_name_only_those_allowed_are_tried,
    redirects_are_followed_so_far_and_no_further,
    an_answer_that_is_too_large_is_refused,
    an_answer_that_does_not_end_is_cut_off,
    a_head_that_does_not_end_is_refused,
    what_is_compressed_is_not_unpacked,
];

/// Until a message is taken.
const SOON: Duration = Duration::from_secs(10);

fn client(trial: bool) -> Client {
    Client::new(Options { trial, user_agent: "trial".to_owned(), ca_file: None }).expect("a client")
}

fn ask() -> Ask<'static> {
    Ask { accept: "*/*", max_bytes: 1000, redirects: 3, timeout: Duration::from_secs(10) }
}

/// A server that answers every connection in its own way, for as long as the trial lasts.
struct Server {
    url: String,
}

impl Server {
    fn new(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let Ok(mut socket) = socket else { return };
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).is_ok_and(|read| read == 1) {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                answer(head.split(' ').nth(1).unwrap_or_default(), &mut socket);
            }
        });
        Server { url }
    }

    fn asked(&self, path: &str) -> Result<Answer, Error> {
        client(true).get(&format!("{}{path}", self.url), &ask())
    }
}

/// The client may have gone.
fn say(socket: &mut TcpStream, text: &str) -> bool {
    socket.write_all(text.as_bytes()).is_ok()
}

fn a_pod_on_the_internet_goes_nowhere_else() {
    let client = client(false);
    for url in [
        "http://pod.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://user:password@pod.example/",
        "ftp://pod.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
        "https:///",
        "nonsense",
    ] {
        let answer = client.get(url, &ask());
        assert!(matches!(answer, Err(Error::Refused(_))), "{url}: {answer:?}");
        let sent = client.post(url, "text/plain", b"x", SOON);
        assert!(matches!(sent, Err(Error::Refused(_))), "{url}: {sent:?}");
    }
}

fn a_trial_pod_stays_on_its_machine() {
    for url in ["http://192.0.2.1/", "https://[2001:db8::1]/", "http://10.0.0.1/", "http://0.0.0.0/"] {
        let answer = client(true).get(url, &ask());
        assert!(matches!(answer, Err(Error::Refused(_))), "{url}: {answer:?}");
    }
}

fn a_redirect_is_checked_like_the_address_it_came_from() {
    let server = Server::new(|path, socket| {
        let to = path.trim_start_matches("/to?");
        say(socket, &format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    });
    for to in ["http://192.168.1.1/", "http://10.0.0.1:22/", "file:///etc/passwd", "http://a:b@127.0.0.1/"] {
        let answer = server.asked(&format!("/to?{to}"));
        assert!(matches!(answer, Err(Error::Refused(_))), "{to}: {answer:?}");
    }
}

/// Somebody else's server of names: what it answers, one answer after the other, and how often it was asked.
#[derive(Clone, Debug)]
struct Names {
    answers: Arc<Mutex<Vec<Vec<SocketAddr>>>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn new(answers: &[&[SocketAddr]]) -> Names {
        let answers = answers.iter().rev().map(|answer| answer.to_vec()).collect();
        Names { answers: Arc::new(Mutex::new(answers)), asked: Arc::default() }
    }

    fn client(&self, trial: bool) -> Client {
        let options = Options { trial, user_agent: "trial".to_owned(), ca_file: None };
        Client::asking(self.clone(), options).expect("a client")
    }
}

impl Resolver for Names {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut found = self.empty();
        for address in self.answers.lock().unwrap().pop().expect("nobody asks more often than expected") {
            found.push(address);
        }
        Ok(found)
    }
}

/// The rule of a trial pod is that of any other pod turned around: here this machine is allowed, and the rest is not.
fn a_name_that_means_something_else_a_moment_later_leads_nowhere_else() {
    let server = Server::new(|path, socket| {
        let head = match path.strip_prefix("/to?") {
            Some(to) => format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 2"),
            None => "HTTP/1.1 200 OK\r\nContent-Length: 2".to_owned(),
        };
        say(socket, &format!("{head}\r\nConnection: close\r\n\r\nok"));
    });
    let here: SocketAddr = server.url.trim_start_matches("http://").parse().expect("an address");
    let elsewhere: SocketAddr = "10.1.2.3:80".parse().expect("an address");
    let is_refused = |answer: &Result<Answer, Error>| matches!(answer, Err(Error::Refused(Rule::Private(_))));
    // Asked once: what was checked is what is connected to.
    let names = Names::new(&[&[here], &[elsewhere]]);
    let client = names.client(true);
    let answer = client.get("http://moody.example/", &ask()).expect("the server is here");
    assert_eq!((answer.status, names.asked.load(Ordering::SeqCst)), (200, 1));
    let answer = client.get("http://moody.example/", &ask());
    assert!(is_refused(&answer), "{answer:?}");
    // And at every redirect, be it to the same name.
    for to in ["/again", "http://moody.example/again", "http://another.example/again"] {
        let names = Names::new(&[&[here], &[elsewhere]]);
        let answer = names.client(true).get(&format!("http://moody.example/to?{to}"), &ask());
        assert!(is_refused(&answer), "{to}: {answer:?}");
        assert_eq!(names.asked.load(Ordering::SeqCst), 2);
    }
    let names = Names::new(&[&[elsewhere]]);
    let sent = names.client(true).post("http://moody.example/", "text/plain", b"x", SOON);
    assert!(matches!(sent, Err(Error::Refused(Rule::Private(_)))), "{sent:?}");
}

/// What a delivery is kept for, and what it is not.
fn a_name_that_leads_home_for_a_while_may_be_asked_again() {
    let router: SocketAddr = "192.168.1.1:80".parse().expect("an address");
    let names = Names::new(&[&[router]]);
    let sent = names.client(true).post("http://pod.example/", "text/plain", b"x", SOON);
    assert!(sent.as_ref().is_err_and(|error| error.may_pass()), "{sent:?}");
    let sent = Names::new(&[]).client(true).post("http://192.168.1.1/", "text/plain", b"x", SOON);
    assert!(sent.as_ref().is_err_and(|error| !error.may_pass()), "{sent:?}");
    let sent = Names::new(&[]).client(false).post("http://pod.example/", "text/plain", b"x", SOON);
    assert!(sent.as_ref().is_err_and(|error| !error.may_pass()), "plain http stays what it is: {sent:?}");
}

fn of_many_addresses_of_a_name_only_those_allowed_are_tried() {
    let server = Server::new(|_, socket| {
        say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let here: SocketAddr = server.url.trim_start_matches("http://").parse().expect("an address");
    let private: Vec<SocketAddr> = (1..15).map(|last| SocketAddr::from(([192, 168, 1, last], here.port()))).collect();
    let mixed: Vec<SocketAddr> = private.iter().copied().chain([here]).collect();
    let answer = Names::new(&[&mixed]).client(true).get("http://moody.example/", &ask()).expect("the server is here");
    assert_eq!(answer.body, b"ok");
    // A pod on the internet.
    let answer = Names::new(&[&mixed]).client(false).get("https://moody.example/", &ask());
    assert!(matches!(answer, Err(Error::Refused(Rule::Private(_)))), "{answer:?}");
}

fn redirects_are_followed_so_far_and_no_further() {
    let server = Server::new(|path, socket| {
        let step: usize = path.trim_start_matches('/').parse().unwrap_or(0);
        let next = format!("Location: /{}\r\n", step.saturating_sub(1));
        let (status, line) = if step == 0 { ("200 OK", String::new()) } else { ("302 Found", next) };
        say(socket, &format!("HTTP/1.1 {status}\r\n{line}Content-Length: 2\r\nConnection: close\r\n\r\nok"));
    });
    let answer = server.asked("/3").expect("three are allowed");
    assert_eq!((answer.status, answer.url), (200, format!("{}/0", server.url)));
    let answer = server.asked("/4").expect("the last redirect is the answer");
    assert_eq!((answer.status, answer.location.as_deref()), (302, Some("/0")));
}

fn an_answer_that_is_too_large_is_refused() {
    let server = Server::new(|path, socket| {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
        match path {
            "/told" => say(socket, &format!("{head}Content-Length: 100000000000\r\n\r\nx")),
            "/chunks" => {
                say(socket, &format!("{head}Transfer-Encoding: chunked\r\n\r\n"));
                (0..100_000).all(|_| say(socket, "64\r\n") && say(socket, &("x".repeat(100) + "\r\n")))
            }
            _ => {
                say(socket, &format!("{head}\r\n"));
                (0..100_000).all(|_| say(socket, &"x".repeat(1000)))
            }
        };
    });
    for path in ["/told", "/chunks", "/until-the-end"] {
        let answer = server.asked(path);
        assert!(matches!(answer, Err(Error::TooLarge(1000))), "{path}: {answer:?}");
    }
}

fn an_answer_that_does_not_end_is_cut_off() {
    let server = Server::new(|path, socket| {
        say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n");
        say(socket, if path == "/body" { "\r\n" } else { "X-Name: " });
        while say(socket, "x") {
            std::thread::sleep(Duration::from_millis(30));
        }
    });
    for path in ["/head", "/body"] {
        let short = Ask { timeout: Duration::from_millis(400), ..ask() };
        let answer = client(true).get(&format!("{}{path}", server.url), &short);
        assert!(matches!(answer, Err(Error::Timeout(_))), "{path}: {answer:?}");
    }
}

fn a_head_that_does_not_end_is_refused() {
    let server = Server::new(|_, socket| {
        say(socket, "HTTP/1.1 200 OK\r\n");
        while say(socket, "X-Name: value value value value value value\r\n") {}
    });
    let answer = server.asked("/");
    assert!(matches!(answer, Err(Error::Protocol(_))), "{answer:?}");
}

fn what_is_compressed_is_not_unpacked() {
    let server = Server::new(|_, socket| {
        let bomb = {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            gz.write_all(&vec![0; 500_000]).expect("memory");
            gz.finish().expect("memory")
        };
        let length = bomb.len();
        say(
            socket,
            &format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            ),
        );
        socket.write_all(&bomb).expect("the client listens");
    });
    let answer = server.asked("/").expect("an answer");
    assert!(answer.body.len() < 1000 && answer.body.starts_with(&[0x1f, 0x8b]), "{} bytes", answer.body.len());
}
