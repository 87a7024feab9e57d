//! The hub's other half: what other nodes say of the sockets that they have on our tags.
//!
//! Each node owns the list of its places on a tag and tells all of it each time, so that a lost or repeated list
//! does no harm. Nothing of it is trusted: it cannot take a place of ours, and what it can make us hold is bounded.

use super::{At, Delivery, Hub, NodeId, Place, Relay, sees, to_many};
use signal_proto::{Handle, Role, ServerMessage, Tag};
use std::collections::BTreeMap;
use std::time::Instant;

/// How far the places of a role on one tag may be overshot by joins at several nodes at the same moment; what other
/// nodes say beyond is not taken in.
const OVERSHOOT: usize = 2;
/// Places elsewhere that are known here, as a multiple of the joins that one node may hold: five full nodes, all of
/// whose tags are also here.
const NODES_WORTH: usize = 4;

impl Hub {
    /// `node` has exactly these `places` on `tag`. Only to be told of tags that somebody here is on or joining, and
    /// that are forgotten after.
    pub fn heard(&mut self, node: NodeId, tag: Tag, places: &[(Handle, Role)]) -> Vec<Delivery> {
        let told: BTreeMap<Handle, Role> = places.iter().copied().collect();
        let on = self.tags.get(&tag).into_iter().flatten();
        let gone: Vec<Handle> = on
            .filter(|(handle, place)| place.at == At::There(node) && told.get(handle) != Some(&place.role))
            .map(|(handle, _)| *handle)
            .collect();
        let mut deliveries: Vec<_> = gone.into_iter().filter_map(|handle| self.vacate(tag, handle)).collect();
        deliveries.extend(told.into_iter().filter_map(|(handle, role)| self.arrive(node, tag, handle, role)));
        deliveries
    }

    /// `node` relays `bytes` of its socket `from` at `now`; nothing if that is not a place of its own.
    pub fn relayed(
        &mut self,
        node: NodeId,
        tag: Tag,
        from: Handle,
        to: Option<Handle>,
        bytes: Vec<u8>,
        now: Instant,
    ) -> Option<Delivery> {
        let role = self.tags.get(&tag)?.get(&from).filter(|place| place.at == At::There(node))?.role;
        let reached = self.reach(tag, from, role, to, now);
        let sockets = reached.into_iter().filter_map(At::socket).collect();
        to_many(sockets, ServerMessage::Message { tag, from, bytes })
    }

    /// `node` is gone, and with it all its places.
    pub fn lost(&mut self, node: NodeId) -> Vec<Delivery> {
        let places = self.tags.iter().flat_map(|(tag, on)| on.iter().map(move |place| (tag, place)));
        let its = places.filter(|(_, (_, place))| place.at == At::There(node));
        let mut gone: Vec<(Tag, Handle)> = its.map(|(tag, (handle, _))| (*tag, *handle)).collect();
        gone.sort_unstable();
        gone.into_iter().filter_map(|(tag, handle)| self.vacate(tag, handle)).collect()
    }

    /// Nobody here is on `tag` any more, nor joining it: what others have there is no longer told to us.
    pub fn forget(&mut self, tag: Tag) -> Vec<Delivery> {
        let on = self.tags.get(&tag).into_iter().flatten();
        let gone: Vec<Handle> = on.filter(|(_, p)| p.socket().is_none()).map(|(handle, _)| *handle).collect();
        gone.into_iter().filter_map(|handle| self.vacate(tag, handle)).collect()
    }

    /// What our own sockets have on `tag`, for the other nodes.
    pub fn places_here(&self, tag: Tag) -> impl Iterator<Item = (Handle, Role)> {
        let on = self.tags.get(&tag).into_iter().flatten();
        on.filter(|(_, place)| place.socket().is_some()).map(|(handle, place)| (*handle, place.role))
    }

    /// What has been sent to others elsewhere since this was last asked. There is none as long as nothing was
    /// [heard](Hub::heard).
    pub fn take_relays(&mut self) -> Vec<Relay> {
        std::mem::take(&mut self.relays)
    }

    fn arrive(&mut self, node: NodeId, tag: Tag, handle: Handle, role: Role) -> Option<Delivery> {
        let allowed = OVERSHOOT * self.places(role);
        let full = self.elsewhere >= NODES_WORTH * self.limits.joins;
        let on = self.tags.entry(tag).or_default();
        match on.get_mut(&handle) {
            Some(Place { at: At::There(known), role: same, .. }) if *same == role => {
                // The same node after it has lost its backplane for a while: nobody left and nobody came. Names are
                // numbered as they are first heard, so a list of its old one that comes late takes nothing back.
                *known = node.max(*known);
                return None;
            }
            Some(_) => return None,
            None => {}
        }
        if !full && on.values().filter(|place| place.role == role).count() < allowed {
            on.insert(handle, Place::new(At::There(node), role));
            self.elsewhere += 1;
            let sockets = on.values().filter(|p| sees(role, p.role)).filter_map(Place::socket);
            let sockets = sockets.collect();
            return to_many(sockets, ServerMessage::Attached { tag, handle });
        }
        if on.is_empty() {
            self.tags.remove(&tag);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::SocketId;
    use crate::limits::Limits;
    use signal_proto::{ClientMessage, MAX_PEERS, Refusal};

    const TAG: Tag = Tag([1; 16]);
    const ONE: NodeId = NodeId(1);
    const TWO: NodeId = NodeId(2);

    fn handle(n: u8) -> Handle {
        Handle([n; 8])
    }

    /// A new socket of ours, whose handle is `n`, and what it was answered.
    fn join(hub: &mut Hub, role: Role, n: u8) -> (SocketId, Vec<Delivery>) {
        let socket = hub.connect();
        let message = ClientMessage::Join { tag: TAG, role };
        (socket, hub.handle(socket, message, Instant::now(), &mut || handle(n)).unwrap())
    }

    fn to(socket: SocketId, message: ServerMessage) -> Vec<Delivery> {
        vec![Delivery { to: vec![socket], message }]
    }

    fn attached(n: u8) -> ServerMessage {
        ServerMessage::Attached { tag: TAG, handle: handle(n) }
    }

    fn detached(n: u8) -> ServerMessage {
        ServerMessage::Detached { tag: TAG, handle: handle(n) }
    }

    #[test]
    fn a_list_heard_is_who_is_there_and_only_its_differences_are_told() {
        let mut hub = Hub::new(Limits::default());
        let (host, _) = join(&mut hub, Role::Listen, 100);
        assert_eq!(hub.heard(ONE, TAG, &[(handle(1), Role::Knock)]), to(host, attached(1)));
        assert_eq!(hub.heard(ONE, TAG, &[(handle(1), Role::Knock)]), []);
        let both = [(handle(2), Role::Knock), (handle(3), Role::Listen)];
        assert_eq!(hub.heard(ONE, TAG, &both), [to(host, detached(1)), to(host, attached(2))].concat());
        let (_, answer) = join(&mut hub, Role::Knock, 101);
        let seen = vec![handle(3), handle(100)];
        assert_eq!(answer[0].message, ServerMessage::Joined { tag: TAG, peers: seen });
        assert_eq!(hub.heard(ONE, TAG, &[]).len(), 2);
        assert_eq!(hub.elsewhere, 0);
    }

    #[test]
    fn roles_reach_across_nodes_exactly_as_on_one() {
        let roles = [Role::Listen, Role::Knock, Role::Mesh];
        for (from, there) in roles.into_iter().flat_map(|a| roles.map(|b| (a, b))) {
            let mut hub = Hub::new(Limits::default());
            let (socket, _) = join(&mut hub, from, 100);
            let told = hub.heard(ONE, TAG, &[(handle(1), there)]);
            let sees = sees(from, there);
            assert_eq!(!told.is_empty(), sees, "{from:?} hears of {there:?}");
            for to in [None, Some(handle(1))] {
                let send = ClientMessage::Send { tag: TAG, to, bytes: vec![7] };
                assert_eq!(hub.handle(socket, send, Instant::now(), &mut || handle(0)), Ok(vec![]));
                let relay = Relay { tag: TAG, from: handle(100), to, bytes: vec![7], copies: 1 };
                assert_eq!(hub.take_relays(), if sees { vec![relay] } else { vec![] });
            }
            for to in [None, Some(handle(100))] {
                let came = hub.relayed(ONE, TAG, handle(1), to, vec![8], Instant::now());
                assert_eq!(came.is_some(), sees, "{there:?} to {from:?}");
            }
            assert_eq!(hub.relayed(ONE, TAG, handle(1), Some(handle(9)), vec![8], Instant::now()), None);
            assert_eq!(!hub.lost(ONE).is_empty(), sees);
        }
    }

    #[test]
    fn who_talks_with_somebody_elsewhere_meets_somebody() {
        let mut hub = Hub::new(Limits::default());
        let (own, _) = join(&mut hub, Role::Listen, 100);
        hub.heard(ONE, TAG, &[(handle(1), Role::Knock)]);
        let now = Instant::now();
        hub.relayed(ONE, TAG, handle(1), None, vec![1], now);
        assert!(!hub.meets(own, TAG, now), "it has not answered");
        let send = ClientMessage::Send { tag: TAG, to: Some(handle(1)), bytes: vec![2] };
        assert_eq!(hub.handle(own, send, now, &mut || handle(0)), Ok(vec![]));
        assert!(hub.meets(own, TAG, now));
    }

    #[test]
    fn a_node_speaks_for_its_own_places_only() {
        let mut hub = Hub::new(Limits::default());
        let (own, _) = join(&mut hub, Role::Mesh, 100);
        hub.heard(ONE, TAG, &[(handle(1), Role::Mesh)]);
        assert_eq!(hub.relayed(TWO, TAG, handle(1), None, vec![1], Instant::now()), None, "not its handle");
        assert_eq!(hub.relayed(TWO, TAG, handle(100), None, vec![1], Instant::now()), None, "our own handle");
        assert_eq!(hub.heard(TWO, TAG, &[(handle(100), Role::Mesh), (handle(1), Role::Knock)]), []);
        assert_eq!(hub.lost(TWO), []);
        assert!(hub.is_on(own, TAG));
        assert_eq!(hub.lost(ONE), to(own, detached(1)));
    }

    #[test]
    fn a_node_that_comes_back_under_a_new_name_has_not_left() {
        let mut hub = Hub::new(Limits::default());
        let (own, _) = join(&mut hub, Role::Mesh, 100);
        hub.heard(ONE, TAG, &[(handle(1), Role::Mesh), (handle(2), Role::Mesh)]);
        assert_eq!(hub.heard(TWO, TAG, &[(handle(2), Role::Mesh)]), []);
        assert_eq!(hub.lost(ONE), to(own, detached(1)), "what it has not told again is gone");
        assert!(hub.relayed(TWO, TAG, handle(2), None, vec![1], Instant::now()).is_some());
    }

    #[test]
    fn who_has_another_role_now_has_gone_and_come() {
        let mut hub = Hub::new(Limits::default());
        let (host, _) = join(&mut hub, Role::Listen, 100);
        let (member, _) = join(&mut hub, Role::Mesh, 101);
        hub.heard(ONE, TAG, &[(handle(1), Role::Knock)]);
        let told = hub.heard(ONE, TAG, &[(handle(1), Role::Mesh)]);
        assert_eq!(told, [to(host, detached(1)), to(member, attached(1))].concat());
        assert_eq!(hub.elsewhere, 1);
    }

    #[test]
    fn we_tell_the_others_of_our_own_places_only() {
        let mut hub = Hub::new(Limits::default());
        join(&mut hub, Role::Mesh, 100);
        hub.heard(ONE, TAG, &[(handle(1), Role::Mesh)]);
        assert_eq!(hub.places_here(TAG).collect::<Vec<_>>(), [(handle(100), Role::Mesh)]);
    }

    #[test]
    fn a_late_list_of_a_nodes_old_name_takes_nothing_back() {
        let mut hub = Hub::new(Limits::default());
        join(&mut hub, Role::Mesh, 100);
        let list = [(handle(1), Role::Mesh)];
        hub.heard(ONE, TAG, &list);
        hub.heard(TWO, TAG, &list);
        assert_eq!(hub.heard(ONE, TAG, &list), []);
        assert_eq!(hub.heard(ONE, TAG, &[]), [], "nor does an empty one");
        assert_eq!(hub.lost(ONE), [], "it lives on under its new name");
        assert!(hub.relayed(TWO, TAG, handle(1), None, vec![1], Instant::now()).is_some());
    }

    #[test]
    fn places_elsewhere_count_and_what_is_taken_in_is_bounded() {
        let limits = Limits { listeners: 3, joins: 4, ..Limits::default() };
        let mut hub = Hub::new(limits);
        let list: Vec<_> = (1..=9).map(|n| (handle(n), Role::Listen)).collect();
        hub.heard(ONE, TAG, &list);
        assert_eq!(hub.elsewhere, 6, "twice the places, and no more");
        let (_, answer) = join(&mut hub, Role::Listen, 100);
        let full = ServerMessage::Refused { tag: TAG, reason: Refusal::TagFull };
        assert_eq!(answer[0].message, full);
        for n in 2..=9 {
            hub.heard(ONE, Tag([n; 16]), &list);
        }
        assert_eq!(hub.elsewhere, 16, "four times a node's joins");
        for n in 1..=9 {
            hub.forget(Tag([n; 16]));
        }
        assert_eq!((hub.elsewhere, hub.tags.len()), (0, 0));
    }

    #[test]
    fn knockers_elsewhere_take_no_listeners_place() {
        let mut hub = Hub::new(Limits { listeners: 1, ..Limits::default() });
        let knockers: Vec<_> = (1..=9).map(|n| (handle(n), Role::Knock)).collect();
        hub.heard(ONE, TAG, &knockers);
        hub.heard(TWO, TAG, &[(handle(20), Role::Listen)]);
        assert_eq!(hub.elsewhere, 10);
    }

    #[test]
    fn nobody_is_shown_more_than_a_message_has_room_for() {
        let mut hub = Hub::new(Limits { members: MAX_PEERS + 2, ..Limits::default() });
        let list: Vec<_> = (1..=MAX_PEERS as u8).map(|n| (handle(n), Role::Mesh)).collect();
        let (_, first) = join(&mut hub, Role::Mesh, 200);
        assert_eq!(first.len(), 1);
        hub.heard(ONE, TAG, &list[1..]);
        hub.heard(TWO, TAG, &list[..1]);
        let (_, answer) = join(&mut hub, Role::Mesh, 201);
        let ServerMessage::Joined { peers, .. } = &answer[0].message else { panic!("{answer:?}") };
        assert_eq!(peers.len(), MAX_PEERS);
    }
}
