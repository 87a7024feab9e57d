//! A map for the handful of things that a tab holds at a time. A `BTreeMap` costs about 12 KiB of Wasm for each
//! pair of types, which every visitor would load; looking through ten entries costs nothing.

/// Entries in no particular order; everything looks through all of them.
pub(crate) struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Copy + PartialEq, V> Map<K, V> {
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.0.iter().find(|entry| entry.0 == key).map(|entry| &entry.1)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.0.iter_mut().find(|entry| entry.0 == key).map(|entry| &mut entry.1)
    }

    /// Put `value` under `key`, and return what was there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(place) = self.get_mut(key) {
            return Some(std::mem::replace(place, value));
        }
        self.0.push((key, value));
        None
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let place = self.0.iter().position(|entry| entry.0 == key)?;
        Some(self.0.swap_remove(place).1)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (*key, value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.0.iter().map(|entry| entry.0)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|entry| &entry.1)
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = V> {
        self.0.drain(..).map(|entry| entry.1)
    }
}
