//! The origin's private file system, <https://fs.spec.whatwg.org>: folders, a journal's files, a file received.

use super::journal::{File as _, Journal, Records, Refused};
use crate::js;
use crate::lock::Whose;
use js_sys::AsyncIterator;
use peer_core::id::{RoomId, SinkId};
use wasm_bindgen::prelude::*;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemRemoveOptions,
    FileSystemSyncAccessHandle, Url,
};

/// The two files of a journal.
const RECORDS: [&str; 2] = ["records", "records.next"];
const LAST: &str = "last";
const FILES: &str = "files";

/// A handle of a tab that was just reloaded may be let go of a little after its lock.
const HANDLE_TRIES: u32 = 20;
const HANDLE_PAUSE_MS: i32 = 100;

/// The folder of all rooms, for one whose they may be.
pub(super) struct Folder {
    rooms: FileSystemDirectoryHandle,
    whose: Whose,
}

impl Folder {
    /// The origin's.
    pub(super) async fn of_rooms(whose: Whose) -> Result<Self, JsValue> {
        let root: FileSystemDirectoryHandle = js::storage_directory()?.await?.unchecked_into();
        Ok(Self { rooms: subfolder(&root, "rooms").await?, whose })
    }

    /// Whether anything of a room is stored. Makes no folder, unlike opening it.
    pub(super) async fn has_room(&self, room: RoomId) -> bool {
        self.rooms.get_directory_handle(&self.whose.name_of(room)).await.is_ok()
    }

    /// Open a room's journal and read it. If that can be done, what an earlier tab had received is dropped.
    pub(super) async fn open_room(
        &self,
        room: RoomId,
    ) -> Result<(Journal<Handle>, Records), Refused<JsValue>> {
        let folder = self.room(room).await.map_err(Refused::File)?;
        // Wanted is used, whatever comes of it. A full disk is no reason to stay outside.
        if let Err(error) = self.touch(room).await {
            js::warn("a room's last use cannot be written", &error);
        }
        let [first, second] = RECORDS;
        let files = [
            Handle::of(&folder, first).await.map_err(Refused::File)?,
            Handle::of(&folder, second).await.map_err(Refused::File)?,
        ];
        let (mut journal, records) = Journal::open(files)?;
        remove_if_there(&folder, FILES).await.map_err(Refused::File)?;
        loop {
            match journal.tidy() {
                Ok(true) => js::pause(0).await,
                Ok(false) => break,
                Err(error) => {
                    js::warn("a journal stays long", &error);
                    break;
                }
            }
        }
        Ok((journal, records))
    }

    /// Write down that the room is in use now.
    pub(super) async fn touch(&self, room: RoomId) -> Result<(), JsValue> {
        Handle::of(&self.room(room).await?, LAST).await?.write(0, &[1])
    }

    /// Everybody's rooms whose last use was before what `since` says, in Unix milliseconds.
    pub(super) async fn rooms_unused(
        &self,
        since: impl Fn(&Whose) -> f64,
    ) -> Result<Vec<(RoomId, Whose)>, JsValue> {
        let mut old = Vec::new();
        for name in names(self.rooms.keys()).await? {
            let Some((room, whose)) = Whose::read(&name) else { continue };
            let folder = subfolder(&self.rooms, &name).await?;
            // A folder without the file is one whose making was cut short.
            let last = match folder.get_file_handle(LAST).await {
                Ok(last) => last.unchecked_into::<FileSystemFileHandle>(),
                Err(_) => {
                    old.push((room, whose));
                    continue;
                }
            };
            if last.get_file().await?.unchecked_into::<File>().last_modified() < since(&whose) {
                old.push((room, whose));
            }
        }
        Ok(old)
    }

    /// Remove everything of a room.
    pub(super) async fn remove_room(&self, room: RoomId, whose: &Whose) -> Result<(), JsValue> {
        remove_if_there(&self.rooms, &whose.name_of(room)).await
    }

    /// A file of `size` bytes to receive into, if there is room for as many as `spare` beside it.
    pub(super) async fn create_file(
        &self,
        room: RoomId,
        sink: SinkId,
        size: u64,
        spare: u64,
    ) -> Result<Receiving, JsValue> {
        let folder = subfolder(&self.room(room).await?, FILES).await?;
        let name = sink.0.to_string();
        let entry = file(&folder, &name).await?;
        let handle = Handle::open(&entry).await?;
        let receiving = Receiving { folder, name, entry, handle };
        // Reserves the room now instead of failing at the end. What a browser says of its room may be far too much.
        let reserved = receiving.handle.truncate(size + spare).and_then(|()| receiving.handle.truncate(size));
        match reserved {
            Ok(()) => Ok(receiving),
            Err(error) => {
                receiving.discard().await?;
                Err(error)
            }
        }
    }

    async fn room(&self, room: RoomId) -> Result<FileSystemDirectoryHandle, JsValue> {
        subfolder(&self.rooms, &self.whose.name_of(room)).await
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
        self.handle.flush()?;
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
pub(super) struct Handle(FileSystemSyncAccessHandle);

impl Handle {
    /// The file of this name, made if there is none.
    async fn of(folder: &FileSystemDirectoryHandle, name: &str) -> Result<Self, JsValue> {
        Self::open(&file(folder, name).await?).await
    }

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
}

impl super::journal::File for Handle {
    type Error = JsValue;

    fn size(&self) -> Result<u64, JsValue> {
        Ok(self.0.get_size()? as u64)
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), JsValue> {
        let wanted = bytes.len();
        let read = self.0.read_with_u8_array_and_options(bytes, &at(offset))?;
        if read as usize == wanted { Ok(()) } else { Err(short("read", "OperationError")?) }
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), JsValue> {
        let written = self.0.write_with_u8_array_and_options(bytes, &at(offset))?;
        if written as usize == bytes.len() { Ok(()) } else { Err(short("write", "QuotaExceededError")?) }
    }

    fn truncate(&self, size: u64) -> Result<(), JsValue> {
        self.0.truncate_with_f64(size as f64)
    }

    fn flush(&self) -> Result<(), JsValue> {
        self.0.flush()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What a browser means that does less than it was told.
fn short(what: &str, name: &str) -> Result<JsValue, JsValue> {
    let message = format!("a short {what}");
    Ok(web_sys::DomException::new_with_message_and_name(&message, name)?.into())
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
