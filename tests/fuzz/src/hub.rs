//! The hub beside a model of it: any joins, leaves, messages and ends in any order, compared after each.

use crate::bytes::Bytes;
use crate::model::{Heard, Model, Place};
use signal_proto::{ClientMessage, Handle, Role, ServerMessage, Tag};
use signaling::Limits;
use signaling::hub::{Delivery, Hub, SocketId, Violation};

/// So few of everything that every bound is met, and met again after somebody has gone.
const SOCKETS: usize = 8;
const TAGS: usize = 4;

fn limits() -> Limits {
    Limits { listeners: 2, knockers: 3, members: 4, joins: 10, tags_per_socket: 2, ..Limits::default() }
}

/// Does what the bytes say, then lets everybody go.
pub fn hub(bytes: &[u8]) {
    let mut run = Run::new(bytes);
    while run.step().is_some() {}
    run.end();
}

struct Run<'a> {
    bytes: Bytes<'a>,
    hub: Hub,
    model: Model,
    sockets: Vec<SocketId>,
    /// Every handle that was ever given, in order; somebody gone is addressed by one of them too.
    handles: Vec<Handle>,
    drawn: u64,
}

impl<'a> Run<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes: Bytes(bytes),
            hub: Hub::new(limits()),
            model: Model { limits: limits(), on: Vec::new() },
            sockets: Vec::new(),
            handles: Vec::new(),
            drawn: 0,
        }
    }

    /// One thing that happens; none when the bytes are used up.
    fn step(&mut self) -> Option<()> {
        match self.bytes.below(16)? {
            0..=2 if self.sockets.len() < SOCKETS => self.sockets.push(self.hub.connect()),
            3 => {
                let at = self.socket()?;
                self.disconnect(at);
            }
            4..=9 => self.join()?,
            10..=13 => self.send()?,
            _ => self.leave()?,
        }
        for socket in &self.sockets {
            let tags = self.model.on.iter().filter(|it| it.socket == *socket).count();
            assert_eq!(self.hub.tags_of(*socket), tags);
        }
        Some(())
    }

    fn socket(&mut self) -> Option<usize> {
        if self.sockets.is_empty() {
            self.sockets.push(self.hub.connect());
        }
        self.bytes.below(self.sockets.len())
    }

    fn tag(&mut self) -> Option<Tag> {
        self.bytes.below(TAGS).map(|tag| Tag([tag as u8; 16]))
    }

    fn join(&mut self) -> Option<()> {
        let (socket, tag) = (self.socket()?, self.tag()?);
        let socket = self.sockets[socket];
        let role = [Role::Listen, Role::Knock, Role::Mesh][self.bytes.below(3)?];
        let mut handle = Handle([0; 8]);
        let (bytes, drawn) = (&mut self.bytes, &mut self.drawn);
        let got = self.hub.handle(socket, ClientMessage::Join { tag, role }, &mut || {
            // Few handles, so that some are drawn twice; in the end always a new one.
            *drawn += 1;
            handle = Handle(bytes.next().map_or(*drawn + 0xff, |byte| u64::from(byte) % 8).to_be_bytes());
            handle
        });
        self.handles.push(handle);
        let expected = self.model.join(Place { socket, tag, role, handle });
        same(got, expected);
        Some(())
    }

    fn send(&mut self) -> Option<()> {
        let (socket, tag) = (self.socket()?, self.tag()?);
        let socket = self.sockets[socket];
        let to = match self.bytes.below(2)? {
            1 if !self.handles.is_empty() => Some(self.handles[self.bytes.below(self.handles.len())?]),
            _ => None,
        };
        let bytes = vec![self.bytes.next()?];
        let expected = self.model.send(socket, tag, to, &bytes);
        same(self.hub.handle(socket, ClientMessage::Send { tag, to, bytes }, &mut no_handle), expected);
        Some(())
    }

    fn leave(&mut self) -> Option<()> {
        let (socket, tag) = (self.socket()?, self.tag()?);
        let socket = self.sockets[socket];
        let expected = self.model.leave(socket, tag);
        same(self.hub.handle(socket, ClientMessage::Leave { tag }, &mut no_handle), expected);
        Some(())
    }

    fn disconnect(&mut self, at: usize) {
        let socket = self.sockets.remove(at);
        let got = self.hub.disconnect(socket);
        let tags: Vec<Tag> = self.model.on.iter().filter(|it| it.socket == socket).map(|it| it.tag).collect();
        let left = tags.into_iter().flat_map(|tag| self.model.leave(socket, tag).expect("it is on that tag"));
        same(Ok(got), Ok(left.collect()));
        assert_eq!(self.hub.disconnect(socket), [], "a second time is nothing");
    }

    /// Everybody goes; then every place is free again, and nobody is seen.
    fn end(mut self) {
        while !self.sockets.is_empty() {
            self.disconnect(0);
        }
        self.bytes = Bytes(&[]);
        for tag in 0..self.model.limits.joins {
            let (socket, tag) = (self.hub.connect(), Tag([tag as u8; 16]));
            let joined = self
                .hub
                .handle(socket, ClientMessage::Join { tag, role: Role::Mesh }, &mut || Handle([0; 8]));
            same(joined, Ok(vec![(socket, ServerMessage::Joined { tag, peers: vec![] })]));
        }
    }
}

fn no_handle() -> Handle {
    panic!("only joining draws a handle")
}

/// Whether the same sockets hear the same; the order among several is nobody's business.
fn same(got: Result<Vec<Delivery>, Violation>, expected: Result<Heard, Violation>) {
    let got = got.map(|deliveries| {
        let flat = deliveries.into_iter().flat_map(|delivery| {
            assert!(!delivery.to.is_empty(), "a delivery has a receiver");
            delivery.to.into_iter().map(move |socket| (socket, delivery.message.clone()))
        });
        sorted(flat.collect())
    });
    assert_eq!(got, expected.map(sorted));
}

fn sorted(mut heard: Heard) -> Heard {
    for (_, message) in &mut heard {
        if let ServerMessage::Joined { peers, .. } = message {
            peers.sort();
        }
    }
    heard.sort_by_key(|(socket, message)| (*socket, message.encode()));
    heard
}
