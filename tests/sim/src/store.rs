//! A node's disk: records that survive a reload once they were durably written, files to share, files being
//! received. It can be slow, full or missing, and a shared file can change or vanish.

use crate::content::Content;
use crate::context::Context;
use crate::happening::{Happening, Life, NodeId, Request};
use peer_core::error::StoreFailure;
use peer_core::id::{RoomId, SinkId, SourceId};
use peer_core::io::StoreOp;
use std::collections::{BTreeMap, BTreeSet};

/// Records of one room.
pub(crate) type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// A file that the person chose to share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub(crate) content: Content,
    pub(crate) fault: Option<StoreFailure>,
    pub(crate) reads: u64,
}

/// What became of a file being received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkState {
    /// Made, perhaps written to.
    Open,
    /// Complete: handed to the person.
    Kept,
    /// Thrown away.
    Discarded,
}

/// A file being received.
#[derive(Clone, Debug)]
pub struct Sink {
    /// What became of it.
    pub state: SinkState,
    /// What was written, zero elsewhere.
    pub bytes: Vec<u8>,
    /// Bytes written, all writes together: more than the file's size means that something came twice.
    pub written: u64,
}

/// One node's store.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) records: BTreeMap<RoomId, Records>,
    /// Asked for and not yet durable, in order.
    pub(crate) unwritten: Vec<(RoomId, Vec<u8>, Vec<u8>)>,
    pub(crate) sources: BTreeMap<SourceId, Source>,
    pub(crate) sinks: BTreeMap<SinkId, Sink>,
    /// Sinks that are being opened: one of them may be closed before it is open, as in a browser.
    opening: BTreeSet<SinkId>,
    /// Every put fails with it.
    pub(crate) put_fault: Option<StoreFailure>,
    /// Sinks larger than this are refused.
    pub(crate) sink_space: Option<u64>,
    /// Every write into a sink fails with it.
    pub(crate) write_fault: Option<StoreFailure>,
    /// Reads asked for and not answered, and the most that there ever were.
    pub(crate) reading: usize,
    pub(crate) most_reads: usize,
    /// Sources in the order in which each was first read.
    pub(crate) read_first: Vec<SourceId>,
    free_at: u64,
    last_id: u32,
}

/// Bounds of io.rs.
const MAX_KEY: usize = 64;
const MAX_VALUE: usize = 64 << 10;
const MAX_READ: u32 = 1 << 20;
const MAX_WRITE: usize = 256 << 10;

impl Store {
    pub(crate) fn add_source(&mut self, content: Content) -> SourceId {
        self.last_id += 1;
        self.sources.insert(SourceId(self.last_id), Source { content, fault: None, reads: 0 });
        SourceId(self.last_id)
    }

    pub(crate) fn add_sink(&mut self) -> SinkId {
        self.last_id += 1;
        self.sinks
            .insert(SinkId(self.last_id), Sink { state: SinkState::Open, bytes: Vec::new(), written: 0 });
        SinkId(self.last_id)
    }

    /// Take a request of the engine: what it does happens later, in order.
    pub(crate) fn perform(&mut self, node: NodeId, life: Life, op: StoreOp, cx: &mut Context) {
        let (request, write) = match op {
            StoreOp::Put { request, room, key, value } => {
                assert!(key.len() <= MAX_KEY && value.len() <= MAX_VALUE, "a record within io.rs's bounds");
                self.unwritten.push((room, key.clone(), value.0.clone()));
                (request, Request::Put { room, key, value: value.0 })
            }
            StoreOp::DeleteRecords { room } | StoreOp::DeleteRoom { room } => {
                self.records.remove(&room);
                self.unwritten.retain(|(of, ..)| *of != room);
                return;
            }
            StoreOp::Read { request, source, offset, length } => {
                assert!(length <= MAX_READ, "a read within io.rs's bounds");
                self.reading += 1;
                self.most_reads = self.most_reads.max(self.reading);
                if !self.read_first.contains(&source) {
                    self.read_first.push(source);
                }
                (request, Request::Read { source, offset, length })
            }
            StoreOp::CloseSource { source } => {
                assert!(
                    self.sources.remove(&source).is_some(),
                    "{node:?} closed {source:?}, which it hasn't"
                );
                return;
            }
            StoreOp::OpenSink { request, sink, size, .. } => {
                self.opening.insert(sink);
                (request, Request::OpenSink { sink, size })
            }
            StoreOp::Write { request, sink, offset, bytes } => {
                assert!(bytes.len() <= MAX_WRITE, "a write within io.rs's bounds");
                (request, Request::Write { sink, offset, bytes: bytes.0 })
            }
            StoreOp::CloseSink { request, sink, keep } => {
                let close = Request::CloseSink { sink, keep };
                if self.opening.contains(&sink) {
                    return cx.after(0, Happening::Stored(node, life, request, close));
                }
                (request, close)
            }
        };
        self.free_at = self.free_at.max(cx.now + cx.rng.between(cx.net.store_latency));
        cx.after(self.free_at - cx.now, Happening::Stored(node, life, request, write));
    }

    /// A request's time has come; the reply.
    pub(crate) fn carry_out(&mut self, write: Request) -> Result<Vec<u8>, StoreFailure> {
        match write {
            Request::Put { room, key, value } => {
                let Some(at) = self.unwritten.iter().position(|(r, k, v)| (r, k, v) == (&room, &key, &value))
                else {
                    return Ok(Vec::new()); // the room was deleted meanwhile
                };
                self.unwritten.remove(at);
                if let Some(fault) = self.put_fault {
                    return Err(fault);
                }
                self.records.entry(room).or_default().insert(key, value);
                Ok(Vec::new())
            }
            Request::Read { source, offset, length } => {
                self.reading -= 1;
                let source = self.sources.get_mut(&source).ok_or(StoreFailure::Missing)?;
                if let Some(fault) = source.fault {
                    return Err(fault);
                }
                source.reads += u64::from(length);
                Ok(source.content.read(offset, length as usize))
            }
            Request::OpenSink { sink, size } => {
                self.opening.remove(&sink);
                if self.sinks.get(&sink).is_some_and(|sink| sink.state == SinkState::Discarded) {
                    return Err(StoreFailure::Missing);
                }
                if self.sink_space.is_some_and(|space| size > space) {
                    return Err(StoreFailure::Full { available: self.sink_space });
                }
                let sink = self.sinks.get_mut(&sink).expect("a sink that the test registered");
                sink.bytes = vec![0; usize::try_from(size).expect("test files fit into memory")];
                Ok(Vec::new())
            }
            Request::Write { sink, offset, bytes } => {
                if let Some(fault) = self.write_fault {
                    return Err(fault);
                }
                let sink = self.sinks.get_mut(&sink).expect("a sink that the test registered");
                assert_eq!(sink.state, SinkState::Open, "written after its end");
                let at = usize::try_from(offset).expect("test files fit into memory");
                sink.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
                sink.written += bytes.len() as u64;
                Ok(Vec::new())
            }
            Request::CloseSink { sink, keep } => {
                let sink = self.sinks.get_mut(&sink).expect("a sink that the test registered");
                sink.state = if keep { SinkState::Kept } else { SinkState::Discarded };
                Ok(Vec::new())
            }
        }
    }

    /// The page goes. Of what was not yet durable the first `kept` are written all the same.
    pub(crate) fn unload(&mut self, kept: usize) {
        for (room, key, value) in std::mem::take(&mut self.unwritten).into_iter().take(kept) {
            if self.put_fault.is_none() {
                self.records.entry(room).or_default().insert(key, value);
            }
        }
        self.sources.clear();
        self.sinks.clear();
        self.opening.clear();
        self.reading = 0;
        self.free_at = 0;
    }
}
