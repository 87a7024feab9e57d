use super::*;
use crate::base::features::Features;
use crate::base::id::FileId;
use crate::base::identity::{Keypair, Secret};
use crate::base::rng::{Rng, Seed};
use crate::cx::Ids;
use crate::io::{LinkOp, Output};
use crate::log::entry::Payload;
use crate::wire::{Head, Scope};
use alloc::string::ToString;
use alloc::vec;

const AT_ONCE: Duration = Duration::ZERO;
const ALL: usize = usize::MAX / 2;

fn key(n: u8) -> Keypair {
    Keypair::from_seed(&Secret::new([n; 32]))
}

/// The host's log with so many messages in it.
fn log(texts: &[&str]) -> Log {
    let mut log = Log::new(key(1).member());
    write(&mut log, &Payload::Create { features: Features::DEMANDED });
    for text in texts {
        say(&mut log, text);
    }
    log
}

fn say(log: &mut Log, text: &str) -> EntryId {
    write(log, &Payload::Say { text: text.to_string(), sent_at: 0 })
}

fn write(log: &mut Log, payload: &Payload) -> EntryId {
    let bytes = log.draft(&key(1), payload).encode();
    log.insert(&bytes).unwrap().placed[0]
}

fn ids(log: &Log) -> Vec<EntryId> {
    log.in_order().iter().map(|placed| placed.id).collect()
}

fn chunk(request: u64, bytes: usize) -> OutgoingChunk {
    OutgoingChunk { request, chunk: 5, bytes: vec![7; bytes], sent: 0 }
}

fn have(n: u16) -> Frame {
    Frame::Have { file: FileId { share: EntryId([7; 32]), index: n }, verified: 9 }
}

/// A link, driven by hand.
struct Driven {
    link: Link,
    now: Instant,
    rng: Rng,
    ids: Ids,
    out: VecDeque<Output>,
}

impl Driven {
    fn connecting() -> Self {
        let (now, mut rng) = (Instant::from_millis(1_000), Rng::new(&Seed([3; 32])));
        let link = Link::new(LinkId(1), key(2).member(), MeetingId(rng.bytes()), now);
        Self { link, now, rng, ids: Ids::default(), out: VecDeque::new() }
    }

    fn up() -> Self {
        let mut driven = Self::connecting();
        driven.link.set_up(Session::made_up(key(2).member(), &mut driven.rng), driven.now);
        driven
    }

    /// Up, and the remote has said what it has: nothing.
    fn compared() -> Self {
        let mut driven = Self::up();
        assert!(driven.link.may_compare(driven.now));
        driven
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// What goes out with so much credit for the one and the other channel; of bulk the bytes of data in each message.
    fn flush(&mut self, log: Option<&Log>, control: usize, bulk: usize) -> (Vec<Frame>, Vec<usize>) {
        self.link.lane.set_credit(Channel::Control, control);
        self.link.lane.set_credit(Channel::Bulk, bulk);
        let Self { link, now, rng, ids, out } = self;
        link.flush(log, &mut Context { now: *now, rng, ids, out, frames: Vec::new() });
        let (mut frames, mut pieces) = (Vec::new(), Vec::new());
        for output in self.out.drain(..) {
            match output {
                Output::Link { op: LinkOp::Send(Channel::Control, bytes), .. } => {
                    frames.push(Frame::decode(&bytes).unwrap().unwrap());
                }
                Output::Link { op: LinkOp::Send(Channel::Bulk, bytes), .. } => {
                    pieces.push(Bulk::decode(&bytes).unwrap().bytes.len());
                }
                _ => panic!("only messages"),
            }
        }
        (frames, pieces)
    }

    fn frames(&mut self, log: &Log) -> Vec<Frame> {
        self.flush(Some(log), ALL, 0).0
    }

    /// How many entries go out, in each frame.
    fn entries(&mut self, log: &Log) -> Vec<usize> {
        let counts = self.frames(log).into_iter().map(|frame| match frame {
            Frame::Entries(entries) => entries.len(),
            _ => 0,
        });
        counts.collect()
    }

    /// Nothing is done before the next moment at which something is due; then what?
    fn when_due(&mut self) -> Result<(), LostReason> {
        let due = self.link.next_timeout();
        let waiting = self.link.control.len();
        assert_eq!(self.link.handle_timeout(due - Duration::from_millis(1)), Ok(()));
        assert_eq!(self.link.control.len(), waiting, "too early");
        self.now = due;
        self.link.handle_timeout(due)
    }
}

#[test]
fn before_it_is_up_nothing_is_said_and_it_has_so_long_to_come_up() {
    let log = log(&["one"]);
    let mut driven = Driven::connecting();
    assert!(driven.link.send(&Frame::Ping).is_ok() && driven.link.send(&have(1)).is_ok());
    driven.link.may_compare(driven.now);
    driven.link.send_entries(&ids(&log), &log);
    driven.link.prove(key(1).member());
    assert!(driven.frames(&log).is_empty());
    assert_eq!(driven.link.next_timeout().since(driven.now), CONNECT);
    assert_eq!(driven.link.up_for(driven.now), None);
    driven.link.set_open(Channel::Bulk, driven.now);
    assert_eq!(driven.link.next_timeout().since(driven.now), CONNECT, "half of it is not open");
    driven.pass(Duration::from_secs(2));
    driven.link.set_open(Channel::Control, driven.now);
    assert_eq!(driven.link.next_timeout().since(driven.now), CONFIRM);
    assert_eq!(driven.when_due(), Err(LostReason::NoPath));

    let mut late = Driven::connecting();
    late.pass(CONNECT - Duration::from_secs(3));
    late.link.set_open(Channel::Bulk, late.now);
    late.link.set_open(Channel::Control, late.now);
    assert_eq!(
        late.link.next_timeout().since(late.now),
        Duration::from_secs(3),
        "an open channel earns no time"
    );

    let session = Session::made_up(key(2).member(), &mut driven.rng);
    driven.link.set_up(session, driven.now);
    assert!(driven.frames(&log).is_empty(), "what was said too early is not said later");
    driven.pass(PING);
    assert_eq!(driven.link.up_for(driven.now), Some(PING));
}

#[test]
fn a_silent_remote_is_asked_three_times_and_then_given_up() {
    let mut driven = Driven::up();
    let start = driven.now;
    for asked in 1..=2 {
        assert_eq!(driven.when_due(), Ok(()));
        assert_eq!(driven.now.since(start), PING * asked);
        assert!(driven.flush(None, ALL, 0).0 == [Frame::Ping]);
    }
    assert_eq!(driven.when_due(), Err(LostReason::Silent));
    assert_eq!(driven.now.since(start), SILENCE);

    let mut driven = Driven::up();
    driven.pass(Duration::from_secs(3));
    driven.link.heard(driven.now);
    assert_eq!(driven.link.next_timeout().since(driven.now), PING, "who speaks is not asked");
    driven.pass(PING);
    driven.link.handle_timeout(driven.now).unwrap();
    driven.link.heard(driven.now);
    driven.pass(PING - Duration::from_millis(1));
    driven.link.handle_timeout(driven.now).unwrap();
    assert!(driven.flush(None, ALL, 0).0 == [Frame::Ping], "one ping");
}

#[test]
fn a_remote_that_asks_and_does_not_read_is_closed_and_our_own_pings_never_do_that() {
    let mut driven = Driven::up();
    for waiting in 0..MAX_CONTROL {
        assert_eq!(driven.link.has_time(), waiting < BUSY_CONTROL, "{waiting}");
        assert!(driven.link.send(&Frame::Pong).is_ok());
    }
    assert_eq!(driven.link.send(&Frame::Pong), Err(Misbehavior::TooSlow));
    assert!(driven.link.send(&have(1)).is_ok(), "what is said of one's own accord has a bound of its own");
    assert_eq!(driven.when_due(), Ok(()));
    assert_eq!(driven.link.control.len(), MAX_CONTROL);
    driven.flush(None, Frame::Pong.encode().len(), 0);
    assert_eq!(driven.when_due(), Ok(()));
    assert_eq!(driven.link.control.len(), MAX_CONTROL, "there was a place for one");
}

#[test]
fn answers_go_first_then_what_is_wanted_then_the_log_then_what_one_has() {
    let log = log(&["one"]);
    // Longer than an entry, so that one would have room where it has not.
    let head = |n| Head { author: MemberId([n; 32]), seq: 1, entry: EntryId([n; 32]) };
    let wanted = Frame::Heads { scope: Scope::All, heads: (0..20).map(head).collect() };
    let mut driven = Driven::compared();
    driven.link.send(&have(1)).unwrap();
    driven.link.send_entries(&ids(&log), &log);
    driven.link.send(&wanted).unwrap();
    driven.link.send(&Frame::Pong).unwrap();
    let pong = Frame::Pong.encode().len();
    assert!(driven.flush(Some(&log), pong - 1, 0).0.is_empty());
    assert!(driven.flush(Some(&log), pong, 0).0 == [Frame::Pong]);
    let bytes = wanted.encode().len();
    assert!(driven.flush(Some(&log), bytes - 1, 0).0.is_empty(), "nothing overtakes it");
    assert!(driven.flush(Some(&log), bytes, 0).0 == [wanted]);
    let frames = driven.frames(&log);
    assert!(matches!(&frames[..], [Frame::Entries(entries), last] if entries.len() == 2 && *last == have(1)));
    assert!(driven.frames(&log).is_empty(), "each once");

    let mut driven = Driven::up();
    driven.link.send(&have(1)).unwrap();
    assert!(driven.frames(&log).is_empty(), "it may not know the file yet");
    driven.link.may_compare(driven.now);
    assert!(driven.frames(&log) == [have(1)]);
}

#[test]
fn a_full_channel_holds_the_log_back_and_loses_nothing_of_it() {
    let mut log = log(&[]);
    let text = "x".repeat(1_000);
    for _ in 0..150 {
        say(&mut log, &text);
    }
    let mut driven = Driven::compared();
    driven.link.send_entries(&ids(&log), &log);
    let mut fits = |credit| match &driven.flush(Some(&log), credit, 0).0[..] {
        [Frame::Entries(entries)] => entries.len(),
        frames => frames.len(),
    };
    assert_eq!([fits(900), fits(900), fits(1_500)], [1, 0, 1], "what opens the room is short");
    let frames = driven.frames(&log);
    let counts: Vec<usize> = frames
        .iter()
        .map(|frame| {
            assert!(frame.encode().len() <= MAX_FRAME);
            let Frame::Entries(entries) = frame else { panic!("entries") };
            entries.len()
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 149);
    assert!(counts[0] > 50 && counts.iter().all(|count| *count <= MAX_ENTRIES_PER_FRAME), "{counts:?}");

    let mut small = self::log(&["x"; 130]);
    let mut driven = Driven::compared();
    driven.link.send_entries(&ids(&small), &small);
    assert_eq!(driven.entries(&small), [64, 64, 3]);
    let next = say(&mut small, "next");
    driven.link.send_entries(&[next], &small);
    let entry = small.entry(&next).unwrap().entry.encode().len();
    assert!(driven.flush(Some(&small), 16 + entry + 3, 0).0.is_empty());
    assert_eq!(driven.flush(Some(&small), 16 + entry + 4, 0).0.len(), 1);
}

/// A log of which one frame's worth of entries ends with a message of `last` characters, and what they take in a frame.
fn filling(last: usize) -> (Log, usize) {
    let mut log = log(&["x".repeat(4_000).as_str(); 15]);
    say(&mut log, &"x".repeat(last));
    let bytes = log.in_order().iter().map(|placed| placed.entry.encode().len() + 4).sum::<usize>() + 16;
    (log, bytes)
}

#[test]
fn a_frame_is_filled_to_its_last_byte_and_no_further() {
    let (_, bytes) = filling(1_000);
    let exact = 1_000 + MAX_FRAME - bytes;
    for (last, frames) in [(exact, &[17][..]), (exact + 1, &[16, 1])] {
        let (log, bytes) = filling(last);
        assert_eq!(bytes, MAX_FRAME + last - exact);
        let mut driven = Driven::compared();
        driven.link.send_entries(&ids(&log), &log);
        assert_eq!(driven.entries(&log), frames);
    }
}

#[test]
fn nothing_goes_before_the_confirmation() {
    let mut driven = Driven::up();
    driven.link.lane.send_confirmation(|| Frame::NotPassed { to: MemberId([1; 32]) }.encode());
    driven.link.send(&Frame::Pong).unwrap();
    assert!(driven.flush(None, 20, ALL).0.is_empty());
    assert!(driven.flush(None, ALL, 0).0 == [Frame::NotPassed { to: MemberId([1; 32]) }, Frame::Pong]);
}

#[test]
fn nothing_is_sent_twice_nor_what_the_remote_has() {
    let mut log = log(&["one", "two", "three"]);
    let (all, host) = (ids(&log), key(1).member());
    let mut driven = Driven::up();
    driven.link.send_entries(&all, &log);
    assert_eq!(driven.entries(&log), [], "before it has said what it has it is not known what it lacks");
    driven.link.may_compare(driven.now);
    driven.link.note_known(host, 1);
    driven.link.note_known(host, 0);
    driven.link.send_entries(&all, &log);
    driven.link.send_entries(&all, &log);
    assert_eq!(driven.entries(&log), [2], "not what it has");
    let next = say(&mut log, "four");
    driven.link.send_entries(&[next], &log);
    assert_eq!(driven.entries(&log), [1]);
    for _ in 0..2 {
        driven.link.tell_again(host);
        driven.link.send_entries(&ids(&log), &log);
    }
    assert_eq!(driven.entries(&log), [5], "another chain is told once");
}

#[test]
fn who_asks_for_everything_again_gets_it_twice_a_minute_and_nothing_twice_at_a_time() {
    let log = log(&["one"]);
    let mut driven = Driven::compared();
    driven.link.send_entries(&ids(&log), &log);
    let mut sent = Vec::new();
    for _ in 0..3 {
        driven.link.forget_told(driven.now);
        sent.push(driven.link.compared.is_none());
        driven.link.may_compare(driven.now);
        driven.link.send_entries(&ids(&log), &log);
    }
    assert_eq!(sent, [true, true, false]);
    assert_eq!(driven.entries(&log), [2]);
    driven.pass(AFRESH);
    driven.link.forget_told(driven.now);
    driven.link.may_compare(driven.now);
    driven.link.send_entries(&ids(&log), &log);
    assert_eq!(driven.entries(&log), [2]);
}

#[test]
fn whole_logs_are_compared_now_and_then() {
    let mut driven = Driven::up();
    assert!(driven.link.may_compare(driven.now));
    driven.pass(COMPARE - Duration::from_millis(1));
    assert!(!driven.link.may_compare(driven.now));
    driven.pass(Duration::from_millis(1));
    assert!(driven.link.may_compare(driven.now));
    driven.pass(AT_ONCE);
    assert!(!driven.link.may_compare(driven.now));
}

#[test]
fn what_was_not_read_is_asked_for_again_once_a_minute_when_there_is_room_for_it() {
    let mut driven = Driven::up();
    assert!(driven.link.may_read_entry(100, driven.now));
    assert!(!driven.link.wants_all_again(driven.now), "all was read");
    driven.link.read_in_vain(100, false, false, driven.now);
    assert!(!driven.link.wants_all_again(driven.now), "nor was anything lost");
    driven.link.read_in_vain(100, false, true, driven.now);
    assert!(driven.link.wants_all_again(driven.now), "it may be needed");
    assert!(!driven.link.wants_all_again(driven.now), "asked once");
    driven.link.read_in_vain(100, false, true, driven.now);
    assert!(!driven.link.wants_all_again(driven.now), "not so soon");
    driven.pass(AFRESH);
    driven.link.read_in_vain(16 << 20, false, false, driven.now);
    assert!(!driven.link.may_read_entry(100, driven.now));
    assert!(!driven.link.wants_all_again(driven.now), "it would not be read either");
    driven.pass(AFRESH);
    assert!(driven.link.may_read_entry(100, driven.now), "room again, but what was missed is still missing");
    assert!(driven.link.wants_all_again(driven.now));
}

/// An author that wrote two entries under one number.
fn forked(log: &mut Log) {
    let mut other = self::log(&[]);
    say(log, "here");
    say(&mut other, "there");
    let there = other.in_order().last().unwrap().entry.encode();
    assert_eq!(log.insert(&there).unwrap().forked, [key(1).member()]);
}

#[test]
fn a_proof_goes_out_whole_and_once() {
    let mut log = log(&[]);
    forked(&mut log);
    let author = key(1).member();
    let bytes: usize =
        log.proof(&author).into_iter().map(|half| Frame::Entries(vec![half]).encode().len()).sum();
    let mut driven = Driven::up();
    driven.link.prove(author);
    driven.link.prove(author);
    assert!(driven.flush(Some(&log), bytes - 1, 0).0.is_empty(), "half a proof proves nothing");
    assert_eq!(driven.flush(Some(&log), bytes, 0).0.len(), 2);
    driven.link.prove(author);
    assert!(driven.frames(&log).is_empty());
    driven.link.forget_proved(&author);
    driven.link.prove(author);
    assert_eq!(driven.frames(&log).len(), 2, "of an earlier place");
    driven.link.forget_told(driven.now);
    driven.link.prove(author);
    assert_eq!(driven.frames(&log).len(), 2, "all again");
}

#[test]
fn chunks_go_out_in_pieces_as_far_as_there_is_credit() {
    let mut driven = Driven::up();
    driven.link.send_chunk(chunk(1, 2 * BULK_BYTES + 10));
    driven.link.send_chunk(chunk(2, 100));
    assert_eq!(driven.link.bulk_waiting(), 2 * BULK_BYTES + 110);
    assert_eq!(driven.flush(None, 0, BULK_HEADER + BULK_BYTES - 1).1, []);
    assert_eq!(driven.flush(None, 0, BULK_HEADER + BULK_BYTES).1, [BULK_BYTES]);
    assert_eq!(driven.link.bulk_waiting(), BULK_BYTES + 110);
    driven.link.cancel_chunk(1);
    assert_eq!(driven.link.bulk_waiting(), BULK_BYTES + 110, "what has begun goes out whole");
    let enough = BULK_HEADER + BULK_BYTES + BULK_HEADER + 10;
    assert_eq!(driven.flush(None, 0, enough).1, [BULK_BYTES, 10]);
    driven.link.cancel_chunk(2);
    assert_eq!(driven.link.bulk_waiting(), 0);
    assert_eq!(driven.flush(None, 0, ALL).1, []);
    driven.link.send_chunk(chunk(3, 100));
    driven.link.send_chunk(chunk(4, 50));
    driven.link.cancel_chunk(3);
    assert_eq!(driven.flush(None, 0, ALL).1, [50], "the others stay");
}

#[test]
fn what_one_has_is_told_so_often_a_second() {
    let log = log(&[]);
    let mut driven = Driven::compared();
    for n in 0..=HAVES as u16 {
        driven.link.send(&have(n)).unwrap();
    }
    assert_eq!(driven.frames(&log).len(), HAVES);
    assert_eq!(driven.link.next_timeout().since(driven.now), Duration::from_secs(1));
    driven.pass(Duration::from_secs(1));
    assert_eq!(driven.frames(&log).len(), 1);
    assert_eq!(driven.link.next_timeout().since(driven.now), PING - Duration::from_secs(1));
}

#[test]
fn early_frames_wait_in_order_up_to_a_bound() {
    let mut driven = Driven::connecting();
    for n in 0..MAX_EARLY as u8 {
        assert!(driven.link.keep_early(vec![n]).is_ok());
    }
    assert_eq!(driven.link.keep_early(vec![1]), Err(Misbehavior::Unconfirmed), "one past");
    assert_eq!(driven.link.next_early(), Some(vec![0]));
    assert_eq!(driven.link.take_early().len(), MAX_EARLY - 1);
    assert_eq!(driven.link.next_early(), None);
}

#[test]
fn a_path_is_told_once_it_leads_somewhere_and_when_it_changes() {
    let mut driven = Driven::connecting();
    assert_eq!(driven.link.state(), LinkState::Connecting);
    driven.link.lane.set_connected(None, true);
    assert_eq!(driven.link.state(), LinkState::Connecting, "nobody has confirmed it");
    assert!(!driven.link.set_path(false), "not up");
    driven.link.set_up(Session::made_up(key(2).member(), &mut driven.rng), driven.now);
    assert_eq!(driven.link.state(), LinkState::Direct);
    assert!(!driven.link.set_path(false), "as before");
    assert!(driven.link.set_path(true));
    assert_eq!(driven.link.state(), LinkState::Relayed);
    assert_eq!(driven.link.session().map(Session::member), Some(key(2).member()));
}

#[test]
fn the_head_of_a_chain_says_what_is_known_of_it() {
    let log = log(&["one"]);
    let heads: Vec<Head> = log.heads();
    let mut driven = Driven::compared();
    for head in &heads {
        driven.link.note_known(head.author, head.seq);
    }
    driven.link.send_entries(&ids(&log), &log);
    assert_eq!(driven.entries(&log), []);
}
