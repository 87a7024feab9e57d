//! The worker's run loop: everything that happens becomes an input, the engine's outputs are performed in order,
//! events go to the page last. No JavaScript is called while the engine is borrowed.

use crate::api::{self, Added, BadLink, Brought, Command, CommandName, ErrorCode, Event, Failure};
use crate::bridge::{ToPage, ToWorker};
use crate::clock::{self, Alarm};
use crate::js;
use crate::lock::{RoomLock, Whose};
use crate::map::Map;
use crate::rtc::Lanes;
use crate::socket::Sockets;
use crate::store::{Done, Refusal, Store};
use js_sys::Array;
use peer_core::id::{CommandId, EntryId, FileId, RoomId, SinkId};
use peer_core::invitation::{self, Invitation};
use peer_core::io::{self, Input, Output, SignalInput, StoreOp};
use peer_core::{Config, Peer};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;

/// How long another tab may take to let go of a room before that is said: a page that is being reloaded needs a
/// moment.
const ELSEWHERE_AFTER_MS: i32 = 2_000;
/// So many late failures of commands can be named.
const MOST_COMMANDS: usize = 256;

/// So many events go to the page at once: of a full room it draws the first ones while the rest is being told.
const MOST_EVENTS: usize = 8_192;

/// The engine and its world.
pub(crate) struct Driver {
    peer: RefCell<Peer>,
    inbox: RefCell<VecDeque<Input>>,
    pumping: Cell<bool>,
    lanes: RefCell<Lanes>,
    sockets: RefCell<Sockets>,
    store: Rc<Store>,
    alarm: Alarm,
    memory: RefCell<Memory>,
    untold: RefCell<Vec<Event>>,
}

/// What the shell must remember to name things to the page.
#[derive(Default)]
struct Memory {
    /// Rooms whose lock is being waited for.
    approaching: Vec<RoomId>,
    rooms: Vec<RoomId>,
    /// The newest last.
    commands: VecDeque<(CommandId, CommandName, Option<String>)>,
    fetches: Map<SinkId, (RoomId, FileId)>,
    names: Map<(RoomId, EntryId), Vec<String>>,
}

impl Driver {
    /// Start an engine as the page's `options` say.
    pub(crate) async fn start(options: api::Options) -> Rc<Self> {
        let later: Rc<RefCell<Weak<Self>>> = Rc::default();
        let (a, b, c, d) = (later.clone(), later.clone(), later.clone(), later.clone());
        let whose = Whose::of_tab(options.tab);
        let store = Store::new(whose, Rc::new(move |done| with(&a, |driver| driver.stored(done)))).await;
        let driver = Rc::new(Self {
            peer: RefCell::new(Peer::new(Config::default(), js::seed(), clock::now())),
            inbox: RefCell::default(),
            pumping: Cell::new(false),
            lanes: RefCell::new(Lanes::new(Rc::new(move |key, channel, happened| {
                with(&b, |driver| {
                    let inputs = driver.lanes.borrow_mut().happened(key, channel, happened);
                    driver.inputs(inputs);
                });
            }))),
            sockets: RefCell::new(Sockets::new(
                options.signal_url,
                Rc::new(move |room, input| with(&c, |driver| driver.signaled(room, input))),
            )),
            store,
            alarm: Alarm::new(move || with(&d, Self::wake)),
            memory: RefCell::default(),
            untold: RefCell::default(),
        });
        *later.borrow_mut() = Rc::downgrade(&driver);
        driver.tell(vec![Event::Storage { persistent: driver.store.is_persistent() }]);
        match options.link {
            None => {
                driver.submit(io::Command::CreateRoom { name: options.name }, CommandName::CreateRoom, None)
            }
            Some(link) => driver.approach(&link, None),
        }
        let store = driver.store.clone();
        js_sys::futures::spawn_local(async move {
            store.forget_old_rooms().await;
            store.keep_touching().await;
        });
        driver
    }

    /// Take in what the page says.
    pub(crate) fn receive(self: &Rc<Self>, message: ToWorker) {
        match message {
            ToWorker::Start(_) => unreachable!("the first message only"),
            ToWorker::Command(command) => self.command(&command),
            ToWorker::Hide => self.hide(),
            ToWorker::Lane(key, report) => {
                let inputs = self.lanes.borrow_mut().report(key, report);
                self.inputs(inputs);
            }
        }
    }

    fn command(self: &Rc<Self>, value: &JsValue) {
        let Some(command) = Command::read(value) else {
            let error = mistake(ErrorCode::BadCommand, "not a command");
            return self.reject(CommandName::OpenRoom, None, error);
        };
        let (name, room) = (command.name(), command.room().map(str::to_owned));
        let brought = command.brought();
        if let Command::JoinRoom { link, name } = command {
            return self.join(link, name);
        }
        let files: Vec<_> = chosen(&command).iter().map(|file| self.store.add_source(file.clone())).collect();
        let sources: Vec<_> = files.iter().map(|file| file.source).collect();
        let added = Added { files, sink: self.store.new_sink(), sent_at: clock::unix_millis() };
        let done = api::core_command(command, added).and_then(|command| {
            let fetch = match &command {
                io::Command::Fetch { room, file, sink } => Some((*sink, (*room, *file))),
                _ => None,
            };
            let id = self.peer.borrow_mut().submit(command, clock::now())?;
            Ok((id, fetch))
        });
        match done {
            Ok((id, fetch)) => {
                let mut memory = self.memory.borrow_mut();
                if let Some((sink, file)) = fetch {
                    memory.fetches.insert(sink, file);
                }
                memory.remember(id, name, room);
            }
            Err(error) => {
                for source in sources {
                    self.store.close_source(source);
                }
                self.give_back(name, room, api::failure_of_command(error), brought);
            }
        }
        self.pump();
    }

    fn join(self: &Rc<Self>, link: String, name: String) {
        match Invitation::parse(&link) {
            Err(_) => {
                let error = mistake(ErrorCode::BadLink, "not a link");
                self.reject(CommandName::JoinRoom, None, error);
            }
            Ok(invitation) if self.store.holds(invitation.room()) => {
                self.submit(io::Command::JoinRoom { link: link.into(), name }, CommandName::JoinRoom, None);
            }
            Ok(invitation) if self.memory.borrow().approaching.contains(&invitation.room()) => {
                let error =
                    Failure { retryable: true, ..mistake(ErrorCode::OpenElsewhere, "another tab holds it") };
                self.reject(CommandName::JoinRoom, Some(invitation.room().to_hex()), error);
            }
            Ok(_) => self.approach(&link, Some(name)),
        }
    }

    /// Go to where `link` leads: into the room if this browser is a member, else to its door, or straight on to
    /// asking in under `name`.
    fn approach(self: &Rc<Self>, link: &str, name: Option<String>) {
        // From here on in its own form, whatever it looked like when it arrived.
        let (room, link) = match Invitation::parse(link) {
            Ok(invitation) => (invitation.room(), invitation.fragment()),
            Err(error) => {
                let reason = match error {
                    invitation::BadLink::Malformed => BadLink::Malformed,
                    invitation::BadLink::Version => BadLink::Version,
                };
                return self.tell(vec![Event::BadLink { reason }]);
            }
        };
        self.memory.borrow_mut().approaching.push(room);
        let driver = self.clone();
        js_sys::futures::spawn_local(async move {
            let lock = driver.lock(room).await;
            driver.memory.borrow_mut().approaching.retain(|other| *other != room);
            let lock = match lock {
                Ok(lock) => lock,
                Err(error) => {
                    js::warn("no lock for the room", &error);
                    return driver.tell(vec![Event::Crashed { message: "this browser gave no lock".into() }]);
                }
            };
            // Nobody whom this browser does not know waits for files to be made.
            let known = driver.store.may_know(room).await;
            let stranger = name.is_none() && !known;
            if stranger {
                driver.tell(vec![Event::AtDoor { room: room.to_hex(), link: link.clone() }]);
            }
            let records = match driver.store.open_room(room, lock, known).await {
                Ok(records) => records,
                Err(refusal) => {
                    return driver.reject(CommandName::OpenRoom, Some(room.to_hex()), kept(refusal));
                }
            };
            if !records.is_empty() {
                let command =
                    io::Command::OpenRoom { records: records.into(), link: Some(link.clone().into()) };
                let opened = driver.peer.borrow_mut().submit(command, clock::now());
                match opened {
                    Ok(id) => {
                        driver.memory.borrow_mut().remember(id, CommandName::OpenRoom, Some(room.to_hex()));
                        return driver.pump();
                    }
                    // Not the door: whoever went in by it would be somebody else, and write over what is kept.
                    Err(error) => {
                        driver.store.close_room(room);
                        let error = api::failure_of_command(error);
                        return driver.reject(CommandName::OpenRoom, Some(room.to_hex()), error);
                    }
                }
            }
            match name {
                Some(name) => {
                    driver.submit(
                        io::Command::JoinRoom { link: link.into(), name },
                        CommandName::JoinRoom,
                        None,
                    );
                }
                None if stranger => {}
                None => driver.tell(vec![Event::AtDoor { room: room.to_hex(), link }]),
            }
        });
    }

    /// The room's lock; if another tab keeps it, that is said, and this one goes on when it is free.
    async fn lock(self: &Rc<Self>, room: RoomId) -> Result<RoomLock, JsValue> {
        let granted = Rc::new(Cell::new(false));
        let (driver, answered) = (self.clone(), granted.clone());
        js_sys::futures::spawn_local(async move {
            js::pause(ELSEWHERE_AFTER_MS).await;
            if !answered.get() {
                driver.tell(vec![Event::OpenElsewhere { room: room.to_hex() }]);
            }
        });
        let lock = self.store.lock(room).await;
        granted.set(true);
        lock
    }

    /// The page goes away: say good-bye while there is time, and let go of what is held.
    fn hide(self: &Rc<Self>) {
        let rooms = self.memory.borrow().rooms.clone();
        for room in rooms {
            self.submit(io::Command::Close { room }, CommandName::Leave, Some(room.to_hex()));
            self.store.close_room(room);
        }
    }

    fn submit(self: &Rc<Self>, command: io::Command, name: CommandName, room: Option<String>) {
        let submitted = self.peer.borrow_mut().submit(command, clock::now());
        match submitted {
            Ok(id) => self.memory.borrow_mut().remember(id, name, room),
            Err(error) => self.reject(name, room, api::failure_of_command(error)),
        }
        self.pump();
    }

    fn reject(&self, command: CommandName, room: Option<String>, error: Failure) {
        self.give_back(command, room, error, Brought::default());
    }

    fn give_back(&self, command: CommandName, room: Option<String>, error: Failure, brought: Brought) {
        let Brought { text, names } = brought;
        self.tell(vec![Event::CommandRejected { command, room, error, text, names }]);
    }

    fn stored(self: &Rc<Self>, done: Done) {
        match done {
            Done::Stored(input) => self.inputs(vec![input]),
            Done::Verified(sink, url) => {
                let mut memory = self.memory.borrow_mut();
                let Some((room, file)) = memory.fetches.remove(sink) else { return };
                let names = memory.names.get((room, file.share));
                let name =
                    names.and_then(|names| names.get(usize::from(file.index))).cloned().unwrap_or_default();
                self.tell(vec![Event::Verified { room: room.to_hex(), file: file.into(), url, name }]);
            }
        }
    }

    fn signaled(self: &Rc<Self>, room: RoomId, input: SignalInput) {
        if matches!(input, SignalInput::Disconnected { .. }) {
            self.sockets.borrow_mut().forget(room);
        }
        self.inputs(vec![Input::Signal { room, input }]);
    }

    fn wake(self: &Rc<Self>) {
        self.alarm.rang();
        self.inputs(vec![Input::Timeout]);
    }

    fn inputs(self: &Rc<Self>, inputs: Vec<Input>) {
        self.inbox.borrow_mut().extend(inputs);
        self.pump();
    }

    /// Let the engine take in what is there, and do what it says, until it has nothing more to say.
    fn pump(self: &Rc<Self>) {
        if self.pumping.replace(true) {
            return; // The loop that is running takes it.
        }
        let mut events = Vec::new();
        loop {
            let input = self.inbox.borrow_mut().pop_front();
            let outputs: Vec<Output> = {
                let mut peer = self.peer.borrow_mut();
                if let Some(input) = input {
                    peer.handle_input(input, clock::now());
                }
                std::iter::from_fn(|| peer.poll_output()).collect()
            };
            for output in outputs {
                events.extend(self.perform(output));
            }
            self.inbox.borrow_mut().extend(self.store.settle());
            if self.inbox.borrow().is_empty() {
                let credit = self.lanes.borrow_mut().renew_credit();
                if credit.is_empty() {
                    break;
                }
                self.inbox.borrow_mut().extend(credit);
            }
        }
        self.pumping.set(false);
        let timeout = self.peer.borrow().poll_timeout();
        self.alarm.set(timeout.map(|(when, _)| when));
        self.tell(events);
    }

    fn perform(self: &Rc<Self>, output: Output) -> Option<Event> {
        let reply = match output {
            Output::Signal { room, op } => self.sockets.borrow_mut().perform(room, op),
            Output::Link { link, lane, op } => self.lanes.borrow_mut().perform((link, lane), op),
            Output::Store(op) => {
                if let StoreOp::CloseSink { sink, keep: false, .. } = &op {
                    self.memory.borrow_mut().fetches.remove(*sink);
                }
                self.store.perform(op)
            }
            Output::Event(event) => return Some(self.event(event)),
        };
        self.inbox.borrow_mut().extend(reply);
        None
    }

    fn event(&self, event: io::Event) -> Event {
        let mut memory = self.memory.borrow_mut();
        match &event {
            io::Event::RoomReady { room, .. } => {
                memory.rooms.retain(|other| other != room);
                memory.rooms.push(*room);
            }
            io::Event::RoomClosed { room } => {
                memory.forget(*room);
                self.store.close_room(*room);
            }
            io::Event::Shared { room, share, files, .. } => {
                let names = files.iter().map(|file| file.name.clone()).collect();
                memory.names.insert((*room, *share), names);
            }
            _ => {}
        }
        api::page_event(event, |id| memory.named(id))
    }

    /// Tell the page, but of a room that was just made only when a reload would find it: from then on its link is
    /// in the address bar.
    fn tell(&self, events: Vec<Event>) {
        let mut untold = self.untold.borrow_mut();
        untold.extend(events);
        if untold.is_empty() || self.store.is_making() {
            return;
        }
        let events = std::mem::take(&mut *untold);
        let mut slices = events.chunks(MOST_EVENTS).peekable();
        while let Some(slice) = slices.next() {
            let events: Array = slice.iter().map(api::to_js).collect();
            let (message, _) = ToPage::Events(events, slices.peek().is_some()).into_js();
            js::post_to_page(&message);
        }
    }
}

impl Memory {
    fn remember(&mut self, id: CommandId, name: CommandName, room: Option<String>) {
        self.commands.push_back((id, name, room));
        if self.commands.len() > MOST_COMMANDS {
            self.commands.pop_front();
        }
    }

    fn named(&self, id: CommandId) -> (CommandName, Option<String>) {
        let of = self.commands.iter().find(|(of, ..)| *of == id);
        of.map_or((CommandName::OpenRoom, None), |(_, name, room)| (*name, room.clone()))
    }

    fn forget(&mut self, room: RoomId) {
        self.rooms.retain(|other| *other != room);
        self.fetches.retain(|_, (of, _)| *of != room);
        self.names.retain(|(of, _), _| *of != room);
    }
}

fn with(later: &Rc<RefCell<Weak<Driver>>>, run: impl FnOnce(&Rc<Driver>)) {
    let driver = later.borrow().upgrade();
    if let Some(driver) = driver {
        run(&driver);
    }
}

fn mistake(code: ErrorCode, message: &str) -> Failure {
    Failure { code, message: message.into(), retryable: false }
}

/// Why what is kept of a room is left alone.
fn kept(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Newer => mistake(ErrorCode::NewerRecords, "a newer version keeps it"),
        Refusal::Unreadable => mistake(ErrorCode::BadRecords, "what is kept of it cannot be read"),
    }
}

/// The files of a Share or Supply.
fn chosen(command: &Command) -> &[web_sys::File] {
    match command {
        Command::Share { files, .. } => files,
        Command::Supply { replacement, .. } => std::slice::from_ref(replacement),
        Command::CreateRoom { .. }
        | Command::JoinRoom { .. }
        | Command::Admit { .. }
        | Command::Deny { .. }
        | Command::Fetch { .. }
        | Command::Pause { .. }
        | Command::Resume { .. }
        | Command::Cancel { .. }
        | Command::Withdraw { .. }
        | Command::Say { .. }
        | Command::Rename { .. }
        | Command::NewLink { .. }
        | Command::Leave { .. }
        | Command::EndRoom { .. } => &[],
    }
}
