//! How things are measured: asking like a browser that keeps its connection, and what the kernel charged for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::support::pod::TestPod;

/// Rows of the answer.
#[derive(Default)]
pub struct Table(Vec<(String, String, String)>);

impl Table {
    pub fn row(&mut self, what: &str, value: &str, wanted: &str) {
        eprintln!("{what}: {value}");
        self.0.push((what.to_owned(), value.to_owned(), wanted.to_owned()));
    }

    pub fn print(&self) {
        println!("| figure | measured | wanted |\n|---|---|---|");
        for (what, value, wanted) in &self.0 {
            println!("| {what} | {value} | {wanted} |");
        }
    }
}

/// A connection that is kept and asks for one page.
pub struct Line {
    stream: BufReader<TcpStream>,
    request: String,
}

impl Line {
    pub fn new(pod: &TestPod, path: &str, session: Option<&str>) -> Line {
        Line::open(pod, path, session).expect("the pod listens")
    }

    pub fn open(pod: &TestPod, path: &str, session: Option<&str>) -> Option<Line> {
        let stream = TcpStream::connect(("127.0.0.1", pod.port)).ok()?;
        stream.set_nodelay(true).ok()?;
        let cookie = session.map(|session| format!("cookie: session={session}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html, */*\r\n{cookie}\r\n", pod.host());
        Some(Line { stream: BufReader::new(stream), request })
    }

    /// Asks, and reads an answer that must be 200 with a length.
    pub fn ask(&mut self) {
        self.stream.get_mut().write_all(self.request.as_bytes()).expect("the request is sent");
        let mut length = 0;
        for number in 0.. {
            let mut header = String::new();
            self.stream.read_line(&mut header).expect("the answer has a head");
            assert!(number > 0 || header.starts_with("HTTP/1.1 200"), "{}: {header}", self.request);
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length is a number");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the answer has a body");
    }
}

/// What the kernel charged a process.
pub struct Usage {
    /// Seconds.
    pub cpu: f64,
    /// Bytes.
    pub written: u64,
}

impl Usage {
    pub fn of(pod: &TestPod) -> Usage {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", pod.pid())).unwrap_or_default();
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().filter_map(|field| field.parse::<f64>().ok()).sum();
        let io = read("io");
        let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).and_then(|n| n.parse().ok());
        // The kernel counts in hundredths of a second, whatever its own clock does.
        Usage { cpu: ticks / 100.0, written: written.unwrap_or(0) }
    }

    pub fn since(&self, before: &Usage) -> Usage {
        Usage { cpu: self.cpu - before.cpu, written: self.written - before.written }
    }
}

/// A line of /proc/PID/status, in KiB.
pub fn memory(pod: &TestPod, name: &str) -> u64 {
    pod.status(name)
}

pub fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
