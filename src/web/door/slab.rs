//! Things with a number that is never used again for another thing, so that a late event cannot hit the wrong one.

/// Which thing: its place and how often the place was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    place: u32,
    turn: u32,
}

impl Key {
    /// As it is handed to the system: 32 bits of place, 24 bits of turn; the highest 8 bits are free.
    pub fn bits(self) -> u64 {
        u64::from(self.turn) << 32 | u64::from(self.place)
    }

    pub fn from_bits(bits: u64) -> Key {
        Key { place: (bits & 0xffff_ffff) as u32, turn: (bits >> 32 & 0xff_ffff) as u32 }
    }
}

pub struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub fn new() -> Slab<T> {
        Slab { places: Vec::new(), free: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub fn add(&mut self, thing: T) -> Key {
        if let Some(place) = self.free.pop() {
            let (turn, slot) = &mut self.places[place as usize];
            *slot = Some(thing);
            return Key { place, turn: *turn };
        }
        self.places.push((0, Some(thing)));
        Key { place: self.places.len() as u32 - 1, turn: 0 }
    }

    pub fn get(&mut self, key: Key) -> Option<&mut T> {
        let (turn, thing) = self.places.get_mut(key.place as usize)?;
        if *turn == key.turn { thing.as_mut() } else { None }
    }

    pub fn remove(&mut self, key: Key) -> Option<T> {
        let (turn, slot) = self.places.get_mut(key.place as usize)?;
        if *turn != key.turn {
            return None;
        }
        let thing = slot.take()?;
        *turn = (*turn + 1) & 0xff_ffff;
        self.free.push(key.place);
        Some(thing)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.places.iter().zip(0u32..).filter_map(|((turn, thing), place)| {
            let key = Key { place, turn: *turn };
            thing.as_ref().map(|thing| (key, thing))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_finds_nothing() {
        let mut slab = Slab::new();
        let first = slab.add("first");
        assert_eq!(slab.remove(first), Some("first"));
        let second = slab.add("second");
        assert_eq!((slab.get(first).copied(), slab.remove(first), slab.len()), (None, None, 1));
        assert_eq!(Key::from_bits(second.bits()), second);
        assert_eq!(slab.get(second), Some(&mut "second"));
    }
}
