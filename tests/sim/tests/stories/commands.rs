//! What cannot be done is said at once and changes nothing; what was copied or closed comes to its right end.

use peer_core::error::{CommandError, Misbehavior};
use peer_core::io::Command;
use sim::{World, worlds};

#[test]
fn a_wrong_cut_or_foreign_link_is_refused_at_once() {
    let mut world = World::new(1);
    let (_, link) = world.host("Hanna");
    let guest = world.node("Gustav");
    let mut bad: Vec<String> = (0..link.len()).map(|cut| link[..cut].into()).collect();
    bad.extend(["7-ocean-raven".into(), format!("{link}AAAA"), "A".repeat(100_000)]);
    for link in bad {
        let join = Command::JoinRoom { link: link.clone().into(), name: "Gustav".into() };
        assert!(world.try_command(guest, join).is_err(), "{link}");
    }
    assert!(world.view(guest).ready.is_none());
    // What programs on its way have made of a whole one.
    let (start, end) = link.split_at(20);
    let mangled =
        format!(" {start}%20{}.?utm_source=mail", end.replace('-', "%2D").replace('_', "\u{200b}_"));
    world.join(guest, &mangled);
    let known = world.view(guest).ready.as_ref().map(|(_, link, _)| link);
    assert_eq!(known, Some(&link), "known by its own form");
}

#[test]
fn names_and_texts_out_of_bounds_are_refused() {
    let mut world = World::new(1);
    let all = world.room_of(2);
    let room = world.room(all[1]);
    for name in ["", "   ", "\n", &"x".repeat(41)] {
        let rename = Command::Rename { room, name: name.into() };
        assert_eq!(world.try_command(all[1], rename), Err(CommandError::BadName), "{name:?}");
    }
    for text in ["", &"x".repeat(peer_core::io::MAX_TEXT + 1)] {
        let say = Command::Say { room, text: text.into(), sent_at: 0 };
        assert_eq!(world.try_command(all[1], say), Err(CommandError::BadText));
    }
    let longest = "x".repeat(peer_core::io::MAX_TEXT);
    world.say(all[1], &longest);
    world.same_chat(&all, 1);
    assert_eq!(world.view(all[0]).texts(), [longest]);
}

#[test]
fn a_guest_at_the_door_can_do_nothing_in_the_room() {
    let mut world = World::new(1);
    let (host, link) = world.host("Hanna");
    let guest = world.guest("Gustav", &link);
    let knock = world.knock(host, guest);
    let room = world.room(guest);
    for command in [
        Command::Say { room, text: "let me in".into(), sent_at: 0 },
        Command::Admit { room, knock },
        Command::NewLink { room },
        Command::EndRoom { room },
    ] {
        assert!(world.try_command(guest, command).is_err());
    }
    world.run_for(5_000);
    assert!(world.view(host).chat.is_empty() && !world.view(guest).member);
    assert_eq!(
        world.try_command(guest, Command::Deny { room, knock }).map(|_| ()),
        Err(CommandError::UnknownKnock)
    );
    world.admit(host, guest);
    for command in [Command::NewLink { room }, Command::EndRoom { room }] {
        assert_eq!(world.try_command(guest, command), Err(CommandError::NotHost));
    }
}

#[test]
fn a_closed_page_says_good_bye_and_comes_back_as_the_same_member() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        world.say(all[1], "brb");
        world.same_chat(&all, 1);
        let (room, key, records) = (world.room(all[1]), world.key(all[1]), world.records(all[1]));
        world.command(all[1], Command::Close { room });
        world.run_until("it is seen at once", |world| !world.view(all[0]).linked(key));
        assert!(!world.sees(all[0], all[1]).expect("a member").left, "not for good");
        world.command(all[1], Command::OpenRoom { records: records.into(), link: None });
        world.linked(&all);
        world.same_chat(&all, 1);
    }
}

#[test]
fn a_member_whose_records_were_copied_is_shown_as_forked_and_breaks_nothing() {
    for mut world in worlds(3) {
        let all = world.room_of(3);
        world.say(all[1], "one of us");
        world.same_chat(&all, 1);
        world.run_for(2_000);
        let records = world.records(all[1]);
        let twin = world.node("Twin");
        world.cut_wifi(all[1]);
        world.run_for(20_000);
        world.command(twin, Command::OpenRoom { records: records.into(), link: None });
        world.say(all[1], "the first says this");
        world.say(twin, "the second says that");
        world.run_until("the second is heard", |world| {
            world.view(all[0]).texts().contains(&"the second says that")
        });
        world.close(twin, true);
        world.heal_wifi(all[1]);
        let key = world.key(all[1]);
        world.run_until("both others see the contradiction", |world| {
            [all[0], all[2]].iter().all(|node| world.view(*node).members[&key].forked)
        });
        for node in [all[0], all[2]] {
            let named = &world.view(node).misbehaved;
            assert!(
                named.iter().all(|(who, how)| (*who, *how) == (Some(key), Misbehavior::ForkedLog)),
                "{named:?}"
            );
        }
        world.say(all[0], "we go on");
        world.run_until("the others go on", |world| world.view(all[2]).texts().contains(&"we go on"));
        assert!(world.view(all[0]).linked(world.key(all[2])));
    }
}
