//! Simulated peer connections: ICE by user fragments, passwords and candidates, DTLS by fingerprints, two
//! ordered reliable channels with a bandwidth, a send buffer and credit. A cut pair hears silence.
//!
//! It holds the engine to io.rs: nothing before a channel is open, nothing after a close, never beyond
//! credit, never a message that a browser would refuse.

use crate::context::Context;
pub use crate::happening::LaneKey;
use crate::happening::{Happening, LaneStep, NodeId};
use crate::sdp::{self, Credentials, Flavour};
use crate::turn::Opening;
use peer_core::id::Fingerprint;
use peer_core::io::{Channel, LinkInput, LinkOp, Turn};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A message about to cross a lane, shown to a tap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Sender's end.
    pub from: LaneKey,
    /// Receiver's end.
    pub to: LaneKey,
    /// Channel.
    pub channel: Channel,
    /// Message.
    pub bytes: Vec<u8>,
}

/// A hostile member's hand on its own channel: what it sends instead of each message.
pub type Tap = Box<dyn FnMut(&Crossing) -> Vec<Vec<u8>>>;

/// Largest message that Chromium takes.
const MAX_MESSAGE: usize = 262_144;
/// Most credit ever given, and the fill below which it is given (io.rs, `Writable`).
const CREDIT: usize = 1 << 20;
const LOW: usize = 256 << 10;
/// How long ICE looks for a path.
const ICE_PATIENCE: u64 = 15_000;

#[derive(Clone, Copy, Debug, Default)]
struct Pipe {
    credit: usize,
    buffered: usize,
}

struct End {
    flavour: Flavour,
    own: Credentials,
    addresses: Vec<(String, u16)>,
    remote: Option<Credentials>,
    known: Vec<(String, u16)>,
    partner: Option<LaneKey>,
    up: bool,
    /// The engine was told that it is gone, or has closed it itself.
    over: bool,
    pipes: BTreeMap<Channel, Pipe>,
    busy_until: u64,
    arrives_at: u64,
    held: VecDeque<LaneStep>,
}

/// All lanes of the world.
#[derive(Default)]
pub(crate) struct Lanes {
    ends: BTreeMap<LaneKey, End>,
    by_ufrag: BTreeMap<String, LaneKey>,
    cut: BTreeSet<(NodeId, NodeId)>,
    /// What a node's browser reports as the remote's certificate instead of the true one.
    pub(crate) forged: BTreeMap<NodeId, Fingerprint>,
    pub(crate) tap: Option<Tap>,
    /// Connections made, ever, by node: none may be before admission.
    pub(crate) opened: BTreeMap<NodeId, usize>,
    pub(crate) openings: Vec<Opening>,
}

/// What a step tells the engine of an end.
pub(crate) type Reports = Vec<(LaneKey, LinkInput)>;

impl Lanes {
    pub(crate) fn perform(&mut self, key: LaneKey, flavour: Flavour, op: LinkOp, cx: &mut Context) {
        match op {
            LinkOp::OpenAsOfferer { turn } => self.open(key, flavour, None, turn, cx),
            LinkOp::OpenAsAnswerer { offer, turn } => self.open(key, flavour, Some(&offer), turn, cx),
            LinkOp::RemoteDescription(answer) => {
                let end = self.live(key, "set a description");
                assert!(end.remote.is_none(), "{key:?}: a second remote description");
                end.remote = Some(sdp::remote(&answer, false));
                cx.after(ICE_PATIENCE, Happening::Lane(key, LaneStep::GiveUp));
                self.try_connect(key, cx);
            }
            LinkOp::RemoteCandidate(line) => {
                let end = self.live(key, "added a candidate");
                assert!(end.remote.is_some(), "{key:?}: a candidate before the remote description");
                end.known.push(sdp::candidate_address(&line));
                self.try_connect(key, cx);
            }
            LinkOp::Send(channel, bytes) => self.send(key, channel, bytes.0, cx),
            LinkOp::Close => self.close(key, true, cx),
        }
    }

    fn live(&mut self, key: LaneKey, what: &str) -> &mut End {
        match self.ends.get_mut(&key) {
            Some(end) if !end.over => end,
            Some(_) => panic!("{key:?} {what} after the end"),
            None => panic!("{key:?} {what} before opening"),
        }
    }

    fn open(
        &mut self,
        key: LaneKey,
        flavour: Flavour,
        offer: Option<&str>,
        turn: Option<Turn>,
        cx: &mut Context,
    ) {
        let turn = turn.map(|turn| turn.username().to_owned());
        self.openings.push(Opening { node: key.node, at: cx.now, turn });
        let own = Credentials::fresh(flavour, &mut cx.rng);
        let ip = format!("198.51.100.{}", key.node.0 + 1);
        let candidates = sdp::candidates(flavour, &own.ufrag, &ip, &mut cx.rng);
        let description = sdp::local(flavour, offer.is_none(), &own, &mut cx.rng);
        *self.opened.entry(key.node).or_default() += 1;
        self.by_ufrag.insert(own.ufrag.clone(), key);
        let end = End {
            flavour,
            own,
            addresses: candidates.iter().map(|candidate| candidate.address.clone()).collect(),
            remote: offer.map(|sdp| sdp::remote(sdp, true)),
            known: Vec::new(),
            partner: None,
            up: false,
            over: false,
            pipes: BTreeMap::new(),
            busy_until: 0,
            arrives_at: 0,
            held: VecDeque::new(),
        };
        assert!(self.ends.insert(key, end).is_none(), "{key:?} opened twice");
        let mut at = cx.rng.between((5, 60));
        cx.after(at, Happening::Lane(key, LaneStep::Described(description)));
        for candidate in candidates {
            at += cx.rng.between((0, 80));
            cx.after(at, Happening::Lane(key, LaneStep::Candidate(Some(candidate.line))));
        }
        cx.after(at + 50, Happening::Lane(key, LaneStep::Candidate(None)));
        if offer.is_some() {
            cx.after(ICE_PATIENCE, Happening::Lane(key, LaneStep::GiveUp));
        }
    }

    /// Connect if both ends know each other's user fragment and password, and one knows an address.
    fn try_connect(&mut self, key: LaneKey, cx: &mut Context) {
        let Some(end) = self.ends.get(&key) else { return };
        let Some(remote) = &end.remote else { return };
        let Some(&other) = self.by_ufrag.get(&remote.ufrag) else { return };
        let Some(partner) = self.ends.get(&other) else { return };
        let Some(back) = &partner.remote else { return };
        let checks = remote.pwd == partner.own.pwd && back.ufrag == end.own.ufrag && back.pwd == end.own.pwd;
        let reachable = end.known.iter().any(|at| partner.addresses.contains(at))
            || partner.known.iter().any(|at| end.addresses.contains(at));
        let free = end.partner.is_none() && partner.partner.is_none() && !end.over && !partner.over;
        if checks && reachable && free {
            let delay = 4 * cx.rng.between(cx.net.lane_latency);
            for (own, its) in [(key, other), (other, key)] {
                self.ends.get_mut(&own).expect("found above").partner = Some(its);
                let skew = cx.rng.between(cx.net.lane_latency);
                cx.after(delay + skew, Happening::Lane(own, LaneStep::Establish));
            }
        }
    }

    fn send(&mut self, key: LaneKey, channel: Channel, bytes: Vec<u8>, cx: &mut Context) {
        let rate = cx.net.lane_rate;
        let end = self.live(key, "sent");
        let Some(pipe) = end.pipes.get_mut(&channel) else { panic!("{key:?}: {channel:?} is not open") };
        assert!(bytes.len() <= pipe.credit, "{key:?}: {} bytes, {pipe:?} on {channel:?}", bytes.len());
        assert!(bytes.len() <= MAX_MESSAGE, "{key:?}: a message of {} bytes", bytes.len());
        pipe.credit -= bytes.len();
        pipe.buffered += bytes.len();
        let other = end.partner.expect("an open lane has another end");
        end.busy_until = end.busy_until.max(cx.now) + (bytes.len() as u64).div_ceil(rate);
        let (departs, length) = (end.busy_until, bytes.len());
        end.arrives_at = end.arrives_at.max(departs + cx.rng.between(cx.net.lane_latency));
        let arrives = end.arrives_at;
        let crossing = Crossing { from: key, to: other, channel, bytes };
        let messages = match &mut self.tap {
            Some(tap) => tap(&crossing),
            None => vec![crossing.bytes],
        };
        cx.after(departs - cx.now, Happening::Lane(key, LaneStep::Departs(channel, length)));
        for message in messages {
            cx.after(arrives - cx.now, Happening::Lane(other, LaneStep::Arrives(channel, message)));
        }
    }

    /// An end goes: `polite` tells the other side, a crash does not.
    fn close(&mut self, key: LaneKey, polite: bool, cx: &mut Context) {
        let Some(end) = self.ends.get_mut(&key) else { return };
        let told = polite && std::mem::take(&mut end.up);
        end.over = true;
        if let (true, Some(other)) = (told, end.partner) {
            let at = end.arrives_at.max(cx.now + cx.rng.between(cx.net.lane_latency));
            cx.after(at - cx.now, Happening::Lane(other, LaneStep::RemoteGone));
        }
    }

    /// All ends of a node's life go with its page.
    pub(crate) fn unload(&mut self, node: NodeId, polite: bool, cx: &mut Context) {
        let keys: Vec<LaneKey> = self
            .ends
            .iter()
            .filter(|(key, end)| key.node == node && !end.over)
            .map(|(key, _)| *key)
            .collect();
        for key in keys {
            self.close(key, polite, cx);
        }
    }

    /// A step's time has come.
    pub(crate) fn step(&mut self, key: LaneKey, step: LaneStep, cx: &mut Context) -> Reports {
        let Some(end) = self.ends.get_mut(&key) else { return Vec::new() };
        if end.over {
            return Vec::new();
        }
        let cut = end.partner.is_some_and(|other| self.cut.contains(&pair(key.node, other.node)));
        // The other end may come up first: its words wait until this one is up.
        let silent = matches!(step, LaneStep::Arrives(..) | LaneStep::Departs(..) | LaneStep::RemoteGone)
            && (cut || !end.up || !end.held.is_empty());
        if silent {
            end.held.push_back(step);
            return Vec::new();
        }
        self.take_effect(key, step, cut, cx)
    }

    fn take_effect(&mut self, key: LaneKey, step: LaneStep, cut: bool, cx: &mut Context) -> Reports {
        let end = self.ends.get_mut(&key).expect("found by the caller");
        match step {
            LaneStep::Described(sdp) => vec![(key, LinkInput::LocalDescription(sdp))],
            LaneStep::Candidate(line) => vec![(key, LinkInput::LocalCandidate(line))],
            LaneStep::Establish if cut => {
                cx.after(500, Happening::Lane(key, LaneStep::Establish));
                Vec::new()
            }
            LaneStep::Establish => self.establish(key, cx),
            LaneStep::GiveUp if end.up => Vec::new(),
            LaneStep::GiveUp | LaneStep::RemoteGone => gone(key, end),
            LaneStep::Departs(channel, length) => departs(key, end, channel, length),
            LaneStep::Arrives(channel, bytes) => vec![(key, LinkInput::Data(channel, bytes.into()))],
            LaneStep::Flush if cut => Vec::new(),
            LaneStep::Flush => {
                let Some(held) = end.held.pop_front() else { return Vec::new() };
                if !end.held.is_empty() {
                    cx.after(0, Happening::Lane(key, LaneStep::Flush));
                }
                self.take_effect(key, held, cut, cx)
            }
        }
    }

    /// Whether the engine may still hear this of the lane: nothing after it closed it.
    pub(crate) fn takes(&self, key: LaneKey, input: &LinkInput) -> bool {
        let over = self.ends.get(&key).is_none_or(|end| end.over);
        !over || matches!(input, LinkInput::Closed { .. })
    }

    fn establish(&mut self, key: LaneKey, cx: &mut Context) -> Reports {
        let end = &self.ends[&key];
        let partner = &self.ends[&end.partner.expect("it was scheduled with one")];
        let theirs = |end: &End| end.remote.as_ref().map(|remote| remote.fingerprint);
        let genuine =
            theirs(end) == Some(partner.own.fingerprint) && theirs(partner) == Some(end.own.fingerprint);
        let seen = *self.forged.get(&key.node).unwrap_or(&partner.own.fingerprint);
        let end = self.ends.get_mut(&key).expect("found above");
        if end.up {
            return Vec::new();
        }
        if !genuine {
            cx.trace.note(cx.now, &format!("{key:?} DTLS refuses the certificate"));
            return gone(key, end);
        }
        end.up = true;
        if !end.held.is_empty() {
            cx.after(1, Happening::Lane(key, LaneStep::Flush));
        }
        let remote_fingerprint = match end.flavour {
            Flavour::Chromium => Some(seen),
            Flavour::Firefox => None,
        };
        let mut reports = vec![(key, LinkInput::Connected { remote_fingerprint, relayed: false })];
        for channel in [Channel::Control, Channel::Bulk] {
            end.pipes.insert(channel, Pipe { credit: CREDIT, buffered: 0 });
            reports.push((key, LinkInput::Open(channel)));
            reports.push((key, LinkInput::Writable(channel, CREDIT)));
        }
        reports
    }

    /// Nothing crosses between the two any more; nobody is told.
    pub(crate) fn cut(&mut self, one: NodeId, other: NodeId) {
        self.cut.insert(pair(one, other));
    }

    /// What was held arrives, in order.
    pub(crate) fn heal(&mut self, one: NodeId, other: NodeId, cx: &mut Context) {
        self.cut.remove(&pair(one, other));
        for (key, end) in &self.ends {
            if end.partner.is_some_and(|to| pair(key.node, to.node) == pair(one, other)) && !end.over {
                let delay = cx.rng.between(cx.net.lane_latency);
                cx.after(delay, Happening::Lane(*key, LaneStep::Flush));
            }
        }
    }

    /// Ends of a node that are coming up.
    pub(crate) fn opening(&self, node: NodeId) -> Vec<LaneKey> {
        let own = self.ends.iter().filter(|(key, end)| key.node == node && !end.up && !end.over);
        own.map(|(key, _)| *key).collect()
    }

    /// Ends of a node that are up, with the other end.
    pub(crate) fn up(&self, node: NodeId) -> Vec<(LaneKey, LaneKey)> {
        let own = self.ends.iter().filter(|(key, end)| key.node == node && end.up && !end.over);
        own.filter_map(|(key, end)| Some((*key, end.partner?))).collect()
    }
}

fn pair(one: NodeId, other: NodeId) -> (NodeId, NodeId) {
    (one.min(other), one.max(other))
}

fn gone(key: LaneKey, end: &mut End) -> Reports {
    let was_connected = end.up;
    end.over = true;
    end.up = false;
    vec![(key, LinkInput::Closed { was_connected })]
}

fn departs(key: LaneKey, end: &mut End, channel: Channel, length: usize) -> Reports {
    let Some(pipe) = end.pipes.get_mut(&channel) else { return Vec::new() };
    pipe.buffered -= length;
    if pipe.buffered < LOW && pipe.credit < CREDIT - LOW {
        pipe.credit = CREDIT - pipe.buffered;
        return vec![(key, LinkInput::Writable(channel, pipe.credit))];
    }
    Vec::new()
}
