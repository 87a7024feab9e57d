//! Authors who contradict themselves, and whoever hands others what can never be placed: nobody else waits for it.

use super::*;
use entry::FileMeta;

/// Three keys of which the first is the host's and the others are let in, and the entries of that.
fn three() -> ([Keypair; 3], Author, Vec<Vec<u8>>) {
    let mut rng = Rng::new(&Seed([4; 32]));
    let keys = [0; 3].map(|_| Secret::random(&mut rng));
    let pair = |i: usize| Keypair::from_seed(&keys[i]);
    let mut host = Author { log: Log::new(pair(0).member()), key: pair(0) };
    let admit = |i: usize| Payload::Admit { member: pair(i).member(), name: String::from("X") };
    let entries = vec![host.write(&CREATE), host.write(&admit(1)), host.write(&admit(2))];
    ([pair(0), pair(1), pair(2)], host, entries)
}

fn log_of(host: &MemberId, entries: &[Vec<u8>]) -> Log {
    let mut log = Log::new(*host);
    for entry in entries {
        log.insert(entry).unwrap();
    }
    log
}

fn say(text: &str) -> Payload {
    Payload::Say { text: text.to_string(), sent_at: 0 }
}

/// An entry of `key` with any number, predecessor and causes: a hostile author signs whatever it likes.
fn junk(key: &Keypair, host: &MemberId, seq: u64, seen: Vec<Head>, text: &str) -> Vec<u8> {
    let previous = if seq == 0 { NO_ENTRY } else { EntryId([0x77; 32]) };
    Entry::sign(&RoomDigest::of_host(host), key, seq, previous, seen, &say(text)).encode()
}

/// The attack: one victim is handed an entry that can never be placed, all others a good one under the same number.
#[test]
fn a_junk_entry_at_a_place_neither_keeps_the_good_one_out_nor_anybody_who_names_it() {
    let ([h, mallory, honest], _, entries) = three();
    let (host, forger) = (h.member(), mallory.member());
    let nowhere = vec![Head { author: host, seq: 900, entry: EntryId([9; 32]) }];
    let mut others = log_of(&host, &entries);
    let mut victim = log_of(&host, &entries);
    let bad = junk(&mallory, &host, 0, nowhere, "junk");
    assert!(victim.insert(&bad).unwrap().placed.is_empty());
    let good = others.draft(&mallory, &say("good")).encode();
    others.insert(&good).unwrap();
    let after = others.draft(&honest, &say("after")).encode();
    others.insert(&after).unwrap();
    // In the order in which an honest carrier brings them.
    let inserted = victim.insert(&good).unwrap();
    assert_eq!(
        (inserted.placed.len(), &inserted.forked[..]),
        (1, &[forger][..]),
        "placed, and proof of a fork"
    );
    assert_eq!(victim.insert(&after).unwrap().placed.len(), 1);
    assert_eq!(texts(&victim), texts(&others));
    assert_eq!(victim.proof(&forger).len(), 2);
    assert!(victim.proof(&forger).contains(&good) && victim.proof(&forger).contains(&bad));
    // Whoever gets the proof alone knows it too, and waits for nothing of what lies past it.
    let mut late = log_of(&host, &entries);
    for half in victim.proof(&forger) {
        late.insert(&half).unwrap();
    }
    assert!(late.is_forked(&forger));
    assert_eq!(late.insert(&after).unwrap().placed.len(), 1);
}

/// Both halves wait for what nobody has: they are the whole proof all the same, also after a reload.
#[test]
fn a_proof_of_which_neither_half_was_placed_outlives_a_reload() {
    let ([h, mallory, _], _, entries) = three();
    let (host, forger) = (h.member(), mallory.member());
    let nowhere = || vec![Head { author: host, seq: 900, entry: EntryId([9; 32]) }];
    let mut log = log_of(&host, &entries);
    for text in ["one", "other"] {
        log.insert(&junk(&mallory, &host, 0, nowhere(), text)).unwrap();
    }
    let halves: Vec<_> = log.fork(&forger).map(Entry::encode).collect();
    let mut again = log_of(&host, &entries);
    again.restore_forks(halves.iter().map(Vec::as_slice));
    assert_eq!(again.proof(&forger), log.proof(&forger));
    assert_eq!(log_of(&host, &entries).insert(&again.proof(&forger)[0]).unwrap().forked, []);
    let mut late = log_of(&host, &entries);
    for half in again.proof(&forger) {
        late.insert(&half).unwrap();
    }
    assert!(late.is_forked(&forger), "and convinces others");
}

/// However much junk of one author a victim has been handed, its place stays open for what is in order, nobody else is
/// touched, nothing grows, and no carrier is blamed.
#[test]
fn a_table_full_of_junk_locks_nobody_out_and_blames_no_carrier() {
    let ([h, mallory, honest], _, entries) = three();
    let host = h.member();
    let nowhere = || vec![Head { author: host, seq: 900, entry: EntryId([9; 32]) }];
    let mut others = log_of(&host, &entries);
    let mut victim = log_of(&host, &entries);
    for i in 0..2 * MAX_PENDING as u64 {
        victim
            .insert(&junk(&mallory, &host, i % (MAX_PENDING as u64 + 1), nowhere(), &i.to_string()))
            .unwrap();
    }
    let mut carried = Vec::new();
    for i in 0..300 {
        for key in [&mallory, &honest] {
            let entry = others.draft(key, &say(&i.to_string())).encode();
            others.insert(&entry).unwrap();
            carried.push(entry);
        }
    }
    for entry in &carried {
        victim.insert(entry).unwrap();
    }
    let said = |log: &Log| {
        let by_honest = |placed: &&Placed| placed.entry.author == honest.member();
        log.in_order().into_iter().filter(by_honest).count()
    };
    assert_eq!((said(&others), said(&victim)), (300, 300));
    assert!(victim.chains[&mallory.member()].waits() <= MAX_PENDING + 1);
}

#[test]
fn what_waits_is_bounded_in_bytes_too_and_no_more_than_two_under_one_number() {
    let ([h, mallory, _], _, entries) = three();
    let host = h.member();
    let mut victim = log_of(&host, &entries);
    let long = "x".repeat(crate::io::MAX_TEXT - 8);
    let mut dropped = false;
    for seq in 1..=MAX_PENDING as u64 - 1 {
        dropped |= victim.insert(&junk(&mallory, &host, seq, vec![], &long)).unwrap().dropped;
    }
    assert!(dropped, "and has to be told again");
    let chain = &victim.chains[&mallory.member()];
    assert!(chain.waiting_bytes() <= MAX_PENDING_BYTES);
    assert!(chain.waiting_bytes() > MAX_PENDING_BYTES / 2);
    // Nor does one whose number would be next but whose predecessor is another: only what is in order needs no room.
    let mut late = log_of(&host, &entries);
    let others = log_of(&host, &entries);
    let good = others.draft(&mallory, &say("0")).encode();
    late.insert(&good).unwrap();
    for seq in 2..=MAX_PENDING as u64 {
        late.insert(&junk(&mallory, &host, seq, vec![], &long)).unwrap();
    }
    let before = late.chains[&mallory.member()].waiting_bytes();
    assert!(late.insert(&junk(&mallory, &host, 1, vec![], &long)).unwrap().dropped);
    assert_eq!(late.chains[&mallory.member()].waiting_bytes(), before);
    for text in ["a", "b", "c", "d"] {
        let inserted = victim.insert(&junk(&mallory, &host, 1, vec![], text)).unwrap();
        assert!(!inserted.dropped, "nobody needs it again");
    }
    assert!(victim.chains[&mallory.member()].waits() <= 2, "nothing past a fork waits");
}

#[test]
fn what_comes_before_a_fork_and_the_first_good_one_at_its_very_place_count_whatever_waits_there() {
    let ([h, mallory, _], _, entries) = three();
    let host = h.member();
    let mut others = log_of(&host, &entries);
    let mut victim = log_of(&host, &entries);
    for text in ["a", "b", "c"] {
        victim.insert(&junk(&mallory, &host, 2, vec![], text)).unwrap();
    }
    assert!(victim.is_forked(&mallory.member()));
    for text in ["0", "1", "2"] {
        let good = others.draft(&mallory, &say(text)).encode();
        others.insert(&good).unwrap();
        assert_eq!(victim.insert(&good).unwrap().placed.len(), 1, "{text}");
    }
    let after = others.draft(&mallory, &say("3")).encode();
    assert!(victim.insert(&after).unwrap().placed.is_empty(), "nothing past it");
    assert_eq!(texts(&victim), ["0", "1", "2"]);
}

/// A log that noticed a later fork first has noted halves of both.
#[test]
fn of_what_a_store_remembers_of_two_forks_the_earlier_counts() {
    let ([h, mallory, _], _, entries) = three();
    let host = h.member();
    let half = |seq, text| junk(&mallory, &host, seq, vec![], text);
    for order in [[5, 2], [2, 5]] {
        let mut log = log_of(&host, &entries);
        let halves: Vec<Vec<u8>> = order.iter().flat_map(|seq| [half(*seq, "a"), half(*seq, "b")]).collect();
        log.restore_forks(halves.iter().map(Vec::as_slice));
        let mut proof = log.proof(&mallory.member());
        proof.sort();
        let mut earlier = vec![half(2, "a"), half(2, "b")];
        earlier.sort();
        assert_eq!(proof, earlier, "{order:?}");
    }
}

#[test]
fn an_earlier_fork_counts_more_than_a_later_one() {
    let ([h, mallory, honest], _, entries) = three();
    let host = h.member();
    let mut one = log_of(&host, &entries);
    let mut two = log_of(&host, &entries);
    for i in 0..4 {
        let same = one.draft(&mallory, &say(&i.to_string())).encode();
        one.insert(&same).unwrap();
        // The two branches part at 1.
        let entry =
            if i == 0 { same } else { two.draft(&mallory, &say(&alloc::format!("other {i}"))).encode() };
        two.insert(&entry).unwrap();
    }
    let named = two.draft(&honest, &say("names the other branch")).encode();
    two.insert(&named).unwrap();
    let branch: Vec<_> = two.chain_from(&mallory.member(), 0, 9);
    let encoded = |id: &EntryId| two.entry(id).unwrap().entry.encode();
    assert_eq!(one.insert(&encoded(&branch[3])).unwrap().forked.len(), 1, "at 3");
    assert_eq!(one.insert(&encoded(&branch[1])).unwrap().forked.len(), 1, "at 1 after all");
    assert!(one.insert(&encoded(&branch[2])).unwrap().forked.is_empty(), "nothing new");
    assert_eq!(one.fork(&mallory.member()).next().unwrap().seq, 1);
    assert_eq!(one.insert(&named).unwrap().placed.len(), 1);
}

#[test]
fn what_is_known_or_void_costs_no_check_of_its_signature() {
    let (mut a, mut b, entries) = room();
    let said = b.say("hello");
    assert!(a.log.insert(&said).unwrap().checked);
    for known in entries.iter().chain([&said]) {
        assert!(!a.log.insert(known).unwrap().checked);
    }
    let later = [b.say("1"), b.say("2")];
    assert!(a.log.insert(&later[1]).unwrap().checked, "it waits");
    assert!(!a.log.insert(&later[1]).unwrap().checked);
    // Its author forks: neither the proof a second time nor what comes after is looked at.
    let other = junk(&b.key, &a.log.host(), 0, vec![], "other");
    assert!(a.log.insert(&other).unwrap().checked);
    for void in [&other, &later[0], &later[1], &junk(&b.key, &a.log.host(), 5, vec![], "void")] {
        let inserted = a.log.insert(void).unwrap();
        assert_eq!(inserted, Inserted::default());
    }
}

/// Somebody writes before it is known here that it was let in, and plays false even then.
#[test]
fn two_first_entries_of_a_newcomer_are_a_fork_as_soon_as_it_is_let_in() {
    let ([h, mallory, honest], _, entries) = three();
    let host = h.member();
    let mut victim = log_of(&host, &entries[..1]);
    let mut others = log_of(&host, &entries);
    let bad =
        junk(&mallory, &host, 0, vec![Head { author: host, seq: 900, entry: EntryId([9; 32]) }], "junk");
    let good = others.draft(&mallory, &say("good")).encode();
    others.insert(&good).unwrap();
    let after = others.draft(&honest, &say("after")).encode();
    for entry in [&bad, &good, &after] {
        victim.insert(entry).unwrap();
    }
    assert!(texts(&victim).is_empty());
    let inserted = victim.insert(&entries[1]).unwrap();
    assert_eq!(inserted.forked, [mallory.member()]);
    victim.insert(&entries[2]).unwrap();
    assert_eq!(texts(&victim), ["good", "after"]);
}

/// What waited of an author that contradicts itself never comes; what honest members said after it does.
#[test]
fn what_waited_of_a_forked_author_is_known_and_holds_nobody_up() {
    let (mut a, mut b, _) = room();
    let say = |text: &str| Payload::Say { text: text.to_string(), sent_at: 0 };
    let other = b.log.draft(&b.key, &say("other")).encode();
    let (one, two, three) = (b.say("one"), b.say("two"), b.say("three"));
    let mut late = Log::new(a.log.host());
    for placed in a.log.in_order() {
        late.insert(&placed.entry.encode()).unwrap();
    }
    // The host has read all three and answers the last; somebody else got the first and the last.
    for entry in [&one, &two, &three] {
        a.log.insert(entry).unwrap();
    }
    let answer = a.say("answer");
    late.insert(&one).unwrap();
    late.insert(&three).unwrap();
    assert!(late.insert(&answer).unwrap().placed.is_empty(), "its cause waits");
    let inserted = late.insert(&other).unwrap();
    assert_eq!(inserted.forked, [b.key.member()]);
    assert!(texts(&late).contains(&"answer".to_string()));
    assert_eq!(texts(&late).len(), 2, "and the first of the liar's, which was there before");
    // A reload knows the same.
    let mut again = Log::new(a.log.host());
    let kept: Vec<Vec<u8>> = late.in_order().into_iter().map(|placed| placed.entry.encode()).collect();
    again.restore(kept.iter().map(Vec::as_slice));
    let halves: Vec<_> = late.fork(&b.key.member()).map(Entry::encode).collect();
    again.restore_forks(halves.iter().map(Vec::as_slice));
    assert_eq!(texts(&again), texts(&late));
}

/// The host lets somebody in past the place where it contradicted itself, for some only.
#[test]
fn a_host_that_contradicts_itself_silences_nobody_who_answers_whom_only_some_know() {
    let ([h, d, b], mut host, _) = {
        let mut rng = Rng::new(&Seed([4; 32]));
        let keys = [0; 3].map(|_| Keypair::from_seed(&Secret::random(&mut rng)));
        let h = Keypair::from_seed(&Secret::random(&mut Rng::new(&Seed([4; 32]))));
        let host = Author { log: Log::new(h.member()), key: h };
        (keys, host, ())
    };
    let admit = |k: &Keypair| Payload::Admit { member: k.member(), name: String::from("X") };
    let base = vec![host.write(&CREATE), host.write(&admit(&d))];
    let (mut knows, mut other) = (log_of(&h.member(), &base), log_of(&h.member(), &base));
    let twin = host.log.draft(&host.key, &say("two'")).encode();
    let (two, three) = (host.say("two"), host.write(&admit(&b)));
    for entry in [&two, &three] {
        knows.insert(entry).unwrap();
    }
    other.insert(&two).unwrap();
    assert_eq!(other.insert(&twin).unwrap().forked, [h.member()], "three is void here");
    let hi = knows.draft(&b, &say("hi from b")).encode();
    knows.insert(&hi).unwrap();
    for i in 0..300 {
        let answer = knows.draft(&d, &say(&i.to_string())).encode();
        knows.insert(&answer).unwrap();
        let inserted = other.insert(&answer).unwrap();
        assert_eq!((inserted.placed.len(), inserted.dropped), (1, false), "{i}");
    }
    for i in 0..2 * MAX_STRANGERS {
        let entry = knows.draft(&b, &say(&i.to_string())).encode();
        knows.insert(&entry).unwrap();
        assert!(!other.insert(&entry).unwrap().dropped, "nor is it asked for again and again");
    }
}

/// Each half of a proof is over the author's quota where the other one, or what comes before it, is placed.
#[test]
fn an_honest_carrier_of_a_proof_is_not_blamed_for_its_authors_quota() {
    let ([h, mallory, _], _, entries) = three();
    let (host, mut all) = (h.member(), entries.clone());
    let mut source = log_of(&host, &entries);
    let name = |i: usize| crate::base::path::SafeName::from_local(&i.to_string());
    let files = |n: usize, size| {
        let files = (0..n).map(|i| FileMeta { name: name(i), size });
        Payload::Share { files: files.collect() }
    };
    let most = crate::io::MAX_FILES;
    for i in 0..MAX_FILES_PER_AUTHOR / most {
        let last = i + 1 == MAX_FILES_PER_AUTHOR / most;
        let entry = source.draft(&mallory, &files(most - usize::from(last), 1)).encode();
        source.insert(&entry).unwrap();
        all.push(entry);
    }
    let (mut carrier, mut victim) = (log_of(&host, &all), log_of(&host, &all));
    let before = source.draft(&mallory, &say("last good")).encode();
    source.insert(&before).unwrap();
    victim.insert(&before).unwrap();
    let halves = [1, 2].map(|size| source.draft(&mallory, &files(most, size)).encode());
    carrier.insert(&halves[0]).unwrap();
    assert_eq!(carrier.insert(&halves[1]).unwrap().forked, [mallory.member()]);
    for half in carrier.proof(&mallory.member()) {
        assert!(victim.insert(&half).unwrap().placed.is_empty());
    }
}

/// Who was not let in, as far as is known here, may yet be: what there is no room for is to be told again.
#[test]
fn of_strangers_so_many_entries_wait_and_one_more_is_to_be_told_again() {
    let ([h, _, _], _, entries) = three();
    let stranger = Keypair::from_seed(&Secret::random(&mut Rng::new(&Seed([8; 32]))));
    let mut log = log_of(&h.member(), &entries);
    for seq in 0..MAX_STRANGERS as u64 {
        assert!(!log.insert(&junk(&stranger, &h.member(), seq, vec![], "hi")).unwrap().dropped, "{seq}");
    }
    let one_more = log.insert(&junk(&stranger, &h.member(), MAX_STRANGERS as u64, vec![], "hi")).unwrap();
    assert_eq!(one_more, Inserted { dropped: true, ..Inserted::default() }, "and costs no signature");
}
