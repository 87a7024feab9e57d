//! Simulator: many engines, one thread, virtual clock.
