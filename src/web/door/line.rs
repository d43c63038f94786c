//! Whole requests that wait for a worker. Each client has one turn in each round, however many requests it brought.

use std::collections::VecDeque;

use super::listen::Client;
use super::slab::Key;

/// Those whose requests wait, who is next first, each with its requests as they came. `None` is a trusted proxy.
#[derive(Default)]
pub struct Line(VecDeque<(Option<Client>, VecDeque<Key>)>);

impl Line {
    pub fn join(&mut self, client: Option<Client>, key: Key) {
        match self.0.iter_mut().find(|(other, _)| *other == client) {
            Some((_, keys)) => keys.push_back(key),
            None => self.0.push_back((client, VecDeque::from([key]))),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the next one; its client gets in line again with the rest of what it brought.
    pub fn next(&mut self) -> Option<Key> {
        let (client, mut keys) = self.0.pop_front()?;
        let key = keys.pop_front();
        if !keys.is_empty() {
            self.0.push_back((client, keys));
        }
        key
    }

    /// Nobody waits for it any more.
    pub fn leave(&mut self, key: Key) {
        self.0.iter_mut().for_each(|(_, keys)| keys.retain(|waiting| *waiting != key));
        self.0.retain(|(_, keys)| !keys.is_empty());
    }

    /// How many of each client wait.
    pub fn counts(&self) -> impl Iterator<Item = (Option<Client>, usize)> {
        self.0.iter().map(|(client, keys)| (*client, keys.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_take_turns() {
        let mut line = Line::default();
        let key = Key::from_bits;
        let (greedy, other, late) = (Some([1; 8]), Some([2; 8]), Some([3; 8]));
        for number in 0..4 {
            line.join(greedy, key(number));
        }
        line.join(other, key(4));
        line.join(other, key(5));
        assert_eq!((line.next(), line.next()), (Some(key(0)), Some(key(4))));
        line.join(late, key(6));
        line.leave(key(5));
        assert_eq!(line.counts().collect::<Vec<_>>(), [(greedy, 3), (late, 1)]);
        let rest: Vec<Key> = std::iter::from_fn(|| line.next()).collect();
        assert_eq!(rest, [1, 6, 2, 3].map(key));
        assert!(line.is_empty());
    }
}
