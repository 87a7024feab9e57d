//! A broken invariant is a panic; the page must hear of it, and no secret may be in what it hears.

use crate::api::{self, Event};
use crate::js;
use std::cell::RefCell;
use wasm_bindgen::JsValue;

type Report = Box<dyn Fn(JsValue)>;

thread_local! {
    static REPORT: RefCell<Option<Report>> = const { RefCell::new(None) };
}

/// From now on tell `report` of the first panic, as a `Crashed` event. After it, this half does nothing more.
pub(crate) fn report_to(report: Report) {
    REPORT.set(Some(report));
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| (l.file(), l.line())).unwrap_or_default();
        // Words from the source only: a formatted message might quote data.
        let words = info.payload().downcast_ref::<&str>().copied().unwrap_or("a broken invariant");
        let message = [words, " (", place.0, ":", &place.1.to_string(), ")"].concat();
        js::error(&message);
        if let Some(report) = REPORT.take() {
            report(api::to_js(&Event::Crashed { message }));
        }
    }));
}
