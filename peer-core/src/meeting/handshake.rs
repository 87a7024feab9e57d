//! Who proves what to whom, in states that consume themselves: each step exists only after the one before it,
//! and only the last yields an [`Authenticated`] peer. PROTOCOL.md, *Meeting at the door*.

use crate::base::features::Features;
use crate::base::id::{Fingerprint, LaneId, MemberId, RoomId};
use crate::base::identity::{Keypair, RoomDigest, context, derive, short_authentication_string, verify};
use crate::log::entry::{Entry, Payload};
use crate::meeting::conduit::Conduit;
use crate::meeting::envelope::{Body, Denial, Mode};
use alloc::string::String;
use alloc::vec::Vec;

/// Why the other side is not talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// It did not prove what it must.
    Proof,
    /// It proved it, but the room has features that one of the two does not know.
    Features,
}

/// A proven peer: the token without which no [`Session`] can be made.
pub(crate) struct Authenticated {
    member: MemberId,
    /// What both ends can do.
    features: Features,
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
    #[expect(dead_code, reason = "no feature is optional yet")]
    features: Features,
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
        Ok(Self { member: peer.member, features: peer.features, conduit })
    }
}

#[cfg(test)]
impl Session {
    /// One that nobody proved anything for.
    pub(crate) fn made_up(member: MemberId, rng: &mut crate::base::rng::Rng) -> Self {
        use super::conduit::{Opening, accept};
        let psk = crate::base::identity::Secret::new([0; 32]);
        let opening = Opening::new(Mode::Mesh, &psk, rng);
        let (header, open) = super::envelope::Header::split(opening.envelope()).expect("just made");
        let answering = accept(&header, open, &psk, rng).expect("of the same secret");
        Self { member, features: Features::DEMANDED, conduit: answering.with(&Body::Renew) }
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
    features: Features,
    commitment: [u8; 32],
    nonce: [u8; 32],
}

/// The guest waits for a person's decision.
pub(crate) struct ExpectDecision {
    host: MemberId,
    features: Features,
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
        let Body::Proof { key: host, signature, commitment, features, demands, .. } = body else {
            return Err(Unproven::Proof);
        };
        let room = RoomDigest::of_host(host);
        let proven = room.room() == self.room
            && verify(
                host,
                context::SIGN_HANDSHAKE,
                &signed_bytes(Mode::Door, false, &room, host, h),
                signature,
            );
        if !proven {
            return Err(Unproven::Proof);
        }
        if !demands.are_among(Features::KNOWN) {
            return Err(Unproven::Features);
        }
        let me = key.member();
        let signature = key.sign(context::SIGN_HANDSHAKE, &signed_bytes(Mode::Door, true, &room, &me, h));
        let claim = Body::Claim { key: me, signature, nonce, name, admit: None, features: Features::KNOWN };
        let features = features.shared(Features::KNOWN);
        Ok((ExpectReveal { host: *host, features, commitment: *commitment, nonce }, claim))
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
            return Err(Unproven::Proof);
        }
        let sas = short_authentication_string(h, &self.host, me, &self.nonce, host_nonce);
        Ok(ExpectDecision { host: self.host, features: self.features, sas })
    }

    /// A member that comes back is let in without a card, so perhaps before K1.
    pub(crate) fn welcomed(
        self,
        create: &[u8],
        admit: &[u8],
        me: &MemberId,
    ) -> Result<Authenticated, Unproven> {
        welcome(self.host, self.features, create, admit, me)
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
        welcome(self.host, self.features, create, admit, me)
    }
}

fn welcome(
    host: MemberId,
    features: Features,
    create: &[u8],
    admit: &[u8],
    me: &MemberId,
) -> Result<Authenticated, Unproven> {
    let room = RoomDigest::of_host(&host);
    let created = Entry::decode(&room, create).ok().filter(|entry| entry.author == host && entry.seq == 0);
    let Some(Ok(Payload::Create { features: demands })) = created.as_ref().map(Payload::decode) else {
        return Err(Unproven::Proof);
    };
    if !is_admission(&room, &host, me, admit) {
        return Err(Unproven::Proof);
    }
    // What the host said before was not signed for the room; this is.
    if demands.are_among(Features::KNOWN) {
        Ok(Authenticated { member: host, features })
    } else {
        Err(Unproven::Features)
    }
}

// ---------------------------------------------------------------- door, responder

/// The host waits for a guest's claim.
pub(crate) struct ExpectGuest {
    nonce: [u8; 32],
    demands: Features,
}

/// The host's person decides.
pub(crate) struct Deciding {
    guest: MemberId,
    features: Features,
    name: String,
    sas: String,
}

impl ExpectGuest {
    /// T0.
    pub(crate) fn prove(
        h: &[u8; 32],
        room: &RoomDigest,
        key: &Keypair,
        nonce: [u8; 32],
        demands: Features,
    ) -> (Self, Body) {
        let me = key.member();
        let signature = key.sign(context::SIGN_HANDSHAKE, &signed_bytes(Mode::Door, false, room, &me, h));
        let body = Body::Proof {
            key: me,
            signature,
            commitment: commitment(&nonce),
            admit: None,
            features: Features::KNOWN,
            demands,
        };
        (Self { nonce, demands }, body)
    }

    /// T1 → K1, and a person to decide about.
    pub(crate) fn claim(
        self,
        body: Body,
        h: &[u8; 32],
        room: &RoomDigest,
        me: &MemberId,
    ) -> Result<(Deciding, Body), Unproven> {
        let Body::Claim { key: guest, signature, nonce, name, features, .. } = body else {
            return Err(Unproven::Proof);
        };
        let bytes = signed_bytes(Mode::Door, true, room, &guest, h);
        if guest == *me || !verify(&guest, context::SIGN_HANDSHAKE, &bytes, &signature) {
            return Err(Unproven::Proof);
        }
        let name = crate::base::path::clean_person_name(&name).map_err(|_| Unproven::Proof)?;
        if !self.demands.are_among(features) {
            return Err(Unproven::Features);
        }
        let sas = short_authentication_string(h, me, &guest, &nonce, &self.nonce);
        let features = features.shared(Features::KNOWN);
        Ok((Deciding { guest, features, name, sas }, Body::Reveal { nonce: self.nonce }))
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

    /// How to say that there is no place just now.
    pub(crate) fn later(&self) -> Denial {
        Denial::later(self.features)
    }

    /// A person (or the log, for who was let in before) has said yes.
    pub(crate) fn admitted(self) -> Authenticated {
        Authenticated { member: self.guest, features: self.features }
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
            Body::Claim {
                key: me,
                signature,
                nonce: [0; 32],
                name: String::new(),
                admit,
                features: Features::KNOWN,
            }
        } else {
            // What the room demands was asked at the door: nobody is a member without it.
            let (features, demands) = (Features::KNOWN, Features::default());
            Body::Proof { key: me, signature, commitment: [0; 32], admit, features, demands }
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
        let (key, signature, admit, features) = match (self.initiator, body) {
            (true, Body::Proof { key, signature, admit, features, .. }) => (key, signature, admit, features),
            (false, Body::Claim { key, signature, admit, features, .. }) => (key, signature, admit, features),
            _ => return Err(Unproven::Proof),
        };
        let member = key == host || admit.as_ref().is_some_and(|admit| is_admission(room, host, key, admit));
        let bytes = signed_bytes(Mode::Mesh, !self.initiator, room, key, h);
        if key == me || !member || !verify(key, context::SIGN_HANDSHAKE, &bytes, signature) {
            return Err(Unproven::Proof);
        }
        Ok(Authenticated { member: *key, features: features.shared(Features::KNOWN) })
    }
}
