//! Who gets a place, and who gives one up when there are none left.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::epoll::EventFlags;
use rustls::ServerConfig;

use super::connection::{Connection, Stage};
use super::front::Front;
use super::listen::{Client, client};
use super::poll::Token;
use super::refusal::{self, Refusal};
use super::slab::Key;
use super::transport::Transport;

/// A client may take this long between two steps before it is the first to go.
const GRACE: Duration = Duration::from_secs(1);

impl Front<'_> {
    /// Lets somebody in, or says why not.
    pub fn admit(&mut self, socket: TcpStream, peer: SocketAddr, tls: Option<Arc<ServerConfig>>) {
        let peer = peer.ip().to_canonical();
        let Ok(mut transport) = Transport::new(socket, tls) else { return };
        let counted = !self.options.trusted_proxies.iter().any(|block| block.contains(peer));
        if counted && !self.crowd.enter(peer, self.options.limits.connections_per_client) {
            return say_and_forget(&mut transport, refusal::CROWD);
        }
        if self.connections.len() >= self.places && !self.evict(peer) {
            self.leave_crowd(peer, counted);
            return say_and_forget(&mut transport, refusal::FULL);
        }
        let mut connection = Connection::new(transport, peer, counted, self.clock.now);
        connection.deadline = self.clock.within(self.options.limits.head);
        let key = self.connections.add(connection);
        let Some(connection) = self.connections.get(key) else { return };
        if self.poll.add(&connection.transport, Token::Connection(key), EventFlags::IN).is_err() {
            self.close(key);
        }
    }

    pub fn leave_crowd(&mut self, peer: IpAddr, counted: bool) {
        if counted {
            self.crowd.leave(peer);
        }
    }

    /// Makes a place for who comes: the connection goes that has kept the door waiting longest or, when none has for long,
    /// a request of the client that has most in line. False when nobody has to go for this one.
    fn evict(&mut self, comer: IpAddr) -> bool {
        let waiting = self.connections.iter().filter(|(_, connection)| connection.waits_for_client());
        let slowest = waiting.min_by_key(|(_, connection)| connection.since);
        let is_slow = slowest.is_some_and(|(_, connection)| connection.since + GRACE <= self.clock.now);
        let slowest = slowest.map(|(key, _)| key);
        let goes = if is_slow { slowest } else { self.last_of_greediest(comer).or(slowest) };
        goes.inspect(|key| self.say_farewell(*key)).is_some()
    }

    /// The newest request in line of the client that has most there, when that is more than who comes would have.
    fn last_of_greediest(&self, comer: IpAddr) -> Option<Key> {
        let mut counts: HashMap<Option<Client>, usize> = HashMap::new();
        for (client, count) in self.ready.iter().flat_map(|(_, line)| line.counts()) {
            *counts.entry(client).or_default() += count;
        }
        let own = counts.get(&Some(client(comer))).copied().unwrap_or_default();
        let (greediest, _) =
            counts.into_iter().filter(|(_, count)| *count > own + 1).max_by_key(|(_, count)| *count)?;
        let in_line = self.connections.iter().filter(
            |(_, connection)| matches!(&connection.stage, Stage::Ready(incoming) if incoming.client == greediest),
        );
        in_line.max_by_key(|(_, connection)| connection.since).map(|(key, _)| key)
    }

    /// Says why, if the client can still be told at once, and closes.
    fn say_farewell(&mut self, key: Key) {
        if let Some(connection) = self.connections.get(key)
            && let Some(refusal) = connection.farewell()
            && connection.output.is_empty()
        {
            say_and_forget(&mut connection.transport, refusal);
        }
        self.close(key);
    }

    /// Cuts off the client that has let its answer lie in memory longest. False when there is none.
    pub fn evict_slow_reader(&mut self) -> bool {
        let blocked = |connection: &Connection| connection.output.blocked && connection.output.counted > 0;
        let slow = self.connections.iter().filter(|(_, connection)| blocked(connection));
        let Some((key, _)) = slow.min_by_key(|(_, connection)| connection.since) else { return false };
        self.close(key);
        true
    }
}

/// One try: a client that is not let in gets no buffer either.
fn say_and_forget(transport: &mut Transport, refusal: Refusal) {
    let _ = transport.write(&refusal.write(false));
    transport.finish();
}
