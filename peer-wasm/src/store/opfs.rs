//! The origin's private file system, <https://fs.spec.whatwg.org>: folders, a room's journal, a file received.

use super::journal::{self, Records};
use crate::js;
use js_sys::{AsyncIterator, Function};
use peer_core::id::{RoomId, SinkId};
use wasm_bindgen::prelude::*;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemRemoveOptions,
    FileSystemSyncAccessHandle, Url,
};

const RECORDS: &str = "records";
const NEXT_RECORDS: &str = "records.next";
const LAST: &str = "last";
const FILES: &str = "files";

/// A handle of a tab that was just reloaded may be let go of a little after its lock.
const HANDLE_TRIES: u32 = 20;
const HANDLE_PAUSE_MS: i32 = 100;
/// A journal is rewritten when more than this, and more than half of it, has been replaced.
const MOST_REPLACED: usize = 256 << 10;

/// The folder of all rooms.
pub(super) struct Folder(FileSystemDirectoryHandle);

impl Folder {
    /// The origin's.
    pub(super) async fn of_rooms() -> Result<Self, JsValue> {
        let root: FileSystemDirectoryHandle = js::storage_directory()?.await?.unchecked_into();
        Ok(Self(subfolder(&root, "rooms").await?))
    }

    /// Whether anything of a room is stored. Makes no folder, unlike opening it.
    pub(super) async fn has_room(&self, room: RoomId) -> bool {
        self.0.get_directory_handle(&room.to_hex()).await.is_ok()
    }

    /// Open a room's journal and read it. What an earlier tab had received is dropped.
    pub(super) async fn open_room(&self, room: RoomId) -> Result<(Journal, Records), JsValue> {
        let folder = self.room(room).await?;
        remove_if_there(&folder, FILES).await?;
        remove_if_there(&folder, NEXT_RECORDS).await?;
        let opened = Journal::open(&folder).await?;
        self.touch(room).await?;
        Ok(opened)
    }

    /// Write down that the room is in use now.
    pub(super) async fn touch(&self, room: RoomId) -> Result<(), JsValue> {
        let handle = Handle::open(&file(&self.room(room).await?, LAST).await?).await?;
        handle.write(0, &[1])
    }

    /// Every room whose last use was before `unix_millis`.
    pub(super) async fn rooms_unused_since(&self, unix_millis: f64) -> Result<Vec<RoomId>, JsValue> {
        let mut old = Vec::new();
        for name in names(self.0.keys()).await? {
            let Some(room) = RoomId::from_hex(&name) else { continue };
            let folder = self.room(room).await?;
            // A folder without the file is one whose making was cut short.
            let last = match folder.get_file_handle(LAST).await {
                Ok(last) => last.unchecked_into::<FileSystemFileHandle>(),
                Err(_) => {
                    old.push(room);
                    continue;
                }
            };
            if last.get_file().await?.unchecked_into::<File>().last_modified() < unix_millis {
                old.push(room);
            }
        }
        Ok(old)
    }

    /// Remove a room's records, which nobody has open.
    pub(super) async fn remove_records(&self, room: RoomId) -> Result<(), JsValue> {
        remove_if_there(&self.room(room).await?, RECORDS).await
    }

    /// Remove everything of a room.
    pub(super) async fn remove_room(&self, room: RoomId) -> Result<(), JsValue> {
        remove_if_there(&self.0, &room.to_hex()).await
    }

    /// A file of `size` bytes to receive into.
    pub(super) async fn create_file(
        &self,
        room: RoomId,
        sink: SinkId,
        size: u64,
    ) -> Result<Receiving, JsValue> {
        let folder = subfolder(&self.room(room).await?, FILES).await?;
        let name = sink.0.to_string();
        let entry = file(&folder, &name).await?;
        let handle = Handle::open(&entry).await?;
        // Reserves the room now instead of failing at the end.
        handle.0.truncate_with_f64(size as f64)?;
        Ok(Receiving { folder, name, entry, handle })
    }

    async fn room(&self, room: RoomId) -> Result<FileSystemDirectoryHandle, JsValue> {
        subfolder(&self.0, &room.to_hex()).await
    }
}

/// A room's records, open for adding.
pub(super) struct Journal {
    handle: Handle,
    /// Bytes written.
    length: u64,
    /// Bytes that are durable.
    flushed: u64,
}

impl Journal {
    async fn open(folder: &FileSystemDirectoryHandle) -> Result<(Self, Records), JsValue> {
        let handle = Handle::open(&file(folder, RECORDS).await?).await?;
        let bytes = handle.read_all()?;
        let (records, good) = journal::decode(&bytes);
        if good < bytes.len() {
            handle.0.truncate_with_f64(good as f64)?;
        }
        let short = journal::compact(&records);
        if good > 2 * short.len() && good - short.len() > MOST_REPLACED {
            drop(handle);
            if let Err(error) = replace(folder, &short).await {
                js::warn("a journal stays long", &error);
            }
            let handle = Handle::open(&file(folder, RECORDS).await?).await?;
            let length = handle.0.get_size()? as u64;
            return Ok((Self { handle, length, flushed: length }, records));
        }
        Ok((Self { handle, length: good as u64, flushed: good as u64 }, records))
    }

    /// Add a record; it is durable after [`Self::flush`].
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), JsValue> {
        let bytes = journal::encode(key, value);
        let written = self.handle.write(self.length, &bytes);
        if let Err(error) = written {
            // Leave no torn record behind which later ones would be lost.
            self.handle.0.truncate_with_f64(self.length as f64)?;
            return Err(error);
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Make durable what was put since the last time; if that fails, none of it is there.
    pub(super) fn flush(&mut self) -> Result<(), JsValue> {
        if self.flushed == self.length {
            return Ok(());
        }
        if let Err(error) = self.handle.0.flush() {
            self.length = self.flushed;
            self.handle.0.truncate_with_f64(self.length as f64)?;
            return Err(error);
        }
        self.flushed = self.length;
        Ok(())
    }

    /// Forget every record.
    pub(super) fn clear(&mut self) -> Result<(), JsValue> {
        (self.length, self.flushed) = (0, 0);
        self.handle.0.truncate_with_f64(0.0)?;
        self.handle.0.flush()
    }
}

/// A file being received.
pub(super) struct Receiving {
    folder: FileSystemDirectoryHandle,
    name: String,
    entry: FileSystemFileHandle,
    handle: Handle,
}

impl Receiving {
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), JsValue> {
        self.handle.write(offset, bytes)
    }

    /// Flush and close it, and make an address that it can be downloaded from. Its type says that it is nothing
    /// to be shown.
    pub(super) async fn finish(self) -> Result<String, JsValue> {
        self.handle.0.flush()?;
        drop(self.handle);
        let file: File = self.entry.get_file().await?.unchecked_into();
        let blob =
            file.slice_with_f64_and_f64_and_content_type(0.0, file.size(), "application/octet-stream")?;
        Url::create_object_url_with_blob(&blob)
    }

    /// Remove it.
    pub(super) async fn discard(self) -> Result<(), JsValue> {
        drop(self.handle);
        remove_if_there(&self.folder, &self.name).await
    }
}

/// A synchronous handle; nobody else can open the file until it is dropped.
struct Handle(FileSystemSyncAccessHandle);

impl Handle {
    async fn open(entry: &FileSystemFileHandle) -> Result<Self, JsValue> {
        let mut tries = 1;
        loop {
            match entry.create_sync_access_handle().await {
                Ok(handle) => return Ok(Self(handle.unchecked_into())),
                Err(error)
                    if tries == HANDLE_TRIES || js::error_name(&error) != "NoModificationAllowedError" =>
                {
                    return Err(error);
                }
                Err(_) => js::pause(HANDLE_PAUSE_MS).await,
            }
            tries += 1;
        }
    }

    fn read_all(&self) -> Result<Vec<u8>, JsValue> {
        let mut bytes = vec![0; self.0.get_size()? as usize];
        let read = self.0.read_with_u8_array_and_options(&mut bytes, &at(0))?;
        bytes.truncate(read as usize);
        Ok(bytes)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), JsValue> {
        let written = self.0.write_with_u8_array_and_options(bytes, &at(offset))?;
        if written as usize == bytes.len() {
            return Ok(());
        }
        Err(web_sys::DomException::new_with_message_and_name("short write", "QuotaExceededError")?.into())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn at(offset: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(offset as f64);
    options
}

async fn subfolder(
    folder: &FileSystemDirectoryHandle,
    name: &str,
) -> Result<FileSystemDirectoryHandle, JsValue> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    Ok(folder.get_directory_handle_with_options(name, &options).await?.unchecked_into())
}

async fn file(folder: &FileSystemDirectoryHandle, name: &str) -> Result<FileSystemFileHandle, JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    Ok(folder.get_file_handle_with_options(name, &options).await?.unchecked_into())
}

async fn remove_if_there(folder: &FileSystemDirectoryHandle, name: &str) -> Result<(), JsValue> {
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    match folder.remove_entry_with_options(name, &options).await {
        Ok(_) => Ok(()),
        Err(error) if js::error_name(&error) == "NotFoundError" => Ok(()),
        Err(error) => Err(error),
    }
}

/// Write the journal anew beside the old one and put it in its place; cut short anywhere, one of them is whole.
async fn replace(folder: &FileSystemDirectoryHandle, bytes: &[u8]) -> Result<(), JsValue> {
    let next = file(folder, NEXT_RECORDS).await?;
    let handle = Handle::open(&next).await?;
    handle.write(0, bytes)?;
    handle.0.flush()?;
    drop(handle);
    let moved = js::property(&next, "move").dyn_into::<Function>().ok();
    match moved.map(|function| function.call1(&next, &RECORDS.into())) {
        Some(promise) => promise?.unchecked_into::<js_sys::Promise>().await.map(drop),
        None => remove_if_there(folder, NEXT_RECORDS).await, // The long one does as well.
    }
}

async fn names(iterator: AsyncIterator) -> Result<Vec<String>, JsValue> {
    let mut names = Vec::new();
    loop {
        let step = iterator.next_iterator()?.await?;
        if js::property(&step, "done").is_truthy() {
            return Ok(names);
        }
        names.extend(js::property(&step, "value").as_string());
    }
}
