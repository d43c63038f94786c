//! The sentences the door itself says. After each of them the connection is closed.

/// A status and one sentence for whoever reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub sentence: &'static str,
}

const fn no(status: u16, sentence: &'static str) -> Refusal {
    Refusal { status, sentence }
}

pub const BYTES: Refusal = no(400, "the head of the request holds a byte that does not belong there");
pub const PLAIN: Refusal = no(400, "https is spoken here, not http");
pub const SYNTAX: Refusal = no(400, "the head of the request cannot be read");
pub const TARGET: Refusal = no(400, "the path of the request cannot be read");
pub const HOST: Refusal = no(400, "the request must name one host");
pub const LENGTH: Refusal = no(400, "the length of the request is not clear");
pub const CHUNK: Refusal = no(400, "the body of the request is not framed as announced");
pub const METHOD: Refusal = no(405, "only GET, HEAD and POST are understood here");
pub const LATE: Refusal = no(408, "the request took too long to come");
pub const LARGE: Refusal = no(413, "the body of the request is too large");
pub const EXPECTATION: Refusal = no(417, "only the expectation 100-continue can be met");
pub const HEAD: Refusal = no(431, "the head of the request is too large");
pub const CROWD: Refusal = no(429, "too many connections come from this address");
pub const CODING: Refusal = no(501, "only the transfer coding chunked is understood here");
pub const BROKEN: Refusal = no(502, "the pod could not answer");
pub const FULL: Refusal = no(503, "the pod has too much to do, come back soon");
pub const STOPPING: Refusal = no(503, "the pod is being stopped, come back soon");
pub const SLOW: Refusal = no(504, "the pod took too long to answer");
pub const VERSION: Refusal = no(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");

impl Refusal {
    /// The whole answer as it goes over the wire; without the sentence when the request was `HEAD`.
    pub fn write(&self, without_body: bool) -> Vec<u8> {
        let extra = match self.status {
            405 => "Allow: GET, HEAD, POST\r\n",
            429 | 503 => "Retry-After: 10\r\n",
            _ => "",
        };
        let mut answer = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n{extra}Connection: close\r\n\r\n",
            self.status,
            self.reason(),
            self.sentence.len() + 1,
        );
        if !without_body {
            answer.push_str(self.sentence);
            answer.push('\n');
        }
        answer.into_bytes()
    }

    /// RFC 9110 §15.
    fn reason(&self) -> &'static str {
        match self.status {
            400 => "Bad Request",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            413 => "Content Too Large",
            417 => "Expectation Failed",
            429 => "Too Many Requests",
            431 => "Request Header Fields Too Large",
            501 => "Not Implemented",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            505 => "HTTP Version Not Supported",
            _ => "Error",
        }
    }
}
