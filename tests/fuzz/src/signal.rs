//! Messages between peers and server: bounded, and one form for each (PROTOCOL.md, *The server's model*). And those
//! between nodes: whatever stands in Redis, a node reads no more than another would have written.

use signal_proto::{ClientMessage, MAX_ENVELOPE, MAX_MESSAGE, MAX_PEERS, ServerMessage};

/// What the server reads.
pub fn client_message(bytes: &[u8]) {
    let Ok(message) = ClientMessage::decode(bytes) else { return };
    assert!(bytes.len() <= MAX_MESSAGE);
    if let ClientMessage::Send { bytes, .. } = &message {
        assert!(bytes.len() <= MAX_ENVELOPE);
    }
    assert_eq!(message.encode(), bytes, "a message has one form");
}

/// What a peer reads.
pub fn server_message(bytes: &[u8]) {
    let Ok(message) = ServerMessage::decode(bytes) else { return };
    assert!(bytes.len() <= MAX_MESSAGE);
    if let ServerMessage::Message { bytes, .. } = &message {
        assert!(bytes.len() <= MAX_ENVELOPE);
    }
    if let ServerMessage::Joined { peers, .. } = &message {
        assert!(peers.len() <= MAX_PEERS);
    }
    assert_eq!(message.encode(), bytes, "a message has one form");
}

/// What a node reads from Redis.
pub fn note(bytes: &[u8]) {
    let Some(note) = signaling::reread_note(bytes) else { return };
    assert!(note.len() <= bytes.len() && bytes.len() <= MAX_MESSAGE);
    assert_eq!(signaling::reread_note(&note), Some(note));
}
