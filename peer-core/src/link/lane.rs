//! One RTCPeerConnection of a link: who is at its other end, candidates, its two channels and their credit.
//! PROTOCOL.md, *Lanes*.

use crate::base::error::Misbehavior;
use crate::base::id::{Fingerprint, LinkId};
use crate::base::time::Instant;
use crate::cx::Context;
use crate::description::{Address, Candidate, CandidateCount, CandidateKind, Description};
use crate::io::{Channel, LinkOp, LinkState, LostReason};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// What the lane has told so far about who is at its other end.
#[derive(Default)]
struct Certificates {
    own: Option<Fingerprint>,
    described: Option<Fingerprint>,
    /// By the DTLS transport itself, where the platform tells.
    shown: Option<Fingerprint>,
}

/// Where one end may be reached, as far as it has said.
#[derive(Default)]
struct Reach {
    count: CandidateCount,
    any: bool,
    /// Nothing more comes.
    ended: bool,
    /// As a STUN server sees it.
    public: Vec<Address>,
}

impl Reach {
    /// Whether one more candidate is taken.
    fn admit(&mut self, candidate: &Candidate) -> bool {
        let room = self.count.admit(candidate);
        self.any |= room;
        if room && candidate.kind() == CandidateKind::Srflx {
            self.public.push(candidate.address());
        }
        room
    }

    fn is_nowhere(&self) -> bool {
        self.ended && !self.any
    }
}

/// One connection. What is said over it is the link's business.
pub(crate) struct Lane {
    link: LinkId,
    certificates: Certificates,
    remote_described: bool,
    early_candidates: Vec<Candidate>,
    there: Reach,
    here: Reach,
    path: Option<LinkState>,
    open: [bool; 2],
    credit: [usize; 2],
    /// The remote's first frames, if they came before our side was ready to check the very first.
    pub(super) early: VecDeque<Vec<u8>>,
    /// Our first frame, until there is credit for it.
    confirmation: Option<Vec<u8>>,
    confirmed: bool,
    pub(super) last_heard: Instant,
}

impl Lane {
    pub(super) fn new(link: LinkId, now: Instant) -> Self {
        Self {
            link,
            certificates: Certificates::default(),
            remote_described: false,
            early_candidates: Vec::new(),
            there: Reach::default(),
            here: Reach::default(),
            path: None,
            open: [false; 2],
            credit: [0; 2],
            early: VecDeque::new(),
            confirmation: None,
            confirmed: false,
            last_heard: now,
        }
    }

    /// Direct or relayed, once DTLS is up.
    pub(super) fn path(&self) -> Option<LinkState> {
        self.path
    }

    // ------------------------------------------------------------ coming up

    /// Our own description, parsed by the exact grammar: what it promises is what we confirm.
    pub(crate) fn local_description(&mut self, sdp: &str) -> Result<Description, Misbehavior> {
        let description = Description::parse_local(sdp).map_err(|_| Misbehavior::BadDescription)?;
        self.certificates.own = Some(description.fingerprint());
        Ok(description)
    }

    /// Whether the platform has made its description.
    pub(crate) fn is_described(&self) -> bool {
        self.certificates.own.is_some()
    }

    /// The remote's offer, from which the lane was opened.
    pub(crate) fn opened_with(&mut self, offer: &Description) {
        self.certificates.described = Some(offer.fingerprint());
        self.remote_described = true;
    }

    /// The remote's answer to our offer.
    pub(crate) fn remote_answer(
        &mut self,
        answer: &Description,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        if self.remote_described {
            return Err(Misbehavior::BadHandshake);
        }
        self.opened_with(answer);
        cx.link(self.link, LinkOp::RemoteDescription(answer.render_answer()));
        for candidate in core::mem::take(&mut self.early_candidates) {
            cx.link(self.link, LinkOp::RemoteCandidate(candidate.render()));
        }
        Ok(())
    }

    /// Candidates wait until the remote description is set.
    pub(crate) fn remote_candidates(
        &mut self,
        candidates: Vec<Candidate>,
        end: bool,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        for candidate in candidates {
            if !self.there.admit(&candidate) {
                return Err(Misbehavior::BadDescription);
            }
            if self.remote_described {
                cx.link(self.link, LinkOp::RemoteCandidate(candidate.render()));
            } else {
                self.early_candidates.push(candidate);
            }
        }
        self.there.ended |= end;
        Ok(())
    }

    /// A local candidate line, if it is one that we carry and the remote still takes.
    pub(crate) fn local_candidate(&mut self, line: &str) -> Option<Candidate> {
        let candidate = Candidate::parse_local(line).ok().flatten()?;
        self.here.admit(&candidate).then_some(candidate)
    }

    /// There are no more local candidates.
    pub(crate) fn local_candidates_ended(&mut self) {
        self.here.ended = true;
    }

    /// Why it does not come up, as far as can be told from what both ends said of where they are.
    pub(crate) fn why_not(&self) -> LostReason {
        let one_network = self.here.public.iter().any(|address| self.there.public.contains(address));
        if self.path.is_some() {
            LostReason::NoPath
        } else if self.here.is_nowhere() {
            LostReason::NoAddress
        } else if self.there.is_nowhere() {
            LostReason::NoAddressThere
        } else if one_network {
            LostReason::KeptApart
        } else {
            LostReason::NoPath
        }
    }

    pub(crate) fn set_connected(&mut self, shown: Option<Fingerprint>, relayed: bool) {
        self.certificates.shown = shown;
        self.path = Some(path(relayed));
    }

    /// The path of a connected lane has changed; whether it is another than before.
    pub(super) fn set_path(&mut self, relayed: bool) -> bool {
        let changed = self.path.is_some_and(|before| before != path(relayed));
        self.path = self.path.map(|_| path(relayed));
        changed
    }

    /// A channel is open; whether both are now.
    pub(super) fn set_open(&mut self, channel: Channel) -> bool {
        self.open[channel as usize] = true;
        self.open == [true; 2]
    }

    /// Own certificate and the remote's as seen, once DTLS and both channels are up. The certificate that DTLS
    /// showed counts, not the one described; where they differ somebody stands in the middle.
    pub(crate) fn ready(&self) -> Option<Result<(Fingerprint, Fingerprint), Misbehavior>> {
        let (own, described) = (self.certificates.own?, self.certificates.described?);
        if self.path.is_none() || self.open != [true; 2] {
            return None;
        }
        let seen = self.certificates.shown.unwrap_or(described);
        Some(if seen == described { Ok((own, seen)) } else { Err(Misbehavior::FingerprintMismatch) })
    }

    /// Send `frame` (once) as the first of the lane.
    pub(crate) fn send_confirmation(&mut self, frame: impl FnOnce() -> Vec<u8>) {
        if !self.confirmed {
            self.confirmed = true;
            self.confirmation = Some(frame());
        }
    }

    // ------------------------------------------------------------ sending

    /// Send our first frame as soon as credit allows; whether it has left.
    pub(super) fn flush_confirmation(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(frame) = self.confirmation.take_if(|frame| frame.len() <= self.credit[0]) {
            self.transmit(Channel::Control, frame, cx);
        }
        self.confirmation.is_none()
    }

    pub(crate) fn set_credit(&mut self, channel: Channel, bytes: usize) {
        self.credit[channel as usize] = bytes;
    }

    pub(super) fn credit(&self, channel: Channel) -> usize {
        self.credit[channel as usize]
    }

    /// Send one message, for which there is credit.
    pub(super) fn transmit(&mut self, channel: Channel, message: Vec<u8>, cx: &mut Context<'_>) {
        self.credit[channel as usize] -= message.len();
        cx.link(self.link, LinkOp::Send(channel, message.into()));
    }
}

fn path(relayed: bool) -> LinkState {
    if relayed { LinkState::Relayed } else { LinkState::Direct }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: &str =
        "candidate:1 1 udp 2113937151 1f0a9c3e-5d2b-4e7f-8a61-90b1c2d3e4f5.local 50000 typ host";
    const TCP: &str = "candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active";
    const PUBLIC: &str = "candidate:2 1 udp 1677729535 203.0.113.9 50001 typ srflx raddr 0.0.0.0 rport 0";
    const OTHER: &str = "candidate:2 1 udp 1677729535 203.0.113.10 50001 typ srflx raddr 0.0.0.0 rport 0";

    /// Both ends have said what they have to say.
    fn lane(here: &[&str], there: &[&str]) -> Lane {
        let mut lane = Lane::new(LinkId(1), Instant::from_millis(0));
        for line in here {
            lane.local_candidate(line);
        }
        lane.local_candidates_ended();
        for candidate in there.iter().filter_map(|line| Candidate::parse_local(line).unwrap()) {
            assert!(lane.there.admit(&candidate));
        }
        lane.there.ended = true;
        lane
    }

    #[test]
    fn where_an_end_has_no_address_that_is_why_one_s_own_first() {
        assert_eq!(lane(&[], &[]).why_not(), LostReason::NoAddress);
        assert_eq!(lane(&[TCP], &[HIDDEN]).why_not(), LostReason::NoAddress, "TCP is not carried");
        assert_eq!(lane(&[HIDDEN], &[]).why_not(), LostReason::NoAddressThere);
        assert_eq!(lane(&[HIDDEN], &[HIDDEN]).why_not(), LostReason::NoPath);
    }

    #[test]
    fn who_has_not_said_all_may_still_have_an_address() {
        let mut early = lane(&[], &[]);
        early.here.ended = false;
        assert_eq!(early.why_not(), LostReason::NoAddressThere);
        early.there.ended = false;
        assert_eq!(early.why_not(), LostReason::NoPath);
    }

    #[test]
    fn two_ends_under_one_public_address_are_in_one_network() {
        assert_eq!(lane(&[HIDDEN, PUBLIC], &[HIDDEN, PUBLIC]).why_not(), LostReason::KeptApart);
        assert_eq!(lane(&[HIDDEN, PUBLIC], &[HIDDEN, OTHER]).why_not(), LostReason::NoPath);
    }

    #[test]
    fn a_lane_that_was_there_had_a_path() {
        let mut lane = lane(&[], &[]);
        lane.set_connected(None, false);
        assert_eq!(lane.why_not(), LostReason::NoPath);
    }
}
