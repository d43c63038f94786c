//! The bytes between a client and the door. Whoever adds TLS adds it here: a session beside the socket, the same three
//! deeds, and `wants_write` while a handshake has something to say.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

pub struct Transport {
    socket: TcpStream,
}

impl Transport {
    /// Makes the socket wait for nothing, and send what it is given at once.
    pub fn new(socket: TcpStream) -> io::Result<Transport> {
        socket.set_nonblocking(true)?;
        // A socket that was reset already has no options; its next read says so.
        let _ = socket.set_nodelay(true);
        Ok(Transport { socket })
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer)
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
