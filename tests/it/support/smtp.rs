//! A server that takes mails, and says what it is told to say.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::wait::until;

/// A mail as it came.
#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: String,
    /// Head and body; soft line breaks of quoted-printable undone.
    pub text: String,
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    logins: Vec<String>,
    /// What the next recipients are answered with instead of yes.
    answers: VecDeque<&'static str>,
}

pub struct MailServer {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl MailServer {
    pub fn new() -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away in the middle is none of the server's business.
                let _ = talk(&stream, &shared);
            }
        });
        MailServer { port, state }
    }

    /// The environment of a pod that sends its mails here.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("PAPPUS_SMTP_URL", format!("smtp://pod:a%20secret@127.0.0.1:{}", self.port)),
            ("PAPPUS_MAIL_FROM", "Our pod <pod@pod.example>".to_owned()),
        ]
    }

    /// The next recipient is answered so.
    pub fn answers(&self, line: &'static str) {
        self.state.lock().unwrap().answers.push_back(line);
    }

    /// Waits until it has said everything that it was told to say.
    pub fn has_answered(&self) {
        until("the server to be asked", || self.state.lock().unwrap().answers.is_empty().then_some(()));
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.state.lock().unwrap().mails.clone()
    }

    /// What came with `AUTH PLAIN`.
    pub fn logins(&self) -> Vec<String> {
        self.state.lock().unwrap().logins.clone()
    }

    /// Waits for a mail that contains these words.
    pub fn gets(&self, words: &str) -> Mail {
        until(&format!("a mail with {words:?}"), || self.mails().into_iter().find(|mail| mail.text.contains(words)))
    }
}

/// RFC 5321, as much as a client needs.
fn talk(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut out = stream;
    let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes());
    let mut lines = BufReader::new(stream).lines();
    let (mut from, mut to) = (String::new(), String::new());
    say("220 mail.example ESMTP")?;
    while let Some(line) = lines.next() {
        let line = line?;
        let (command, rest) = line.split_once([' ', ':']).unwrap_or((line.as_str(), ""));
        match command.to_ascii_uppercase().as_str() {
            "EHLO" => say("250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN")?,
            "AUTH" => {
                state.lock().unwrap().logins.push(rest.trim_start_matches("PLAIN ").to_owned());
                say("235 welcome")?;
            }
            "MAIL" => {
                from = rest.to_owned();
                say("250 yes")?;
            }
            "RCPT" => {
                to = rest.trim_start_matches("TO:<").trim_end_matches('>').to_owned();
                let answer = state.lock().unwrap().answers.pop_front();
                say(answer.unwrap_or("250 yes"))?;
            }
            "DATA" => {
                say("354 go on")?;
                let mut text = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    text.push_str(&line);
                    text.push('\n');
                }
                let text = text.replace("=\n", "").replace("=3D", "=");
                state.lock().unwrap().mails.push(Mail { from: from.clone(), to: to.clone(), text });
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 yes")?,
        }
    }
    Ok(())
}
