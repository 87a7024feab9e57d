//! Files that the person chose: read in streams, never whole.
//!
//! A file is read in order, once to be hashed and once for each who fetches it. So a stream is kept and gone on
//! with, and all that it gives goes through one buffer: whatever a browser allocates anew for each slice of a file
//! is garbage, which piles up to many tens of megabytes before a collector notices.

use super::failure::failure;
use crate::js;
use crate::map::Map;
use js_sys::{ArrayBuffer, Uint8Array};
use peer_core::error::StoreFailure;
use peer_core::id::SourceId;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, ReadableStreamByobReader};

/// Most streams kept, of all files; the one used longest ago goes. Hashing needs one, and so does each who fetches.
const MOST_STREAMS: usize = 8;
/// Bytes that a stream gives at once.
const PIECE: u32 = 256 << 10;

/// All chosen files in use.
#[derive(Clone, Default)]
pub(super) struct Sources(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    files: Map<SourceId, File>,
    /// Nobody reads from these right now. The one used last stands last.
    streams: Vec<Stream>,
}

impl Sources {
    pub(super) fn add(&self, source: SourceId, file: File) {
        self.0.borrow_mut().files.insert(source, file);
    }

    pub(super) fn close(&self, source: SourceId) {
        let mut inner = self.0.borrow_mut();
        inner.files.remove(source);
        inner.streams.extract_if(.., |stream| stream.source == source).for_each(Stream::close);
    }

    /// Exactly `length` bytes at `offset`.
    pub(super) async fn read(
        self,
        source: SourceId,
        offset: u64,
        length: u32,
    ) -> Result<Vec<u8>, StoreFailure> {
        let file = self.0.borrow().files.get(source).cloned().ok_or(StoreFailure::Missing)?;
        let bytes = match self.take(source, offset).or_else(|| Stream::open(source, &file, offset)) {
            Some(mut stream) => {
                let bytes = stream.read(length).await.map_err(|error| failure(&error))?;
                self.keep(stream, file.size() as u64);
                bytes
            }
            None => slice(&file, offset, length).await.map_err(|error| failure(&error))?,
        };
        if bytes.len() == length as usize { Ok(bytes) } else { Err(StoreFailure::Changed) }
    }

    fn take(&self, source: SourceId, offset: u64) -> Option<Stream> {
        let streams = &mut self.0.borrow_mut().streams;
        let place = streams.iter().position(|stream| stream.source == source && stream.offset == offset)?;
        Some(streams.remove(place))
    }

    /// Keep a stream for what follows, if anything does and the file is still in use.
    fn keep(&self, stream: Stream, size: u64) {
        let mut inner = self.0.borrow_mut();
        if stream.offset >= size || inner.files.get(stream.source).is_none() {
            return stream.close();
        }
        if inner.streams.len() >= MOST_STREAMS {
            inner.streams.remove(0).close();
        }
        inner.streams.push(stream);
    }
}

/// A file being read in order, <https://streams.spec.whatwg.org/#byob-readers>.
struct Stream {
    source: SourceId,
    /// Of the next byte.
    offset: u64,
    reader: ReadableStreamByobReader,
    /// Handed to the reader and back again.
    buffer: ArrayBuffer,
}

impl Stream {
    /// None where the browser has no readers that fill a buffer of ours.
    fn open(source: SourceId, file: &File, offset: u64) -> Option<Self> {
        let rest = part(file, offset, file.size()).ok()?;
        let reader = js::byob_reader(&rest.stream())?;
        Some(Self { source, offset, reader, buffer: ArrayBuffer::new(PIECE) })
    }

    /// The next bytes; fewer only where the file ends.
    async fn read(&mut self, length: u32) -> Result<Vec<u8>, JsValue> {
        let mut bytes = Vec::with_capacity(length as usize);
        while bytes.len() < length as usize {
            let wanted = PIECE.min(length - bytes.len() as u32);
            let view = Uint8Array::new_with_byte_offset_and_length(&self.buffer, 0, wanted);
            let read = self.reader.read_with_array_buffer_view(&view).await?;
            let piece: Uint8Array = js::property(&read, "value").dyn_into()?;
            self.buffer = piece.buffer();
            if piece.length() == 0 {
                break;
            }
            bytes.extend_from_slice(&piece.to_vec());
            self.offset += u64::from(piece.length());
        }
        Ok(bytes)
    }

    /// Let go of the file.
    fn close(self) {
        let closing = self.reader.cancel();
        js_sys::futures::spawn_local(async move {
            if let Err(error) = closing.await {
                js::warn("a file was not let go of", &error);
            }
        });
    }
}

async fn slice(file: &File, offset: u64, length: u32) -> Result<Vec<u8>, JsValue> {
    let blob = part(file, offset, offset as f64 + f64::from(length))?;
    Ok(Uint8Array::new(&blob.array_buffer().await?).to_vec())
}

fn part(file: &File, begin: u64, end: f64) -> Result<Blob, JsValue> {
    file.slice_with_f64_and_f64(begin as f64, end)
}
