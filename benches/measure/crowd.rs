//! Hundreds of pods that listen for letters, each with its own way of answering.

#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::pod::free_port;

/// How a pod answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// Nobody listens.
    Refuses,
    /// It takes the letter and never answers.
    Hangs,
    /// 500.
    Fails,
    /// Something that is no HTTP: what a client hears that speaks http to a port with TLS.
    Garbage,
    /// A byte of the answer now and then, for ever.
    Slow,
}

const ILL: [Mood; 5] = [Mood::Refuses, Mood::Hangs, Mood::Fails, Mood::Garbage, Mood::Slow];

/// The pods; they listen until the process ends.
pub struct Crowd {
    pub ports: Vec<u16>,
    shared: Arc<Shared>,
    refusing: Vec<u16>,
}

#[derive(Default)]
struct Shared {
    healed: AtomicBool,
    taken: AtomicUsize,
    failed: AtomicUsize,
}

impl Crowd {
    /// So many pods; every third is ill in one of the five ways.
    pub fn new(pods: usize) -> Crowd {
        let shared = Arc::new(Shared::default());
        let (mut ports, mut refusing) = (Vec::new(), Vec::new());
        for number in 0..pods {
            let port = free_port();
            ports.push(port);
            match mood(number) {
                Mood::Refuses => refusing.push(port),
                mood => listen(port, mood, &shared),
            }
        }
        Crowd { ports, shared, refusing }
    }

    /// Ports of those that answer well.
    pub fn well(&self) -> impl Iterator<Item = u16> {
        self.ports.iter().enumerate().filter(|(number, _)| mood(*number) == Mood::Well).map(|(_, port)| *port)
    }

    /// From now on all answer well.
    pub fn heal(&self) {
        self.shared.healed.store(true, Ordering::SeqCst);
        for port in &self.refusing {
            listen(*port, Mood::Well, &self.shared);
        }
    }

    /// Letters that were answered well, and attempts that were not.
    pub fn heard(&self) -> (usize, usize) {
        (self.shared.taken.load(Ordering::Relaxed), self.shared.failed.load(Ordering::Relaxed))
    }
}

fn mood(number: usize) -> Mood {
    if number % 3 == 2 { ILL[number / 3 % ILL.len()] } else { Mood::Well }
}

fn listen(port: u16, mood: Mood, shared: &Arc<Shared>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let shared = shared.clone();
    let thread = std::thread::Builder::new().stack_size(128 << 10).spawn(move || {
        for stream in listener.incoming().flatten() {
            let mood = if shared.healed.load(Ordering::SeqCst) { Mood::Well } else { mood };
            let count = if mood == Mood::Well { &shared.taken } else { &shared.failed };
            count.fetch_add(1, Ordering::Relaxed);
            // A client that went away is what some of them wait for.
            let _ = answer(stream, mood, &shared);
        }
    });
    thread.expect("a thread starts");
}

fn answer(stream: TcpStream, mood: Mood, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    if mood == Mood::Garbage {
        return reader.get_mut().write_all(&[21, 3, 3, 0, 2, 2, 70]);
    }
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    match mood {
        Mood::Hangs => reader.read(&mut [0]).map(drop),
        Mood::Slow => {
            let stream = reader.get_mut();
            stream.write_all(b"HTTP/1.1 200 -\r\nx: ")?;
            while !shared.healed.load(Ordering::SeqCst) {
                stream.write_all(b"x")?;
                std::thread::sleep(Duration::from_millis(500));
            }
            Ok(())
        }
        Mood::Fails => reader.get_mut().write_all(&head("500")),
        _ => reader.get_mut().write_all(&head("202")),
    }
}

fn head(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}
