//! From an answer to the client's socket, as fast as the client takes it.

use std::io;

use super::connection::{Connection, Stage};
use super::front::Front;
use super::intake::is_passing;
use super::slab::Key;

/// Bytes a client must take to get more time.
const STEP: usize = 16 << 10;

/// Pieces of a file sent before anybody else has a turn.
const BURST: usize = 8;

impl Front<'_> {
    /// Sends what the socket takes, then sees what comes next.
    pub fn flush(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        let sent = send(connection, &mut self.scratch);
        let Ok(sent) = sent else { return self.close(key) };
        connection.output.taken += sent;
        self.allow_time(key);
        self.count_answer(key);
        let Some(connection) = self.connections.get(key) else { return };
        if !connection.output.blocked && matches!(connection.stage, Stage::Answered) {
            return self.finish(key);
        }
        self.watch(key, false);
    }

    /// A client that does not take its answer is given a while, and a while more for each step it takes.
    fn allow_time(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        let writing = matches!(connection.stage, Stage::Asked(_) | Stage::Answered);
        if !writing {
            return;
        }
        if !connection.output.blocked {
            connection.deadline = None;
        } else if connection.deadline.is_none() || connection.output.taken >= STEP {
            connection.output.taken = 0;
            connection.since = self.clock.now;
            connection.deadline = self.clock.within(self.options.limits.write);
        }
    }

    /// Keeps the common budget: when too much lies here, the slowest reader loses.
    fn count_answer(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        let length = connection.output.left().len() + connection.transport.kept();
        self.answers = self.answers - connection.output.counted + length;
        connection.output.counted = length;
        while self.answers > self.options.limits.answers && self.evict_slow_reader() {}
    }

    /// The answer is with the client: the connection ends, or waits for the next request.
    fn finish(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        connection.output.release();
        connection.since = self.clock.now;
        if connection.closing {
            return self.part(key);
        }
        connection.stage = Stage::Idle;
        connection.deadline = self.clock.within(self.options.limits.idle);
        self.advance(key);
    }

    /// Ends the connection so that the last word gets to the client: closing at once would reset it while the client
    /// still sends, and the word would be lost (RFC 9112 §9.6).
    pub fn part(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        connection.transport.finish();
        connection.stage = Stage::Lingering;
        connection.input = Vec::new();
        connection.deadline = self.clock.within(self.options.limits.linger);
        self.watch(key, true);
    }
}

/// Writes bytes, then pieces of the file, until the socket takes no more. Returns how much it took.
fn send(connection: &mut Connection, scratch: &mut [u8]) -> io::Result<usize> {
    let Connection { transport, output, .. } = connection;
    let mut sent = 0;
    match transport.flush() {
        Err(error) if !is_passing(&error) => return Err(error),
        _ => {}
    }
    for _ in 0..BURST {
        let from_file = output.left().is_empty();
        let piece = if !from_file {
            output.left()
        } else if let Some(file) = &output.file {
            let length = file.peek(scratch)?;
            &scratch[..length]
        } else {
            break;
        };
        let length = match transport.write(piece) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if is_passing(&error) => break,
            Err(error) => return Err(error),
        };
        sent += length;
        if !from_file {
            output.advance(length);
        } else if let Some(file) = &mut output.file {
            file.advance(length);
            if file.left == 0 {
                output.file = None;
            }
        }
    }
    output.blocked = !output.is_empty() || transport.owes();
    Ok(sent)
}
