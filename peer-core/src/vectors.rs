//! PROTOCOL.md held against the code: its test vectors are made again here and compared, so that the document
//! cannot drift. `limits` does the same with its tables of limits. Nothing here ships.
//!
//! A vector is a block that begins with ```` ```text NAME ````, one `label = value` a line. When bytes change on
//! purpose, the failing test prints the block as it should stand.

mod limits;

use crate::base::blob::{CHUNK, ChunkValue, chunk_count, chunk_len, chunk_offset, chunk_value};
use crate::base::door_secret::{DoorSecret, short_tag};
use crate::base::features::Features;
use crate::base::id::{EntryId, FileId, Fingerprint, LaneId, MemberId, RoomId, Root};
use crate::base::identity::{
    Keypair, RoomDigest, Secret, Signature, context, derive, short_authentication_string, verify,
};
use crate::base::path::SafeName;
use crate::base::rng::Rng;
use crate::base::rng::Seed;
use crate::base::time::Instant;
use crate::description::{Address, Candidate, CandidateKind, Description};
use crate::log::entry::{Entry, FileMeta, NO_ENTRY, Payload};
use crate::meeting::conduit::{Opening, accept};
use crate::meeting::envelope::{Body, CLASSES, Denial, Header, Kind, MeetingId, Mode, pad};
use crate::meeting::handshake::ExpectGuest;
use crate::meeting::invitation::Invitation;
use crate::shelf::blob::root;
use crate::wire::{Bulk, Frame, Head, Page, Refusal, Scope};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use signal_proto::{ClientMessage, Handle, Refusal as JoinRefusal, Role, ServerMessage, Tag, Turn};
use snow::params::DHChoice;
use snow::resolvers::{CryptoResolver, DefaultResolver};

const PROTOCOL: &str = include_str!("../../PROTOCOL.md");

/// Compare the block `name` of PROTOCOL.md with what the code makes.
pub(crate) fn check(name: &str, lines: &[(&str, String)]) {
    let shown = |value: &str| if value.is_empty() { "nothing".to_string() } else { value.to_string() };
    let made: String = lines.iter().map(|(label, value)| format!("{label} = {}\n", shown(value))).collect();
    let fence = format!("\n```text {name}\n");
    let stands = PROTOCOL.split_once(&fence).and_then(|(_, rest)| rest.split_once("```"));
    let stands = stands.map_or("", |(block, _)| block);
    assert!(stands == made, "PROTOCOL.md's block `{name}` should be:\n\n```text {name}\n{made}```\n");
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `from`, `from + 1` … : bytes that show where they came from.
pub(crate) fn count<const N: usize>(from: u8) -> [u8; N] {
    core::array::from_fn(|i| from.wrapping_add(i as u8))
}

/// The host of all vectors.
pub(crate) fn host() -> Keypair {
    Keypair::from_seed(&Secret::new(count(0x40)))
}

pub(crate) fn guest() -> Keypair {
    Keypair::from_seed(&Secret::new(count(0x60)))
}

pub(crate) fn room() -> RoomDigest {
    RoomDigest::of_host(&host().member())
}

pub(crate) fn file() -> FileId {
    FileId { share: EntryId([0xaa; 32]), index: 3 }
}

fn description() -> Description {
    let pwd = "0123456789abcdefghijkl".to_string();
    Description::new("ufra".to_string(), pwd, Fingerprint(count(0xe0))).unwrap()
}

#[test]
fn links_and_derivations_are_those_of_the_document() {
    let link = Invitation::new(postcard::from_bytes(&count::<16>(0)).unwrap(), room().room());
    let text = link.fragment();
    assert!(Invitation::parse(&text) == Ok(link.clone()));
    let (epoch, ret) = (count::<32>(0x80), count::<32>(0xa0));
    check(
        "link",
        &[
            ("S", hex(count::<16>(0))),
            ("host's secret key", hex(count::<32>(0x40))),
            ("host's key", hex(host().member().0)),
            ("guest's secret key", hex(count::<32>(0x60))),
            ("guest's key", hex(guest().member().0)),
            ("room digest", hex(room().0)),
            ("room id (C)", hex(room().room().0)),
            ("fragment", text),
            ("door tag", hex(link.secret.tag().0)),
            ("door psk", hex(link.secret.psk().expose())),
            ("E_0", hex(epoch)),
            ("mesh tag", hex(short_tag(derive(context::MESH_TAG, &[&epoch])).0)),
            ("mesh psk", hex(derive(context::MESH_PSK, &[&epoch]))),
            ("host's R", hex(ret)),
            ("guest's R", hex(derive(context::RETURN, &[&ret, &guest().member().0]))),
        ],
    );
}

#[test]
fn the_proof_and_the_digits_are_those_of_the_document() {
    let (h, host_nonce, joiner_nonce) = (count::<32>(0x10), count::<32>(0x30), count::<32>(0x50));
    let (_, body) = ExpectGuest::prove(&h, &room(), &host(), host_nonce, Features(5));
    let Body::Proof { key, signature, commitment, admit: None, features, demands } = body else {
        panic!("T0 is a proof")
    };
    assert_eq!((features, demands), (Features::KNOWN, Features(5)));
    // Door, responder, then what the signature binds.
    let signed = [&[1, 0][..], &room().0, &key.0, &h].concat();
    assert!(verify(&key, context::SIGN_HANDSHAKE, &signed, &signature));
    let digits = short_authentication_string(&h, &key, &guest().member(), &joiner_nonce, &host_nonce);
    check(
        "sas",
        &[
            ("h", hex(h)),
            ("n_h", hex(host_nonce)),
            ("n_j", hex(joiner_nonce)),
            ("c", hex(commitment)),
            ("T0's signed bytes", hex(signed)),
            ("T0's signature", hex(signature.0)),
            ("digits", digits),
        ],
    );
}

#[test]
fn entries_are_those_of_the_document() {
    let create =
        Entry::sign(&room(), &host(), 0, NO_ENTRY, vec![], &Payload::Create { features: Features(0) });
    let say = Payload::Say { text: "Grüße".to_string(), sent_at: 1_700_000_000_000 };
    let seen = Head { author: guest().member(), seq: 300, entry: EntryId([0xbb; 32]) };
    let second = Entry::sign(&room(), &host(), 1, create.id(&room()), vec![seen], &say);
    let mut lines = Vec::new();
    for (name, entry) in [("Create", &create), ("Say", &second)] {
        // The layout as the document gives it, written down a second time.
        let mut signed = room().0.to_vec();
        signed.extend(entry.author.0);
        signed.extend(entry.seq.to_le_bytes());
        signed.extend(entry.previous.0);
        signed.extend(u32::try_from(entry.seen.len()).unwrap().to_le_bytes());
        for head in &entry.seen {
            signed.extend(head.author.0);
            signed.extend(head.seq.to_le_bytes());
            signed.extend(head.entry.0);
        }
        signed.push(entry.kind);
        signed.extend(u32::try_from(entry.payload.len()).unwrap().to_le_bytes());
        signed.extend(derive(context::PAYLOAD, &[&entry.payload]));
        assert!(verify(&entry.author, context::SIGN_ENTRY, &signed, &entry.signature));
        assert_eq!(entry.id(&room()), EntryId(derive(context::ENTRY_ID, &[&signed])));
        lines.extend([
            (name, "signed bytes", hex(&signed)),
            (name, "id", hex(entry.id(&room()).0)),
            (name, "signature", hex(entry.signature.0)),
            (name, "as it travels", hex(entry.encode())),
        ]);
    }
    let labels: Vec<String> = lines.iter().map(|(name, label, _)| format!("{name}, {label}")).collect();
    let lines: Vec<(&str, String)> =
        labels.iter().map(String::as_str).zip(lines.into_iter().map(|(_, _, value)| value)).collect();
    check("entry", &lines);
}

#[test]
fn payloads_are_those_of_the_document() {
    let name = || "Ines".to_string();
    let meta = |name: &str, size| FileMeta { name: SafeName::from_local(name), size };
    let payloads = [
        ("Create", Payload::Create { features: Features(1 << 20 | 1) }),
        ("Admit", Payload::Admit { member: guest().member(), name: name() }),
        ("Say", Payload::Say { text: "hello".to_string(), sent_at: 1_700_000_000_000 }),
        ("Share", Payload::Share { files: vec![meta("a.txt", 5), meta("b.bin", 1 << 18)] }),
        ("Close", Payload::Close { file: file(), root: Root([0xcc; 32]) }),
        ("Withdraw", Payload::Withdraw { share: EntryId([0xaa; 32]) }),
        ("Leave", Payload::Leave { end: true }),
        ("Name", Payload::Name { name: name() }),
    ];
    let lines: Vec<(String, String)> = payloads
        .iter()
        .map(|(name, payload)| {
            let entry = Entry::sign(&room(), &host(), 1, EntryId([1; 32]), vec![], payload);
            assert!(Payload::decode(&entry) == Ok(payload.clone()), "{name}");
            (format!("{} {name}", entry.kind), hex(&entry.payload))
        })
        .collect();
    check("payloads", &borrowed(&lines));
}

#[test]
fn meeting_messages_are_those_of_the_document() {
    let candidate = Candidate::new(CandidateKind::Host, 2_122_260_223, Address::V4([192, 0, 2, 7]), 4711);
    let (key, signature) = (MemberId([0x11; 32]), Signature([0x22; 64]));
    let bodies = [
        (
            "Proof (T0)",
            Body::Proof {
                key,
                signature,
                commitment: [0x33; 32],
                admit: Some(vec![0xad; 3]),
                features: Features(0x81),
                demands: Features(1),
            },
        ),
        (
            "Claim (T1)",
            Body::Claim {
                key,
                signature,
                nonce: [0x44; 32],
                name: "Ines".to_string(),
                admit: None,
                features: Features(0x81),
            },
        ),
        ("Reveal (K1)", Body::Reveal { nonce: [0x55; 32] }),
        (
            "Welcome (T2, door)",
            Body::Welcome {
                create: vec![0xc0; 3],
                admit: vec![0xad; 3],
                epoch: Secret::new([0x66; 32]),
                ret: Secret::new([0x77; 32]),
                offer: description(),
            },
        ),
        ("Offer (T2, mesh)", Body::Offer { offer: description() }),
        ("Deny", Body::Deny { denial: Denial::Full }),
        ("Deny, many at the door", Body::Deny { denial: Denial::Crowded }),
        ("Answer (T3)", Body::Answer { answer: description() }),
        ("Candidates", Body::Candidates { candidates: vec![candidate.unwrap()], end: true }),
        ("Renew", Body::Renew),
        ("Cancel", Body::Cancel),
    ];
    let lines: Vec<(String, String)> = bodies
        .iter()
        .map(|(name, body)| {
            let bytes = body.encode();
            assert!(Body::decode(&bytes).as_ref() == Some(body), "{name}");
            (name.to_string(), hex(bytes))
        })
        .collect();
    check("messages", &borrowed(&lines));
}

/// What snow draws for an ephemeral key from the engine's stream `rng`.
fn ephemeral(rng: &mut Rng) -> [u8; 32] {
    let mut key = [0; 32];
    ChaCha20Rng::from_seed(rng.bytes()).fill_bytes(&mut key);
    key
}

fn public(secret: &[u8; 32]) -> Vec<u8> {
    let mut dh = DefaultResolver.resolve_dh(&DHChoice::Curve25519).unwrap();
    dh.set(secret);
    dh.pubkey()[..32].to_vec()
}

#[test]
fn a_whole_meeting_is_that_of_the_document() {
    let psk = Secret::new(derive(context::DOOR_PSK, &[&count::<16>(0)]));
    let (mut a, mut a_twin) = (Rng::new(&Seed(count(1))), Rng::new(&Seed(count(1))));
    let (mut b, mut b_twin) = (Rng::new(&Seed(count(2))), Rng::new(&Seed(count(2))));
    let opening = Opening::new(Mode::Door, &psk, &mut a);
    let (header, open) = Header::split(opening.envelope()).unwrap();
    let meeting: [u8; 16] = a_twin.bytes();
    assert!(header == Header::new(Kind::Open, Mode::Door, MeetingId(meeting)));
    let (guest_secret, host_secret) = (ephemeral(&mut a_twin), ephemeral(&mut b_twin));
    assert_eq!(open[..32], public(&guest_secret));
    let mut answering = accept(&header, open, &psk, &mut b).unwrap().with(&Body::Renew);
    let answer = answering.answer().unwrap().to_vec();
    assert_eq!(answer[20..52], public(&host_secret));
    let (mut conduit, first) = opening.answered(&answer[20..]).unwrap();
    assert!(first == Body::Renew && conduit.hash() == answering.hash());
    conduit.post(Body::Cancel, Instant::from_millis(0));
    let sealed = conduit.outgoing(Instant::from_millis(0)).remove(0);
    assert!(answering.receive(&sealed[20..]).unwrap() == [Body::Cancel]);
    let (own, seen) = (Fingerprint([0xd1; 32]), Fingerprint([0xd2; 32]));
    let lane = conduit.seal_lane(LaneId(0), &own, &seen).unwrap();
    assert_eq!(answering.check_lane(LaneId(0), &seen, &own, &lane), Ok(()));
    let hash = |bytes: &[u8]| hex(blake3::hash(bytes).as_bytes());
    check(
        "meeting",
        &[
            ("psk", hex(psk.expose())),
            ("initiator's ephemeral secret", hex(guest_secret)),
            ("responder's ephemeral secret", hex(host_secret)),
            ("opening's header", hex(&opening.envelope()[..20])),
            ("opening's ephemeral key", hex(&open[..32])),
            ("BLAKE3 of the opening's 512 bytes", hash(opening.envelope())),
            ("answer's header", hex(&answer[..20])),
            ("answer's Noise message 2", hex(&answer[20..68])),
            ("BLAKE3 of the answer's 512 bytes", hash(&answer)),
            ("h", hex(conduit.hash())),
            ("initiator's first envelope, header and nonce", hex(&sealed[..28])),
            ("BLAKE3 of its 512 bytes", hash(&sealed)),
            ("initiator's confirmation of lane 0", hex(lane)),
        ],
    );
    assert_eq!(pad(b"abc", 20)[..6], [3, 0, b'a', b'b', b'c', 0]);
    assert_eq!(CLASSES, [512, 1_024, 4_096, 16_384]);
    assert!(PROTOCOL.contains("Its length is 512, 1,024, 4,096 or 16,384 bytes"));
}

#[test]
fn descriptions_are_those_of_the_document() {
    let offer = description().render_offer();
    let written = PROTOCOL.split_once("\n```sdp\n").and_then(|(_, rest)| rest.split_once("```"));
    assert_eq!(offer.replace("\r\n", "\n"), written.unwrap().0, "the rendered offer");
    let mut lines = vec![("description".to_string(), hex(postcard::to_allocvec(&description()).unwrap()))];
    let candidates = [
        (CandidateKind::Host, 2_122_260_223, Address::V4([192, 0, 2, 7]), 4711),
        (CandidateKind::Srflx, 1_686_052_607, Address::V6(*b"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"), 9),
        (CandidateKind::Host, 1, Address::Mdns(count(0)), 65_535),
    ];
    for (kind, priority, address, port) in candidates {
        let candidate = Candidate::new(kind, priority, address, port).unwrap();
        lines.push((candidate.render(), hex(postcard::to_allocvec(&candidate).unwrap())));
    }
    check("descriptions", &borrowed(&lines));
}

#[test]
fn frames_are_those_of_the_document() {
    let head = Head { author: MemberId([0x11; 32]), seq: 300, entry: EntryId([0x22; 32]) };
    let page = Page {
        file: file(),
        segment: 2,
        values: vec![ChunkValue([0x33; 32])],
        signature: Signature([0x44; 64]),
    };
    let frames = [
        ("Ping", Frame::Ping),
        ("Pong", Frame::Pong),
        ("Heads", Frame::Heads { scope: Scope::All, heads: vec![head] }),
        ("Entries", Frame::Entries(vec![vec![0xe1; 3], vec![0xe2; 2]])),
        ("PageRequest", Frame::PageRequest { file: file(), segment: 2 }),
        ("Page", Frame::Page(page)),
        ("ChunkRequest", Frame::ChunkRequest { request: 7, file: file(), chunk: 70_000 }),
        ("Cancel", Frame::Cancel { request: 7 }),
        ("Refused", Frame::Refused { file: file(), refusal: Refusal::Changed }),
        ("Available", Frame::Available { file: file() }),
        ("Have", Frame::Have { file: file(), verified: 1 << 18 }),
        ("Bye", Frame::Bye),
        ("Door", Frame::Door { secret: DoorSecret([0x55; 16]) }),
        ("Pass", Frame::Pass { to: MemberId([0x11; 32]), envelope: vec![0xee; 3] }),
        ("Passed", Frame::Passed { from: MemberId([0x11; 32]), envelope: vec![0xee; 3] }),
        ("NotPassed", Frame::NotPassed { to: MemberId([0x11; 32]) }),
    ];
    let mut lines: Vec<(String, String)> = frames
        .iter()
        .map(|(name, frame)| {
            let bytes = frame.encode();
            assert!(Frame::decode(&bytes) == Ok(Some(frame.clone())), "{name}");
            (name.to_string(), hex(bytes))
        })
        .collect();
    let bulk = Bulk { request: 7, chunk: 70_000, offset: 65_536, bytes: b"bytes" };
    lines.push(("bulk frame".to_string(), hex(bulk.encode())));
    let later = [&[64, 5][..], b"later"].concat();
    assert!(Frame::decode(&later) == Ok(None));
    lines.push(("a later version's, skipped".to_string(), hex(later)));
    check("frames", &borrowed(&lines));
}

#[test]
fn pages_and_chunk_values_are_those_of_the_document() {
    let values = [ChunkValue([0x33; 32]), ChunkValue([0x44; 32])];
    let signed = Page::signed_bytes(&room().0, &file(), 2, &values);
    let signature = host().sign(context::SIGN_PAGE, &signed);
    check("page", &[("signed bytes", hex(&signed)), ("signature", hex(signature.0))]);

    let chunk = u64::from(CHUNK);
    let mut lines = Vec::new();
    for size in [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 1, 3 * chunk] {
        let mut content = vec![0; usize::try_from(size).unwrap()];
        blake3::Hasher::new().update(b"linkspan test content").finalize_xof().fill(&mut content);
        let values: Vec<ChunkValue> = (0..chunk_count(size))
            .map(|index| {
                let from = usize::try_from(chunk_offset(index)).unwrap();
                let to = from + chunk_len(size, index).unwrap() as usize;
                chunk_value(size, index, &content[from..to]).unwrap()
            })
            .collect();
        let whole = root(size, &values).unwrap();
        assert_eq!(whole.0, *blake3::hash(&content).as_bytes(), "what b3sum prints");
        lines.push((format!("{size} bytes, hash"), hex(whole.0)));
        for (index, value) in values.iter().enumerate().filter(|_| values.len() > 1) {
            lines.push((format!("{size} bytes, chunk {index}"), hex(value.0)));
        }
    }
    check("chunks", &borrowed(&lines));
}

#[test]
fn server_messages_are_those_of_the_document() {
    let (tag, handle) = (Tag([0x77; 16]), Handle([0x88; 8]));
    let bytes = vec![0xee; 3];
    let client = [
        ("Join as listener", ClientMessage::Join { tag, role: Role::Listen }),
        ("Join as knocker", ClientMessage::Join { tag, role: Role::Knock }),
        ("Join as member", ClientMessage::Join { tag, role: Role::Mesh }),
        ("Send to one", ClientMessage::Send { tag, to: Some(handle), bytes: bytes.clone() }),
        ("Send to all", ClientMessage::Send { tag, to: None, bytes: bytes.clone() }),
        ("Leave", ClientMessage::Leave { tag }),
        ("AskTurn", ClientMessage::AskTurn { tag }),
    ];
    let urls = ["turn:relay.example:3478", "turns:relay.example:5349?transport=tcp"].map(String::from);
    let turn = Turn::new(urls.to_vec(), "1700000600:0a1b".into(), "K0MuTQ==".into(), 600).unwrap();
    let server = [
        ("Joined", ServerMessage::Joined { tag, peers: vec![handle] }),
        ("Refused, tag full", ServerMessage::Refused { tag, reason: JoinRefusal::TagFull }),
        ("Refused, server full", ServerMessage::Refused { tag, reason: JoinRefusal::ServerFull }),
        ("Attached", ServerMessage::Attached { tag, handle }),
        ("Detached", ServerMessage::Detached { tag, handle }),
        ("Message", ServerMessage::Message { tag, from: handle, bytes }),
        ("GoingAway", ServerMessage::GoingAway { retry_ms: 1_500 }),
        ("Turn", ServerMessage::Turn { turn: Some(turn) }),
        ("Turn, none", ServerMessage::Turn { turn: None }),
    ];
    let client = client.iter().map(|(name, message)| (name.to_string(), hex(message.encode())));
    let server = server.iter().map(|(name, message)| (name.to_string(), hex(message.encode())));
    let lines: Vec<(String, String)> = client.chain(server).collect();
    check("server", &borrowed(&lines));
}

fn borrowed(lines: &[(String, String)]) -> Vec<(&str, String)> {
    lines.iter().map(|(label, value)| (label.as_str(), value.clone())).collect()
}

#[test]
fn the_document_names_every_context_string() {
    let all = [
        context::ROOM_ID,
        context::DOOR_TAG,
        context::DOOR_PSK,
        context::MESH_TAG,
        context::MESH_PSK,
        context::RETURN,
        context::COMMITMENT,
        context::SAS,
        context::ENTRY_ID,
        context::PAYLOAD,
        context::SIGN_HANDSHAKE,
        context::SIGN_ENTRY,
        context::SIGN_PAGE,
    ];
    for context in all {
        assert!(PROTOCOL.contains(&format!("| `{context}` |")), "{context}");
    }
    let rows = PROTOCOL.lines().filter(|line| line.starts_with("| `linkspan/")).count();
    assert_eq!(rows, all.len(), "no context of its own");
    assert!(RoomId(count(0)).to_hex().len() == 32, "a room's id has 16 bytes");
}
