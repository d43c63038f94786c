//! A real pod as a process, with a port and a folder of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use pappus::federation::diaspora::crypto::PrivateKey;
use pappus::model::Timestamp;
use pappus::store::{self, Store};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::database::Database;
use super::http::Client;
use super::tools;
use super::user::User;
use super::wait::until;

/// The password of everybody.
pub const PASSWORD: &str = "correct horse battery";

/// A pod of one household.
pub struct TestPod {
    pub port: u16,
    pub url: String,
    folder: TempDir,
    child: Mutex<Option<Child>>,
    /// Makes a call of the program.
    program: fn() -> Command,
}

impl TestPod {
    /// A running pod with one account.
    pub fn new(name: &str) -> TestPod {
        let pod = TestPod::unborn();
        pod.set_up(name);
        pod.start();
        pod
    }

    /// The same, with the program that was built for this machine whichever is tried.
    pub fn native(name: &str) -> TestPod {
        let mut pod = TestPod::unborn();
        pod.program = || Command::new(env!("CARGO_BIN_EXE_pappus"));
        pod.set_up(name);
        pod.start();
        pod
    }

    /// A running pod with nobody in it.
    pub fn empty() -> TestPod {
        let pod = TestPod::unborn();
        pod.lay_key_by();
        pod.start();
        pod
    }

    /// A pod that has an address and a folder, nothing else.
    pub fn unborn() -> TestPod {
        let port = free_port();
        let folder = tempfile::Builder::new().prefix("pappus-pod-").tempdir().expect("a temporary folder");
        TestPod {
            port,
            url: format!("http://127.0.0.1:{port}"),
            folder,
            child: Mutex::new(None),
            program: tools::program,
        }
    }

    /// The same address on another machine: another folder, and nothing in it yet.
    pub fn elsewhere(&self) -> TestPod {
        let folder = tempfile::Builder::new().prefix("pappus-pod-").tempdir().expect("a temporary folder");
        TestPod { port: self.port, url: self.url.clone(), folder, child: Mutex::new(None), program: self.program }
    }

    /// Makes the first account, as the command line does.
    pub fn set_up(&self, name: &str) {
        self.lay_key_by();
        let password = self.folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("the password file is written");
        let password = password.display().to_string();
        let output = self.command(&["setup", "--url", &self.url, "--name", name, "--password-file", &password]);
        assert!(output.status.success(), "setup: {}", String::from_utf8_lossy(&output.stderr));
        self.lay_key_by();
    }

    /// Starts the pod and waits until it answers.
    pub fn start(&self) {
        self.start_with(&[]);
    }

    /// The same, with more in its environment.
    pub fn start_with(&self, environment: &[(&str, &str)]) {
        self.spawn_with(environment);
        let client = self.visitor();
        until("the pod to answer", || {
            assert!(self.is_running(), "the pod ended at once:\n{}", self.log());
            client.try_get("/health").ok().filter(|answer| answer.status == 200)
        });
    }

    /// Starts the pod with more in its environment.
    pub fn spawn_with(&self, environment: &[(&str, &str)]) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_path()).expect("the log opens");
        let mut command = self.program();
        command.envs(environment.iter().copied());
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--url", &self.url]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the pod starts");
        *self.child.lock().unwrap() = Some(child);
    }

    /// Asks the pod to stop, as systemd would, and waits until it has. Returns whether it ended well.
    pub fn stop(&self) -> bool {
        self.signal(Signal::TERM);
        self.wait_for_end()
    }

    /// Pulls the plug.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
        self.wait_for_end();
    }

    /// Sends a signal, and does not wait for what it does.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid() as i32).expect("a process has a number");
        kill_process(pid, signal).expect("the signal is sent");
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().as_ref().expect("the pod runs").id()
    }

    /// A number of the system's about the process, e.g. `VmRSS` (KiB) or `Threads`.
    pub fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The diaspora* ID of somebody here.
    pub fn handle(&self, name: &str) -> String {
        format!("{name}@{}", self.host())
    }

    /// Somebody who lives here, signed in.
    pub fn user(&self, name: &str) -> User<'_> {
        User::sign_in(self, name)
    }

    /// Another account, made at the command line.
    pub fn add_user(&self, name: &str) {
        let password = self.folder.path().join("password").display().to_string();
        let output = self.command(&["user", "add", name, "--password-file", &password]);
        assert!(output.status.success(), "user add: {}", String::from_utf8_lossy(&output.stderr));
        self.lay_key_by();
    }

    /// Somebody from outside.
    pub fn visitor(&self) -> Client {
        Client::new(&self.url)
    }

    /// Runs `pappus ARGUMENTS` on the pod's folder.
    pub fn command(&self, arguments: &[&str]) -> Output {
        self.command_with(&[], arguments)
    }

    /// The same, with more in the environment.
    pub fn command_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut program = self.program();
        program.envs(environment.iter().copied()).args(arguments).stdin(Stdio::null());
        program.output().expect("the program runs")
    }

    /// The same, with what it says and complains of going somewhere.
    pub fn runs_into(&self, arguments: &[&str], out: Stdio, complaints: Stdio) -> ExitStatus {
        let mut program = self.program();
        program.args(arguments).stdin(Stdio::null()).stdout(out).stderr(complaints);
        program.status().expect("the program runs")
    }

    /// A look into the pod's database.
    pub fn database(&self) -> Database {
        Database::open(&self.database_path())
    }

    pub fn database_path(&self) -> PathBuf {
        self.data().join("pappus.db")
    }

    /// A file beside the data folder.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("the file is written");
        path.display().to_string()
    }

    /// What the pod has for itself: the data folder, and what lies beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The pod's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Makes everything that waits in the queues of a stopped pod due now, as if hours had passed.
    pub fn make_due(&self) {
        self.change(
            "update inbox set due = 0; update outbox set due = 0; update needs set due = 0; update pods set due = 0; \
             update census_pods set due = 0 where due is not null; update census_hosts set visited_at = 0; \
             update mails set due = 0",
        );
    }

    /// Changes the database of a stopped pod.
    pub fn change(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.database_path()).expect("the pod's database opens");
        connection.execute_batch(sql).expect("the database can be changed");
    }

    /// Somebody on each of these pods, on ports of this machine, shares with the user of a stopped pod. The pods were
    /// never heard of.
    pub fn is_followed_from(&self, ports: &[u16]) {
        let key = test_key().public().and_then(|key| key.to_der()).expect("a public key can be written");
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut sql = String::from("begin;");
        for port in ports {
            let (host, person) = (format!("127.0.0.1:{port}"), super::double::guid());
            sql.push_str(&format!(
                "insert into every_person (handle, guid, host, url, key, name, found_at) \
                 values ('friend@{host}', '{person}', '{host}', 'http://{host}', x'{key}', 'friend', 1);
                 insert into sharers (user, person, since) select u.id, last_insert_rowid(), 1 from users u;"
            ));
        }
        self.change(&format!("{sql} commit;"));
    }

    /// What the pod wrote to stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Starts `pappus ARGUMENTS` on the pod's folder and lets it run; what it says is thrown away.
    pub fn begin(&self, arguments: &[&str]) -> Child {
        let mut program = self.program();
        program.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        program.spawn().expect("the program starts")
    }

    /// A program call with nothing in the environment that would steer it.
    fn program(&self) -> Command {
        let mut command = (self.program)();
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PAPPUS_") {
                command.env_remove(name);
            }
        }
        command.env_remove("NOTIFY_SOCKET").env("PAPPUS_DATA", self.data()).current_dir(self.folder.path());
        command
    }

    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("stderr")
    }

    pub fn is_running(&self) -> bool {
        self.child.lock().unwrap().as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_none()))
    }

    /// Waits until the pod that was told to end has ended; whether it ended well.
    pub fn has_ended_well(&self) -> bool {
        self.wait_for_end()
    }

    fn wait_for_end(&self) -> bool {
        let mut child = self.child.lock().unwrap().take().expect("the pod runs");
        until("the pod to stop", || child.try_wait().expect("the pod is ours")).success()
    }

    /// Lays a ready key by, so that no trial waits for one of 4096 bits.
    fn lay_key_by(&self) {
        std::fs::create_dir_all(self.data()).expect("the data folder is made");
        let store = Store::open(&self.database_path()).expect("the database opens");
        let done: store::Result<()> = store.write(Timestamp(1_780_000_000), |tx| {
            if store::pod::get(tx)?.is_none() {
                let pod = store::pod::Pod { url: self.url.clone(), secret: random_bytes(), identity: random_bytes() };
                store::pod::add(tx, &pod)?;
            }
            store::pod::put_spare_keys(tx, &test_keys())
        });
        done.expect("the key is laid by");
    }
}

impl Drop for TestPod {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- stderr of {}\n{}", self.url, self.log());
        }
    }
}

/// A private key for whom no secret matters: made once a run.
pub fn test_key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::generate(2048).expect("a key can be made"))
}

fn test_keys() -> store::pod::Keys {
    static KEYS: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    let (private, public) = KEYS.get_or_init(|| {
        let public = test_key().public().and_then(|key| key.to_der());
        (test_key().to_der().expect("a private key can be written"), public.expect("a public key can be written"))
    });
    store::pod::Keys { private: private.clone(), public: public.clone() }
}

fn random_bytes() -> Vec<u8> {
    let mut bytes = vec![0; 32];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes
}

/// A port below those the system hands out, so that nobody else takes it between asking and using.
pub fn free_port() -> u16 {
    listener().1
}

/// What listens at such a port, and the port. Whoever asks for the port and binds it again at once may find it taken: a
/// program that is started meanwhile has a copy of the first socket for a moment.
pub fn listener() -> (TcpListener, u16) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let start = std::process::id() as usize * 131;
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 12_000 + ((start + step) % 20_000) as u16;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return (listener, port);
        }
    }
}
