//! The tree over the leaves of a log (RFC 6962, section 2.1): its root, and proofs that a leaf is in it.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// Hash of a leaf.
pub fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// What must be kept of a tree so that it can grow: the roots of its full subtrees, the largest first; at most 64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Leaves.
    pub size: u64,
    pub peaks: Vec<Hash>,
}

impl Range {
    /// A range as it was kept; `None` when it cannot be one.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Range> {
        (peaks.len() == size.count_ones() as usize).then_some(Range { size, peaks })
    }

    pub fn of(leaves: &[Hash]) -> Range {
        let mut range = Range::default();
        leaves.iter().for_each(|leaf| range.push(*leaf));
        range
    }

    /// One leaf more.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        let root = self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right));
        root.unwrap_or_else(|| Sha256::digest([]).into())
    }
}

/// The hashes that lead from a leaf to the root (RFC 6962, section 2.1.1), the lowest first.
pub fn proof(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, other) = match index.checked_sub(left.len()) {
        None => (proof(left, index), right),
        Some(index) => (proof(right, index), left),
    };
    path.push(Range::of(other).root());
    path
}

/// The root that a leaf and its proof lead to (RFC 9162, section 2.1.3.2); `None` when the proof has the wrong length.
pub fn root_of_proof(leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for other in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node(other, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, other);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_proven_in_its_own_tree_and_place_only() {
        let leaves: Vec<Hash> = (0..40_u8).map(|number| leaf(&[number])).collect();
        for size in 1..=leaves.len() {
            let tree = &leaves[..size];
            let root = Range::of(tree).root();
            for index in 0..size {
                let path = proof(tree, index);
                let lead = |leaf, at: usize, of: usize, path: &[Hash]| {
                    root_of_proof(leaf, at as u64, of as u64, path) == Some(root)
                };
                assert!(lead(tree[index], index, size, &path), "{index} of {size}");
                assert!(!lead(leaf(b"other"), index, size, &path));
                assert!(!lead(tree[index], size, size, &path));
                assert!(size == 1 || !lead(tree[index], (index + 1) % size, size, &path), "{index} of {size}");
                assert!(path.is_empty() || !lead(tree[index], index, size, &path[1..]));
                assert!(!lead(tree[index], index, size, &[&path[..], &[root]].concat()));
            }
        }
    }

    #[test]
    fn a_range_that_was_kept_grows_as_the_whole_tree_does() {
        let leaves: Vec<Hash> = (0..70_u8).map(|number| leaf(&[number])).collect();
        let mut range = Range::default();
        for size in 1..=leaves.len() {
            range = Range::new(range.size, range.peaks).expect("it is kept as it was");
            range.push(leaves[size - 1]);
            assert_eq!(range, Range::of(&leaves[..size]));
        }
        assert_eq!(Range::new(3, vec![[0; 32]]), None);
    }
}
