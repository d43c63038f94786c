//! Reads the head that tiny_http wrote and writes the one the client gets. What is not framed as the workers frame it
//! is not passed on.

use super::backend::FILE;

/// Header lines of an answer, tiny_http's own included.
const LINES_MAX: usize = 64;

/// An answer's head for the client, and what follows it from the worker.
#[derive(Debug, PartialEq)]
pub struct Reframed {
    pub head: Vec<u8>,
    /// Bytes.
    pub body: u64,
}

/// What is known about the answer besides its head.
#[derive(Clone, Copy)]
pub struct Frame {
    /// The request was `HEAD`.
    pub without_body: bool,
    /// The length of the file that was left for the door, in bytes.
    pub file: Option<u64>,
    /// What the answer says about the connection.
    pub connection: Option<&'static str>,
}

/// Where the head ends, when it does.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Reads a whole head, with its empty line. `None` when it is not the kind of answer a worker gives.
pub fn reframe(bytes: &[u8], frame: Frame) -> Option<Reframed> {
    let mut lines = [httparse::EMPTY_HEADER; LINES_MAX];
    let mut answer = httparse::Response::new(&mut lines);
    if answer.parse(bytes) != Ok(httparse::Status::Complete(bytes.len())) || answer.version != Some(1) {
        return None;
    }
    let status = answer.code.filter(|status| (200..600).contains(status))?;
    let mut head = format!("HTTP/1.1 {status} {}\r\n", answer.reason.unwrap_or_default()).into_bytes();
    let mut announced = None;
    let mut from_file = false;
    for line in answer.headers.iter() {
        match line.name.to_ascii_lowercase().as_str() {
            "content-length" if announced.is_some() => return None,
            "content-length" => announced = Some(read_length(line.value)?),
            "transfer-encoding" => return None,
            "server" | "connection" => {}
            FILE => from_file = true,
            _ => write_line(&mut head, line.name.as_bytes(), line.value),
        }
    }
    let announced = announced?;
    let length = if from_file { frame.file? } else { announced };
    let bodiless = matches!(status, 204 | 304);
    if !bodiless {
        write_line(&mut head, b"Content-Length", length.to_string().as_bytes());
    }
    if let Some(connection) = frame.connection {
        write_line(&mut head, b"Connection", connection.as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    let body = if bodiless || frame.without_body || from_file { 0 } else { announced };
    Some(Reframed { head, body })
}

fn read_length(digits: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(digits).ok()?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn write_line(head: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Frame = Frame { without_body: false, file: None, connection: None };

    fn pass(head: &str, frame: Frame) -> Option<(String, u64)> {
        let Reframed { head, body } = reframe(head.as_bytes(), frame)?;
        Some((String::from_utf8(head).unwrap(), body))
    }

    #[test]
    fn an_answer_gets_a_head_of_our_own() {
        let worker = "HTTP/1.1 200 OK\r\nServer: tiny-http (Rust)\r\nDate: today\r\nContent-Length: 5\r\n\r\n";
        let client = "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 5\r\n".to_owned();
        assert_eq!(pass(worker, PLAIN), Some((client.clone() + "\r\n", 5)));
        let closing = Frame { connection: Some("close"), without_body: true, ..PLAIN };
        assert_eq!(pass(worker, closing), Some((client + "Connection: close\r\n\r\n", 0)));
    }

    #[test]
    fn an_answer_that_is_a_file_gets_its_length() {
        let worker = "HTTP/1.1 200 OK\r\nx-door-file: 1\r\nContent-Length: 0\r\n\r\n";
        let file = Frame { file: Some(7_000_000_000), ..PLAIN };
        assert_eq!(pass(worker, file), Some(("HTTP/1.1 200 OK\r\nContent-Length: 7000000000\r\n\r\n".to_owned(), 0)));
        assert_eq!(pass(worker, PLAIN), None);
    }

    #[test]
    fn an_answer_without_body_announces_none() {
        let worker = "HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(pass(worker, PLAIN), Some(("HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(), 0)));
    }

    #[test]
    fn an_answer_that_could_be_read_in_two_ways_is_not_passed_on() {
        for worker in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            assert_eq!(pass(worker, PLAIN), None, "{worker:?}");
        }
    }
}
