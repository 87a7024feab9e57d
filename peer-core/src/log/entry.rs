//! One entry of the room log: what it says, how it is signed, how it is encoded. PROTOCOL.md, *The room log*.

use crate::base::error::Misbehavior;
use crate::base::features::Features;
use crate::base::id::{EntryId, FileId, MemberId, Root};
use crate::base::identity::{Keypair, RoomDigest, Signature, context, derive, verify};
use crate::base::path::{SafeName, clean_person_name};
use crate::io::{MAX_FILES, MAX_TEXT};
use crate::log::amount::Amount;
use crate::wire::Head;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Largest payload, bytes: a share of 64 files with names of 255 bytes fits.
pub(crate) const MAX_PAYLOAD: usize = 32_768;
/// Most heads an entry names besides its author's previous one.
pub(crate) const MAX_SEEN: usize = 32;

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// The room begins; its author is the host. Whoever comes in must know all its features.
    Create {
        features: Features,
    },
    /// The author (the host) let `member` in.
    Admit {
        member: MemberId,
        name: String,
    },
    /// The author is called so from now on.
    Name {
        name: String,
    },
    Say {
        text: String,
        sent_at: u64,
    },
    Share {
        files: Vec<FileMeta>,
    },
    /// All of the file has been read; this is its hash.
    Close {
        file: FileId,
        root: Root,
    },
    Withdraw {
        share: EntryId,
    },
    /// Good-bye; by the host with `end`, the room is over.
    Leave {
        end: bool,
    },
    /// A kind of a later version: kept and passed on, not understood.
    Unknown,
}

/// A file as its author describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileMeta {
    pub(crate) name: SafeName,
    pub(crate) size: u64,
}

/// A signed entry as it travels and is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) author: MemberId,
    /// 0, 1, 2 … in the author's chain.
    pub(crate) seq: u64,
    /// The author's entry before this; zeros for the first.
    pub(crate) previous: EntryId,
    /// Others' newest entries that the author had seen: one an author, sorted by author, none of its own.
    pub(crate) seen: Vec<Head>,
    pub(crate) kind: u8,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Signature,
}

/// The first entry's `previous`.
pub(crate) const NO_ENTRY: EntryId = EntryId([0; 32]);

impl Entry {
    /// Sign a new entry. `seen` must be sorted by author.
    pub(crate) fn sign(
        room: &RoomDigest,
        key: &Keypair,
        seq: u64,
        previous: EntryId,
        seen: Vec<Head>,
        payload: &Payload,
    ) -> Self {
        let (kind, payload) = payload.encode();
        let author = key.member();
        let mut entry = Self { author, seq, previous, seen, kind, payload, signature: Signature([0; 64]) };
        entry.signature = key.sign(context::SIGN_ENTRY, &entry.signed_bytes(room));
        entry
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("postcard into a Vec has no failure for these types")
    }

    /// The entry in `bytes`, its shape, limits and signature checked; its place in the log is not.
    pub(crate) fn decode(room: &RoomDigest, bytes: &[u8]) -> Result<Self, Misbehavior> {
        let entry = Self::parse(bytes)?;
        if entry.is_signed(room) { Ok(entry) } else { Err(Misbehavior::BadSignature) }
    }

    /// The entry in `bytes`, only its shape and limits checked: enough to see whether it is known already, and for
    /// what was checked before it was stored.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Misbehavior> {
        let Ok((entry, [])) = postcard::take_from_bytes::<Self>(bytes) else {
            return Err(Misbehavior::BadEntry);
        };
        let sorted = entry.seen.windows(2).all(|pair| pair[0].author < pair[1].author)
            && entry.seen.iter().all(|head| head.author != entry.author);
        let first = (entry.seq == 0) == (entry.previous == NO_ENTRY);
        if entry.payload.len() > MAX_PAYLOAD || entry.seen.len() > MAX_SEEN || !sorted || !first {
            return Err(Misbehavior::BadEntry);
        }
        Ok(entry)
    }

    /// Whether its author has signed it for this room. The costly part: a fifth of a millisecond and more.
    pub(crate) fn is_signed(&self, room: &RoomDigest) -> bool {
        verify(&self.author, context::SIGN_ENTRY, &self.signed_bytes(room), &self.signature)
    }

    pub(crate) fn id(&self, room: &RoomDigest) -> EntryId {
        EntryId(derive(context::ENTRY_ID, &[&self.signed_bytes(room)]))
    }

    /// Fixed layout, independent of the transport's encoding: room ‖ author ‖ seq ‖ previous ‖ number of heads
    /// ‖ heads (author ‖ seq ‖ id) ‖ kind ‖ length ‖ H(payload).
    fn signed_bytes(&self, room: &RoomDigest) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(150 + 72 * self.seen.len());
        bytes.extend_from_slice(&room.0);
        bytes.extend_from_slice(&self.author.0);
        bytes.extend_from_slice(&self.seq.to_le_bytes());
        bytes.extend_from_slice(&self.previous.0);
        bytes.extend_from_slice(&(self.seen.len() as u32).to_le_bytes());
        for head in &self.seen {
            bytes.extend_from_slice(&head.author.0);
            bytes.extend_from_slice(&head.seq.to_le_bytes());
            bytes.extend_from_slice(&head.entry.0);
        }
        bytes.push(self.kind);
        bytes.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&derive(context::PAYLOAD, &[&self.payload]));
        bytes
    }
}

// Kinds are written down, not counted by the compiler: they are part of the protocol. 3 to 5 and 10 to
// 12 are reserved, five of them for Role, Remove, Epoch, Note, Snapshot.
const CREATE: u8 = 1;
const ADMIT: u8 = 2;
const SAY: u8 = 6;
const SHARE: u8 = 7;
const CLOSE: u8 = 8;
const WITHDRAW: u8 = 9;
const LEAVE: u8 = 13;
const NAME: u8 = 14;

impl Payload {
    /// What an entry of it adds to what its author has written.
    pub(crate) fn amount(&self) -> Amount {
        self.amount_in(self.encode().1.len())
    }

    /// The same, where it is known to be of `bytes` bytes.
    pub(super) fn amount_in(&self, bytes: usize) -> Amount {
        let files = if let Self::Share { files } = self { files.len() } else { 0 };
        Amount { entries: 1, bytes, files }
    }

    fn encode(&self) -> (u8, Vec<u8>) {
        fn bytes(value: &impl Serialize) -> Vec<u8> {
            postcard::to_allocvec(value).expect("postcard into a Vec has no failure for these types")
        }
        match self {
            Self::Create { features } => (CREATE, bytes(features)),
            Self::Admit { member, name } => (ADMIT, bytes(&(member, name))),
            Self::Name { name } => (NAME, bytes(name)),
            Self::Say { text, sent_at } => (SAY, bytes(&(text, sent_at))),
            Self::Share { files } => {
                let files: Vec<(&str, u64)> = files.iter().map(|f| (f.name.as_str(), f.size)).collect();
                (SHARE, bytes(&files))
            }
            Self::Close { file, root } => (CLOSE, bytes(&(file, root))),
            Self::Withdraw { share } => (WITHDRAW, bytes(share)),
            Self::Leave { end } => (LEAVE, bytes(end)),
            Self::Unknown => unreachable!("an unknown kind is never written"),
        }
    }

    /// What `entry` says, within all limits.
    pub(crate) fn decode(entry: &Entry) -> Result<Self, Misbehavior> {
        fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Misbehavior> {
            match postcard::take_from_bytes(bytes) {
                Ok((value, [])) => Ok(value),
                _ => Err(Misbehavior::BadEntry),
            }
        }
        let person = |name: &str| clean_person_name(name).map_err(|_| Misbehavior::BadEntry);
        let payload = entry.payload.as_slice();
        Ok(match entry.kind {
            CREATE => Self::Create { features: parse(payload)? },
            ADMIT => {
                let (member, name) = parse::<(MemberId, String)>(payload)?;
                Self::Admit { member, name: person(&name)? }
            }
            NAME => Self::Name { name: person(&parse::<String>(payload)?)? },
            SAY => {
                let (text, sent_at) = parse::<(String, u64)>(payload)?;
                if text.is_empty() || text.len() > MAX_TEXT {
                    return Err(Misbehavior::BadEntry);
                }
                Self::Say { text, sent_at }
            }
            SHARE => {
                let files = parse::<Vec<(String, u64)>>(payload)?;
                if files.is_empty() || files.len() > MAX_FILES {
                    return Err(Misbehavior::BadEntry);
                }
                let mut names = Vec::with_capacity(files.len());
                for (name, size) in &files {
                    names.push(SafeName::parse_remote(name).map_err(|_| Misbehavior::BadPath)?);
                    if !crate::base::blob::is_allowed_size(*size) {
                        return Err(Misbehavior::BadEntry);
                    }
                }
                // The same on every side, so that everybody sees the same names.
                SafeName::deduplicate(&mut names);
                let files = names.into_iter().zip(files).map(|(name, (_, size))| FileMeta { name, size });
                Self::Share { files: files.collect() }
            }
            CLOSE => {
                let (file, root) = parse(payload)?;
                Self::Close { file, root }
            }
            WITHDRAW => Self::Withdraw { share: parse(payload)? },
            LEAVE => Self::Leave { end: parse(payload)? },
            _ => Self::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::blob::MAX_FILE_SIZE;
    use alloc::string::ToString;
    use alloc::vec;

    /// What a hostile member writes: it signs whatever it likes.
    fn shared(files: &[(&str, u64)]) -> Result<Payload, Misbehavior> {
        Payload::decode(&Entry {
            author: MemberId([1; 32]),
            seq: 1,
            previous: NO_ENTRY,
            seen: Vec::new(),
            kind: SHARE,
            payload: postcard::to_allocvec(files).unwrap(),
            signature: Signature([0; 64]),
        })
    }

    #[test]
    fn a_share_that_leaves_its_folder_or_overflows_is_named_for_what_it_is() {
        let long = "n".repeat(2_000);
        for name in
            ["../autostart.sh", "/etc/passwd", "a/b", "C:\\autoexec.bat", "\\\\host\\share", long.as_str()]
        {
            assert_eq!(shared(&[(name, 1)]).unwrap_err(), Misbehavior::BadPath, "{name}");
        }
        for size in [MAX_FILE_SIZE + 1, u64::MAX] {
            assert_eq!(shared(&[("a.txt", size)]).unwrap_err(), Misbehavior::BadEntry, "{size}");
        }
        assert_eq!(shared(&vec![("a.txt", 1); MAX_FILES + 1]).unwrap_err(), Misbehavior::BadEntry);
        assert_eq!(shared(&[]).unwrap_err(), Misbehavior::BadEntry);
        assert!(shared(&[("a.txt", MAX_FILE_SIZE)]).is_ok());
    }

    #[test]
    fn an_entry_names_one_head_an_author_in_their_order_and_none_of_its_own() {
        let head = |author| Head { author: MemberId([author; 32]), seq: 3, entry: EntryId([9; 32]) };
        let parsed = |seen: &[u8]| {
            let entry = Entry {
                author: MemberId([5; 32]),
                seq: 1,
                previous: EntryId([1; 32]),
                seen: seen.iter().map(|author| head(*author)).collect(),
                kind: SAY,
                payload: Vec::new(),
                signature: Signature([0; 64]),
            };
            Entry::parse(&entry.encode()).is_ok()
        };
        assert!(parsed(&[]) && parsed(&[1, 2, 9]));
        for wrong in [&[2, 1][..], &[1, 1], &[1, 5, 9]] {
            assert!(!parsed(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_entry_is_as_large_as_an_entry_may_be_and_a_message_has_text() {
        let parsed = |payload: usize, seen: usize| {
            let head = |n: usize| Head { author: MemberId([n as u8; 32]), seq: 3, entry: EntryId([9; 32]) };
            let entry = Entry {
                author: MemberId([255; 32]),
                seq: 1,
                previous: EntryId([1; 32]),
                seen: (0..seen).map(head).collect(),
                kind: SAY,
                payload: vec![0; payload],
                signature: Signature([0; 64]),
            };
            Entry::parse(&entry.encode()).is_ok()
        };
        assert!(parsed(MAX_PAYLOAD, MAX_SEEN));
        assert!(!parsed(MAX_PAYLOAD + 1, 0) && !parsed(0, MAX_SEEN + 1), "one past either");
        let said = |text: &str| {
            Payload::decode(&Entry {
                author: MemberId([1; 32]),
                seq: 1,
                previous: NO_ENTRY,
                seen: Vec::new(),
                kind: SAY,
                payload: postcard::to_allocvec(&(text, 0_u64)).unwrap(),
                signature: Signature([0; 64]),
            })
        };
        assert!(said(&"x".repeat(MAX_TEXT)).is_ok());
        for text in ["", &"x".repeat(MAX_TEXT + 1)] {
            assert_eq!(said(text).unwrap_err(), Misbehavior::BadEntry, "{} bytes", text.len());
        }
    }

    #[test]
    fn a_share_that_says_it_has_ten_million_files_is_refused_before_room_is_made_for_them() {
        // The number alone, as postcard writes it, and nothing behind it.
        let payload = postcard::to_allocvec(&10_000_000_u32).unwrap();
        let entry = Entry {
            author: MemberId([1; 32]),
            seq: 1,
            previous: NO_ENTRY,
            seen: Vec::new(),
            kind: SHARE,
            payload,
            signature: Signature([0; 64]),
        };
        assert_eq!(Payload::decode(&entry).unwrap_err().to_string(), "bad-entry");
    }
}
