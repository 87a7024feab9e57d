use super::*;

const NOW: Instant = Instant::from_millis(1_000);

fn handle(n: u16) -> Handle {
    Handle([n.to_be_bytes(); 4].concat().try_into().expect("eight bytes"))
}

fn guest(n: u16) -> MemberId {
    MemberId([n.to_be_bytes(); 16].concat().try_into().expect("thirty-two bytes"))
}

#[test]
fn one_socket_opens_so_many_meetings_a_minute_and_others_their_own() {
    let mut door = Door::default();
    for _ in 0..MAX_OPENINGS {
        assert!(door.may_open(handle(1), NOW));
    }
    assert!(!door.may_open(handle(1), NOW), "one past");
    assert!(door.may_open(handle(2), NOW));
    assert!(door.may_open(handle(1), NOW + MINUTE));
}

#[test]
fn sockets_beyond_what_is_remembered_wait_until_others_have_been_silent_for_a_minute() {
    let mut door = Door::default();
    let most = MAX_REMEMBERED as u16;
    for n in 0..most {
        assert!(door.may_open(handle(n), NOW), "{n}");
    }
    assert!(!door.may_open(handle(most), NOW), "one past");
    assert!(door.may_open(handle(0), NOW), "who is known goes on");
    let later = NOW + Duration::from_secs(30);
    assert!(door.may_open(handle(1), later));
    assert!(!door.may_open(handle(most), NOW + MINUTE - Duration::from_millis(1)));
    assert!(door.may_open(handle(most), NOW + MINUTE), "the others are forgotten");
    assert_eq!(door.openings.len(), 2, "but not who opened since");
    door.openings.clear();
    for n in 0..most {
        assert!(door.may_open(handle(n), NOW));
    }
    assert!(door.may_open(handle(5), NOW + MINUTE));
    assert_eq!(door.openings.len(), MAX_REMEMBERED, "nobody is forgotten without need");
}

#[test]
fn nobody_opens_a_meeting_at_a_quiet_door() {
    let mut door = Door { quiet: true, ..Door::default() };
    assert!(!door.may_open(handle(1), NOW));
    let mut door = Door { quiet_until: Some(NOW + QUIET), ..Door::default() };
    assert!(!door.may_open(handle(1), NOW));
}

#[test]
fn who_was_denied_twice_is_not_shown_again_and_five_denials_in_a_minute_make_the_door_quiet() {
    let mut door = Door::default();
    assert!(!door.deny(guest(1), NOW));
    assert!(!door.is_muted(&guest(1)));
    assert!(!door.deny(guest(1), NOW));
    assert!(door.is_muted(&guest(1)) && !door.is_muted(&guest(2)));
    assert!(!door.deny(guest(2), NOW) && !door.deny(guest(3), NOW));
    assert!(door.deny(guest(4), NOW), "the fifth");
    assert!(!door.deny(guest(5), NOW), "it is quiet already");
    assert!(!door.may_open(handle(1), NOW + MINUTE * 100), "until there is a new link");

    let mut slow = Door::default();
    for n in 0..20 {
        assert!(!slow.deny(guest(n), NOW + MINUTE * u32::from(n)), "a person who says no now and then");
    }
}

#[test]
fn denied_keys_are_remembered_up_to_a_bound_and_known_ones_go_on_counting() {
    let mut door = Door::default();
    let most = MAX_REMEMBERED as u16;
    for n in 0..most {
        door.deny(guest(n), NOW);
    }
    for _ in 0..MUTED_AFTER {
        door.deny(guest(most), NOW);
    }
    assert!(!door.is_muted(&guest(most)) && door.denied.len() == MAX_REMEMBERED, "one past");
    door.deny(guest(0), NOW);
    assert!(door.is_muted(&guest(0)));
}

#[test]
fn cards_that_vanish_make_the_door_quiet_for_ten_minutes_six_in_a_minute_or_sixty_in_all() {
    let mut door = Door::default();
    for _ in 0..MAX_VANISHED {
        assert!(!door.vanish(NOW));
    }
    assert!(door.vanish(NOW), "one past");
    assert_eq!((door.quiet_until, door.vanished), (Some(NOW + QUIET), MAX_VANISHED as u32 + 1));
    assert_eq!(door.next_timeout(), Some(NOW + QUIET));
    assert!(!door.vanish(NOW + MINUTE), "it is quiet already");

    let mut door = Door::default();
    for n in 1..MAX_UNDECIDED {
        assert!(!door.vanish(NOW + MINUTE * n), "{n}");
    }
    assert!(door.vanish(NOW + MINUTE * MAX_UNDECIDED));
    door.quiet_until = None;
    assert!(!door.vanish(NOW + MINUTE * 90), "it begins anew");
    assert_eq!(door.vanished, MAX_UNDECIDED + 1, "people see all of them");
}

#[test]
fn the_next_thing_that_happens_by_itself_is_the_soonest() {
    let soon = NOW + Duration::from_secs(3);
    let door =
        |retry, quiet_until, moved, moves_to| Door { retry, quiet_until, moved, moves_to, ..Door::default() };
    let secret = || Some(DoorSecret([1; 16]));
    assert_eq!(door(None, None, Some(NOW), None).next_timeout(), None, "it has moved and moves no further");
    assert_eq!(door(None, None, Some(NOW), secret()).next_timeout(), Some(NOW + DOOR_PACE));
    assert_eq!(door(Some(soon), Some(NOW + QUIET), Some(NOW), secret()).next_timeout(), Some(soon));
}
