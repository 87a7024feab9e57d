mod forks;

use super::*;
use crate::base::features::Features;
use crate::base::identity::Secret;
use crate::base::rng::Rng;
use crate::base::rng::Seed;
use alloc::string::{String, ToString};
use alloc::vec;

const CREATE: Payload = Payload::Create { features: Features::DEMANDED };

struct Author {
    key: Keypair,
    log: Log,
}

impl Author {
    fn say(&mut self, text: &str) -> Vec<u8> {
        self.write(&Payload::Say { text: text.to_string(), sent_at: 0 })
    }

    fn write(&mut self, payload: &Payload) -> Vec<u8> {
        let bytes = self.log.draft(&self.key, payload).encode();
        assert_eq!(self.log.insert(&bytes).unwrap().placed.len(), 1);
        bytes
    }
}

/// A host and a guest it has let in, and the two entries of that.
fn room() -> (Author, Author, Vec<Vec<u8>>) {
    let mut rng = Rng::new(&Seed([4; 32]));
    let keys = [Keypair::from_seed(&Secret::random(&mut rng)), Keypair::from_seed(&Secret::random(&mut rng))];
    let host = keys[0].member();
    let [a, b] = keys.map(|key| Author { key, log: Log::new(host) });
    let (mut a, mut b) = (a, b);
    let admit = Payload::Admit { member: b.key.member(), name: String::from("Gustav") };
    let entries = vec![a.write(&CREATE), a.write(&admit)];
    for entry in &entries {
        b.log.insert(entry).unwrap();
    }
    (a, b, entries)
}

fn texts(log: &Log) -> Vec<String> {
    let said = log.in_order().into_iter().filter_map(|placed| match &placed.payload {
        Payload::Say { text, .. } => Some(text.clone()),
        _ => None,
    });
    said.collect()
}

#[test]
fn whatever_the_order_of_arrival_everybody_reads_the_same() {
    let (mut a, mut b, mut entries) = room();
    for round in 0..4 {
        let (from_a, from_b) = (a.say(&alloc::format!("a{round}")), b.say(&alloc::format!("b{round}")));
        a.log.insert(&from_b).unwrap();
        b.log.insert(&from_a).unwrap();
        entries.extend([from_a, from_b]);
    }
    let expected = texts(&a.log);
    assert_eq!(texts(&b.log), expected);
    let mut rng = Rng::new(&Seed([5; 32]));
    for _ in 0..50 {
        let mut late = Log::new(a.log.host());
        for i in (1..entries.len()).rev() {
            entries.swap(i, rng.below(i as u64 + 1) as usize);
        }
        for entry in &entries {
            late.insert(entry).unwrap();
            late.insert(entry).unwrap();
        }
        assert_eq!(texts(&late), expected);
    }
    let mut restored = Log::new(a.log.host());
    restored.restore(entries.iter().map(Vec::as_slice));
    assert_eq!(texts(&restored), expected);
}

#[test]
fn two_entries_with_one_number_are_proof_and_nothing_counts_after() {
    let (mut a, mut b, _) = room();
    let mut twin = Author {
        key: Keypair::from_seed(&Secret::random(&mut Rng::new(&Seed([4; 32])))),
        log: Log::new(a.log.host()),
    };
    // The guest's key again, with a log that knows nothing of its first message.
    let mut rng = Rng::new(&Seed([4; 32]));
    let _ = Secret::random(&mut rng);
    twin.key = Keypair::from_seed(&Secret::random(&mut rng));
    let guest = twin.key.member();
    assert_eq!(guest, b.key.member());
    let (one, after) = (b.say("one"), b.say("after"));
    let other = twin.log.draft(&twin.key, &Payload::Say { text: "other".to_string(), sent_at: 0 }).encode();
    a.log.insert(&one).unwrap();
    assert_eq!(a.log.insert(&other).unwrap().forked, [guest]);
    assert!(a.log.is_forked(&guest));
    assert!(a.log.insert(&after).unwrap().placed.is_empty(), "void");
    assert_eq!(texts(&a.log), ["one"]);
    assert!(a.log.insert(&other).unwrap().forked.is_empty(), "told once");
}

#[test]
fn only_the_host_may_write_what_only_the_host_may() {
    let (mut a, b, _) = room();
    let member = MemberId([9; 32]);
    let stranger = Payload::Admit { member, name: String::from("X") };
    for payload in [&CREATE, &stranger, &Payload::Leave { end: true }] {
        let entry = b.log.draft(&b.key, payload).encode();
        assert_eq!(a.log.insert(&entry), Err(Misbehavior::NotHost), "{payload:?}");
    }
    assert!(!a.log.is_admitted(&member));
    // Whoever was not let in may write, but nobody reads it.
    let key = Keypair::from_seed(&Secret::random(&mut Rng::new(&Seed([8; 32]))));
    let entry = a.log.draft(&key, &Payload::Say { text: "hi".to_string(), sent_at: 0 }).encode();
    assert_eq!(a.log.insert(&entry).unwrap(), Inserted { checked: true, ..Inserted::default() });
    assert!(texts(&a.log).is_empty());
}

#[test]
fn what_waits_for_its_causes_is_bounded() {
    let (mut a, mut b, _) = room();
    let mut later = Vec::new();
    for i in 0..=MAX_PENDING {
        later.push(b.say(&alloc::format!("{i}")));
    }
    for entry in &later[1..MAX_PENDING] {
        a.log.insert(entry).unwrap();
    }
    // One past: it is nobody's fault, and is to be told again.
    let far = a.log.insert(&later[MAX_PENDING]).unwrap();
    assert_eq!(far, Inserted { dropped: true, ..Inserted::default() });
    // The missing cause places them all.
    assert_eq!(a.log.insert(&later[0]).unwrap().placed.len(), MAX_PENDING);
    assert_eq!(a.log.insert(&later[MAX_PENDING]).unwrap().placed.len(), 1);
}

#[test]
fn a_changed_bit_anywhere_is_noticed() {
    let (mut a, mut b, _) = room();
    let entry = b.say("hello");
    for at in 0..entry.len() {
        let mut bad = entry.clone();
        bad[at] ^= 1;
        assert!(a.log.insert(&bad).is_err(), "byte {at}");
    }
    assert_eq!(a.log.insert(&entry).unwrap().placed.len(), 1);
}

#[test]
fn comparing_heads_finds_exactly_what_is_missing() {
    let (mut a, mut b, _) = room();
    let said: Vec<_> = (0..5).map(|i| a.say(&i.to_string())).collect();
    b.log.insert(&said[0]).unwrap();
    let missing = a.log.missing_from(&b.log.heads(), true);
    assert_eq!(missing.len(), 4);
    for id in missing {
        let bytes = a.log.entry(&id).unwrap().entry.encode();
        b.log.insert(&bytes).unwrap();
    }
    assert!(a.log.missing_from(&b.log.heads(), true).is_empty());
    assert_eq!(texts(&a.log), texts(&b.log));
    assert_eq!(a.log.missing_from(&[], true).len(), 7);
    assert!(a.log.missing_from(&[], false).is_empty(), "an acknowledgement asks for nothing");
}

/// A host's key is enough to write admissions without end; nobody must fall over it.
#[test]
fn an_admission_beyond_the_limit_is_void_and_harmless() {
    let (mut a, mut b, _) = room();
    for i in 0..MAX_MEMBERS {
        let mut member = [0; 32];
        member[..8].copy_from_slice(&(i as u64).to_le_bytes());
        let entry = a.write(&Payload::Admit { member: MemberId(member), name: String::from("X") });
        b.log.insert(&entry).unwrap();
    }
    assert_eq!(a.log.admitted().count(), MAX_MEMBERS);
    assert_eq!(a.log.missing_from(&[], true).len(), a.log.in_order().len());
    let (heads_a, heads_b) = (a.log.heads(), b.log.heads());
    assert_eq!(heads_a, heads_b);
}

/// Somebody who contradicts itself must not cut others off from each other.
#[test]
fn what_honest_members_say_after_a_fork_still_arrives() {
    let (mut a, b, _) = room();
    let say = |text: &str| Payload::Say { text: text.to_string(), sent_at: 0 };
    // The guest writes its first entry twice; the host saw one of them and speaks after it.
    let (one, two) = (b.log.draft(&b.key, &say("one")).encode(), b.log.draft(&b.key, &say("two")).encode());
    let mut late = Log::new(a.log.host());
    for placed in a.log.in_order() {
        late.insert(&placed.entry.encode()).unwrap();
    }
    late.insert(&two).unwrap();
    a.log.insert(&one).unwrap();
    let after = a.say("did you say something?");
    assert!(late.insert(&after).unwrap().placed.is_empty(), "its cause is missing");
    let inserted = late.insert(&one).unwrap();
    assert_eq!(inserted.forked, [b.key.member()]);
    assert_eq!(inserted.placed.len(), 1, "what the host said is there");
    assert!(late.may_write(&a.key.member()));
}

/// An entry over its author's quota takes nobody else's with it.
#[test]
fn what_exceeds_a_quota_is_dropped_alone() {
    let (mut a, mut b, _) = room();
    let name = |i: usize| crate::base::path::SafeName::from_local(&i.to_string());
    let files = (0..crate::io::MAX_FILES).map(|i| crate::log::entry::FileMeta { name: name(i), size: 1 });
    let big = Payload::Share { files: files.collect() };
    for _ in 0..MAX_FILES_PER_AUTHOR / crate::io::MAX_FILES {
        let entry = b.write(&big);
        a.log.insert(&entry).unwrap();
    }
    let hosts = a.say("cause");
    b.log.insert(&hosts).unwrap();
    let bomb = b.log.draft(&b.key, &big).encode();
    assert!(a.log.insert(&bomb).unwrap().placed.is_empty(), "void, and nobody's fault who brings it");
    assert!(texts(&a.log).contains(&"cause".to_string()));
}

/// Honest entries may name one that is void: a reload must know it again.
#[test]
fn a_fork_seen_before_a_reload_does_not_lock_the_log() {
    let mut rng = Rng::new(&Seed([4; 32]));
    let [h, m, b] = [0; 3].map(|_| Keypair::from_seed(&Secret::random(&mut rng)));
    let mut a = Author { log: Log::new(h.member()), key: h };
    let mut bl = Author { log: Log::new(a.key.member()), key: b };
    let admit = |k: &Keypair| Payload::Admit { member: k.member(), name: String::from("X") };
    let mut stored = vec![a.write(&CREATE), a.write(&admit(&m)), a.write(&admit(&bl.key))];
    for e in &stored {
        bl.log.insert(e).unwrap();
    }
    let say = |t: &str| Payload::Say { text: t.to_string(), sent_at: 0 };
    let (e1, e2) = (a.log.draft(&m, &say("one")).encode(), a.log.draft(&m, &say("two")).encode());
    a.log.insert(&e1).unwrap();
    stored.push(e1);
    bl.log.insert(&e2).unwrap();
    let b1 = bl.say("from b");
    a.log.insert(&b1).unwrap();
    let inserted = a.log.insert(&e2).unwrap();
    assert_eq!((inserted.placed.len(), inserted.forked.len()), (1, 1));
    stored.push(b1);
    stored.push(a.say("from a"));
    let mut again = Log::new(a.key.member());
    again.restore(stored.iter().map(Vec::as_slice));
    let forked = m.member();
    let halves: Vec<_> = a.log.fork(&forked).map(Entry::encode).collect();
    again.restore_forks(halves.iter().map(Vec::as_slice));
    assert_eq!(again.proof(&forked), a.log.proof(&forked), "and can be shown on");
    assert_eq!(texts(&again), texts(&a.log));
    assert!(again.may_write(&a.key.member()), "the host can still write after a reload");
}

/// Nobody fills others' memory with texts.
#[test]
fn an_author_has_so_many_bytes_and_no_more() {
    let (mut a, mut b, _) = room();
    let text = "x".repeat(crate::io::MAX_TEXT);
    let mut bytes = 0;
    loop {
        let payload = Payload::Say { text: text.clone(), sent_at: 0 };
        let entry = b.log.draft(&b.key, &payload);
        bytes += entry.payload.len();
        if bytes > MAX_BYTES_PER_AUTHOR {
            assert!(a.log.insert(&entry.encode()).unwrap().placed.is_empty());
            break;
        }
        for log in [&mut a.log, &mut b.log] {
            assert_eq!(log.insert(&entry.encode()).unwrap().placed.len(), 1);
        }
    }
    assert_eq!(texts(&a.log).len(), MAX_BYTES_PER_AUTHOR / (crate::io::MAX_TEXT + 3));
    a.say("others write on");
}

/// Its place is taken: another entry with that number would be a contradiction of one's own.
#[test]
fn who_has_an_entry_that_waits_signs_nothing_until_it_is_placed() {
    let (mut a, mut b, entries) = room();
    let heard = a.say("heard");
    b.log.insert(&heard).unwrap();
    let answer = b.say("answer");
    let mut again = Log::new(a.key.member());
    again.restore(entries.iter().chain([&answer]).map(Vec::as_slice));
    let me = b.key.member();
    assert!(!again.may_write(&me), "what it answers was not kept");
    again.insert(&heard).unwrap();
    assert!(again.may_write(&me));
    assert_eq!(again.draft(&b.key, &CREATE).seq, 1, "and it goes on after its own");
}

#[test]
fn a_room_begins_with_its_host_saying_what_it_demands() {
    let mut rng = Rng::new(&Seed([4; 32]));
    let key = Keypair::from_seed(&Secret::random(&mut rng));
    let mut log = Log::new(key.member());
    let first = log.draft(&key, &Payload::Say { text: "first".to_string(), sent_at: 0 });
    assert_eq!(log.insert(&first.encode()).err(), Some(Misbehavior::BadEntry));
    let demands = Features(5);
    let create = log.draft(&key, &Payload::Create { features: demands });
    assert_eq!(log.insert(&create.encode()).unwrap().placed.len(), 1);
    assert_eq!(log.demands(), demands);
    let again = log.draft(&key, &Payload::Create { features: demands });
    assert_eq!(log.insert(&again.encode()).err(), Some(Misbehavior::NotHost), "once");
}

/// A new entry names the newest ones that none has named, so that it costs no more in a long room than in a short one.
#[test]
fn what_has_been_named_is_not_named_again() {
    let (mut a, mut b, entries) = room();
    let heard = a.say("heard");
    b.log.insert(&heard).unwrap();
    let answer = b.log.draft(&b.key, &CREATE);
    assert_eq!(answer.seen.len(), 1, "the newest of the other");
    let said = b.say("answer");
    a.log.insert(&said).unwrap();
    let next = b.log.draft(&b.key, &CREATE);
    assert!(next.seen.is_empty(), "nothing new was said since");
    assert_eq!(a.log.draft(&a.key, &CREATE).seen.len(), 1);
    assert_eq!(entries.len(), 2);
}
