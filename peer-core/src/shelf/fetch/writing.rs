//! From verified chunks to a file that is done: writes, progress, the end.

use super::{Fetching, HAVE, PROGRESS, Sink};
use crate::base::blob::ChunkValue;
use crate::base::error::StoreFailure;
use crate::base::id::{FileId, RequestId};
use crate::cx::{Context, Waiting};
use crate::io::{Event, FileFailure, FileState, StoreOp};
use crate::shelf::blob;
use crate::wire::Frame;
use alloc::vec::Vec;

impl Fetching {
    /// A reply of the store.
    pub(crate) fn stored(
        &mut self,
        request: RequestId,
        result: &Result<Vec<u8>, StoreFailure>,
        cx: &mut Context<'_>,
    ) {
        if let Some((file, sink, chunk)) = self.writes.remove(&request) {
            if self.fetches.get(&file).is_some_and(|fetch| fetch.sink == sink) {
                match result {
                    Ok(_) => self.written(file, chunk, cx),
                    Err(failure) => self.store_failed(file, *failure, cx),
                }
            }
            return;
        }
        let of = |state: Sink| matches!(state, Sink::Opening(r) | Sink::Closing(r) if r == request);
        let Some((&file, fetch)) = self.fetches.iter_mut().find(|(_, fetch)| of(fetch.sink_state)) else {
            return;
        };
        match (result, fetch.sink_state) {
            (Err(failure), _) => self.store_failed(file, *failure, cx),
            (Ok(_), Sink::Closing(_)) => {
                let root = self.shelf[&file].root.expect("a sink is closed only with its root known");
                self.set_state(file, FileState::Done { root }, cx);
                let verified = self.shelf[&file].size;
                cx.broadcast(Frame::Have { file, verified });
            }
            (Ok(_), _) => {
                fetch.sink_state = Sink::Open;
                self.show(file, cx);
                self.finish(file, cx);
            }
        }
    }

    fn written(&mut self, file: FileId, chunk: u32, cx: &mut Context<'_>) {
        let fetch = self.fetches.get_mut(&file).expect("asked by the caller");
        fetch.busy.remove(&chunk);
        fetch.have.insert(chunk);
        let complete = fetch.have.is_complete();
        if complete || cx.now.since(fetch.told) >= PROGRESS || fetch.speed.is_unknown() {
            self.tell_progress(file, cx);
        }
        self.finish(file, cx);
    }

    fn tell_progress(&mut self, file: FileId, cx: &mut Context<'_>) {
        let (fetch, size) = (self.fetches.get_mut(&file).expect("of a fetch"), self.shelf[&file].size);
        let verified = fetch.have.bytes();
        fetch.told = cx.now;
        let (rate, remaining) = fetch.speed.take(cx.now, verified, size);
        cx.event(Event::Progress { room: self.room, file, verified, rate, remaining });
        if fetch.have_told.is_none_or(|told| cx.now.since(told) >= HAVE) {
            fetch.have_told = Some(cx.now);
            cx.broadcast(Frame::Have { file, verified });
        }
    }

    /// "Done" only when every chunk is written and the whole is what the author closed.
    pub(super) fn finish(&mut self, file: FileId, cx: &mut Context<'_>) {
        let (Some(fetch), Some(shelf)) = (self.fetches.get_mut(&file), self.shelf.get(&file)) else { return };
        let (Some(root), Sink::Open, true) = (shelf.root, fetch.sink_state, fetch.have.is_complete()) else {
            return;
        };
        let values: Vec<ChunkValue> = fetch.values.values().flatten().copied().collect();
        if blob::root(shelf.size, &values) != Some(root) {
            return self.end(file, FileState::Failed { reason: FileFailure::Contradiction }, cx);
        }
        let request = cx.ids.request(self.room, Waiting::Fetching);
        fetch.sink_state = Sink::Closing(request);
        fetch.values.clear();
        cx.store(StoreOp::CloseSink { request, sink: fetch.sink, keep: true });
    }

    fn store_failed(&mut self, file: FileId, failure: StoreFailure, cx: &mut Context<'_>) {
        self.end(file, FileState::Failed { reason: FileFailure::Store(failure) }, cx);
    }

    /// The fetch is over without a file; it can be started afresh.
    pub(super) fn end(&mut self, file: FileId, state: FileState, cx: &mut Context<'_>) {
        self.discard(file, cx);
        cx.event(Event::FileChanged { room: self.room, file, state });
    }

    pub(super) fn discard(&mut self, file: FileId, cx: &mut Context<'_>) {
        self.drop_requests(file, cx);
        if let Some(fetch) = self.fetches.remove(&file) {
            let request = cx.ids.request(self.room, Waiting::Fetching);
            cx.store(StoreOp::CloseSink { request, sink: fetch.sink, keep: false });
        }
    }

    pub(super) fn is_running(&self, file: FileId) -> bool {
        self.fetches.get(&file).is_some_and(|fetch| !fetch.is_done())
    }
}
