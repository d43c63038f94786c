//! Programs that some trials need besides Rust: where they are, and what installs them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// A program that may be absent.
pub struct Tool {
    find: fn() -> Option<PathBuf>,
    reason: &'static str,
}

/// A Python that has the library `federation` 0.28.
pub static PYTHON: Tool = Tool {
    find: python,
    reason: "needs Python with the library `federation`: python3 -m venv target/peer-venv && \
             target/peer-venv/bin/pip install 'federation==0.28.0' 'django<6' aiohttp",
};

/// A Python that has the library `pdqhash`, and photographs.
pub static PDQHASH: Tool = Tool {
    find: pdqhash,
    reason: "needs Python with the library `pdqhash` and photographs: \
             target/peer-venv/bin/pip install pdqhash==0.2.8 pillow numpy && \
             target/peer-venv/bin/pip install --no-deps scikit-image==0.26.0",
};

/// Chromium with its WebDriver.
pub static CHROMIUM: Tool =
    Tool { find: chromedriver, reason: "needs Chromium: apt-get install chromium chromium-driver" };

/// What finds barriers on pages: axe-core, which a browser runs.
pub static AXE: Tool = Tool {
    find: axe,
    reason: "needs Chromium and axe-core: apt-get install chromium chromium-driver && \
             target/peer-venv/bin/pip install axe-core-python==0.1.0",
};

/// OpenSSL's program.
pub static OPENSSL: Tool = Tool { find: openssl, reason: "needs OpenSSL: apt-get install openssl" };

/// An authority to try things with: Pebble, and a server of names beside it.
pub static PEBBLE: Tool = Tool { find: pebble, reason: "needs Pebble: apt-get install pebble" };

/// BusyBox, whose shell is that of OpenWrt.
pub static BUSYBOX: Tool = Tool { find: busybox, reason: "needs BusyBox: apt-get install busybox-static" };

/// The right to mount a small disk.
pub static ROOT: Tool = Tool { find: mount, reason: "needs the right to mount (root)" };

/// The right to give a group of processes less memory.
pub static MEMORY_GROUPS: Tool = Tool {
    find: memory_groups,
    reason: "needs the right to limit the memory of processes (root, cgroups with memory)",
};

/// A small Debian that can be booted beside this machine; the path is its root.
pub static SYSTEMD: Tool = Tool {
    find: systemd,
    reason: "needs root, systemd-nspawn and a small Debian: apt-get install systemd systemd-container debootstrap && \
             debootstrap --variant=minbase --include=systemd,systemd-sysv bookworm target/systemd-root",
};

impl Tool {
    /// Why a trial cannot run; `None` when the tool is here.
    pub fn missing(&self) -> Option<&'static str> {
        (self.find)().is_none().then_some(self.reason)
    }

    /// Where the program is.
    pub fn path(&self) -> PathBuf {
        (self.find)().expect(self.reason)
    }
}

/// Whether a missing tool is a failure.
pub fn all_required() -> bool {
    std::env::var_os("PAPPUS_TEST_ALL").is_some_and(|value| value == "1")
}

/// The program that is tried: the one that was built with the trials, or the one that `PAPPUS_TEST_PROGRAM` names with
/// what runs it, e.g. `qemu-mipsel-static target/mipsel-unknown-linux-musl/release/pappus`.
pub fn program() -> Command {
    let named = std::env::var("PAPPUS_TEST_PROGRAM").unwrap_or_default();
    let mut words = named.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or(env!("CARGO_BIN_EXE_pappus")));
    command.args(words);
    command
}

/// Where the source is.
pub fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where trials may leave things to look at: `target/`.
pub fn target() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_pappus"));
    binary.ancestors().nth(2).expect("the program is in target/PROFILE").to_owned()
}

/// A library of the trials that a program is started with (`LD_PRELOAD`), compiled from `support/NAME.c` once.
pub fn preload(name: &'static str) -> PathBuf {
    static MADE: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let library = target().join(format!("{name}.so"));
    // Held until it is there.
    let mut made = MADE.lock().unwrap();
    if made.insert(name) {
        let new = target().join(format!("{name}-{}.so", std::process::id()));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&new);
        cc.arg(source().join(format!("tests/it/support/{name}.c"))).arg("-ldl");
        assert!(cc.status().expect("a C compiler").success());
        std::fs::rename(new, &library).expect("renamed");
    }
    library
}

fn mount() -> Option<PathBuf> {
    let is_root = rustix::process::geteuid().is_root();
    let found = ["/usr/bin/mount", "/bin/mount"].iter().map(PathBuf::from).find(|path| path.exists());
    found.filter(|_| is_root)
}

fn memory_groups() -> Option<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let old = root.join("memory");
    let found = if old.is_dir() {
        Some(old)
    } else {
        // In the newer interface a controller is passed down to groups by name.
        let _ = std::fs::write(root.join("cgroup.subtree_control"), "+memory");
        let passed = std::fs::read_to_string(root.join("cgroup.subtree_control")).unwrap_or_default();
        passed.contains("memory").then(|| root.to_owned())
    };
    found.filter(|_| rustix::process::geteuid().is_root())
}

fn python() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let named = || std::env::var_os("PAPPUS_TEST_PYTHON").map(PathBuf::from);
    let found = || match named() {
        Some(path) => vec![path],
        None => vec![target().join("peer-venv/bin/python"), PathBuf::from("python3")],
    };
    FOUND.get_or_init(|| found().into_iter().find(|path| succeeds(path, &["-c", "import federation, aiohttp"]))).clone()
}

fn pdqhash() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let ask = "import importlib.util, pdqhash, PIL, numpy; assert importlib.util.find_spec('skimage')";
    FOUND.get_or_init(|| python().filter(|path| succeeds(path, &["-c", ask]))).clone()
}

fn axe() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let ask =
        "import axe_core_python, os; print(os.path.join(os.path.dirname(axe_core_python.__file__), 'axe.min.js'))";
    let found = || {
        chromedriver()?;
        let output = Command::new(python()?).args(["-c", ask]).output().ok()?;
        let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        path.is_file().then_some(path)
    };
    FOUND.get_or_init(found).clone()
}

fn chromedriver() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let here = |name: &str| succeeds(Path::new(name), &["--version"]);
    FOUND.get_or_init(|| (here("chromedriver") && here("chromium")).then(|| PathBuf::from("chromedriver"))).clone()
}

fn busybox() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let path = Path::new("busybox");
    FOUND.get_or_init(|| succeeds(path, &["true"]).then(|| path.to_owned())).clone()
}

fn openssl() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let path = Path::new("openssl");
    FOUND.get_or_init(|| succeeds(path, &["version"]).then(|| path.to_owned())).clone()
}

fn pebble() -> Option<PathBuf> {
    let folders = std::env::split_paths(&std::env::var_os("PATH")?).collect::<Vec<_>>();
    let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    find("pebble-challtestsrv")?;
    find("pebble")
}

fn systemd() -> Option<PathBuf> {
    let here = |name: &str| succeeds(Path::new(name), &["--version"]);
    let root = target().join("systemd-root");
    let whole = root.join("usr/lib/systemd/systemd").is_file() && rustix::process::geteuid().is_root();
    (whole && here("systemd-nspawn") && here("systemd-analyze")).then_some(root)
}

fn succeeds(program: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
