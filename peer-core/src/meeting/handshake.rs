//! Who proves what to whom, in states that consume themselves: each step exists only after the one before it,
//! and only the last yields an [`Authenticated`] peer. PROTOCOL.md, *Meeting at the door*.

use crate::base::id::{Fingerprint, LaneId, MemberId, RoomId};
use crate::base::identity::{Keypair, RoomDigest, context, derive, short_authentication_string, verify};
use crate::log::entry::{Entry, Payload};
use crate::meeting::conduit::Conduit;
use crate::meeting::envelope::{Body, Mode};
use alloc::string::String;
use alloc::vec::Vec;

/// The other side did not prove what it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unproven;

/// A proven peer: the token without which no [`Session`] can be made.
pub(crate) struct Authenticated {
    member: MemberId,
}

impl Authenticated {
    pub(crate) fn member(&self) -> MemberId {
        self.member
    }
}

/// An authenticated peer on a confirmed lane. Feature code takes one of these, so that a peer that has not
/// proved itself cannot be expressed. It can confirm further lanes of the same link.
pub(crate) struct Session {
    member: MemberId,
    #[expect(dead_code, reason = "further lanes of a link are confirmed under the same handshake")]
    conduit: Conduit,
}

impl Session {
    pub(crate) fn member(&self) -> MemberId {
        self.member
    }

    /// The last step: `frame` is the first one of lane `lane` and must name both its certificates.
    ///
    /// # Errors
    /// `true` if the peer names other certificates, `false` if the frame is not the peer's.
    pub(crate) fn confirm(
        peer: Authenticated,
        conduit: Conduit,
        lane: LaneId,
        own: &Fingerprint,
        seen: &Fingerprint,
        frame: &[u8],
    ) -> Result<Self, bool> {
        conduit.check_lane(lane, own, seen, frame)?;
        Ok(Self { member: peer.member, conduit })
    }
}

/// What one signs: this handshake, this mode, this end of it.
fn signed_bytes(mode: Mode, initiator: bool, room: &RoomDigest, key: &MemberId, h: &[u8; 32]) -> Vec<u8> {
    [&[mode as u8, u8::from(initiator)][..], &room.0, &key.0, h].concat()
}

fn commitment(nonce: &[u8; 32]) -> [u8; 32] {
    derive(context::COMMITMENT, &[nonce])
}

/// Whether `admit` is the host's entry that lets `member` in. Its place in the log does not matter: the host's
/// signature over this room is enough to talk, the log follows.
pub(crate) fn is_admission(room: &RoomDigest, host: &MemberId, member: &MemberId, admit: &[u8]) -> bool {
    let Ok(entry) = Entry::decode(room, admit) else { return false };
    entry.author == *host
        && matches!(Payload::decode(&entry), Ok(Payload::Admit { member: m, .. }) if m == *member)
}

// ---------------------------------------------------------------- door, initiator

/// The guest waits for the host's proof.
pub(crate) struct ExpectHost {
    room: RoomId,
}

/// The guest waits for the nonce that the host has committed to.
pub(crate) struct ExpectReveal {
    host: MemberId,
    commitment: [u8; 32],
    nonce: [u8; 32],
}

/// The guest waits for a person's decision.
pub(crate) struct ExpectDecision {
    host: MemberId,
    sas: String,
}

impl ExpectHost {
    pub(crate) fn new(room: RoomId) -> Self {
        Self { room }
    }

    /// T0 → T1. Before this nothing about the guest is said.
    pub(crate) fn proof(
        self,
        body: &Body,
        h: &[u8; 32],
        key: &Keypair,
        name: String,
        nonce: [u8; 32],
    ) -> Result<(ExpectReveal, Body), Unproven> {
        let Body::Proof { key: host, signature, commitment, .. } = body else { return Err(Unproven) };
        let room = RoomDigest::of_host(host);
        let proven = room.room() == self.room
            && verify(
                host,
                context::SIGN_HANDSHAKE,
                &signed_bytes(Mode::Door, false, &room, host, h),
                signature,
            );
        if !proven {
            return Err(Unproven);
        }
        let me = key.member();
        let signature = key.sign(context::SIGN_HANDSHAKE, &signed_bytes(Mode::Door, true, &room, &me, h));
        let claim = Body::Claim { key: me, signature, nonce, name, admit: None };
        Ok((ExpectReveal { host: *host, commitment: *commitment, nonce }, claim))
    }
}

impl ExpectReveal {
    /// K1 → the digits to read out.
    pub(crate) fn reveal(
        self,
        host_nonce: &[u8; 32],
        h: &[u8; 32],
        me: &MemberId,
    ) -> Result<ExpectDecision, Unproven> {
        if commitment(host_nonce) != self.commitment {
            return Err(Unproven);
        }
        let sas = short_authentication_string(h, &self.host, me, &self.nonce, host_nonce);
        Ok(ExpectDecision { host: self.host, sas })
    }

    /// A member that comes back is let in without a card, so perhaps before K1.
    pub(crate) fn welcomed(
        self,
        create: &[u8],
        admit: &[u8],
        me: &MemberId,
    ) -> Result<Authenticated, Unproven> {
        welcome(self.host, create, admit, me)
    }
}

impl ExpectDecision {
    pub(crate) fn sas(&self) -> &str {
        &self.sas
    }

    /// T2 → in.
    pub(crate) fn welcomed(
        self,
        create: &[u8],
        admit: &[u8],
        me: &MemberId,
    ) -> Result<Authenticated, Unproven> {
        welcome(self.host, create, admit, me)
    }
}

fn welcome(host: MemberId, create: &[u8], admit: &[u8], me: &MemberId) -> Result<Authenticated, Unproven> {
    let room = RoomDigest::of_host(&host);
    let created = Entry::decode(&room, create).is_ok_and(|entry| {
        entry.author == host && entry.seq == 0 && matches!(Payload::decode(&entry), Ok(Payload::Create))
    });
    if created && is_admission(&room, &host, me, admit) {
        Ok(Authenticated { member: host })
    } else {
        Err(Unproven)
    }
}

// ---------------------------------------------------------------- door, responder

/// The host waits for a guest's claim.
pub(crate) struct ExpectGuest {
    nonce: [u8; 32],
}

/// The host's person decides.
pub(crate) struct Deciding {
    guest: MemberId,
    name: String,
    sas: String,
}

impl ExpectGuest {
    /// T0.
    pub(crate) fn prove(h: &[u8; 32], room: &RoomDigest, key: &Keypair, nonce: [u8; 32]) -> (Self, Body) {
        let me = key.member();
        let signature = key.sign(context::SIGN_HANDSHAKE, &signed_bytes(Mode::Door, false, room, &me, h));
        let body = Body::Proof { key: me, signature, commitment: commitment(&nonce), admit: None };
        (Self { nonce }, body)
    }

    /// T1 → K1, and a person to decide about.
    pub(crate) fn claim(
        self,
        body: Body,
        h: &[u8; 32],
        room: &RoomDigest,
        me: &MemberId,
    ) -> Result<(Deciding, Body), Unproven> {
        let Body::Claim { key: guest, signature, nonce, name, .. } = body else { return Err(Unproven) };
        let bytes = signed_bytes(Mode::Door, true, room, &guest, h);
        if guest == *me || !verify(&guest, context::SIGN_HANDSHAKE, &bytes, &signature) {
            return Err(Unproven);
        }
        let name = crate::base::path::clean_person_name(&name).map_err(|_| Unproven)?;
        let sas = short_authentication_string(h, me, &guest, &nonce, &self.nonce);
        Ok((Deciding { guest, name, sas }, Body::Reveal { nonce: self.nonce }))
    }
}

impl Deciding {
    pub(crate) fn guest(&self) -> MemberId {
        self.guest
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn sas(&self) -> &str {
        &self.sas
    }

    /// A person (or the log, for who was let in before) has said yes.
    pub(crate) fn admitted(self) -> Authenticated {
        Authenticated { member: self.guest }
    }
}

// ---------------------------------------------------------------- mesh

/// A member waits for the other's proof that it is one too; T0 and T1 alike.
pub(crate) struct ExpectMember {
    /// Whether the one who waits has dialled.
    pub(crate) initiator: bool,
}

impl ExpectMember {
    /// One's own proof, T0 (`initiator` false) or T1 (true).
    pub(crate) fn prove(
        initiator: bool,
        h: &[u8; 32],
        room: &RoomDigest,
        key: &Keypair,
        admit: Option<Vec<u8>>,
    ) -> Body {
        let me = key.member();
        let signature = key.sign(context::SIGN_HANDSHAKE, &signed_bytes(Mode::Mesh, initiator, room, &me, h));
        if initiator {
            Body::Claim { key: me, signature, nonce: [0; 32], name: String::new(), admit }
        } else {
            Body::Proof { key: me, signature, commitment: [0; 32], admit }
        }
    }

    /// The other's proof.
    pub(crate) fn proof(
        self,
        body: &Body,
        h: &[u8; 32],
        room: &RoomDigest,
        host: &MemberId,
        me: &MemberId,
    ) -> Result<Authenticated, Unproven> {
        let (key, signature, admit) = match (self.initiator, body) {
            (true, Body::Proof { key, signature, admit, .. }) => (key, signature, admit),
            (false, Body::Claim { key, signature, admit, .. }) => (key, signature, admit),
            _ => return Err(Unproven),
        };
        let member = key == host || admit.as_ref().is_some_and(|admit| is_admission(room, host, key, admit));
        let bytes = signed_bytes(Mode::Mesh, !self.initiator, room, key, h);
        if key == me || !member || !verify(key, context::SIGN_HANDSHAKE, &bytes, signature) {
            return Err(Unproven);
        }
        Ok(Authenticated { member: *key })
    }
}
