//! The few JavaScript globals that web-sys does not have or not stably, the same in a page and in a worker.

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use peer_core::Seed;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort, ReadableStream, ReadableStreamByobReader};

#[wasm_bindgen]
extern "C" {
    /// The global timer; the worker's is not slowed down when its tab is in the background.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timeout(run: &Function, milliseconds: i32) -> i32;
    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(id: i32);

    /// The worker's own `postMessage`.
    #[wasm_bindgen(js_name = postMessage)]
    pub(crate) fn post_to_page(message: &JsValue);
    #[wasm_bindgen(js_name = postMessage)]
    pub(crate) fn post_to_page_with(message: &JsValue, transfer: &Array);

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub(crate) fn warn(text: &str, detail: &JsValue);
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(crate) fn error(text: &str);

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn random_values(into: &Uint8Array) -> Uint8Array;
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest)]
    pub(crate) fn digest(algorithm: &str, data: &JsValue) -> Promise;

    /// `navigator.locks`, <https://www.w3.org/TR/web-locks/>.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request)]
    pub(crate) fn request_lock(name: &str, options: &Object, granted: &Function) -> Promise;
    /// `navigator.storage`; rejects where the window has none.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = getDirectory)]
    pub(crate) fn storage_directory() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = estimate)]
    pub(crate) fn storage_estimate() -> Result<Promise, JsValue>;
}

/// The bytes of a message's `buffer`, which is given back at once: garbage of this kind piles up to tens of
/// megabytes before a collector notices. Posting it to where nobody listens moves it away and drops it.
pub(crate) fn take_bytes(buffer: &ArrayBuffer) -> Vec<u8> {
    let bytes = Uint8Array::new(buffer).to_vec();
    NOWHERE.with(|port| {
        if let Err(error) = port.post_message_with_transferable(&JsValue::NULL, &Array::of1(buffer)) {
            warn("a buffer cannot be given back", &error);
        }
    });
    bytes
}

thread_local! {
    /// A port that is closed.
    static NOWHERE: MessagePort = {
        let port = MessageChannel::new().expect("a channel of messages takes no arguments to refuse").port1();
        port.close();
        port
    };
}

/// A reader of `stream` that fills buffers of ours; none in browsers that lack such.
pub(crate) fn byob_reader(stream: &ReadableStream) -> Option<ReadableStreamByobReader> {
    let mode = Object::new();
    Reflect::set(&mode, &"mode".into(), &"byob".into()).ok()?;
    let make: Function = property(stream, "getReader").dyn_into().ok()?;
    Some(make.call1(stream, &mode).ok()?.unchecked_into())
}

/// Fresh entropy for one engine.
pub(crate) fn seed() -> Seed {
    let mut bytes = [0; 32];
    random_values(&Uint8Array::new_with_length(32)).copy_to(&mut bytes);
    Seed(bytes)
}

/// A property, `undefined` if there is none.
pub(crate) fn property(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Call a method that older browsers lack; none if they do or it throws.
pub(crate) fn call(of: &JsValue, method: &str) -> Option<JsValue> {
    property(of, method).dyn_into::<Function>().ok()?.call0(of).ok()
}

/// The `name` of a DOMException or Error, empty for anything else.
pub(crate) fn error_name(error: &JsValue) -> String {
    property(error, "name").as_string().unwrap_or_default()
}

/// Resolves after so many milliseconds.
pub(crate) async fn pause(milliseconds: i32) {
    let timer = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, milliseconds);
    });
    timer.await.expect("a timer's promise is never rejected");
}
