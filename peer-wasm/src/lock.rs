//! The lock that lets one tab of this browser hold a room, <https://www.w3.org/TR/web-locks/>. The browser lets
//! go of it when the tab dies, however it dies.

use crate::js;
use js_sys::{Function, Object, Promise, Reflect};
use peer_core::id::RoomId;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A held lock; dropped, the next tab in the queue gets it.
pub(crate) struct RoomLock {
    release: Function,
}

impl RoomLock {
    /// Wait for the room's lock.
    ///
    /// # Errors
    /// What the browser said, where it has no locks for this page.
    pub(crate) async fn wait(room: RoomId) -> Result<Self, JsValue> {
        Self::request(room, false).await.map(|lock| lock.expect("granted at last, or an error"))
    }

    /// The room's lock if no tab holds it.
    ///
    /// # Errors
    /// What the browser said, where it has no locks for this page.
    pub(crate) async fn if_free(room: RoomId) -> Result<Option<Self>, JsValue> {
        Self::request(room, true).await
    }

    async fn request(room: RoomId, if_available: bool) -> Result<Option<Self>, JsValue> {
        // Two promises: one tells us that the lock is granted, the other tells the browser that it is released.
        let release: Rc<RefCell<Option<Function>>> = Rc::default();
        let mut answer = None;
        let answered = Promise::new(&mut |resolve, reject| answer = Some((resolve, reject)));
        let (granted, failed) = answer.expect("a promise calls its executor at once");
        let for_callback = release.clone();
        let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let held = Promise::new(&mut |resolve, _| *for_callback.borrow_mut() = Some(resolve));
            // Only throws if the function itself throws, which a promise's resolver does not.
            let _resolved = granted.call1(&JsValue::NULL, &JsValue::from_bool(!lock.is_null()));
            if lock.is_null() { JsValue::UNDEFINED } else { held.into() }
        });
        let options = Object::new();
        Reflect::set(&options, &"ifAvailable".into(), &if_available.into())?;
        let name = format!("linkspan/{}", room.to_hex());
        let request = js::request_lock(&name, &options, callback.unchecked_ref());
        let refused = Closure::once_into_js(move |error: JsValue| {
            let _rejected = failed.call1(&JsValue::NULL, &error);
        });
        Reflect::get(&request, &"catch".into())?.unchecked_into::<Function>().call1(&request, &refused)?;
        let free = answered.await?.is_truthy();
        Ok(release.take().filter(|_| free).map(|release| Self { release }))
    }
}

impl Drop for RoomLock {
    fn drop(&mut self) {
        let _released = self.release.call0(&JsValue::NULL);
    }
}
