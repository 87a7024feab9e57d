//! A set of a handful of elements, kept sorted in one `Vec`, for the reason that [`Map`] has.
//!
//! It has the part of `BTreeSet`'s interface that the engine uses, and its order.

use super::map::Map;

/// Elements in order.
#[derive(Clone)]
pub(crate) struct Set<T>(Map<T, ()>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Set<T> {
    pub(crate) const fn new() -> Self {
        Self(Map::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.keys()
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.0.keys().next()
    }
}

impl<T: Ord> Set<T> {
    pub(crate) fn contains(&self, element: &T) -> bool {
        self.0.contains_key(element)
    }

    /// Whether it is new.
    pub(crate) fn insert(&mut self, element: T) -> bool {
        self.0.insert(element, ()).is_none()
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, element: &T) -> bool {
        self.0.remove(element).is_some()
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut all = Self::new();
        for element in elements {
            all.insert(element);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::base::rng::Seed;
    use alloc::collections::BTreeSet;

    #[test]
    fn it_does_what_a_btree_set_does() {
        let mut rng = Rng::new(&Seed([7; 32]));
        let (mut ours, mut theirs) = (Set::new(), BTreeSet::new());
        for step in 0..2_000u64 {
            let element = rng.below(40);
            match rng.below(3) {
                0 => assert_eq!(ours.remove(&element), theirs.remove(&element)),
                1 => assert_eq!(ours.insert(element), theirs.insert(element)),
                _ => assert_eq!(ours.contains(&element), theirs.contains(&element)),
            }
            assert!(ours.iter().eq(theirs.iter()), "step {step}");
            assert_eq!((ours.len(), ours.first()), (theirs.len(), theirs.first()));
        }
        assert!([3, 1, 3, 2].into_iter().collect::<Set<_>>().iter().eq(&[1, 2, 3]));
        ours.clear();
        assert_eq!(ours.len(), 0);
    }
}
