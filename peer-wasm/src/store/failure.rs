//! What the browser's failures mean to the engine and the driver; the console has the rest.

use super::journal::{NotPut, Refused};
use crate::js;
use peer_core::error::StoreFailure;
use wasm_bindgen::JsValue;

/// Why a room that this browser keeps cannot be opened. Nothing of it was changed.
#[derive(Clone, Copy)]
pub(crate) enum Refusal {
    /// A newer version of this page wrote it.
    Newer,
    /// It cannot be read.
    Unreadable,
}

/// What a refused journal means to the driver; the console has the rest.
pub(super) fn refusal(refused: Refused<JsValue>) -> Refusal {
    let (refusal, why) = match refused {
        Refused::Newer => (Refusal::Newer, "of a newer version".into()),
        Refused::Damaged => (Refusal::Unreadable, "damaged".into()),
        Refused::TooLong => (Refusal::Unreadable, "too long".into()),
        Refused::File(error) => (Refusal::Unreadable, error),
    };
    js::warn("a room's records cannot be opened", &why);
    refusal
}

/// What a record that was not put means to the engine.
pub(super) fn not_put(error: NotPut<JsValue>) -> StoreFailure {
    match error {
        NotPut::Full => StoreFailure::Full { available: None },
        NotPut::Broken => StoreFailure::Failed,
        NotPut::File(error) => failure(&error),
    }
}

/// What the browser's exception means to the engine.
pub(super) fn failure(error: &JsValue) -> StoreFailure {
    match js::error_name(error).as_str() {
        "QuotaExceededError" => StoreFailure::Full { available: None },
        // The second is what Firefox says of a chosen file that was deleted.
        "NotFoundError" | "AbortError" => StoreFailure::Missing,
        // Of a chosen file: it is not what it was when it was chosen.
        "NotReadableError" => StoreFailure::Changed,
        "NotAllowedError" | "SecurityError" => StoreFailure::Denied,
        _ => {
            js::warn("the store failed", error);
            StoreFailure::Failed
        }
    }
}
