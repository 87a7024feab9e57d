//! The journal on a disk that fails and loses power at any operation.

use super::*;
use std::cell::RefCell;
use std::rc::Rc;

/// Two files, and what of them a loss of power would leave.
#[derive(Clone, Default)]
struct Disk {
    now: [Vec<u8>; 2],
    durable: [Vec<u8>; 2],
    /// Since the last flush of each.
    unflushed: [Vec<Change>; 2],
    /// Operations that change something.
    changes: usize,
    /// From this one to that one they fail.
    failing: std::ops::Range<usize>,
    /// A file is so much longer than what is in it.
    beyond: u64,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => {
                let end = *offset as usize + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset as usize..end].copy_from_slice(written);
            }
            Self::Truncate(size) => bytes.resize(*size as usize, 0),
        }
    }

    /// Its first half.
    fn torn(&self) -> Self {
        match self {
            Self::Write(offset, written) => Self::Write(*offset, written[..written.len() / 2].to_vec()),
            Self::Truncate(size) => Self::Truncate(*size),
        }
    }
}

/// How much of what was not flushed a loss of power leaves.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    Nothing,
    ButTheLast,
    HalfTheLast,
    /// Disks write in an order of their own.
    OnlyTheLast,
    All,
}

impl Leaves {
    const EACH: [Self; 5] =
        [Self::Nothing, Self::ButTheLast, Self::HalfTheLast, Self::OnlyTheLast, Self::All];
}

impl Disk {
    fn change(&mut self, which: usize, change: Change) -> Result<(), usize> {
        self.changes += 1;
        let failed = self.failing.contains(&(self.changes - 1));
        // What failed first may have been done all the same; without power nothing more is.
        if self.changes - 1 <= self.failing.start || !failed {
            self.unflushed[which].push(change.clone());
        }
        if failed {
            return Err(self.changes);
        }
        change.apply(&mut self.now[which]);
        Ok(())
    }

    fn lose_power(&self, leaves: Leaves) -> Self {
        let mut files = self.durable.clone();
        for (file, changes) in files.iter_mut().zip(&self.unflushed) {
            let Some((last, before)) = changes.split_last() else { continue };
            match leaves {
                Leaves::Nothing | Leaves::OnlyTheLast => {}
                Leaves::ButTheLast | Leaves::HalfTheLast | Leaves::All => {
                    before.iter().for_each(|change| change.apply(file));
                }
            }
            match leaves {
                Leaves::Nothing | Leaves::ButTheLast => {}
                Leaves::HalfTheLast => last.torn().apply(file),
                Leaves::OnlyTheLast | Leaves::All => last.apply(file),
            }
        }
        Self { now: files.clone(), durable: files, ..Self::default() }
    }
}

struct Fake(Rc<RefCell<Disk>>, usize);

impl File for Fake {
    type Error = usize;

    fn size(&self) -> Result<u64, usize> {
        let disk = self.0.borrow();
        Ok(disk.now[self.1].len() as u64 + disk.beyond)
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), usize> {
        let disk = self.0.borrow();
        let there = &disk.now[self.1][offset as usize..];
        assert!(bytes.len() as u64 <= there.len() as u64 + disk.beyond, "a read within the file");
        bytes.fill(0);
        bytes.iter_mut().zip(there).for_each(|(byte, there)| *byte = *there);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), usize> {
        self.0.borrow_mut().change(self.1, Change::Write(offset, bytes.to_vec()))
    }

    fn truncate(&self, size: u64) -> Result<(), usize> {
        self.0.borrow_mut().change(self.1, Change::Truncate(size))
    }

    fn flush(&self) -> Result<(), usize> {
        let mut disk = self.0.borrow_mut();
        disk.changes += 1;
        if disk.failing.contains(&(disk.changes - 1)) {
            return Err(disk.changes);
        }
        disk.durable[self.1] = disk.now[self.1].clone();
        disk.unflushed[self.1].clear();
        Ok(())
    }
}

type Shared = Rc<RefCell<Disk>>;
type Opened = Result<(Journal<Fake>, Records), Refused<usize>>;

fn open(disk: Disk) -> (Shared, Opened) {
    let disk = Rc::new(RefCell::new(disk));
    let opened = Journal::open([Fake(disk.clone(), 0), Fake(disk.clone(), 1)]);
    (disk, opened)
}

fn opened(disk: Disk) -> (Shared, Journal<Fake>, Records) {
    let (disk, opened) = open(disk);
    let (journal, records) = opened.expect("a journal that can be read");
    (disk, journal, records)
}

/// The records that a later visit finds.
fn found(disk: &Shared) -> Records {
    let Disk { now, .. } = disk.borrow().clone();
    opened(Disk { now: now.clone(), durable: now, ..Disk::default() }).2
}

/// Puts durably and tidies, as the store does.
fn keep(journal: &mut Journal<Fake>, key: &[u8], value: &[u8]) -> Result<(), NotPut<usize>> {
    journal.put(key, value)?;
    journal.flush()?;
    // A copy that fails leaves the journal long, which is no failure of what was put.
    let _tidied = journal.tidy();
    Ok(())
}

fn size(disk: &Shared) -> usize {
    disk.borrow().now.iter().map(Vec::len).sum()
}

/// A value as long as they get.
fn long(with: u8) -> Vec<u8> {
    vec![with; 65_536]
}

#[test]
fn what_was_put_comes_back_and_a_torn_end_costs_only_what_was_not_durable() {
    let (disk, mut journal, records) = opened(Disk::default());
    assert_eq!(records, Records::new());
    let mut ends = vec![HEADER];
    let puts = [(&b"i"[..], long(1)), (b"empty", vec![]), (b"i", vec![2]), (b"last", vec![3; 90])];
    for (key, value) in &puts {
        keep(&mut journal, key, value).unwrap();
        ends.push(size(&disk));
    }
    let whole = disk.borrow().now[0].clone();
    let edges = |cut: &usize| cut.is_multiple_of(997) || ends.iter().any(|end| cut.abs_diff(*end) < 30);
    for cut in (HEADER..=whole.len()).filter(edges) {
        let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
        let expected: Records =
            puts[..kept].iter().map(|(key, value)| (key.to_vec(), value.clone())).collect();
        // What was allocated but never written reads as zeros.
        for torn in [whole[..cut].to_vec(), [&whole[..cut], &[0; 32]].concat()] {
            let (disk, mut journal, records) = opened(Disk { now: [torn, vec![]], ..Disk::default() });
            assert_eq!(records, expected, "cut at {cut}");
            keep(&mut journal, b"later", b"goes on").unwrap();
            assert_eq!(found(&disk)[&b"later"[..]], b"goes on", "cut at {cut}");
        }
    }
}

#[test]
fn power_lost_while_it_is_made_leaves_one_that_can_be_opened() {
    for crash in 0.. {
        let (disk, mut journal, _) = opened(Disk { failing: crash..usize::MAX, ..Disk::default() });
        let kept = keep(&mut journal, b"i", b"me");
        for leaves in Leaves::EACH {
            let (_, _, records) = opened(disk.borrow().lose_power(leaves));
            assert!(kept.is_err() || records[&b"i"[..]] == b"me", "operation {crash}, {leaves:?}");
        }
        if kept.is_ok() {
            assert!(crash > 2, "a journal is made by several operations");
            break;
        }
    }
}

#[test]
fn however_much_is_put_at_once_what_power_lost_tears_off_is_never_taken_for_damage() {
    let (disk, mut journal, _) = opened(Disk::default());
    for key in 0..20 {
        journal.put(&[b'e', key], &long(key)).unwrap();
        for leaves in [Leaves::Nothing, Leaves::OnlyTheLast, Leaves::All] {
            let (_, result) = open(disk.borrow().lose_power(leaves));
            assert!(result.is_ok(), "record {key}, {leaves:?}");
        }
    }
}

#[test]
fn many_changes_keep_it_small_while_it_is_open_in_pieces_that_are_bounded() {
    let (disk, mut journal, _) = opened(Disk::default());
    for key in 0..40 {
        keep(&mut journal, &[b'e', key], &long(key)).unwrap();
    }
    let live = size(&disk);
    let mut expected = found(&disk);
    for change in 0..150_u16 {
        let before = disk.borrow().now.clone();
        keep(&mut journal, b"i", &[change as u8; 60_000]).unwrap();
        expected.insert(b"i".to_vec(), vec![change as u8; 60_000]);
        let after = disk.borrow().now.clone();
        let grown: usize = before.iter().zip(&after).map(|(a, b)| b.len().saturating_sub(a.len())).sum();
        assert!(grown <= 60_100 + STEP + MOST_RECORD, "change {change} wrote {grown} bytes");
        assert!(size(&disk) < 4 * live + MOST_REPLACED as usize, "change {change}: {}", size(&disk));
    }
    assert_eq!(found(&disk), expected);
}

#[test]
fn power_lost_at_any_point_of_a_copy_leaves_all_that_was_durable() {
    // More than one piece counts, and a little less than that was replaced.
    let (disk, mut journal, _) = opened(Disk::default());
    for key in (0..17).chain(0..16) {
        keep(&mut journal, &[b'e', key], &long(key)).unwrap();
    }
    assert!(journal.copying.is_none() && disk.borrow().now[1].is_empty(), "no copy is due yet");
    let base = disk.borrow().clone();
    let mut copied_past = 0;
    for crash in 0.. {
        let failing = base.changes + crash..usize::MAX;
        let (disk, mut journal, start) = opened(Disk { failing, ..base.clone() });
        // Keys that a copy has reached already, and others.
        let (mut states, mut durable) = (vec![start], 0);
        for (change, key) in [0, 16, 3, 5, 0, 16].into_iter().enumerate() {
            let (key, value) = (vec![b'e', key], vec![100 + change as u8; 50_000]);
            let mut next = states.last().unwrap().clone();
            next.insert(key.clone(), value.clone());
            states.push(next);
            if keep(&mut journal, &key, &value).is_err() {
                break;
            }
            durable = states.len() - 1;
        }
        let ended = disk.borrow().changes < base.changes + crash;
        copied_past += usize::from(!disk.borrow().now[1].is_empty());
        for leaves in Leaves::EACH {
            let (_, _, records) = opened(disk.borrow().lose_power(leaves));
            let at = states.iter().rposition(|state| *state == records);
            assert!(at >= Some(durable), "operation {crash}, {leaves:?}: {at:?} of {durable}");
        }
        if ended {
            assert_eq!(journal.current, 1, "a copy was made meanwhile");
            break;
        }
    }
    assert!(copied_past > 5, "{copied_past} crashes were within a copy");
}

#[test]
fn one_operation_that_fails_never_costs_what_is_put_later() {
    let (disk, mut journal, _) = opened(Disk::default());
    for change in 0..7_u8 {
        keep(&mut journal, b"i", &vec![change; 40_000]).unwrap();
    }
    let base = disk.borrow().clone();
    let mut copies_failed = 0;
    for failing in 0..20 {
        let at = base.changes + failing;
        let (disk, mut journal, mut expected) = opened(Disk { failing: at..at + 1, ..base.clone() });
        for change in 100..104_u8 {
            if keep(&mut journal, b"i", &[change; 100]).is_err() {
                // The engine deletes the records then; whatever it had put before is there until it does.
                assert_eq!(journal.put(b"i", b"behind what was not put"), Err(NotPut::Broken));
                break;
            }
            expected.insert(b"i".to_vec(), vec![change; 100]);
        }
        copies_failed += usize::from(journal.patience > MOST_REPLACED);
        for leaves in [Leaves::Nothing, Leaves::HalfTheLast, Leaves::All] {
            let (_, _, records) = opened(disk.borrow().lose_power(leaves));
            assert_eq!(records, expected, "operation {failing} failed, {leaves:?}");
        }
    }
    assert!(copies_failed > 2, "{copies_failed} failed within a copy");
}

#[test]
fn a_full_disk_is_not_asked_for_a_copy_at_every_change() {
    let (disk, mut journal, _) = opened(Disk::default());
    let mut tries = 0;
    for change in 0..400_u16 {
        journal.put(b"i", &[change as u8; 4_000]).unwrap();
        journal.flush().unwrap();
        // Only copies fail: what is put finds room.
        let from = disk.borrow().changes;
        disk.borrow_mut().failing = from + 1..from + 2;
        tries += usize::from(journal.tidy().is_err());
        disk.borrow_mut().failing = 0..0;
    }
    assert!((2..=7).contains(&tries), "{tries} tries while 1.6 MB were replaced");
}

#[test]
fn what_is_newer_foreign_or_rotten_is_refused_and_stays_as_it_is() {
    let whole = {
        let (disk, mut journal, _) = opened(Disk::default());
        for key in 0..20 {
            keep(&mut journal, &[b'e', key], &long(key)).unwrap();
        }
        disk.borrow().now[0].clone()
    };
    let spoilt = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    for (now, why) in [
        ([spoilt(4, 2), vec![]], Refused::Newer),
        ([whole.clone(), spoilt(4, 2)], Refused::Newer),
        ([spoilt(0, b'X'), vec![]], Refused::Damaged),
        ([spoilt(8, 9), vec![]], Refused::Damaged),
        ([b"another program's bytes, and many of them".to_vec(), vec![]], Refused::Damaged),
        ([vec![], b"another program's bytes, and many of them".to_vec()], Refused::Damaged),
        ([vec![0; 1_000], vec![]], Refused::Damaged),
        // Far more follows than a crash could have torn.
        ([spoilt(HEADER + 100, 9), vec![]], Refused::Damaged),
    ] {
        let (disk, result) = open(Disk { now: now.clone(), ..Disk::default() });
        assert_eq!(result.err(), Some(why));
        assert_eq!((disk.borrow().changes, &disk.borrow().now), (0, &now));
    }
}

#[test]
fn one_byte_beyond_its_bounds_it_is_refused_before_it_is_read_and_nothing_more_is_put() {
    let (disk, mut journal, _) = opened(Disk::default());
    keep(&mut journal, b"i", b"me").unwrap();
    let length = journal.length;
    let base = disk.borrow().clone();
    let (disk, result) = open(Disk { beyond: MOST_JOURNAL - length + 1, ..base.clone() });
    assert_eq!(result.err(), Some(Refused::TooLong));
    assert_eq!(disk.borrow().changes, base.changes);

    let live = journal.newest.live;
    let file = Fake(Rc::new(RefCell::new(base)), 0);
    assert!(load(&file, HEADER as u64, length, live).is_ok());
    assert_eq!(load(&file, HEADER as u64, length, live - 1).err(), Some(Refused::TooLong));

    let size = format::encode(b"x", b"1").len() as u64;
    journal.newest.live = MOST_LIVE - size;
    journal.put(b"x", b"1").unwrap();
    journal.put(b"x", b"2").expect("replacing takes no more room");
    assert_eq!(journal.put(b"y", b""), Err(NotPut::Full));
    journal.newest.live = 0;
    journal.length = MOST_JOURNAL - size + 1;
    assert_eq!(journal.put(b"z", b"1"), Err(NotPut::Full));
}

#[test]
fn a_journal_from_before_there_were_headers_is_read_and_gets_one_with_its_next_copy() {
    let old = [format::encode(b"i", b"me"), format::encode(b"e", b"hello")].concat();
    let (disk, mut journal, records) = opened(Disk { now: [old, vec![]], ..Disk::default() });
    assert_eq!(records, Records::from([(b"i".to_vec(), b"me".to_vec()), (b"e".to_vec(), b"hello".to_vec())]));
    for change in 0..9_u8 {
        keep(&mut journal, b"i", &vec![change; 40_000]).unwrap();
    }
    assert_eq!(format::beginning(&disk.borrow().now[1]), Beginning::Whole(1));
    assert_eq!(found(&disk)[&b"e"[..]], b"hello");
    assert_eq!(found(&disk)[&b"i"[..]], vec![8; 40_000]);
}

#[test]
fn what_was_forgotten_does_not_come_back_out_of_the_older_file() {
    let (disk, mut journal, _) = opened(Disk::default());
    for change in 0..8_u8 {
        keep(&mut journal, b"i", &vec![change; 40_000]).unwrap();
    }
    keep(&mut journal, b"i", b"what the older one lacks").unwrap();
    let base = disk.borrow().clone();
    for crash in 0..5 {
        let failing = base.changes + crash..usize::MAX;
        let (disk, mut journal, before) = opened(Disk { failing, ..base.clone() });
        let cleared = journal.clear();
        for leaves in [Leaves::Nothing, Leaves::All] {
            let (_, _, records) = opened(disk.borrow().lose_power(leaves));
            assert!(records.is_empty() || cleared.is_err() && records == before, "operation {crash}");
        }
        if cleared.is_err() {
            assert_eq!(journal.put(b"i", b"again"), Err(NotPut::Broken), "half forgotten");
        }
    }
    journal.clear().unwrap();
    keep(&mut journal, b"i", b"anew").unwrap();
    assert_eq!(found(&disk), Records::from([(b"i".to_vec(), b"anew".to_vec())]));
}
