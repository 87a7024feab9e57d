//! The engine's two clocks: one that never runs backwards, and the wall's, which is only ever shown.

use crate::js;
use peer_core::time::Instant;
use std::cell::Cell;
use wasm_bindgen::prelude::*;

/// Longest that a timer of ours sleeps; a browser's own limit is 2^31 ms, and an early wake-up does no harm.
const LONGEST_SLEEP_MS: u64 = 3_600_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Milliseconds since the worker began.
pub(crate) fn now() -> Instant {
    Instant::from_millis(performance_now() as u64)
}

/// Unix time in milliseconds.
pub(crate) fn unix_millis() -> u64 {
    js_sys::Date::now() as u64
}

/// The one timer that wakes the engine.
pub(crate) struct Alarm {
    ring: Closure<dyn FnMut()>,
    armed: Cell<Option<(i32, Instant)>>,
}

impl Alarm {
    /// A timer that runs `ring`, not armed yet.
    pub(crate) fn new(ring: impl FnMut() + 'static) -> Self {
        Self { ring: Closure::new(ring), armed: Cell::new(None) }
    }

    /// Ring at `when`, or never; whatever was asked before is forgotten.
    pub(crate) fn set(&self, when: Option<Instant>) {
        if let (Some((_, before)), Some(when)) = (self.armed.get(), when)
            && before == when
        {
            return;
        }
        if let Some((id, _)) = self.armed.take() {
            js::clear_timeout(id);
        }
        if let Some(when) = when {
            let wait = when.as_millis().saturating_sub(now().as_millis()).min(LONGEST_SLEEP_MS);
            let wait = i32::try_from(wait).expect("at most an hour");
            self.armed.set(Some((js::set_timeout(self.ring.as_ref().unchecked_ref(), wait), when)));
        }
    }

    /// To be called when it rings: it is not armed any more.
    pub(crate) fn rang(&self) {
        self.armed.set(None);
    }
}
