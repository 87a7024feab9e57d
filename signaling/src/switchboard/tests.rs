//! Two nodes without a network: what one would tell Redis is handed to the other.

use super::*;
use crate::backplane::exchange::Command;
use crate::backplane::{Backplane, Name};
use signal_proto::Role;
use std::time::Duration;

const MESH: Tag = Tag([2; 16]);

fn board(limits: &Limits, exchange: Option<Exchange>) -> Arc<Switchboard> {
    let metrics = Arc::new(Metrics::default());
    let desk = Desk::new(None, limits, Arc::clone(&metrics));
    Switchboard::new(limits.clone(), metrics, desk, exchange)
}

/// A node that has a connection, under a name of its own.
fn node(limits: &Limits, name: u8) -> Arc<Switchboard> {
    let backplane = Backplane::at("redis://127.0.0.1").unwrap();
    let metrics = Metrics::default();
    let board = board(limits, Some(Exchange::new(backplane, metrics.backplane.clone())));
    board.connected(Name([name; 8]));
    board
}

/// Hands everything that `from` has to tell to `to`.
fn carry(from: &Switchboard, to: &Switchboard) {
    let commands = {
        let State { hub, exchange, .. } = &mut *from.state();
        exchange.as_mut().unwrap().commands(hub, usize::MAX)
    };
    for command in commands {
        if let Command::Publish { channel, bytes, ask } = command {
            to.note(channel.as_bytes(), &bytes, Instant::now());
            if let Some(key) = ask {
                from.asked(key, 2);
            }
        }
    }
}

/// Back and forth until all is told.
fn settle(one: &Switchboard, other: &Switchboard) {
    for _ in 0..3 {
        carry(one, other);
        carry(other, one);
    }
}

/// Joins as the socket's own task does, but waits for nobody.
fn join(seat: &mut Seat, tag: Tag, role: Role) -> Handled {
    let join = ClientMessage::Join { tag, role };
    drop(seat.ask(&join));
    seat.handle(join).unwrap()
}

fn seat(board: &Arc<Switchboard>) -> Seat {
    board.connect("192.0.2.1".parse().unwrap())
}

/// What it is told next, which waits for it already: in here nothing happens by itself.
async fn said(seat: &Seat) -> ServerMessage {
    waiting(seat).await.expect("nothing is said to it")
}

async fn waiting(seat: &Seat) -> Option<ServerMessage> {
    tokio::select! {
        biased;
        next = seat.outbox.next() => Some(ServerMessage::decode(&next.unwrap().message).unwrap()),
        () = std::future::ready(()) => None,
    }
}

fn tags(board: &Switchboard) -> usize {
    board.state().hub.counts().0
}

#[test]
fn nothing_is_left_of_sockets_that_are_gone() {
    let board = board(&Limits::default(), None);
    let mut seats: Vec<Seat> = (0..3).map(|_| seat(&board)).collect();
    seats.iter_mut().for_each(|seat| assert_eq!(join(seat, MESH, Role::Mesh).tags, 1));
    drop(seats);
    let outboxes = board.state().outboxes.len();
    assert_eq!((outboxes, tags(&board)), (0, 0));
    assert_eq!((board.metrics.tags.get(), board.metrics.joins.get()), (0, 0), "and nothing is counted");
}

#[test]
fn others_places_are_forgotten_with_our_last_socket_on_a_tag_however_it_goes() {
    let leaves: [fn(Seat) -> Option<Seat>; 2] = [
        |seat| {
            drop(seat);
            None
        },
        |mut seat| {
            assert_eq!(seat.handle(ClientMessage::Leave { tag: MESH }).unwrap().tags, 0);
            Some(seat)
        },
    ];
    for leave in leaves {
        let (one, other) = (node(&Limits::default(), 1), node(&Limits::default(), 2));
        let [mut here, mut still] = [seat(&one), seat(&one)];
        let mut there = seat(&other);
        for seat in [&mut here, &mut still] {
            join(seat, MESH, Role::Mesh);
        }
        join(&mut there, MESH, Role::Mesh);
        settle(&one, &other);
        // Who has left and then closes has left once.
        drop(leave(here));
        settle(&one, &other);
        assert_eq!(tags(&one), 1);
        let to_there = ClientMessage::Send { tag: MESH, to: None, bytes: vec![7] };
        assert_eq!(still.handle(to_there).unwrap().copies, 1, "who stays still reaches the other node");
        let stays = leave(still);
        assert_eq!(tags(&one), 0, "nobody would tell us when they go");
        settle(&one, &other);
        assert_eq!(there.handle(ClientMessage::Leave { tag: MESH }).unwrap().tags, 0);
        settle(&one, &other);
        assert!(one.is_idle() && other.is_idle());
        drop(stays);
    }
}

#[test]
fn a_join_that_is_refused_leaves_nothing_behind_on_any_node() {
    let limits = Limits { members: 1, ..Limits::default() };
    let (one, other) = (node(&limits, 1), node(&limits, 2));
    let [mut here, mut there] = [seat(&one), seat(&other)];
    assert_eq!(join(&mut here, MESH, Role::Mesh).tags, 1);
    settle(&one, &other);
    let join = ClientMessage::Join { tag: MESH, role: Role::Mesh };
    let asked = there.ask(&join);
    settle(&one, &other);
    assert_eq!(there.handle(join).unwrap().tags, 0, "its place is taken elsewhere");
    drop(asked);
    settle(&one, &other);
    assert!(other.is_idle() && tags(&other) == 0);
    assert!(!one.is_idle() && tags(&one) == 1);
}

#[tokio::test]
async fn who_comes_and_goes_on_another_node_is_told_and_what_it_says_arrives() {
    let (one, other) = (node(&Limits::default(), 1), node(&Limits::default(), 2));
    let [mut here, mut there] = [seat(&one), seat(&other)];
    join(&mut here, MESH, Role::Mesh);
    assert_eq!(said(&here).await, ServerMessage::Joined { tag: MESH, peers: vec![] });
    settle(&one, &other);
    join(&mut there, MESH, Role::Mesh);
    settle(&one, &other);
    let ServerMessage::Attached { handle, .. } = said(&here).await else { panic!("nobody came") };
    let send = ClientMessage::Send { tag: MESH, to: None, bytes: vec![7] };
    assert_eq!(there.handle(send).unwrap().copies, 1);
    settle(&one, &other);
    assert_eq!(said(&here).await, ServerMessage::Message { tag: MESH, from: handle, bytes: vec![7] });
    drop(there);
    settle(&one, &other);
    assert_eq!(said(&here).await, ServerMessage::Detached { tag: MESH, handle });
    assert_eq!(waiting(&here).await, None);
}

#[tokio::test]
async fn a_node_that_is_silent_for_too_long_has_lost_its_places() {
    let (one, other) = (node(&Limits::default(), 1), node(&Limits::default(), 2));
    let [mut here, mut there] = [seat(&one), seat(&other)];
    for seat in [&mut here, &mut there] {
        join(seat, MESH, Role::Mesh);
    }
    settle(&one, &other);
    let silence = Backplane::at("redis://127.0.0.1").unwrap().silence;
    one.forget_silent(Instant::now());
    assert!(matches!(said(&here).await, ServerMessage::Joined { .. }));
    assert!(matches!(said(&here).await, ServerMessage::Attached { .. }));
    assert_eq!(waiting(&here).await, None, "not yet");
    one.forget_silent(Instant::now() + silence + Duration::from_secs(1));
    assert!(matches!(said(&here).await, ServerMessage::Detached { .. }));
}

#[tokio::test]
async fn a_node_that_only_shows_that_it_lives_keeps_its_places() {
    let (one, other) = (node(&Limits::default(), 1), node(&Limits::default(), 2));
    let [mut here, mut there] = [seat(&one), seat(&other)];
    for seat in [&mut here, &mut there] {
        join(seat, MESH, Role::Mesh);
    }
    settle(&one, &other);
    assert!(matches!(said(&here).await, ServerMessage::Joined { .. }));
    assert!(matches!(said(&here).await, ServerMessage::Attached { .. }));
    let backplane = Backplane::at("redis://127.0.0.1").unwrap();
    let mut now = Instant::now();
    for _ in 0..9 {
        now += backplane.beat();
        for command in other.alive() {
            let Command::Publish { channel, bytes, .. } = command else { panic!("{command:?}") };
            one.note(channel.as_bytes(), &bytes, now);
        }
        one.forget_silent(now);
    }
    assert_eq!(waiting(&here).await, None, "it is still there after {:?}", 3 * backplane.silence);
}

#[test]
fn a_redis_that_does_not_follow_at_all_is_noticed() {
    let node = node(&Limits::default(), 1);
    assert!(!node.is_overloaded());
    let mut state = node.state();
    let exchange = state.exchange.as_mut().unwrap();
    let mut tags = (0_u128..).map(|n| Tag(n.to_be_bytes()));
    while !exchange.is_overloaded() {
        exchange.enter(tags.next().unwrap());
    }
    drop(state);
    assert!(node.is_overloaded());
}
