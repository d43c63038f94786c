//! A pod that does what a trial tells it: says anything in the name of its people, writes down what it hears, and
//! fails on demand. It speaks the protocol by itself; of our program it uses the RSA keys only.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use pappus::federation::diaspora::crypto::{PrivateKey, PublicKey};
use serde_json::{Value, json};

use super::http::{Answer, Client};
use super::pod::{TestPod, listener, test_key};
use super::wait::until;

/// The pod, until it is dropped.
pub struct Double {
    port: u16,
    state: Arc<Mutex<State>>,
}

/// What came through a door and could be read.
#[derive(Clone, Debug)]
pub struct Letter {
    /// `public` or the name of the person it was for.
    pub door: String,
    /// The diaspora* ID in the envelope.
    pub sender: String,
    pub xml: String,
}

#[derive(Default)]
struct State {
    /// Name and GUID.
    people: Vec<(String, String)>,
    /// What a path answers: content type and body.
    pages: HashMap<String, (String, String)>,
    letters: Vec<Letter>,
    asked: Vec<String>,
    /// Path and body of what came by POST and is no letter.
    posted: Vec<(String, String)>,
    /// Status of answers to letters, taken from the front; then 202.
    moods: Vec<u16>,
    /// Paths that are answered with a status and, when it is not empty, a place to go to.
    signs: HashMap<String, (u16, String)>,
    /// Connections are closed at once.
    away: bool,
    closed: bool,
}

impl Double {
    /// A pod where these people live.
    pub fn new(names: &[&str]) -> Double {
        let (listener, port) = listener();
        let people = names.iter().map(|name| (name.to_string(), guid())).collect();
        let state = Arc::new(Mutex::new(State { people, ..State::default() }));
        let shared = state.clone();
        std::thread::spawn(move || serve(listener, port, &shared));
        Double { port, state }
    }

    /// A pod of dora and dan; dora shares with alice of another pod, so that people are heard of there.
    pub fn heard_of(pod: &TestPod) -> Double {
        let far = Double::new(&["dora", "dan"]);
        far.shares_with("dora", pod, "alice");
        let alice = pod.user("alice");
        until("dora to share with alice", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
        far
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn handle(&self, name: &str) -> String {
        format!("{name}@{}", self.host())
    }

    /// Says something at a pod's public door; returns the status.
    pub fn says(&self, name: &str, pod: &TestPod, xml: &str) -> u16 {
        let envelope = self.envelope(name, xml);
        pod.visitor().post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes()).status
    }

    /// Says something to one person of a pod.
    pub fn whispers(&self, name: &str, pod: &TestPod, to: &str, xml: &str) -> u16 {
        self.whispers_into(&Mailbox::of(pod, to), name, pod, xml)
    }

    /// The same, to somebody who was looked up before.
    pub fn whispers_into(&self, mailbox: &Mailbox, name: &str, pod: &TestPod, xml: &str) -> u16 {
        let body = encrypt(&self.envelope(name, xml), &mailbox.key);
        pod.visitor().post(&format!("/receive/users/{}", mailbox.guid), "application/json", body.as_bytes()).status
    }

    /// A signed envelope, as it goes over the wire.
    pub fn envelope(&self, name: &str, xml: &str) -> String {
        sealed(&self.handle(name), xml)
    }

    /// A signature of somebody here, in base64.
    pub fn signature(&self, text: &str) -> String {
        sign(text)
    }

    /// Starts sharing with somebody, as a contact and a profile.
    pub fn shares_with(&self, name: &str, pod: &TestPod, to: &str) {
        let contact = entity(
            "contact",
            &[
                ("author", &self.handle(name)),
                ("recipient", &pod.handle(to)),
                ("following", "true"),
                ("sharing", "true"),
            ],
        );
        assert_eq!(self.whispers(name, pod, to, &contact), 202);
    }

    /// A public post, not yet sent; returns its GUID and XML.
    pub fn post(&self, name: &str, text: &str) -> (String, String) {
        let guid = guid();
        let xml = entity(
            "status_message",
            &[
                ("author", &self.handle(name)),
                ("guid", &guid),
                ("created_at", "2026-01-02T03:04:05Z"),
                ("public", "true"),
                ("text", text),
            ],
        );
        (guid, xml)
    }

    /// A reshare of a post of somebody's, not yet sent; returns its GUID and XML.
    pub fn reshare(&self, name: &str, root_author: &str, root: &str) -> (String, String) {
        let guid = guid();
        let xml = entity(
            "reshare",
            &[
                ("author", &self.handle(name)),
                ("guid", &guid),
                ("created_at", "2026-01-02T03:04:05Z"),
                ("root_author", root_author),
                ("root_guid", root),
            ],
        );
        (guid, xml)
    }

    /// A comment signed by its author, not yet sent; returns its GUID and XML.
    pub fn comment(&self, name: &str, parent: &str, text: &str) -> (String, String) {
        let guid = guid();
        let author = self.handle(name);
        let fields = [
            ("author", author.as_str()),
            ("guid", &guid),
            ("parent_guid", parent),
            ("text", text),
            ("created_at", "2026-01-02T03:04:06Z"),
        ];
        let xml = relayable("comment", &fields);
        (guid, xml)
    }

    /// A retraction, not yet sent.
    pub fn retraction(&self, name: &str, kind: &str, target: &str) -> String {
        let author = self.handle(name);
        entity("retraction", &[("author", &author), ("target_guid", target), ("target_type", kind)])
    }

    /// Answers `GET /fetch/post/GUID` with an entity of somebody here.
    pub fn publishes(&self, name: &str, guid: &str, xml: &str) {
        let envelope = self.envelope(name, xml);
        let page = ("application/magic-envelope+xml".to_owned(), envelope);
        self.state().pages.insert(format!("/fetch/post/{guid}"), page);
    }

    /// Answers at a path with something of its own.
    pub fn answers(&self, path: &str, content_type: &str, text: &str) {
        self.state().pages.insert(path.to_owned(), (content_type.to_owned(), text.to_owned()));
    }

    /// Answers at a path with nothing but a status and, when it is not empty, a `Location`.
    pub fn points(&self, path: &str, status: u16, location: &str) {
        self.state().signs.insert(path.to_owned(), (status, location.to_owned()));
    }

    /// Answers `GET /people/GUID/stream` with these posts.
    pub fn streams(&self, name: &str, posts: &[String]) {
        let author = self.person(name);
        let item = |guid: &String| json!({ "guid": guid, "public": true, "author": { "guid": author } });
        let stream = Value::Array(posts.iter().map(item).collect()).to_string();
        self.state().pages.insert(format!("/people/{author}/stream"), ("application/json".to_owned(), stream));
    }

    /// The next letters are answered with these statuses.
    pub fn will_answer(&self, statuses: &[u16]) {
        self.state().moods.extend(statuses);
    }

    /// Closes every connection at once, or listens again.
    pub fn is_away(&self, away: bool) {
        self.state().away = away;
    }

    /// Everything that came and was answered with 2xx.
    pub fn letters(&self) -> Vec<Letter> {
        self.state().letters.clone()
    }

    /// Letters of a kind.
    pub fn letters_of(&self, kind: &str) -> Vec<Letter> {
        let begin = format!("<{kind}>");
        self.letters().into_iter().filter(|letter| letter.xml.contains(&begin)).collect()
    }

    /// Waits for a letter of a kind that contains some text.
    pub fn hears(&self, kind: &str, text: &str) -> Letter {
        until(&format!("a {kind} with {text:?} at the double, which got {:?}", self.letters()), || {
            self.letters_of(kind).into_iter().find(|letter| letter.xml.contains(text))
        })
    }

    /// What was posted at a path that is none of a pod's.
    pub fn posted(&self, path: &str) -> Vec<String> {
        self.state().posted.iter().filter(|(known, _)| known == path).map(|(_, body)| body.clone()).collect()
    }

    /// Paths that were asked for, with their queries.
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// The GUID of somebody here.
    pub fn person(&self, name: &str) -> String {
        let state = self.state();
        let found = state.people.iter().find(|(known, _)| known == name);
        found.expect("the person lives here").1.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.state().closed = true;
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// A signed envelope of anybody whose key is the one of all trials.
pub fn sealed(sender: &str, xml: &str) -> String {
    let data = URL_SAFE.encode(xml);
    let signed = format!("{data}.YXBwbGljYXRpb24veG1s.YmFzZTY0dXJs.UlNBLVNIQTI1Ng==");
    let signature = URL_SAFE.encode(test_key().sign(signed.as_bytes()).expect("the key signs"));
    let key_id = URL_SAFE.encode(sender);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <me:env xmlns:me=\"http://salmon-protocol.org/ns/magic-env\">\
         <me:data type=\"application/xml\">{data}</me:data><me:encoding>base64url</me:encoding>\
         <me:alg>RSA-SHA256</me:alg><me:sig key_id=\"{key_id}\">{signature}</me:sig></me:env>"
    )
}

/// An entity with these elements.
pub fn entity(name: &str, elements: &[(&str, &str)]) -> String {
    let inner: String = elements.iter().map(|(key, text)| format!("<{key}>{}</{key}>", escape(text))).collect();
    format!("<{name}>{inner}</{name}>")
}

/// An entity that its author signs for being passed on.
pub fn relayable(name: &str, elements: &[(&str, &str)]) -> String {
    let texts: Vec<&str> = elements.iter().map(|(_, text)| *text).collect();
    let signature = sign(&texts.join(";"));
    let mut all = elements.to_vec();
    all.push(("author_signature", &signature));
    entity(name, &all)
}

fn sign(text: &str) -> String {
    STANDARD.encode(test_key().sign(text.as_bytes()).expect("the key signs"))
}

/// A new GUID.
pub fn guid() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

/// GUID and key of somebody, read from the documents of their pod.
pub struct Mailbox {
    pub guid: String,
    key: PublicKey,
}

impl Mailbox {
    /// Looks a person of a pod up, as other pods do.
    pub fn of(pod: &TestPod, name: &str) -> Mailbox {
        let client: Client = pod.visitor();
        let found: Answer = client.get(&format!("/.well-known/webfinger?resource=acct:{}", pod.handle(name)));
        let links = found.json()["links"].as_array().cloned().unwrap_or_default();
        let hcard = links.iter().find(|link| link["rel"] == "http://microformats.org/profile/hcard");
        let url = hcard.and_then(|link| link["href"].as_str()).expect("an hcard link with an address");
        let html = client.get(url.strip_prefix(&pod.url).expect("the hcard is on the same pod")).text();
        let start = html.find("-----BEGIN").expect("the hcard has a key");
        let end = html.find("-----END PUBLIC KEY-----").expect("the key ends") + 24;
        let key = PublicKey::from_pem(&html[start..end]).expect("the key can be read");
        Mailbox { guid: url.rsplit('/').next().unwrap_or_default().to_owned(), key }
    }
}

/// `{"aes_key", "encrypted_magic_envelope"}` for one reader.
fn encrypt(envelope: &str, reader: &PublicKey) -> String {
    let mut secret = [0; 48];
    getrandom::fill(&mut secret).expect("the system has random bytes");
    let (key, iv) = secret.split_at(32);
    let bundle = json!({ "key": STANDARD.encode(key), "iv": STANDARD.encode(iv) }).to_string();
    let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(key, iv).expect("the lengths fit");
    let body = cipher.encrypt_padded_vec::<Pkcs7>(envelope.as_bytes());
    let wrapped = reader.encrypt(bundle.as_bytes()).expect("the key encrypts");
    json!({ "aes_key": STANDARD.encode(wrapped), "encrypted_magic_envelope": STANDARD.encode(body) }).to_string()
}

/// The envelope in an encrypted body.
fn decrypt(body: &[u8], reader: &PrivateKey) -> Option<String> {
    let outer: Value = serde_json::from_slice(body).ok()?;
    let member = |value: &Value, name: &str| STANDARD.decode(value[name].as_str()?).ok();
    let bundle: Value = serde_json::from_slice(&reader.decrypt(&member(&outer, "aes_key")?).ok()?).ok()?;
    let cipher =
        cbc::Decryptor::<aes::Aes256>::new_from_slices(&member(&bundle, "key")?, &member(&bundle, "iv")?).ok()?;
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(&member(&outer, "encrypted_magic_envelope")?).ok()?;
    String::from_utf8(plain).ok()
}

/// Sender and entity of an envelope; signatures are not the double's business.
fn unwrap(envelope: &str) -> Option<(String, String)> {
    let between = |start: &str, end: &str| {
        let rest = &envelope[envelope.find(start)? + start.len()..];
        URL_SAFE.decode(&rest[..rest.find(end)?]).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    };
    Some((between("key_id=\"", "\"")?, between("<me:data type=\"application/xml\">", "</me:data>")?))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn serve(listener: TcpListener, port: u16, state: &Arc<Mutex<State>>) {
    for stream in listener.incoming().flatten() {
        if lock(state).closed {
            return;
        }
        if lock(state).away {
            continue;
        }
        let state = state.clone();
        std::thread::spawn(move || answer(stream, port, &state));
    }
}

/// One request a connection.
fn answer(stream: TcpStream, port: u16, state: &Mutex<State>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, content_type, text) = match method.as_str() {
        "POST" => (receive(state, &target, &body), "text/plain".to_owned(), String::new()),
        _ => page(state, port, &target),
    };
    let (status, location) = match lock(state).signs.get(&target) {
        Some((status, location)) if !location.is_empty() => (*status, format!("location: {location}\r\n")),
        Some((status, _)) => (*status, String::new()),
        None => (status, String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status} -\r\n{location}content-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    let mut stream = reader.into_inner();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(text.as_bytes()).ok()
}

fn receive(state: &Mutex<State>, target: &str, body: &[u8]) -> u16 {
    let mut state = lock(state);
    if !state.moods.is_empty() {
        let status = state.moods.remove(0);
        if !(200..300).contains(&status) {
            return status;
        }
    }
    if !target.starts_with("/receive") {
        state.posted.push((target.to_owned(), String::from_utf8_lossy(body).into_owned()));
        return 200;
    }
    let private = target.strip_prefix("/receive/users/").map(|guid| guid.trim_end_matches('/'));
    let person = private.and_then(|guid| state.people.iter().find(|(_, known)| known == guid));
    let (door, envelope) = match (private, person) {
        (None, _) => ("public".to_owned(), String::from_utf8(body.to_vec()).ok()),
        (Some(_), Some((name, _))) => (name.clone(), decrypt(body, test_key())),
        (Some(_), None) => return 404,
    };
    if let Some((sender, xml)) = envelope.and_then(|envelope| unwrap(&envelope)) {
        state.letters.push(Letter { door, sender, xml });
    }
    202
}

fn page(state: &Mutex<State>, port: u16, target: &str) -> (u16, String, String) {
    let mut state = lock(state);
    state.asked.push(target.to_owned());
    let base = format!("http://127.0.0.1:{port}");
    let path = target.split('?').next().unwrap_or_default();
    if let Some((content_type, text)) = state.pages.get(path) {
        return (200, content_type.clone(), text.clone());
    }
    let person = state.people.iter().find(|(name, guid)| {
        let asks_for = |sign: &str| target.contains(&format!("{name}{sign}127.0.0.1"));
        path.ends_with(guid.as_str()) || asks_for("@") || asks_for("%40")
    });
    match (path, person) {
        ("/", _) => (200, "text/plain".to_owned(), "a double".to_owned()),
        ("/.well-known/webfinger", Some((name, guid))) => {
            (200, "application/jrd+json".to_owned(), jrd(&base, name, guid))
        }
        (path, Some((name, guid))) if path.starts_with("/hcard/") => {
            (200, "text/html".to_owned(), hcard(&base, name, guid))
        }
        _ => (404, "text/plain".to_owned(), String::new()),
    }
}

fn jrd(base: &str, name: &str, guid: &str) -> String {
    let host = base.trim_start_matches("http://");
    let links = json!([
        { "rel": "http://microformats.org/profile/hcard", "type": "text/html", "href": format!("{base}/hcard/users/{guid}") },
        { "rel": "http://joindiaspora.com/seed_location", "type": "text/html", "href": format!("{base}/") },
    ]);
    json!({ "subject": format!("acct:{name}@{host}"), "links": links }).to_string()
}

fn hcard(base: &str, name: &str, guid: &str) -> String {
    let key = test_key().public().and_then(|key| key.to_pem()).expect("the key can be written");
    let photo =
        |size: &str| format!("<dd class=\"entity_{size}\"><img class=\"photo\" src=\"{base}/{size}.png\"></dd>");
    format!(
        "<!doctype html><html><body><dl class=\"vcard\"><dd class=\"uid\">{guid}</dd><dd class=\"nickname\">{name}</dd>\
         <dd class=\"fn\">Double {name}</dd><dd class=\"given_name\">Double</dd><dd class=\"family_name\">{name}</dd>\
         <dd class=\"searchable\">true</dd><dd><pre class=\"key\">{key}</pre></dd>{}{}{}</dl></body></html>",
        photo("photo"),
        photo("photo_medium"),
        photo("photo_small")
    )
}
