//! [`Peer`]: owns all state, routes input down and output up, nothing else.

use crate::base::error::CommandError;
use crate::base::id::{CommandId, RoomId};
use crate::base::map::Map;
use crate::base::rng::{Rng, Seed};
use crate::base::time::Instant;
use crate::cx::{Context, Ids};
use crate::io::{Command, Input, Output, Reason};
use crate::meeting::invitation::Invitation;
use crate::room::{Room, stored_room};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Most rooms in one peer; a page has one.
const MAX_ROOMS: usize = 64;

/// What differs between shells. Nothing does yet.
#[derive(Clone, Debug, Default)]
pub struct Config {}

/// One device's engine: any number of rooms. See the crate's documentation for the run loop.
pub struct Peer {
    rng: Rng,
    ids: Ids,
    rooms: Map<RoomId, Room>,
    outputs: VecDeque<Output>,
}

impl Peer {
    /// A peer without rooms.
    pub fn new(_config: Config, seed: Seed, _now: Instant) -> Self {
        Self { rng: Rng::new(&seed), ids: Ids::default(), rooms: Map::new(), outputs: VecDeque::new() }
    }

    /// Carry out a command.
    ///
    /// # Errors
    /// [`CommandError`] if it cannot be done; nothing changed then.
    pub fn submit(&mut self, command: Command, now: Instant) -> Result<CommandId, CommandError> {
        let id = self.ids.command();
        let Self { rng, ids, rooms, outputs } = self;
        let cx = &mut Context { now, rng, ids, out: outputs, frames: Vec::new() };
        let room = match target(&command)? {
            Some(room) if rooms.contains_key(&room) => {
                let room = rooms.get_mut(&room).expect("just looked");
                room.submit(command, id, cx)?;
                room
            }
            target => {
                if rooms.len() >= MAX_ROOMS {
                    return Err(CommandError::Full);
                }
                let room = match &command {
                    Command::CreateRoom { name } => Room::create(name, id, cx)?,
                    Command::OpenRoom { records, link } => {
                        Room::open(records, link.as_ref().map(|link| link.as_str()), cx)?
                    }
                    Command::JoinRoom { link, name } => Room::join(link, name, cx)?,
                    _ => return Err(CommandError::UnknownRoom),
                };
                debug_assert!(target.is_none_or(|target| target == room.id), "a link names its room");
                rooms.or_insert_with(room.id, || room)
            }
        };
        room.settle(cx);
        self.forget_closed();
        Ok(id)
    }

    /// Take in what the shell reports; never fails, never panics on a remote's bytes.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        let Self { rng, ids, rooms, outputs } = self;
        let cx = &mut Context { now, rng, ids, out: outputs, frames: Vec::new() };
        match input {
            Input::Timeout => {
                for room in rooms.values_mut() {
                    room.timeout(cx);
                    room.settle(cx);
                }
            }
            Input::Signal { room, input } => {
                if let Some(room) = rooms.get_mut(&room) {
                    room.signal(input, cx);
                    room.settle(cx);
                }
            }
            // There is one lane; late news of a link that was closed is no news.
            Input::Link { link, lane: _, input } => {
                if let Some(room) = cx.ids.links.get(&link).and_then(|room| rooms.get_mut(room)) {
                    room.link(link, input, cx);
                    room.settle(cx);
                }
            }
            Input::Stored { request, result } => {
                let Some((room, waiting)) = cx.ids.requests.remove(&request) else { return };
                if let Some(room) = rooms.get_mut(&room) {
                    room.stored(request, waiting, result.map(|bytes| bytes.0), cx);
                    room.settle(cx);
                }
            }
        }
        self.forget_closed();
    }

    /// The next thing to do, if any.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to handle [`Input::Timeout`] at the latest, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, Reason)> {
        self.rooms.values().filter_map(Room::next_timeout).min()
    }

    fn forget_closed(&mut self) {
        let Self { ids, rooms, .. } = self;
        rooms.retain(|id, room| {
            if room.is_closed() {
                ids.links.retain(|_, owner| owner != id);
                ids.requests.retain(|_, (owner, _)| owner != id);
            }
            !room.is_closed()
        });
    }
}

/// The room that a command is about; none if it makes or opens one whose id is not known before.
fn target(command: &Command) -> Result<Option<RoomId>, CommandError> {
    Ok(Some(match command {
        Command::CreateRoom { .. } => return Ok(None),
        Command::OpenRoom { records, .. } => stored_room(records)?,
        Command::JoinRoom { link, .. } => {
            Invitation::parse(link).map_err(|_| CommandError::UnknownRoom)?.room()
        }
        Command::Admit { room, .. }
        | Command::Deny { room, .. }
        | Command::Share { room, .. }
        | Command::Supply { room, .. }
        | Command::Fetch { room, .. }
        | Command::Pause { room, .. }
        | Command::Resume { room, .. }
        | Command::Cancel { room, .. }
        | Command::Withdraw { room, .. }
        | Command::Say { room, .. }
        | Command::Rename { room, .. }
        | Command::NewLink { room }
        | Command::Leave { room }
        | Command::EndRoom { room }
        | Command::Close { room } => *room,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::RequestId;
    use crate::io::Event;
    use alloc::string::String;

    const NOW: Instant = Instant::from_millis(0);

    fn events(peer: &mut Peer) -> Vec<Event> {
        let outputs = core::iter::from_fn(|| peer.poll_output());
        outputs
            .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
            .collect()
    }

    #[test]
    fn a_room_that_is_closed_takes_nothing_with_it_of_another() {
        let mut peer = Peer::new(Config::default(), Seed([3; 32]), NOW);
        for _ in 0..2 {
            peer.submit(Command::CreateRoom { name: String::from("Hanna") }, NOW).unwrap();
        }
        let requests: Vec<(RequestId, RoomId)> =
            peer.ids.requests.iter().map(|(request, (room, _))| (*request, *room)).collect();
        let rooms: Vec<RoomId> = peer.rooms.keys().copied().collect();
        let links = [0, 1].map(|n| peer.ids.link(rooms[n]));
        peer.submit(Command::Close { room: rooms[0] }, NOW).unwrap();
        assert!(peer.ids.links.keys().eq(&links[1..]), "one's links");
        assert!(peer.ids.requests.values().all(|(room, _)| *room == rooms[1]), "and what it waits for");
        events(&mut peer);
        for (request, _) in requests {
            peer.handle_input(Input::Stored { request, result: Ok(Vec::new().into()) }, NOW);
        }
        let shows_me =
            |event| matches!(event, Event::MemberChanged { room, me: true, .. } if room == rooms[1]);
        assert!(events(&mut peer).into_iter().any(shows_me), "the other is made as if nothing had been");
    }
}
