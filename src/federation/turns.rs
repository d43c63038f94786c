//! Whose turn it is when workers ask or serve other pods: one worker a pod, the pods one after the other, and never more
//! than some workers at pods that may let them wait.

use std::collections::HashMap;

use crate::store::json_list;

/// The turns of one kind of worker.
#[derive(Default)]
pub struct Turns {
    /// Pods that have their turn now, and whether they are proven: heard of, and likely to answer.
    in_hand: HashMap<String, bool>,
    /// The pod whose turn began last.
    last: String,
}

impl Turns {
    /// Pods that have their turn now, as a JSON list.
    pub fn in_hand(&self) -> String {
        json_list(self.in_hand.keys())
    }

    /// How many of them are not proven.
    pub fn doubtful(&self) -> usize {
        self.in_hand.values().filter(|proven| !**proven).count()
    }

    pub fn last(&self) -> &str {
        &self.last
    }

    pub fn begin(&mut self, host: &str, proven: bool) {
        self.in_hand.insert(host.to_owned(), proven);
        host.clone_into(&mut self.last);
    }

    pub fn end(&mut self, host: &str) {
        self.in_hand.remove(host);
    }

    /// Nobody has a turn.
    pub fn are_over(&self) -> bool {
        self.in_hand.is_empty()
    }
}
