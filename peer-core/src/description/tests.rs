//! Descriptions as Chromium 156 and Firefox 153 made them, and what an attacker would like to put there.

use super::{BadDescription, Description, MAX_MESSAGE, MAX_SDP};
use crate::base::id::Fingerprint;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

const CHROMIUM_OFFER: &str = "\
v=0
o=- 4050570054907076130 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:LrkZ
a=ice-pwd:HWxHObX9uSXNEpjgx9Vrg96C
a=ice-options:trickle
a=fingerprint:sha-256 5A:EB:54:5F:BD:54:38:A0:DD:D4:98:CF:CB:1E:54:81:C3:6E:82:88:EF:9B:F3:0A:30:73:7E:76:7A:52:D3:4F
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
";

const CHROMIUM_ANSWER: &str = "\
v=0
o=- 2915120337870381749 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:WmEf
a=ice-pwd:dNrgxK1sJgvPJuKE1LYWEl/8
a=ice-options:trickle
a=fingerprint:sha-256 63:D3:F3:94:AD:61:16:1B:35:F3:21:F8:E5:BA:5D:E1:E3:B3:F0:6E:5E:B4:AD:31:FF:73:C3:D9:54:87:5D:49
a=setup:active
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
";

const FIREFOX_OFFER: &str = "\
v=0
o=mozilla...THIS_IS_SDPARTA-99.0 5420077209671067280 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 53:B4:DC:FB:B7:43:6F:49:7A:E3:86:84:7E:4C:59:64:5F:65:34:27:6D:40:82:BB:62:D3:08:48:77:59:30:A7
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=sendrecv
a=ice-pwd:c4234888fe9a813c2e48ad5d174a6949
a=ice-ufrag:4452f3b3
a=mid:0
a=setup:actpass
a=sctp-port:5000
a=max-message-size:1073741823
";

const FIREFOX_ANSWER: &str = "\
v=0
o=mozilla...THIS_IS_SDPARTA-99.0 1168443949115941985 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 B9:DE:A0:97:52:77:5C:2A:FF:1F:E2:C1:B9:FC:60:02:48:EF:02:4B:F6:84:11:E5:2E:50:88:A7:8F:CD:F7:C3
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=sendrecv
a=ice-pwd:a6272d898e2156a88f9615967987b9c4
a=ice-ufrag:df6fa599
a=mid:0
a=setup:active
a=sctp-port:5000
a=max-message-size:1073741823
";

const FIREFOX_GATHERED: &str = "\
v=0
o=mozilla...THIS_IS_SDPARTA-99.0 5420077209671067280 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 53:B4:DC:FB:B7:43:6F:49:7A:E3:86:84:7E:4C:59:64:5F:65:34:27:6D:40:82:BB:62:D3:08:48:77:59:30:A7
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=candidate:0 1 UDP 2122187007 88811c8f-d065-416b-8153-c9a759090628.local 37398 typ host
a=candidate:2 1 TCP 2105458943 88811c8f-d065-416b-8153-c9a759090628.local 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=ice-pwd:c4234888fe9a813c2e48ad5d174a6949
a=ice-ufrag:4452f3b3
a=mid:0
a=setup:actpass
a=sctp-port:5000
a=max-message-size:1073741823
";

const REAL: [&str; 5] = [CHROMIUM_OFFER, CHROMIUM_ANSWER, FIREFOX_OFFER, FIREFOX_ANSWER, FIREFOX_GATHERED];

const OTHER_FINGERPRINT: &str = "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:\
                                 10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

fn parse(text: &str) -> Result<Description, BadDescription> {
    Description::parse_local(&crlf(text))
}

fn sample() -> Description {
    let fingerprint = Fingerprint(core::array::from_fn(|place| u8::try_from(place).unwrap()));
    Description::new("abCD".into(), "0123456789+/abcdefghij".into(), fingerprint).unwrap()
}

#[test]
fn what_browsers_make_is_read() {
    let expected = [
        ("LrkZ", "HWxHObX9uSXNEpjgx9Vrg96C", "5aeb545f"),
        ("WmEf", "dNrgxK1sJgvPJuKE1LYWEl/8", "63d3f394"),
        ("4452f3b3", "c4234888fe9a813c2e48ad5d174a6949", "53b4dcfb"),
        ("df6fa599", "a6272d898e2156a88f9615967987b9c4", "b9dea097"),
        ("4452f3b3", "c4234888fe9a813c2e48ad5d174a6949", "53b4dcfb"),
    ];
    for (text, (ufrag, pwd, fingerprint)) in REAL.into_iter().zip(expected) {
        let description = parse(text).unwrap();
        assert_eq!((description.ufrag.as_str(), description.pwd.as_str()), (ufrag, pwd));
        assert!(description.fingerprint().to_hex().starts_with(fingerprint));
    }
}

#[test]
fn the_remote_description_is_exactly_the_template() {
    let offer = "\
v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:0
a=ice-ufrag:abCD
a=ice-pwd:0123456789+/abcdefghij
a=ice-options:trickle
a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F
a=setup:actpass
a=sctp-port:5000
a=max-message-size:262144
";
    assert_eq!(sample().render_offer(), crlf(offer));
    assert_eq!(sample().render_answer(), crlf(offer).replace("actpass", "active"));
}

#[test]
fn nothing_of_a_description_is_lost_on_its_way() {
    for description in REAL.into_iter().map(|text| parse(text).unwrap()).chain([sample()]) {
        assert_eq!(Description::parse_local(&description.render_offer()), Ok(description.clone()));
        assert_eq!(Description::parse_local(&description.render_answer()), Ok(description.clone()));
        let bytes = postcard::to_allocvec(&description).unwrap();
        assert_eq!(postcard::from_bytes(&bytes), Ok(description.clone()));
        for cut in 0..bytes.len() {
            assert!(postcard::from_bytes::<Description>(&bytes[..cut]).is_err());
        }
    }
}

#[test]
fn a_second_or_another_fingerprint_is_refused_wherever_it_stands() {
    for text in REAL {
        let lines: Vec<&str> = text.lines().collect();
        let own = *lines.iter().find(|line| line.starts_with("a=fingerprint")).unwrap();
        // After t= and everywhere below; above it an attribute is out of place anyway.
        for place in 0..=lines.len() {
            for added in
                [own, OTHER_FINGERPRINT, "a=fingerprint:sha-1 00:11", "a=fingerprint:", "a=fingerprint"]
            {
                let mut more = lines.clone();
                more.insert(place, added);
                let refused = parse(&(more.join("\n") + "\n")).unwrap_err();
                let out_of_place = place < 4 || lines[place - 1].starts_with("m=");
                let expected =
                    if out_of_place { BadDescription::Malformed } else { BadDescription::Fingerprint };
                assert_eq!(refused, expected, "{added} at {place}");
            }
        }
    }
}

#[test]
fn only_one_sha_256_fingerprint_in_the_exact_form_counts() {
    let good = CHROMIUM_OFFER.lines().find(|line| line.starts_with("a=fingerprint")).unwrap();
    let bad = [
        good.replace("sha-256", "sha-384"),
        good.replace("sha-256", "SHA-256"),
        good.replace("sha-256 ", "sha-256  "),
        good.replace("5A:EB", "5a:eb"),
        good.replace("5A:EB", "5AEB"),
        good.replace("5A:EB", "5A:EG"),
        good.replace("5A:EB:", "5A:"),
        good.replace("5A:EB", "5A:EB:EB"),
        format!("{good}:"),
        format!("{good}:00"),
        format!("{good} "),
        "a=x:y".to_string(),
    ];
    for line in bad {
        assert_eq!(parse(&CHROMIUM_OFFER.replace(good, &line)), Err(BadDescription::Fingerprint), "{line}");
    }
}

#[test]
fn a_description_without_a_needed_line_is_refused_and_one_without_an_idle_line_is_the_same() {
    let idle = ["a=group:", "a=extmap", "a=msid", "a=sendrecv", "a=candidate", "a=end-of"];
    for text in REAL {
        let whole = parse(text);
        for (place, line) in text.lines().enumerate() {
            let less: String = text
                .lines()
                .enumerate()
                .filter(|(at, _)| *at != place)
                .map(|(_, l)| format!("{l}\n"))
                .collect();
            if idle.iter().any(|start| line.starts_with(start)) {
                assert_eq!(parse(&less), whole, "without {line}");
            } else {
                assert!(parse(&less).is_err(), "without {line}");
                let twice = text.replace(line, &format!("{line}\n{line}"));
                assert!(parse(&twice).is_err(), "twice {line}");
            }
        }
    }
}

#[test]
fn whatever_would_not_fit_the_template_of_the_other_side_is_refused() {
    use BadDescription::{Constant, Credentials, Malformed, Sections};
    let media = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\n";
    let cases = [
        ("a=setup:actpass", "a=setup:passive", Constant),
        ("a=setup:actpass", "a=setup:holdconn", Constant),
        ("a=mid:0", "a=mid:1", Constant),
        ("a=mid:0", "a=mid:data", Constant),
        ("a=ice-options:trickle", "a=ice-options:ice2", Constant),
        ("a=sctp-port:5000", "a=sctp-port:5001", Constant),
        ("a=sctp-port:5000", "a=sctp-port:many", Constant),
        ("a=max-message-size:262144", "a=max-message-size:262143", Constant),
        ("a=max-message-size:262144", "a=max-message-size:99999999999999999999", Constant),
        ("a=max-message-size:262144", "a=max-message-size:-1", Constant),
        ("a=msid-semantic: WMS", "a=ice-lite", Constant),
        ("a=msid-semantic: WMS", "a=identity:eyJ", Constant),
        ("a=extmap-allow-mixed", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", Constant),
        ("a=extmap-allow-mixed", "a=sctpmap:5000 webrtc-datachannel 1024", Constant),
        ("a=ice-ufrag:LrkZ", "a=ice-ufrag:Lrk", Credentials),
        ("a=ice-ufrag:LrkZ", "a=ice-ufrag:", Credentials),
        ("a=ice-ufrag:LrkZ", "a=ice-ufrag:Lr Z", Credentials),
        ("a=ice-ufrag:LrkZ", "a=ice-ufrag:Lr-Z", Credentials),
        ("a=ice-pwd:HWxHObX9uSXNEpjgx9Vrg96C", "a=ice-pwd:HWxHObX9uSXNEpjgx9Vrg", Credentials),
        (media, "", Sections),
        (media, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\n", Sections),
        (media, "m=application 9 DTLS/SCTP 5000\nc=IN IP4 0.0.0.0\n", Sections),
        (media, "m=application 9 TCP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\n", Sections),
        (media, "m=audio 9 UDP/TLS/RTP/SAVPF 111\nc=IN IP4 0.0.0.0\n", Sections),
        (media, &format!("{media}{media}"), Sections),
        ("a=mid:0\n", "m=audio 9 UDP/TLS/RTP/SAVPF 111\nc=IN IP4 0.0.0.0\na=mid:0\n", Sections),
        ("v=0\n", "v=1\n", Malformed),
        ("v=0\n", "\nv=0\n", Malformed),
        ("s=-\n", "", Malformed),
        ("s=-\n", "s=-\ns=-\n", Malformed),
        ("t=0 0\n", "t=0 0\nt=1 1\n", Malformed),
        ("t=0 0\n", "t=0 0\nb=AS:1\n", Malformed),
        ("t=0 0\n", "t=0 0\nk=clear:x\n", Malformed),
        ("t=0 0\n", "t=0 0\n\n", Malformed),
        ("s=-\n", "s=\n", Malformed),
        ("s=-\n", "s=\u{fffd}\n", Malformed),
        ("s=-\n", "s=a\tb\n", Malformed),
        ("s=-\n", "s=a\0b\n", Malformed),
        ("s=-\n", "ss=-\n", Malformed),
        ("s=-\n", "=-\n", Malformed),
        ("s=-\n", "S=-\n", Malformed),
        ("s=-\n", "s -\n", Malformed),
    ];
    for (from, to, expected) in cases {
        let text = CHROMIUM_OFFER.replacen(from, to, 1);
        assert_ne!(text, CHROMIUM_OFFER, "{from}");
        assert_eq!(parse(&text), Err(expected), "{from} -> {to}");
    }
    assert!(parse(&CHROMIUM_OFFER.replace("size:262144", "size:0")).is_ok(), "0 is without limit");
}

#[test]
fn one_past_every_length_is_refused() {
    let with = |ufrag: usize, pwd: usize| {
        Description::new("u".repeat(ufrag), "p".repeat(pwd), Fingerprint([0; 32])).map(drop)
    };
    for (ufrag, pwd) in [(4, 22), (32, 64)] {
        assert_eq!(with(ufrag, pwd), Ok(()));
    }
    for (ufrag, pwd) in [(3, 22), (33, 22), (4, 21), (4, 65), (0, 0)] {
        assert_eq!(with(ufrag, pwd), Err(BadDescription::Credentials));
    }
    let text = crlf(CHROMIUM_OFFER);
    let padded = |length: usize| format!("{text}a={}\r\n", "x".repeat(length - text.len() - 4));
    assert!(Description::parse_local(&padded(MAX_SDP)).is_ok());
    assert_eq!(Description::parse_local(&padded(MAX_SDP + 1)), Err(BadDescription::TooLong));
    assert_eq!(MAX_MESSAGE, 262_144, "Chromium refuses more");
}

#[test]
fn lines_end_in_crlf_and_none_may_be_missing() {
    assert_eq!(Description::parse_local(CHROMIUM_OFFER), Err(BadDescription::Malformed));
    for text in REAL.map(crlf) {
        for cut in 0..text.len() {
            assert!(Description::parse_local(&text[..cut]).is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn a_remote_cannot_add_a_line_or_leave_the_grammar() {
    let fingerprint = Fingerprint([9; 32]);
    let pwd = "p".repeat(22);
    let bad: [(&str, &str); 9] = [
        ("abcd\r\na=ice-lite", &pwd),
        ("abcd\n", &pwd),
        ("ab d", &pwd),
        ("abcé", &pwd),
        ("abc\0", &pwd),
        ("abc:", &pwd),
        ("abc", &pwd),
        ("abcd", "pppppppppppppppppppppp\r\na=fingerprint:sha-256 00"),
        ("abcd", "ppppppppppppppppppppp="),
    ];
    for (ufrag, pwd) in bad {
        let bytes = postcard::to_allocvec(&(ufrag, pwd, fingerprint)).unwrap();
        assert!(postcard::from_bytes::<Description>(&bytes).is_err(), "{ufrag:?} {pwd:?}");
    }
    let bytes = postcard::to_allocvec(&("abcd", pwd.as_str(), fingerprint)).unwrap();
    assert!(postcard::from_bytes::<Description>(&bytes).is_ok());
}

#[test]
fn the_password_is_not_printed() {
    for description in REAL.into_iter().map(|text| parse(text).unwrap()) {
        let printed = format!("{description:?} {description:#?}");
        assert!(printed.contains(&description.ufrag) && !printed.contains(&description.pwd));
    }
    let refused = parse(&CHROMIUM_OFFER.replace("a=mid:0", "a=mid:1")).unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains("HWxHObX9"));
}

/// Whatever is done to a description: it is refused, or what comes of it renders to the same template.
#[test]
fn mangled_descriptions_never_give_more_than_the_template() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut read = 0;
    for round in 0..20_000u32 {
        let text = crlf(REAL[below(&mut rng, REAL.len())]);
        let mut bytes = text.into_bytes();
        for _ in 0..=below(&mut rng, 3) {
            mangle(&mut rng, &mut bytes);
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let Ok(description) = Description::parse_local(&text) else { continue };
        read += 1;
        let offer = description.render_offer();
        assert_eq!(offer.lines().count(), 15, "round {round}");
        assert_eq!(offer.matches("fingerprint").count(), 1, "round {round}");
        assert_eq!(Description::parse_local(&offer), Ok(description), "round {round}");
    }
    assert!(read > 100, "only {read} were read: the test shows nothing");
}

/// Bytes off the wire: decoded to a valid description or refused.
#[test]
fn mangled_bytes_never_give_an_invalid_description() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let good = postcard::to_allocvec(&sample()).unwrap();
    for round in 0..20_000u32 {
        let mut bytes = good.clone();
        mangle(&mut rng, &mut bytes);
        if let Ok(description) = postcard::from_bytes::<Description>(&bytes) {
            assert_eq!(
                Description::parse_local(&description.render_answer()),
                Ok(description),
                "round {round}"
            );
        }
    }
}

fn below(rng: &mut ChaCha20Rng, end: usize) -> usize {
    usize::try_from(rng.next_u64() % u64::try_from(end).unwrap()).unwrap()
}

/// Changes, inserts, removes or repeats something somewhere.
pub(in crate::description) fn mangle(rng: &mut ChaCha20Rng, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let at = below(rng, bytes.len());
    let interesting = b"\r\n:= \0a0/+.\x7f\xff-1";
    match rng.next_u32() % 5 {
        0 => bytes[at] = interesting[below(rng, interesting.len())],
        1 => bytes[at] ^= 1 << (rng.next_u32() % 8),
        2 => bytes.insert(at, interesting[below(rng, interesting.len())]),
        3 => drop(bytes.drain(at..(at + below(rng, 40)).min(bytes.len()))),
        _ => {
            let end = (at + below(rng, 120)).min(bytes.len());
            let copy = bytes[at..end].to_vec();
            let to = below(rng, bytes.len());
            bytes.splice(to..to, copy);
        }
    }
}

#[test]
fn every_refusal_says_why() {
    let why = [
        BadDescription::TooLong,
        BadDescription::Malformed,
        BadDescription::Sections,
        BadDescription::Missing,
        BadDescription::Repeated,
        BadDescription::Fingerprint,
        BadDescription::Credentials,
        BadDescription::Constant,
    ];
    let mut said: Vec<String> = why.iter().map(ToString::to_string).collect();
    said.sort();
    said.dedup();
    assert!(said.len() == why.len() && said.iter().all(|text| !text.is_empty()), "{said:?}");
}
