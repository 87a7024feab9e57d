//! The store of a browser: small durable records, files to read, received copies. Everything lies in the origin's
//! private file system (OPFS), in a folder for each room, and is written through synchronous handles, so that a
//! record is durable before it is answered for. No file is ever whole in memory.
//!
//! ```text
//! rooms/<room id>/records       journal of keys and values, in this file
//! rooms/<room id>/records.next  or in this one
//! rooms/<room id>/last          touched while the room is open
//! rooms/<room id>/files/<sink>  what is being received, or was
//! rooms/<room id>.<tab>/…       the same, of somebody else in one tab
//! ```
//!
//! Where a window has no such storage (a private one), rooms work and are forgotten with their tab.

mod failure;
mod journal;
mod opfs;
mod sinks;
mod sources;

use crate::js;
use crate::lock::{RoomLock, Whose};
use crate::map::Map;
pub(crate) use failure::Refusal;
use failure::{failure, not_put, refusal};
use journal::{Journal, Records};
use opfs::{Folder, Handle, Receiving};
use peer_core::error::StoreFailure;
use peer_core::id::{RequestId, RoomId, SinkId, SourceId};
use peer_core::io::{Input, NewFile, StoreOp};
use sinks::Sinks;
use sources::Sources;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// A room is forgotten so long after its last use.
const FORGET_AFTER_MS: f64 = 24.0 * 3_600_000.0;
/// The same, of a tab's own: once it is closed nobody can open it. Longer than between two touches, and a tab that the
/// browser put away to save memory comes back as who it was for an hour at least.
const FORGET_TABS_AFTER_MS: f64 = 2.0 * 3_600_000.0;
/// How often an open room's last use is written down.
const TOUCH_EVERY_MS: i32 = 3_600_000;
/// Bytes that no received file may take: with the last of them the records of the room would find no place, and a
/// room whose records fail is forgotten by a reload. Many hours of chat, or a member's whole quota.
const LEFT_TO_RECORDS: u64 = 32 << 20;

/// What the store tells the driver, later than the operation that began it.
pub(crate) enum Done {
    /// A reply for the engine.
    Stored(Input),
    /// The sink is complete: here is an address to download it from.
    Verified(SinkId, String),
}

/// Takes it there.
pub(crate) type Notify = Rc<dyn Fn(Done)>;

/// All rooms, sources and sinks of this tab.
pub(crate) struct Store {
    /// The folder of all rooms; none where the window has no storage.
    rooms: Option<Folder>,
    whose: Whose,
    open: RefCell<Map<RoomId, Room>>,
    sources: Sources,
    sinks: RefCell<Sinks>,
    /// Put and not made durable yet.
    puts: RefCell<Vec<(RoomId, RequestId)>>,
    next: Cell<u32>,
    notify: Notify,
}

/// A room that this tab holds, or is about to.
enum Room {
    /// Being opened; what is to be put until then.
    Opening(Vec<(RequestId, Vec<u8>, Vec<u8>)>),
    Open {
        journal: Option<Journal<Handle>>,
        _lock: RoomLock,
    },
}

impl Store {
    /// What this origin stores of `whose` rooms.
    pub(crate) async fn new(whose: Whose, notify: Notify) -> Rc<Self> {
        let rooms = match Folder::of_rooms(whose.clone()).await {
            Ok(rooms) => Some(rooms),
            Err(error) => {
                js::warn("no storage in this window", &error);
                None
            }
        };
        Rc::new(Self {
            rooms,
            whose,
            open: RefCell::default(),
            sources: Sources::default(),
            sinks: RefCell::default(),
            puts: RefCell::default(),
            next: Cell::new(1),
            notify,
        })
    }

    /// Whether records and files can be kept at all.
    pub(crate) fn is_persistent(&self) -> bool {
        self.rooms.is_some()
    }

    /// Wait for a room's lock. A browser that refuses storage may refuse locks too: nothing of the room is kept then
    /// where another tab could come upon it.
    ///
    /// # Errors
    /// What the browser said.
    pub(crate) async fn lock(&self, room: RoomId) -> Result<RoomLock, JsValue> {
        match RoomLock::wait(&self.whose, room).await {
            Err(error) if !self.is_persistent() => {
                js::warn("no locks in this window", &error);
                Ok(RoomLock::needless())
            }
            answer => answer,
        }
    }

    /// Whether this tab holds the room, or is about to.
    pub(crate) fn holds(&self, room: RoomId) -> bool {
        self.open.borrow().get(room).is_some()
    }

    /// Whether there may be records of a room that is not open.
    pub(crate) async fn may_know(&self, room: RoomId) -> bool {
        match &self.rooms {
            Some(rooms) => rooms.has_room(room).await,
            None => false,
        }
    }

    /// Whether a record of a room that was just made waits to be written.
    pub(crate) fn is_making(&self) -> bool {
        self.open.borrow().values().any(|room| matches!(room, Room::Opening(waiting) if !waiting.is_empty()))
    }

    /// Open a room whose lock this tab has, and return its records. If nothing was `known` of it before, it is opened
    /// in any case, and if it must be, in memory only.
    pub(crate) async fn open_room(
        &self,
        room: RoomId,
        lock: RoomLock,
        known: bool,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Refusal> {
        if !self.holds(room) {
            self.open.borrow_mut().insert(room, Room::Opening(Vec::new()));
        }
        let opened = match &self.rooms {
            Some(rooms) => rooms.open_room(room).await.map(|(journal, records)| (Some(journal), records)),
            None => Ok((None, Records::new())),
        };
        if !self.holds(room) {
            // Deleted while it was being opened.
            drop(opened);
            self.remove(room, &self.whose, lock).await;
            return Ok(Vec::new());
        }
        let (journal, records) = match opened.map_err(refusal) {
            Ok(opened) => opened,
            Err(refusal) if known => {
                self.open.borrow_mut().remove(room);
                return Err(refusal);
            }
            Err(_) => (None, Records::new()),
        };
        let before = self.open.borrow_mut().insert(room, Room::Open { journal, _lock: lock });
        let Some(Room::Opening(waiting)) = before else { unreachable!("a tab gets a lock once") };
        let mut replies = Vec::new();
        for (request, key, value) in waiting {
            if let Err(failure) = self.put(room, request, &key, &value) {
                replies.push(stored(request, Err(failure)));
            }
        }
        replies.extend(self.settle());
        for reply in replies {
            (self.notify)(Done::Stored(reply));
        }
        Ok(records.into_iter().collect())
    }

    /// Close a room that was closed here and stays stored.
    pub(crate) fn close_room(&self, room: RoomId) {
        self.sinks.borrow_mut().close_room(room);
        let mut open = self.open.borrow_mut();
        if let Some(Room::Open { journal, .. }) = open.get_mut(room) {
            if let Some(Err(error)) = journal.as_mut().map(Journal::flush) {
                js::warn("a room's last records may be lost", &not_put(error).code().into());
            }
            open.remove(room);
        }
    }

    /// Forget the records of a room that stays open here. What was not opened is left as it is.
    fn forget_records(&self, room: RoomId) {
        if let Some(Room::Open { journal: Some(journal), .. }) = self.open.borrow_mut().get_mut(room)
            && let Err(error) = journal.clear()
        {
            js::warn("a room's records cannot be removed", &error);
        }
    }

    /// Register a file that the person chose.
    pub(crate) fn add_source(&self, file: web_sys::File) -> NewFile {
        let source = SourceId(self.next_id());
        let (name, size) = (file.name(), file.size() as u64);
        self.sources.add(source, file);
        NewFile { source, name, size }
    }

    /// A name for the place where a fetched file will go.
    pub(crate) fn new_sink(&self) -> SinkId {
        SinkId(self.next_id())
    }

    /// Forget a source that the engine did not take.
    pub(crate) fn close_source(&self, source: SourceId) {
        self.sources.close(source);
    }

    /// Do what the engine wants, and return the reply if there is one at once.
    pub(crate) fn perform(self: &Rc<Self>, op: StoreOp) -> Option<Input> {
        let (request, result) = match op {
            StoreOp::Put { request, room, key, value } => {
                if self.is_opening(room) {
                    self.put_later(room, (request, key, value.0));
                    return None;
                }
                match self.put(room, request, &key, &value) {
                    Ok(()) => return None,
                    Err(failure) => (request, Err(failure)),
                }
            }
            StoreOp::DeleteRecords { room } => {
                self.forget_records(room);
                return None;
            }
            StoreOp::DeleteRoom { room } => {
                self.delete_room(room);
                return None;
            }
            StoreOp::Read { request, source, offset, length } => {
                self.reply_with(request, self.sources.clone().read(source, offset, length));
                return None;
            }
            StoreOp::CloseSource { source } => {
                self.close_source(source);
                return None;
            }
            StoreOp::OpenSink { request, room, sink, size } => {
                self.sinks.borrow_mut().opening(room, sink);
                let store = self.clone();
                self.reply_with(request, async move { store.open_sink(room, sink, size).await });
                return None;
            }
            StoreOp::Write { request, sink, offset, bytes } => {
                (request, self.sinks.borrow().write(sink, offset, &bytes).map(|()| Vec::new()))
            }
            StoreOp::CloseSink { request, sink, keep } => {
                let store = self.clone();
                self.reply_then(request, async move { store.close_sink(sink, keep).await });
                return None;
            }
        };
        Some(stored(request, result))
    }

    /// Make durable what was put since the last time, at once for each room, and return the replies.
    pub(crate) fn settle(&self) -> Vec<Input> {
        let puts = self.puts.take();
        if puts.is_empty() {
            return Vec::new();
        }
        let mut failures = Vec::new();
        for (room, state) in self.open.borrow_mut().iter_mut() {
            let Room::Open { journal: Some(journal), .. } = state else { continue };
            if let Err(error) = journal.flush() {
                failures.push((room, not_put(error)));
            }
            if let Err(error) = journal.tidy() {
                js::warn("a journal stays long", &error);
            }
        }
        let reply = |(room, request)| {
            let failed = failures.iter().find(|(of, _)| *of == room).map(|(_, failure)| *failure);
            stored(request, failed.map_or(Ok(Vec::new()), Err))
        };
        puts.into_iter().map(reply).collect()
    }

    /// Forget everybody's rooms that were not used for long and that no tab holds.
    pub(crate) async fn forget_old_rooms(&self) {
        let Some(rooms) = &self.rooms else { return };
        let now = js_sys::Date::now();
        let since = |whose: &Whose| match whose {
            Whose::Browser => now - FORGET_AFTER_MS,
            Whose::Tab(_) => now - FORGET_TABS_AFTER_MS,
        };
        let old = match rooms.rooms_unused(since).await {
            Ok(old) => old,
            Err(error) => return js::warn("old rooms cannot be listed", &error),
        };
        for (room, whose) in old {
            if whose != self.whose || !self.holds(room) {
                self.remove_if_free(room, &whose).await;
            }
        }
    }

    /// Write down, now and then, that the open rooms are in use.
    pub(crate) async fn keep_touching(&self) {
        while let Some(rooms) = &self.rooms {
            js::pause(TOUCH_EVERY_MS).await;
            let open: Vec<_> = self.open.borrow().keys().collect();
            for room in open {
                if let Err(error) = rooms.touch(room).await {
                    js::warn("a room's last use cannot be written", &error);
                }
            }
        }
    }

    fn next_id(&self) -> u32 {
        self.next.replace(self.next.get() + 1)
    }

    fn is_opening(&self, room: RoomId) -> bool {
        !matches!(self.open.borrow().get(room), Some(Room::Open { .. }))
    }

    /// Only a room that was just made here is put into before anybody opened it: open it now.
    fn put_later(self: &Rc<Self>, room: RoomId, put: (RequestId, Vec<u8>, Vec<u8>)) {
        let mut open = self.open.borrow_mut();
        if let Some(Room::Opening(waiting)) = open.get_mut(room) {
            waiting.push(put);
            return;
        }
        open.insert(room, Room::Opening(vec![put]));
        let store = self.clone();
        js_sys::futures::spawn_local(async move {
            match store.lock(room).await {
                // New here: there is nothing to be refused.
                Ok(lock) => drop(store.open_room(room, lock, false).await),
                Err(error) => {
                    js::warn("no lock for a new room", &error);
                    let Some(Room::Opening(waiting)) = store.open.borrow_mut().remove(room) else { return };
                    for (request, ..) in waiting {
                        (store.notify)(Done::Stored(stored(request, Err(StoreFailure::Failed))));
                    }
                }
            }
        });
    }

    /// Write a record; its reply comes from [`Self::settle`], but for a failure.
    fn put(&self, room: RoomId, request: RequestId, key: &[u8], value: &[u8]) -> Result<(), StoreFailure> {
        match self.open.borrow_mut().get_mut(room) {
            Some(Room::Open { journal: Some(journal), .. }) => {
                journal.put(key, value).map_err(not_put)?;
            }
            // Without storage a room lives as long as its tab, and that was said at the start.
            Some(Room::Open { journal: None, .. }) if !self.is_persistent() => {}
            Some(_) | None => return Err(StoreFailure::Failed),
        }
        self.puts.borrow_mut().push((room, request));
        Ok(())
    }

    fn delete_room(self: &Rc<Self>, room: RoomId) {
        self.sinks.borrow_mut().delete_room(room);
        let held = match self.open.borrow_mut().remove(room) {
            Some(Room::Open { _lock, .. }) => Some(_lock),
            // Whoever opens it finds that it is gone, and removes it.
            Some(Room::Opening(_)) => return,
            None => None,
        };
        let store = self.clone();
        js_sys::futures::spawn_local(async move {
            match held {
                Some(lock) => store.remove(room, &store.whose, lock).await,
                None => store.remove_if_free(room, &store.whose).await,
            }
        });
    }

    async fn remove_if_free(&self, room: RoomId, whose: &Whose) {
        // Where nothing is kept there is nothing to remove, and perhaps no lock to have.
        if !self.is_persistent() {
            return;
        }
        match RoomLock::if_free(whose, room).await {
            Ok(Some(lock)) => self.remove(room, whose, lock).await,
            Ok(None) => {} // Open in another tab.
            Err(error) => js::warn("no lock for a room to remove", &error),
        }
    }

    /// Remove the room's folder, and only then let go of its lock.
    async fn remove(&self, room: RoomId, whose: &Whose, lock: RoomLock) {
        if let Some(rooms) = &self.rooms
            && let Err(error) = rooms.remove_room(room, whose).await
        {
            js::warn("a room's folder cannot be removed", &error);
        }
        drop(lock);
    }

    async fn open_sink(&self, room: RoomId, sink: SinkId, size: u64) -> Result<Vec<u8>, StoreFailure> {
        let opened = self.make_file(room, sink, size).await;
        let unwanted = match opened {
            Ok(file) => self.sinks.borrow_mut().opened(sink, file),
            Err(failure) => {
                self.sinks.borrow_mut().forget(sink);
                return Err(failure);
            }
        };
        match unwanted {
            None => Ok(Vec::new()),
            // Closed while it was being opened: nobody else would ever remove it.
            Some(file) => {
                file.discard().await.map_err(|error| failure(&error))?;
                Err(StoreFailure::Missing)
            }
        }
    }

    async fn make_file(&self, room: RoomId, sink: SinkId, size: u64) -> Result<Receiving, StoreFailure> {
        let rooms = self.rooms.as_ref().ok_or(StoreFailure::Unavailable)?;
        // Refuse early what the browser will not hold. The copy in the person's own folder, which the download
        // makes, lies outside of what a page can see or a browser counts, so only the one here is asked about.
        let available = available().await.map(|bytes| bytes.saturating_sub(LEFT_TO_RECORDS));
        if available.is_some_and(|available| size > available) {
            return Err(StoreFailure::Full { available });
        }
        rooms.create_file(room, sink, size, LEFT_TO_RECORDS).await.map_err(|error| match failure(&error) {
            // Chromium tells everybody the same ten gigabytes; what is disproved is not repeated.
            StoreFailure::Full { .. } => {
                StoreFailure::Full { available: available.filter(|available| *available < size) }
            }
            other => other,
        })
    }

    async fn close_sink(&self, sink: SinkId, keep: bool) -> (Result<Vec<u8>, StoreFailure>, Option<Done>) {
        let closed = self.sinks.borrow_mut().close(sink);
        let Some((room, file)) = closed else {
            // Discarding what never was is no failure.
            return (if keep { Err(StoreFailure::Missing) } else { Ok(Vec::new()) }, None);
        };
        let finished = if keep { file.finish().await.map(Some) } else { file.discard().await.map(|()| None) };
        match finished {
            Ok(Some(url)) => {
                self.sinks.borrow_mut().complete(room, url.clone());
                (Ok(Vec::new()), Some(Done::Verified(sink, url)))
            }
            Ok(None) => (Ok(Vec::new()), None),
            Err(error) => (Err(failure(&error)), None),
        }
    }

    fn reply_with(
        &self,
        request: RequestId,
        work: impl Future<Output = Result<Vec<u8>, StoreFailure>> + 'static,
    ) {
        self.reply_then(request, async move { (work.await, None) });
    }

    fn reply_then(
        &self,
        request: RequestId,
        work: impl Future<Output = (Result<Vec<u8>, StoreFailure>, Option<Done>)> + 'static,
    ) {
        let notify = self.notify.clone();
        js_sys::futures::spawn_local(async move {
            let (result, then) = work.await;
            notify(Done::Stored(stored(request, result)));
            if let Some(then) = then {
                notify(then);
            }
        });
    }
}

/// The answer to a request.
fn stored(request: RequestId, result: Result<Vec<u8>, StoreFailure>) -> Input {
    Input::Stored { request, result: result.map(Into::into) }
}

/// Bytes that this origin may still store, where the browser tells.
async fn available() -> Option<u64> {
    let estimate = js::storage_estimate().ok()?.await.ok()?;
    let number = |name| js::property(&estimate, name).as_f64();
    Some((number("quota")? - number("usage")?).max(0.0) as u64)
}
