//! Anything in any order, then peace: whatever happened, everybody must end with the same room.

use peer_core::id::{FileId, SinkId};
use peer_core::io::{Command, FileState};
use sim::{Content, Net, NodeId, World, seeds};

/// What a run has done that its end must show.
#[derive(Default)]
struct Done {
    said: Vec<String>,
    files: Vec<(usize, FileId, Content)>,
    fetches: Vec<(NodeId, FileId, SinkId, Content)>,
}

/// One random thing. Nothing of it may be lost: a crash keeps what was durable, and what is
/// shown is durable.
fn anything(world: &mut World, all: &[NodeId], done: &mut Done) {
    let node = *world.rng().pick(all);
    let other = *world.rng().pick(all);
    match world.rng().below(16) {
        0..=4 => {
            let text = format!("{} at {}", node.0, world.now());
            world.say(node, &text);
            // Until it stands in the own chat it is not said: a page that goes before may lose it.
            world.run_until("it is said", |world| world.view(node).texts().contains(&&*text));
            done.said.push(text);
        }
        5 => {
            let content = Content { seed: world.now(), size: world.rng().below(900_000) };
            let file = world.share(node, &format!("{}.bin", world.now()), content);
            done.files.push((node.0, file, content));
        }
        6 | 7 if !done.files.is_empty() => {
            let (author, file, content) = *world.rng().pick(&done.files.clone());
            let known = world.view(node).files.get(&file) == Some(&FileState::Offered);
            if author != node.0 && known {
                let sink = world.fetch(node, file);
                done.fetches.push((node, file, sink, content));
            }
        }
        8 => {
            if world.rng().chance(500) {
                world.reload(node);
            } else {
                let unwritten = world.unwritten(node) as u64;
                let kept = world.rng().below(unwritten + 1) as usize;
                world.crash(node, kept);
                // Without the entry that let it in, lost with what was not durable, it can say nothing before it
                // meets somebody.
                for one in all {
                    world.heal_wifi(*one);
                }
                let keys: Vec<_> =
                    all.iter().filter(|one| **one != node).map(|one| world.key(*one)).collect();
                world.run_until("somebody is met", |world| {
                    keys.iter().any(|key| world.view(node).linked(*key))
                });
            }
            done.fetches.retain(|(fetcher, ..)| *fetcher != node);
        }
        9 => world.restart_signaling(),
        10 => world.cut_wifi(node),
        11 => world.heal_wifi(node),
        12 if node != other => world.cut_lanes(node, other),
        13 if node != other => world.heal_lanes(node, other),
        14 => {
            let room = world.room(node);
            world.command(node, Command::Rename { room, name: format!("N{}", world.now()) });
        }
        _ => {
            let pause = world.rng().below(20_000);
            world.run_for(pause);
        }
    }
    let pause = world.rng().below(1_500);
    world.run_for(pause);
}

fn peace(world: &mut World, all: &[NodeId], done: &Done) {
    for node in all {
        world.heal_wifi(*node);
    }
    world.linked(all);
    world.same_chat(all, done.said.len());
    world.run_until("everybody has the whole shelf", |world| {
        all.iter().all(|node| world.view(*node).shelf.len() == done.files.len())
    });
    world.run_until("everybody knows everybody's name", |world| {
        let known =
            |node: &NodeId, other: &NodeId| world.sees(*node, *other).map(|member| member.name.clone());
        all.iter()
            .all(|one| all.iter().all(|other| known(one, other) == Some(world.view(*other).name.clone())))
    });
    for text in &done.said {
        assert!(world.view(all[0]).texts().contains(&&**text), "{text} is there");
    }
    for node in all {
        let view = world.view(*node);
        assert!(view.misbehaved.is_empty(), "everybody was honest: {:?}", view.misbehaved);
        assert!(view.members.values().all(|member| !member.forked && !member.left));
        let shelf: Vec<_> = view.shelf.keys().collect();
        assert_eq!(shelf, world.view(all[0]).shelf.keys().collect::<Vec<_>>(), "the same shelf");
    }
    // Whoever lost a file to a reload picks it again; then every fetch ends with the very bytes.
    for (author, file, content) in &done.files {
        let node = NodeId(*author);
        if world.file(node, *file) == FileState::SourceMissing {
            let (room, source) = (world.room(node), world.choose(node, *content));
            let shared = world.view(node).shelf.iter().find(|((_, id), _)| *id == file.share);
            let name = shared.expect("on its own shelf").1.files[0].name.clone();
            let new = peer_core::io::NewFile { source, name, size: content.size };
            world.command(node, Command::Supply { room, file: *file, new });
        }
    }
    for (node, file, sink, content) in &done.fetches {
        world.saved(*node, *file, *sink, *content);
    }
    for node in all {
        for other in all.iter().filter(|other| *other != node) {
            assert_eq!(world.view(*node).members[&world.key(*other)], {
                let mut as_seen = world.view(*other).members[&world.key(*other)].clone();
                as_seen.me = false;
                as_seen
            });
        }
    }
}

#[test]
fn whatever_happens_everybody_ends_with_the_same_room() {
    for seed in seeds(6) {
        let net = if seed % 2 == 0 { Net::good() } else { Net::bad() };
        let mut world = World::with_net(seed, net);
        let all = world.room_of([3, 2, 4, 3, 5, 8][(seed % 6) as usize]);
        let mut done = Done::default();
        for _ in 0..40 {
            anything(&mut world, &all, &mut done);
        }
        peace(&mut world, &all, &done);
    }
}
