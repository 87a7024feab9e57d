//! Files that the person chose: read in slices, never whole.

use super::failure;
use crate::map::Map;
use js_sys::Uint8Array;
use peer_core::error::StoreFailure;
use peer_core::id::SourceId;
use wasm_bindgen::JsValue;
use web_sys::File;

/// All chosen files in use.
#[derive(Default)]
pub(super) struct Sources(Map<SourceId, File>);

impl Sources {
    pub(super) fn add(&mut self, source: SourceId, file: File) {
        self.0.insert(source, file);
    }

    pub(super) fn close(&mut self, source: SourceId) {
        self.0.remove(source);
    }

    /// Exactly `length` bytes at `offset`.
    pub(super) fn read(
        &self,
        source: SourceId,
        offset: u64,
        length: u32,
    ) -> impl Future<Output = Result<Vec<u8>, StoreFailure>> + 'static {
        let file = self.0.get(source).cloned();
        async move {
            let file = file.ok_or(StoreFailure::Missing)?;
            let bytes = slice(&file, offset, length).await.map_err(|error| failure(&error))?;
            if bytes.length() != length {
                return Err(StoreFailure::Changed);
            }
            Ok(bytes.to_vec())
        }
    }
}

async fn slice(file: &File, offset: u64, length: u32) -> Result<Uint8Array, JsValue> {
    let begin = offset as f64;
    let blob = file.slice_with_f64_and_f64(begin, begin + f64::from(length))?;
    Ok(Uint8Array::new(&blob.array_buffer().await?))
}
