//! A map of a handful of entries, kept sorted in one `Vec`.
//!
//! It has the part of `BTreeMap`'s interface that the engine uses, and its order. Each pair of types costs a
//! tenth of the Wasm that a `BTreeMap` of them would, and looking through ten entries costs nothing. What may
//! hold thousands (the log, the shelf) stays in a `BTreeMap`.

use alloc::vec::Vec;
use core::mem;
use core::ops::Index;

/// Entries sorted by key.
#[derive(Clone)]
pub(crate) struct Map<K, V>(Vec<(K, V)>);

/// Named, so that the borrow checker sees that dropping it does nothing.
type Over<'a, K, V, T> = core::iter::Map<core::slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> T>;

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Map<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn iter(&self) -> Over<'_, K, V, (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    pub(crate) fn keys(&self) -> Over<'_, K, V, &K> {
        self.0.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> Over<'_, K, V, &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }
}

impl<K: Ord, V> Map<K, V> {
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(key))
    }

    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    /// Put `value` under `key`, and return what was there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => Some(mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    /// The value of `key`, made by `make` if there is none.
    pub(crate) fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = self.find(&key).unwrap_or_else(|at| {
            self.0.insert(at, (key, make()));
            at
        });
        &mut self.0[at].1
    }
}

impl<K: Ord, V> Index<&K> for Map<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("asked for what is there")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::base::rng::Seed;
    use alloc::collections::BTreeMap;

    #[test]
    fn it_does_what_a_btree_map_does() {
        let mut rng = Rng::new(&Seed([6; 32]));
        let (mut ours, mut theirs) = (Map::new(), BTreeMap::new());
        for i in 0..2_000u64 {
            let key = rng.below(40);
            match rng.below(5) {
                0 => assert_eq!(ours.remove(&key), theirs.remove(&key)),
                1 => assert_eq!(ours.insert(key, i), theirs.insert(key, i)),
                2 => *ours.or_insert_with(key, || i) += 1,
                3 => assert_eq!(ours.get(&key), theirs.get(&key)),
                _ => ours.retain(|_, value| !value.is_multiple_of(7)),
            }
            match ours.get(&key) {
                Some(value) => theirs.insert(key, *value),
                None => theirs.remove(&key),
            };
            theirs.retain(|key, _| ours.contains_key(key));
            assert!(ours.iter().eq(theirs.iter()), "step {i}");
            assert_eq!(ours.len(), theirs.len());
        }
    }
}
