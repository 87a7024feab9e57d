//! At the door: knock, let in, deny, cancel, flood, and the door's own habits.

use peer_core::error::CommandError;
use peer_core::io::{Command, Presence};
use signal_proto::{Role, ServerMessage};
use sim::attacker::{Link, at};
use sim::{NodeId, World, worlds};

fn deny(world: &mut World, host: NodeId, guest: NodeId) {
    let knock = world.knock(host, guest);
    let room = world.room(host);
    world.command(host, Command::Deny { room, knock });
    world.run_until("the guest is told", |world| world.view(guest).denied);
}

#[test]
fn a_guest_knocks_and_is_let_in() {
    for mut world in worlds(4) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.run_for(3_000);
        let card = world.view(host).knocks.values().next().expect("still shown").clone();
        assert_eq!(card.name, "Gustav");
        assert_eq!((world.lanes_opened(host), world.lanes_opened(guest)), (0, 0), "no address before a yes");
        assert!(!world.view(guest).member);
        world.admit(host, guest);
        assert!(world.view(host).knocks.is_empty());
        world.run_until("both know both", |world| {
            world.sees(guest, host).is_some_and(|member| member.name == "Hanna" && member.host && !member.me)
                && world.sees(host, guest).is_some_and(|member| member.name == "Gustav" && !member.host)
        });
        let by = world.sees(guest, guest).expect("oneself").admitted_by;
        assert_eq!(by, Some(world.key(host)));
        assert_eq!(world.view(host).presence, Some(Presence::Waiting));
    }
}

#[test]
fn a_denied_guest_learns_nothing_but_the_denial() {
    for mut world in worlds(3) {
        let (host, link) = world.host("Hanna");
        world.say(host, "before");
        let guest = world.guest("Gustav", &link);
        deny(&mut world, host, guest);
        world.run_for(60_000);
        let view = world.view(guest);
        assert!(!view.member && view.chat.is_empty() && view.shelf.is_empty());
        assert!(view.members.keys().all(|key| *key == world.key(guest)), "no names");
        assert_eq!((world.lanes_opened(host), world.lanes_opened(guest)), (0, 0), "no addresses");
        assert!(world.view(host).knocks.is_empty());
    }
}

#[test]
fn a_guest_who_cancels_takes_the_card_away() {
    for mut world in worlds(3) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        let room = world.room(guest);
        world.command(guest, Command::Leave { room });
        world.run_until("the card is gone", |world| world.view(host).knocks.is_empty());
        world.run_for(60_000);
        assert_eq!(world.view(host).knocked, 1);
        assert!(world.view(guest).closed);
    }
}

#[test]
fn a_knock_whose_page_is_gone_is_withdrawn() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.close(guest, false);
        let since = world.now();
        world.run_until("the card is gone", |world| world.view(host).knocks.is_empty());
        assert!(world.now() - since <= 60_000, "withdrawn 45 s after the last renewal");
    }
}

#[test]
fn a_knock_stays_as_long_as_its_guest_waits() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.run_for(280_000);
        assert_eq!(world.view(host).knocked, 1, "one card all the time");
        world.admit(host, guest);
    }
}

#[test]
fn two_knocks_at_once_are_two_cards() {
    for mut world in worlds(3) {
        let (host, link) = world.host("Hanna");
        let one = world.guest("Gustav", &link);
        let two = world.guest("Gustav", &link);
        let first = world.knock(host, one);
        let second = world.knock(host, two);
        assert_ne!(first, second);
        let room = world.room(host);
        world.command(host, Command::Deny { room, knock: first });
        world.admit(host, two);
        world.run_until("the other was sent away", |world| world.view(one).denied);
        assert!(!world.view(one).member);
    }
}

#[test]
fn a_flood_of_knocks_shows_at_most_eight_and_the_door_still_works() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let crowd: Vec<NodeId> = (0..14).map(|i| world.guest(&format!("Guest {i}"), &link)).collect();
        world.run_for(90_000);
        let view = world.view(host);
        assert_eq!(view.most_knocks, 8, "as many as the door holds, and no more");
        // The others hear why, again and again: the room has places, only its door has none just now.
        for _ in 0..2 {
            world.run_until("the other six hear why", |world| {
                let crowded = |guest: &&NodeId| world.view(**guest).presence == Some(Presence::Crowded);
                crowd.iter().filter(crowded).count() == 6
            });
            world.run_for(30_000);
        }
        // Everybody gets a turn when there is room again.
        let room = world.room(host);
        for _ in 0..crowd.len() {
            world.run_until("somebody knocks", |world| !world.view(host).knocks.is_empty());
            let knock = *world.view(host).knocks.keys().next().expect("somebody");
            world.command(host, Command::Admit { room, knock });
        }
        world.run_until("all are in", |world| crowd.iter().all(|guest| world.view(*guest).member));
    }
}

#[test]
fn who_was_denied_twice_is_not_shown_again() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        // The same page asks again and again: the same key.
        let ask_again = |world: &mut World| {
            world.run_for(61_000);
            world.command(guest, Command::JoinRoom { link: link.clone().into(), name: "Gustav".into() });
        };
        deny(&mut world, host, guest);
        ask_again(&mut world);
        deny(&mut world, host, guest);
        assert_eq!(world.view(host).knocked, 2, "the second time a person is asked once more");
        ask_again(&mut world);
        let denials = |world: &World| world.view(guest).denials;
        world.run_until("it is denied all the same", |world| denials(world) == 3);
        assert_eq!(world.view(host).knocked, 2, "and nobody was asked");
        // Somebody else is still heard.
        let other = world.guest("Ines", &link);
        world.admit(host, other);
    }
}

#[test]
fn after_five_denials_the_door_goes_quiet_and_a_new_link_opens_it() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guests: Vec<NodeId> = (0..5).map(|i| world.guest(&format!("Guest {i}"), &link)).collect();
        let room = world.room(host);
        for guest in &guests {
            world.knock(host, *guest);
        }
        for guest in guests {
            let knock = world.knock(host, guest);
            world.command(host, Command::Deny { room, knock });
        }
        world.run_until("the door is quiet", |world| world.view(host).quiet);
        let shown = world.view(host).knocked;
        let late = world.guest("Late", &link);
        world.run_for(60_000);
        assert_eq!(world.view(host).knocked, shown, "nobody is shown at a quiet door");
        assert!(!world.view(late).member);

        world.command(host, Command::NewLink { room });
        world.run_until("there is another link", |world| world.link(host) != link);
        let fresh = world.link(host);
        let guest = world.guest("Gustav", &fresh);
        world.admit(host, guest);
    }
}

#[test]
fn a_new_link_makes_the_old_one_useless_and_leaves_members_alone() {
    for mut world in worlds(2) {
        let (host, old) = world.host("Hanna");
        let member = world.guest("Gustav", &old);
        world.admit(host, member);
        let asks = world.guest("Jorge", &old);
        world.knock(host, asks);
        let room = world.room(host);
        world.command(host, Command::NewLink { room });
        assert!(world.view(host).knocks.is_empty(), "who asked by the old one is heard no more");
        world.run_until("there is another link", |world| world.link(host) != old);
        let shown = world.view(host).knocked;
        let stranger = world.guest("Ines", &old);
        world.run_until("nobody answers", |world| {
            world.view(stranger).presence == Some(Presence::NobodyThere)
        });
        world.run_for(30_000);
        assert_eq!(world.view(host).knocked, shown);
        let nobody = at(&mut world, &Link::of(&old), Role::Knock);
        world.run_for(1_000);
        let heard = world.script_heard(nobody);
        assert!(
            matches!(&heard[..], [ServerMessage::Joined { peers, .. }] if peers.is_empty()),
            "who comes by it is told at once that nobody is there: {heard:?}"
        );
        world.say(member, "still here");
        world.same_chat(&[host, member], 1);
        world.reload(member);
        world.linked(&[host, member]);
    }
}

#[test]
fn who_has_asked_by_an_old_link_asks_on_by_the_new_one_that_it_is_opened_with() {
    for mut world in worlds(2) {
        let (host, old) = world.host("Hanna");
        let room = world.room(host);
        world.command(host, Command::NewLink { room });
        world.run_until("there is another link", |world| world.link(host) != old);
        let guest = world.guest("Gustav", &old);
        world.run_until("nobody answers", |world| world.view(guest).presence == Some(Presence::NobodyThere));
        let (key, fresh) = (world.key(guest), world.link(host));
        world.close(guest, true);
        world.reopen_by(guest, Some(&fresh));
        world.knock(host, guest);
        // It is remembered: the browser restores the tab without being told the link again.
        world.reload(guest);
        world.admit(host, guest);
        assert_eq!(world.key(guest), key);
    }
}

#[test]
fn a_room_opened_by_another_rooms_link_is_not_opened() {
    for mut world in worlds(1) {
        let (_, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.run_for(1_000);
        let (_, other) = world.host("Ines");
        let (room, records) = (world.room(guest), world.records(guest));
        world.command(guest, Command::Close { room });
        let open = Command::OpenRoom { records: records.into(), link: Some(other.into()) };
        assert_eq!(world.try_command(guest, open), Err(CommandError::UnknownRoom));
    }
}

#[test]
fn members_get_the_new_link_also_those_who_were_away() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        let (host, away, there) = (all[0], all[1], all[2]);
        let (room, old) = (world.room(host), world.link(host));
        world.close(away, true);
        world.command(host, Command::NewLink { room });
        world.run_until("the member has it", |world| {
            world.link(host) != old && world.link(there) == world.link(host)
        });
        // Its address bar still holds the old one.
        world.reopen_by(away, Some(&old));
        world.run_until("the other member has it, too", |world| world.link(away) == world.link(host));
        world.linked(&all);
        let fresh = world.link(away);
        world.close(there, true);
        world.reopen_by(there, Some(&old));
        assert_eq!(world.link(there), fresh, "what a member has is newer than any address bar");
        let guest = world.guest("Gustav", &fresh);
        world.admit(host, guest);
    }
}

#[test]
fn who_is_let_in_is_connected_by_the_way_it_came() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.admit(host, guest);
        world.linked(&[host, guest]);
        world.run_for(15_000);
        assert_eq!((world.lanes_opened(host), world.lanes_opened(guest)), (1, 1), "one connection is enough");
    }
}

#[test]
fn a_newcomer_brings_its_admission_to_who_cannot_hear_of_it_otherwise() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        let [host, member] = all[..] else { unreachable!("two") };
        world.run_for(5_000);
        world.cut_lanes(host, member);
        let link = world.link(host);
        let late = world.guest("Lena", &link);
        world.admit(host, late);
        world.run_until("she is known", |world| world.sees(member, late).is_some());
        assert_eq!(world.lanes_opened(late), 2, "at the first try");
    }
}

#[test]
fn a_guest_whose_knock_is_answered_while_signaling_restarts_gets_in() {
    for mut world in worlds(3) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        let knock = world.knock(host, guest);
        let room = world.room(host);
        world.command(host, Command::Admit { room, knock });
        world.restart_signaling();
        world.run_until("the guest is in", |world| world.view(guest).member);
        world.linked(&[host, guest]);
        assert_eq!(world.view(host).knocked, 1, "no second card");
    }
}

#[test]
fn a_knock_outlives_a_restart_of_signaling_and_the_guest_can_still_read_its_digits() {
    for mut world in worlds(3) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.restart_signaling();
        world.run_for(20_000);
        // Not "nobody is there": the card is still, or again, at the host's.
        world.knock(host, guest);
        assert_eq!(world.view(host).knocks.len(), 1);
        world.cut_signal(host);
        world.run_for(25_000);
        world.heal_signal(host);
        world.knock(host, guest);
        world.admit(host, guest);
    }
}

#[test]
fn a_guest_that_was_offline_too_long_knocks_again_by_itself() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.cut_signal(guest);
        world.run_until("the card is withdrawn", |world| world.view(host).knocks.is_empty());
        world.run_for(30_000);
        world.heal_signal(guest);
        world.admit(host, guest);
    }
}

#[test]
fn a_claim_that_comes_too_late_is_made_again() {
    for seed in sim::seeds(3) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        let mut first = None;
        // Everything after the guest's opening is lost for a while.
        world.intercept(Box::new(move |now, passing| {
            let start = *first.get_or_insert(now);
            let envelope = matches!(passing.message, signal_proto::ServerMessage::Message { .. });
            let lost = envelope && (start + 200..start + 15_000).contains(&now);
            if lost { Vec::new() } else { vec![(0, passing)] }
        }));
        let guest = world.guest("Gustav", &link);
        world.admit(host, guest);
    }
}
