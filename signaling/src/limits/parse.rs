//! Limits as people write them.

use bytesize::ByteSize;
use std::time::Duration;

/// Smallest header that the HTTP library can be told to take.
const MIN_HEADER: usize = 8 * 1024;
/// Longest time: four weeks. Timers need not be asked for more.
const MAX_TIME: Duration = Duration::from_secs(28 * 24 * 3600);

/// Largest number of anything: beyond it tables and semaphores of libraries end.
const MAX_COUNT: u64 = 1_000_000_000;
/// Smallest room for messages: almost two of the largest, or honest peers could not speak.
const MIN_ROOM: u64 = 32 * 1024;

/// A number of things, at least one.
pub(super) fn count<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let wrong = || format!("expected 1 to {MAX_COUNT}");
    match text.parse() {
        Ok(count @ 1..=MAX_COUNT) => N::try_from(count).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// `10s`, `2min`, `1h 30min`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time > MAX_TIME => Err("four weeks at most".to_owned()),
        Ok(time) if time.is_zero() => Err("more than nothing".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(format!("expected a time such as 10s or 2min: {error}")),
    }
}

/// As long as both sides have agreed on.
pub(super) fn turn_life(text: &str) -> Result<Duration, String> {
    match time(text)? {
        life if life > Duration::from_secs(signal_proto::MAX_TURN_LIFE.into()) => {
            Err("10min at most".to_owned())
        }
        life if life.as_secs() == 0 => Err("1s at least".to_owned()),
        life => Ok(life),
    }
}

/// `16KiB`, `2MiB`, `100kB`, or plain bytes.
pub(super) fn size<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let bytes: ByteSize = text.parse().map_err(|_| "expected a size such as 16KiB or 2MiB".to_owned())?;
    N::try_from(bytes.as_u64()).map_err(|_| "that is too much".to_owned())
}

/// A size into which messages fit.
pub(super) fn room<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    match size(text)? {
        bytes if bytes < MIN_ROOM => Err("32KiB at least: two of the largest messages".to_owned()),
        bytes => N::try_from(bytes).map_err(|_| "that is too much".to_owned()),
    }
}

/// As many tags as peers count on.
pub(super) fn tags(text: &str) -> Result<usize, String> {
    match count(text)? {
        tags if tags < signal_proto::MAX_TAGS_PER_SOCKET => {
            Err(format!("{} at least: peers count on them", signal_proto::MAX_TAGS_PER_SOCKET))
        }
        tags => Ok(tags),
    }
}

/// A size that the HTTP library takes.
pub(super) fn header_bytes(text: &str) -> Result<usize, String> {
    let bytes = size(text)?;
    if bytes < MIN_HEADER { Err("8KiB at least".to_owned()) } else { Ok(bytes) }
}

/// As many places as the answer to a join can name.
pub(super) fn places(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=signal_proto::MAX_PEERS) => Ok(count),
        _ => Err(format!("expected 1 to {}", signal_proto::MAX_PEERS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_as_people_write_them() {
        assert_eq!(time("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(time("1h 30min"), Ok(Duration::from_secs(5_400)));
        for bad in ["", "10", "0s", "-1s", "1year", "soon"] {
            assert!(time(bad).is_err(), "{bad}");
        }
        assert_eq!(size::<u32>("16KiB"), Ok(16_384));
        assert_eq!(size::<u32>("100kB"), Ok(100_000));
        assert_eq!(size::<usize>("7"), Ok(7));
        for bad in ["", "-1", "4GiB", "much"] {
            assert!(size::<u32>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_that_no_timer_need_keep_is_refused_and_why_is_said() {
        assert_eq!(time("28days"), Ok(Duration::from_secs(28 * 86_400)));
        assert_eq!(time("28days 1ms"), Err("four weeks at most".to_owned()));
        assert_eq!(time("0ms"), Err("more than nothing".to_owned()));
        assert_eq!(turn_life("1s"), Ok(Duration::from_secs(1)));
    }

    #[test]
    fn what_would_break_the_protocol_or_a_library_is_refused() {
        assert_eq!(places("64"), Ok(64));
        assert!(places("65").is_err() && places("0").is_err());
        assert_eq!(turn_life("10min"), Ok(Duration::from_secs(600)));
        assert!(turn_life("601s").is_err() && turn_life("999ms").is_err());
        assert_eq!(count::<usize>("1000000000"), Ok(1_000_000_000));
        for bad in ["0", "-1", "1000000001", "18446744073709551616", "many"] {
            assert!(count::<usize>(bad).is_err(), "{bad}");
        }
        assert!(tags("3").is_err() && tags("4") == Ok(4));
        assert!(room::<usize>("32767").is_err() && room::<u32>("32KiB") == Ok(32_768));
        assert_eq!(header_bytes("8KiB"), Ok(8_192));
        assert!(header_bytes("8191").is_err());
    }
}
