//! Whose a room is in this browser, and the lock that lets one tab of theirs hold it, <https://www.w3.org/TR/web-locks/>. The browser lets
//! go of it when the tab dies, however it dies.

use crate::js;
use js_sys::{Function, Object, Promise, Reflect};
use peer_core::id::RoomId;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Hexadecimal digits of a tab's name.
const TAB_DIGITS: usize = 32;

/// Who opens rooms here: two of them have no keys, records or locks in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The person of this browser, in whichever tab.
    Browser,
    /// Somebody else, in one tab; its name is known to that tab alone.
    Tab(String),
}

impl Whose {
    /// Of the tab of this name, else of the browser. The name stands in file names, so it is looked at.
    pub(crate) fn of_tab(name: Option<String>) -> Self {
        name.filter(|name| is_tab(name)).map_or(Self::Browser, Self::Tab)
    }

    /// What to call a room of theirs, different from everybody else's.
    pub(crate) fn name_of(&self, room: RoomId) -> String {
        match self {
            Self::Browser => room.to_hex(),
            Self::Tab(tab) => format!("{}.{tab}", room.to_hex()),
        }
    }

    /// The room that is called so, and whose it is.
    pub(crate) fn read(name: &str) -> Option<(RoomId, Self)> {
        match name.split_once('.') {
            None => Some((RoomId::from_hex(name)?, Self::Browser)),
            Some((room, tab)) if is_tab(tab) => Some((RoomId::from_hex(room)?, Self::Tab(tab.into()))),
            Some(_) => None,
        }
    }
}

fn is_tab(name: &str) -> bool {
    name.len() == TAB_DIGITS && name.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// A held lock; dropped, the next tab in the queue gets it.
pub(crate) struct RoomLock {
    /// None where there is nothing to be kept apart.
    release: Option<Function>,
}

impl RoomLock {
    /// Wait for the room's lock.
    ///
    /// # Errors
    /// What the browser said, where it has no locks for this page.
    pub(crate) async fn wait(whose: &Whose, room: RoomId) -> Result<Self, JsValue> {
        Self::request(whose, room, false).await.map(|lock| lock.expect("granted at last, or an error"))
    }

    /// The room's lock if no tab holds it.
    ///
    /// # Errors
    /// What the browser said, where it has no locks for this page.
    pub(crate) async fn if_free(whose: &Whose, room: RoomId) -> Result<Option<Self>, JsValue> {
        Self::request(whose, room, true).await
    }

    /// For a room of which nothing is kept where another tab could find it.
    pub(crate) fn needless() -> Self {
        Self { release: None }
    }

    async fn request(whose: &Whose, room: RoomId, if_available: bool) -> Result<Option<Self>, JsValue> {
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
        let name = format!("linkspan/{}", whose.name_of(room));
        let request = js::request_lock(&name, &options, callback.unchecked_ref());
        let refused = Closure::once_into_js(move |error: JsValue| {
            let _rejected = failed.call1(&JsValue::NULL, &error);
        });
        Reflect::get(&request, &"catch".into())?.unchecked_into::<Function>().call1(&request, &refused)?;
        let free = answered.await?.is_truthy();
        Ok(release.take().filter(|_| free).map(|release| Self { release: Some(release) }))
    }
}

impl Drop for RoomLock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _released = release.call0(&JsValue::NULL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_of_a_tab_is_called_otherwise_than_the_browsers_and_both_are_read_again() {
        let room = RoomId([7; 16]);
        let tab = Whose::of_tab(Some("0123456789abcdef".repeat(2)));
        assert_ne!(tab.name_of(room), Whose::Browser.name_of(room));
        for whose in [Whose::Browser, tab] {
            assert_eq!(Whose::read(&whose.name_of(room)), Some((room, whose)));
        }
    }

    #[test]
    fn what_is_no_tab_s_name_never_gets_into_a_file_name() {
        let digits = "a".repeat(TAB_DIGITS);
        assert_eq!(Whose::of_tab(None), Whose::Browser);
        for name in
            [&digits[1..], &[&digits, "a"].concat(), &"A".repeat(TAB_DIGITS), &"../".repeat(11)[..TAB_DIGITS]]
        {
            assert_eq!(Whose::of_tab(Some(name.into())), Whose::Browser, "{name}");
            assert_eq!(Whose::read(&format!("{}.{name}", RoomId([7; 16]).to_hex())), None, "{name}");
        }
    }
}
