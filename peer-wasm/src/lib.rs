//! The browser shell of the engine. One module, instantiated twice: the page's half ([`Page`]) owns the
//! RTCPeerConnections, because they exist nowhere else; the worker's half ([`start_worker`]) owns the engine,
//! its channels, sockets, files and timers. Neither knows a rule of the protocol.
//!
//! Start reading at `driver`, the worker's run loop; `api` has every shape that the page sees, `bridge` what the
//! two halves say to each other. See ARCHITECTURE.md, *The browser side*.
#![forbid(unsafe_code)]

mod api;
mod bridge;
mod clock;
mod crash;
mod driver;
mod js;
mod lock;
mod map;
mod rtc;
mod socket;
mod store;

use bridge::{ToPage, ToWorker};
use driver::Driver;
use js_sys::{Array, Function};
use rtc::Connections;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

/// The page's half.
#[wasm_bindgen]
pub struct Page {
    worker: Worker,
    connections: Rc<Connections>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

#[wasm_bindgen]
impl Page {
    /// Start the engine in `worker`, which runs this same module, and take all events to `listener`: what happened
    /// together in one call, because a page that shows 20,000 messages must not begin anew for each; very much of it in
    /// several, all but the last with `more`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        worker: Worker,
        #[wasm_bindgen(unchecked_param_type = "Options")] options: JsValue,
        #[wasm_bindgen(unchecked_param_type = "(events: Event[], more: boolean) => void")] listener: Function,
    ) -> Self {
        crash::report_to(Box::new({
            let listener = listener.clone();
            move |crashed| drop(listener.call2(&JsValue::NULL, &Array::of1(&crashed), &JsValue::FALSE))
        }));
        let connections = Connections::new(worker.clone(), api::Options::read(&options).ice_servers);
        let heard = Closure::new({
            let connections = connections.clone();
            move |event: MessageEvent| match ToPage::from_js(&event.data()) {
                ToPage::Events(events, more) => {
                    if let Err(error) = listener.call2(&JsValue::NULL, &events, &more.into()) {
                        js::warn("the page's listener failed", &error);
                    }
                }
                ToPage::Lane(key, task) => connections.perform(key, task),
            }
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let page = Self { worker, connections, _heard: heard };
        page.post(ToWorker::Start(options));
        page
    }

    /// Ask for something; what comes of it is told by events.
    pub fn send(&self, #[wasm_bindgen(unchecked_param_type = "Command")] command: JsValue) {
        self.post(ToWorker::Command(command));
    }

    /// Close every connection and let go of the room; what is stored stays.
    pub fn close(&self) {
        self.post(ToWorker::Hide);
        self.connections.close();
    }

    fn post(&self, message: ToWorker) {
        let (message, _) = message.into_js();
        if let Err(error) = self.worker.post_message(&message) {
            // Only a command can hold what cannot be posted, and its TypeScript type rules that out.
            js::warn("not a command", &error);
        }
    }
}

/// Start the worker's half; it takes everything else from the page's messages.
#[wasm_bindgen(js_name = startWorker)]
pub fn start_worker() {
    crash::report_to(Box::new(|crashed| {
        let (message, _) = ToPage::Events(Array::of1(&crashed), false).into_js();
        js::post_to_page(&message);
    }));
    let half: Rc<RefCell<Half>> = Rc::new(RefCell::new(Half::Starting(Vec::new())));
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let message = ToWorker::from_js(&event.data());
        if let ToWorker::Start(options) = message {
            let half = half.clone();
            js_sys::futures::spawn_local(async move {
                let driver = Driver::start(api::Options::read(&options)).await;
                let early = half.replace(Half::Running(driver.clone()));
                if let Half::Starting(early) = early {
                    early.into_iter().for_each(|message| driver.receive(message));
                }
            });
            return;
        }
        let driver = match &mut *half.borrow_mut() {
            Half::Starting(early) => return early.push(message),
            Half::Running(driver) => driver.clone(),
        };
        driver.receive(message);
    });
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    heard.forget();
}

/// The worker's half, before and after its engine is there.
enum Half {
    Starting(Vec<ToWorker>),
    Running(Rc<Driver>),
}
