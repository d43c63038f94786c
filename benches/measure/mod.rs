//! How things are measured: asking like a program that keeps its connection, and what the kernel charged for it.

pub mod crowd;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::pod::TestPod;

/// Rows of the answer.
#[derive(Default)]
pub struct Table(Vec<[String; 4]>);

impl Table {
    /// A figure that nobody wants to be anything.
    pub fn row(&mut self, what: &str, value: f64, unit: &str) {
        self.add(what, value, unit, "", None);
    }

    /// A figure that should be no more than this.
    pub fn most(&mut self, what: &str, value: f64, unit: &str, wanted: f64) {
        self.add(what, value, unit, &format!("≤ {}", shown(wanted, unit)), Some((value / wanted, value <= wanted)));
    }

    /// A figure that should be no less than this.
    pub fn least(&mut self, what: &str, value: f64, unit: &str, wanted: f64) {
        self.add(what, value, unit, &format!("≥ {}", shown(wanted, unit)), Some((value / wanted, value >= wanted)));
    }

    /// A figure that should be nothing at all.
    pub fn none(&mut self, what: &str, value: f64, unit: &str) {
        self.add(what, value, unit, "0", (value > 0.0).then_some((f64::INFINITY, false)));
    }

    fn add(&mut self, what: &str, value: f64, unit: &str, wanted: &str, ratio: Option<(f64, bool)>) {
        let ratio = match ratio {
            None => String::new(),
            Some((ratio, true)) => format!("{ratio:.2}"),
            Some((ratio, false)) => format!("**{ratio:.2}**"),
        };
        let value = shown(value, unit);
        eprintln!("{what}: {value}{}", if wanted.is_empty() { String::new() } else { format!(" ({wanted})") });
        self.0.push([what.to_owned(), value, wanted.to_owned(), ratio]);
    }

    /// Prints Markdown; the ratio is the measured to the wanted, in bold where that is missed.
    pub fn print(&self) {
        println!("| figure | measured | wanted | ratio |\n|---|---|---|---|");
        for [what, value, wanted, ratio] in &self.0 {
            println!("| {what} | {value} | {wanted} | {ratio} |");
        }
    }
}

/// A number with as many digits as say something.
fn shown(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        0.0 | 100.0.. => 0,
        10.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

/// A connection that is kept.
pub struct Line(BufReader<TcpStream>);

impl Line {
    pub fn new(pod: &TestPod) -> Line {
        Line::open(pod).expect("the pod listens")
    }

    pub fn open(pod: &TestPod) -> Option<Line> {
        let stream = TcpStream::connect(("127.0.0.1", pod.port)).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Line(BufReader::new(stream)))
    }

    /// Sends a request and reads the answer, which must have a length; its status.
    pub fn send(&mut self, request: &[u8]) -> u16 {
        self.0.get_mut().write_all(request).expect("the request is sent");
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("the answer has a head");
            if status == 0 {
                status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status is a number");
            } else if line.trim().is_empty() {
                break;
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length is a number");
            }
        }
        std::io::copy(&mut self.0.by_ref().take(length), &mut std::io::sink()).expect("the answer has a body");
        status
    }

    /// Asks for a page that must be there.
    pub fn ask(&mut self, request: &[u8]) {
        let status = self.send(request);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(request));
    }
}

/// A request for a page, by somebody signed in or not.
pub fn get(pod: &TestPod, path: &str, session: Option<&str>) -> Vec<u8> {
    let cookie = session.map(|session| format!("cookie: session={session}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html, */*\r\n{cookie}\r\n", pod.host()).into_bytes()
}

/// A request that brings something.
pub fn post(pod: &TestPod, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let (host, length) = (pod.host(), body.len());
    format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

/// Seconds of the pod's processor that a page takes: asked for often enough that the kernel's hundredths say something.
pub fn page_cost(pod: &TestPod, path: &str, session: Option<&str>) -> f64 {
    const ENOUGH: f64 = 0.5;
    const MOST: usize = 10_000;
    let (mut line, request) = (Line::new(pod), get(pod, path, session));
    for _ in 0..10 {
        line.ask(&request);
    }
    let before = Usage::of(pod);
    for number in 1..=MOST {
        line.ask(&request);
        if number % 100 == 0 || number == MOST {
            let cpu = Usage::of(pod).since(&before).cpu;
            if cpu >= ENOUGH || number == MOST {
                return cpu / number as f64;
            }
        }
    }
    0.0
}

/// What the kernel charged a process.
pub struct Usage {
    /// Seconds.
    pub cpu: f64,
    /// Bytes.
    pub written: f64,
}

impl Usage {
    pub fn of(pod: &TestPod) -> Usage {
        let io = std::fs::read_to_string(format!("/proc/{}/io", pod.pid())).unwrap_or_default();
        let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).and_then(|n| n.parse().ok());
        Usage { cpu: seconds(&format!("/proc/{}/stat", pod.pid())), written: written.unwrap_or(0.0) }
    }

    pub fn since(&self, before: &Usage) -> Usage {
        Usage { cpu: self.cpu - before.cpu, written: self.written - before.written }
    }
}

/// Seconds of the processor that the pod's threads of a name (`outbox`: `outbox 0` and so on) took.
pub fn threads_cpu(pod: &TestPod, name: &str) -> f64 {
    let folder = std::fs::read_dir(format!("/proc/{}/task", pod.pid())).expect("the pod has threads");
    let tasks = folder.flatten().map(|entry| entry.path());
    let named =
        tasks.filter(|task| std::fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.starts_with(name)));
    named.map(|task| seconds(&task.join("stat").display().to_string())).sum()
}

/// Seconds of the processor in a file like /proc/PID/stat. The kernel counts in hundredths of a second, whatever its own clock does.
pub fn seconds(stat: &str) -> f64 {
    let stat = std::fs::read_to_string(stat).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields.iter().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// A line of /proc/PID/status, in MiB.
pub fn memory(pod: &TestPod, name: &str) -> f64 {
    pod.status(name) as f64 / 1024.0
}

/// Waits for something that takes as long as it takes, and looks for it often.
pub fn soon(what: &str, done: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(600), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
