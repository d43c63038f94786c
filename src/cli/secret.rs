//! Getting a password: from a file, or typed on the terminal without showing it.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::Error;

/// The first line of `file`; without a file, what is typed twice.
pub fn get(file: Option<&Path>) -> Result<String, Error> {
    match file {
        Some(path) => from_file(path),
        None => new("New password: ", "--password-file"),
    }
}

/// The first line of a file; of standard input when it is `-`.
pub fn from_file(path: &Path) -> Result<String, Error> {
    let text = match path.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(path),
    };
    let text = text.map_err(|error| Error::Password(format!("{}: {error}", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// What is typed once.
pub fn known(prompt: &str) -> Result<String, Error> {
    ask(&terminal("--passphrase-file")?, prompt)
}

fn terminal(instead: &str) -> Result<File, Error> {
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    let terminal = terminal.ok().filter(IsTerminal::is_terminal);
    terminal.ok_or_else(|| Error::Password(format!("there is no terminal to type it on; use {instead}")))
}

/// What is typed twice; `instead` is the flag for those who have no terminal.
pub fn new(prompt: &str, instead: &str) -> Result<String, Error> {
    let terminal = terminal(instead)?;
    let first = ask(&terminal, prompt)?;
    let second = ask(&terminal, "Once more: ")?;
    if first == second {
        Ok(first)
    } else {
        Err(Error::Password("the two are not the same; nothing was changed".to_owned()))
    }
}

fn ask(terminal: &File, prompt: &str) -> Result<String, Error> {
    let failed = |error: std::io::Error| Error::Password(error.to_string());
    let mut out = terminal;
    out.write_all(prompt.as_bytes()).map_err(failed)?;
    let shown = tcgetattr(terminal).map_err(|error| failed(error.into()))?;
    let mut hidden = shown.clone();
    hidden.local_modes &= !LocalModes::ECHO;
    tcsetattr(terminal, OptionalActions::Flush, &hidden).map_err(|error| failed(error.into()))?;
    let mut line = String::new();
    let read = BufReader::new(terminal).read_line(&mut line);
    // The terminal must show again what is typed, whatever happened.
    let _ = tcsetattr(terminal, OptionalActions::Flush, &shown);
    let _ = out.write_all(b"\n");
    read.map_err(failed)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
