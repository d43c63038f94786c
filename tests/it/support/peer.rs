//! A pod that is not ours: the Python library `federation` behind `tests/it/peer/pod.py`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::http::Client;
use super::pod::free_port;
use super::tools::PYTHON;
use super::wait::until;

/// The peer with one user, `py`.
pub struct PythonPeer {
    port: u16,
    child: Mutex<Child>,
    client: Client,
    _log: tempfile::NamedTempFile,
}

impl PythonPeer {
    pub fn new() -> PythonPeer {
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/peer/pod.py");
        let log = tempfile::NamedTempFile::new().expect("a temporary file");
        let stderr = log.reopen().expect("the log opens");
        let mut command = Command::new(PYTHON.path());
        command.arg(script).args(["--port", &port.to_string(), "--user", "py"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().expect("Python starts");
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        until("the Python peer to answer", || client.try_get("/").ok().filter(|answer| answer.status == 200));
        PythonPeer { port, child: Mutex::new(child), client, _log: log }
    }

    pub fn handle(&self) -> String {
        format!("py@127.0.0.1:{}", self.port)
    }

    /// Everything that was received and understood, as `{door, sender, entity: {kind, …}}`.
    pub fn received(&self) -> Vec<Value> {
        self.list("received")
    }

    /// Entities of a kind that were received.
    pub fn entities(&self, kind: &str) -> Vec<Value> {
        let all = self.received().into_iter().map(|message| message["entity"].clone());
        all.filter(|entity| entity["kind"] == kind).collect()
    }

    /// Waits for an entity of a kind with a member of this value.
    pub fn sees(&self, kind: &str, member: &str, value: &str) -> Value {
        until(&format!("the peer to receive a {kind} with {member} {value:?}; errors: {:?}", self.errors()), || {
            self.entities(kind).into_iter().find(|entity| entity[member] == value)
        })
    }

    /// What the library refused, with its reasons.
    pub fn errors(&self) -> Vec<Value> {
        self.list("errors")
    }

    /// Has the peer look somebody up.
    pub fn finds(&self, handle: &str) -> Value {
        self.tell("find", json!({ "id": handle }))
    }

    /// Sends publicly to a pod; returns the GUID.
    pub fn sends(&self, pod: &str, kind: &str, data: Value) -> String {
        let answer = self.tell("send", json!({ "kind": kind, "data": data, "pod": pod }));
        answer["guid"].as_str().expect("the peer gives it a guid").to_owned()
    }

    /// Sends privately to a person the peer finds by itself; returns the GUID.
    pub fn whispers(&self, handle: &str, kind: &str, data: Value) -> String {
        let answer = self.tell("send", json!({ "kind": kind, "data": data, "person": handle }));
        answer["guid"].as_str().expect("the peer gives it a guid").to_owned()
    }

    fn list(&self, name: &str) -> Vec<Value> {
        self.client.get("/control/state").json()[name].as_array().cloned().unwrap_or_default()
    }

    fn tell(&self, what: &str, order: Value) -> Value {
        let answer = self.client.post(&format!("/control/{what}"), "application/json", order.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{what} {order}: {}", answer.text());
        answer.json()
    }
}

impl Drop for PythonPeer {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = child.kill();
        let _ = child.wait();
    }
}
