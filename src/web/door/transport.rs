//! The bytes between a client and the door, sealed by TLS on the sockets for https. A session is made when the first
//! byte comes and ends with the connection; between two requests it holds no more than its keys.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};

use super::papers;

/// Bytes a client may send before its handshake is done. A hello with post-quantum keys has 2,000.
const GREETING_MAX: usize = 16 << 10;

/// Bytes that one look at the socket can make readable: a record, and what came with its end (RFC 8446 §5.2).
const RECORD_MAX: usize = 20 << 10;

/// Looks at one socket before anybody else has a turn: a client may send records with nothing in them for ever.
const LOOKS: usize = 16;

/// Bytes sealed at a time: a record's.
const SEAL_MAX: usize = 16 << 10;

pub struct Transport {
    socket: TcpStream,
    session: Session,
    /// Bytes that came for the handshake.
    greeted: usize,
    /// Bytes that were taken from the answer and wait, sealed, for the socket.
    sealed: usize,
}

enum Session {
    /// Bytes as they are.
    None,
    /// The client has said nothing yet.
    Awaited(Arc<ServerConfig>),
    Open(Box<ServerConnection>),
    /// What still comes is of no use.
    Over,
}

impl Transport {
    /// Makes the socket wait for nothing, and send what it is given at once. With TLS when there is a configuration.
    pub fn new(socket: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Transport> {
        socket.set_nonblocking(true)?;
        // A socket that was reset already has no options; its next read says so.
        let _ = socket.set_nodelay(true);
        let session = tls.map_or(Session::None, Session::Awaited);
        Ok(Transport { socket, session, greeted: 0, sealed: 0 })
    }

    /// Whether nobody between the client and the door can read along.
    pub fn is_secure(&self) -> bool {
        matches!(self.session, Session::Open(_))
    }

    /// Reads what came, all of what can be opened: `buffer` holds a record at least. `Unsupported` when the client
    /// speaks http where https is spoken, and may be told so; `InvalidData` when its TLS has come to an end.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Session::Awaited(config) = &self.session {
            let mut first = [0];
            if self.socket.peek(&mut first)? == 0 {
                return Ok(0);
            }
            if first[0].is_ascii_uppercase() {
                self.session = Session::None;
                return Err(ErrorKind::Unsupported.into());
            }
            let session = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            self.session = Session::Open(Box::new(session));
        }
        let Session::Open(session) = &mut self.session else { return self.socket.read(buffer) };
        let read = open(session, &mut self.socket, &mut self.greeted, buffer);
        // Handshakes have something to say after each thing they hear, and a last word when they fail.
        let answered = flush(session, &mut self.socket);
        if read.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidData) {
            self.session = Session::Over;
            return read;
        }
        match answered {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => read,
        }
    }

    /// Takes as much as can be sent soon.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        match &mut self.session {
            Session::None => self.socket.write(bytes),
            Session::Open(session) if !session.is_handshaking() => {
                let length = session.writer().write(&bytes[..bytes.len().min(SEAL_MAX)])?;
                self.sealed = length;
                match self.flush() {
                    Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
                    _ => Ok(length),
                }
            }
            _ => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// Sends what is sealed; `WouldBlock` when the socket does not take all of it now.
    pub fn flush(&mut self) -> io::Result<()> {
        if let Session::Open(session) = &mut self.session {
            flush(session, &mut self.socket)?;
        }
        self.sealed = 0;
        Ok(())
    }

    /// Whether something sealed still waits for the socket.
    pub fn owes(&self) -> bool {
        matches!(&self.session, Session::Open(session) if session.wants_write())
    }

    /// Bytes of an answer that are kept here.
    pub fn kept(&self) -> usize {
        self.sealed
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        if let Session::Open(session) = &mut self.session {
            session.send_close_notify();
            let _ = flush(session, &mut self.socket);
            self.session = Session::Over;
        }
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

/// Reads and opens until the socket has no more or the buffer might not hold the next record. Nothing that was opened
/// stays behind: no event would tell of it.
fn open(
    session: &mut ServerConnection,
    socket: &mut TcpStream,
    greeted: &mut usize,
    buffer: &mut [u8],
) -> io::Result<usize> {
    let mut got = 0;
    for _ in 0..LOOKS {
        match session.read_tls(socket) {
            Ok(0) => return Ok(got),
            Ok(length) if session.is_handshaking() => *greeted += length,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
        let invalid = |error| io::Error::new(ErrorKind::InvalidData, error);
        let state = session.process_new_packets().map_err(invalid)?;
        let proven = !session.is_handshaking() && session.alpn_protocol() == Some(papers::PROOF);
        if *greeted > GREETING_MAX || proven {
            return Err(ErrorKind::InvalidData.into());
        }
        if state.plaintext_bytes_to_read() > 0 {
            got += session.reader().read(&mut buffer[got..])?;
        }
        if state.peer_has_closed() {
            return Ok(got);
        }
        if buffer.len() - got < RECORD_MAX {
            break;
        }
    }
    if got > 0 { Ok(got) } else { Err(ErrorKind::WouldBlock.into()) }
}

fn flush(session: &mut ServerConnection, socket: &mut TcpStream) -> io::Result<()> {
    while session.wants_write() {
        session.write_tls(socket)?;
    }
    Ok(())
}

impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
