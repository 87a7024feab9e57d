//! Inputs and outputs of an engine as short lines: enough to follow a failing run and to compare two runs.

use peer_core::io::{Input, LinkInput, LinkOp, Output, SignalInput, SignalOp, StoreOp, Turn};
use signal_proto::{ClientMessage, ServerMessage};

/// Length and a check of a byte string.
fn bytes(bytes: &[u8]) -> String {
    let mut check = 0xCBF2_9CE4_8422_2325_u64;
    let edge = bytes.len().min(64);
    for byte in bytes[..edge].iter().chain(&bytes[bytes.len() - edge..]) {
        check = (check ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    }
    format!("{} B {:08x}", bytes.len(), check >> 32)
}

fn named(turn: &Option<Turn>) -> &str {
    turn.as_ref().map_or("no TURN", |turn| turn.username())
}

pub(crate) fn output(output: &Output) -> String {
    match output {
        Output::Signal { op, .. } => match op {
            SignalOp::Connect => "socket: connect".into(),
            SignalOp::Disconnect => "socket: disconnect".into(),
            SignalOp::Send(message) => match ClientMessage::decode(message) {
                Ok(ClientMessage::Join { tag, role }) => {
                    format!("socket: join {:02x?} {role:?}", &tag.0[..3])
                }
                Ok(ClientMessage::Leave { tag }) => format!("socket: leave {:02x?}", &tag.0[..3]),
                Ok(ClientMessage::AskTurn { tag }) => format!("socket: ask TURN {:02x?}", &tag.0[..3]),
                Ok(ClientMessage::Send { tag, to, bytes: sealed }) => {
                    let to = to.map(|handle| handle.0[0]);
                    format!("socket: send {:02x?} to {to:02x?} {}", &tag.0[..3], bytes(&sealed))
                }
                Err(signal_proto::Malformed) => format!("socket: nonsense {}", bytes(message)),
            },
        },
        Output::Link { link, lane, op } => {
            let what = match op {
                LinkOp::OpenAsOfferer { turn } => format!("open as offerer, {}", named(turn)),
                LinkOp::OpenAsAnswerer { offer, turn } => {
                    format!("open as answerer {}, {}", bytes(offer.as_bytes()), named(turn))
                }
                LinkOp::RemoteDescription(sdp) => format!("remote description {}", bytes(sdp.as_bytes())),
                LinkOp::RemoteCandidate(line) => format!("remote {line}"),
                LinkOp::Send(channel, message) => format!("send {channel:?} {}", bytes(message)),
                LinkOp::Close => "close".into(),
            };
            format!("lane {}.{}: {what}", link.0, lane.0)
        }
        Output::Store(op) => match op {
            StoreOp::Put { request, key, value, .. } => {
                format!("store {}: put {} = {}", request.0, bytes(key), bytes(value))
            }
            StoreOp::Write { request, sink, offset, bytes: data } => {
                format!("store {}: write {} at {offset} {}", request.0, sink.0, bytes(data))
            }
            StoreOp::DeleteRecords { .. }
            | StoreOp::DeleteRoom { .. }
            | StoreOp::Read { .. }
            | StoreOp::CloseSource { .. }
            | StoreOp::OpenSink { .. }
            | StoreOp::CloseSink { .. } => format!("store: {op:?}"),
        },
        Output::Event(event) => format!("event: {event:?}"),
    }
}

pub(crate) fn input(input: &Input) -> String {
    match input {
        Input::Timeout => "timeout".into(),
        Input::Signal { input, .. } => match input {
            SignalInput::Connected => "socket: connected".into(),
            SignalInput::Disconnected { code } => format!("socket: disconnected {code}"),
            SignalInput::Message(message) => match ServerMessage::decode(message) {
                Ok(ServerMessage::Message { tag, from, bytes: sealed }) => {
                    format!("socket: from {:02x} on {:02x?} {}", from.0[0], &tag.0[..3], bytes(&sealed))
                }
                Ok(ServerMessage::Joined { tag, peers }) => {
                    format!("socket: joined {:02x?} with {}", &tag.0[..3], peers.len())
                }
                Ok(other) => format!("socket: {other:02x?}"),
                Err(signal_proto::Malformed) => format!("socket: nonsense {}", bytes(message)),
            },
        },
        Input::Link { link, lane, input } => {
            let what = match input {
                LinkInput::LocalDescription(sdp) => format!("local description {}", bytes(sdp.as_bytes())),
                LinkInput::Data(channel, message) => format!("data {channel:?} {}", bytes(message)),
                LinkInput::LocalCandidate(_)
                | LinkInput::Connected { .. }
                | LinkInput::Path { .. }
                | LinkInput::Open(_)
                | LinkInput::Writable(..)
                | LinkInput::Closed { .. } => format!("{input:?}"),
            };
            format!("lane {}.{}: {what}", link.0, lane.0)
        }
        Input::Stored { request, result } => match result {
            Ok(data) => format!("stored {}: {}", request.0, bytes(data)),
            Err(failure) => format!("stored {}: {failure:?}", request.0),
        },
    }
}
