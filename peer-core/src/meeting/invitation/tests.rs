//! Links as they arrive: whatever programs on the way do, a link opens as itself, or is refused.

use super::*;
use crate::base::rng::Seed;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

/// Links that each mangling is tried with.
const LINKS: u8 = 40;
/// Manglings one upon the other that are tried with each of them.
const JOURNEYS: usize = 300;

fn links() -> impl Iterator<Item = Invitation> {
    (0..LINKS).map(|seed| {
        let mut rng = Rng::new(&Seed([seed; 32]));
        Invitation::new(DoorSecret::random(&mut rng), RoomId(rng.bytes()))
    })
}

/// A link with both characters that programs like to change.
fn invitation() -> Invitation {
    links()
        .find(|link| ["-", "_"].iter().all(|c| link.fragment().contains(c)))
        .expect("every fourth has both")
}

fn is(text: &str, link: &Invitation) {
    assert!(Invitation::parse(text).as_ref() == Ok(link), "{text:?} of {}", link.fragment());
}

/// `put` in the middle of `text`.
fn inside(text: &str, put: &str) -> String {
    let (one, other) = text.split_at(text.len() / 2);
    format!("{one}{put}{other}")
}

#[test]
fn a_link_opens_whatever_was_put_into_it() {
    for link in links() {
        let text = link.fragment();
        let blanks = " |\n|\r\n|\t|\u{a0}|\u{ad}|\u{200b}|\u{2060}|\u{feff}|\u{200e}|%20|%0A|%0D%0A|%09|%C2%A0|%A0|\
                      %C2%AD|%E2%80%8B|%25E2%2580%258B|%2520|=\n|=\r\n|=|=0A|=20|=C2=AD|\
                      &nbsp;|&shy;|&#8203;|&#xAD;|&amp;shy;|&amp;amp;#8203;";
        for put in blanks.split('|') {
            is(&inside(&text, put), &link);
            is(&format!("{put}{text}"), &link);
            is(&format!("{text}{put}"), &link);
        }
        for put in " |\n|%20|%0D%0A|\u{200b}|=20|=0A|&nbsp;|%E2%80%8B".split('|') {
            is(&format!("{text}{put}and the next word"), &link);
        }
    }
}

#[test]
fn a_link_opens_whatever_was_put_behind_it() {
    for link in links() {
        let text = link.fragment();
        let ends = ". , ; : ! ? ) ] } > ' \" … » ” ’ * ** _ __ — )! >. %22 %3E %29. &gt; &quot; &nbsp; &amp; \
                    ?utm_source=a&utm_medium=b &fbclid=IwAR0x &amp;fbclid=IwAR0x %3Ffbclid%3Dx \
                    :~:text=some%20words #top / | <br> \\";
        for put in ends.split(' ') {
            is(&format!("{text}{put}"), &link);
        }
        for put in "# ## %23 %2523 / #/ ! < ( \"".split(' ') {
            is(&format!("{put}{text}"), &link);
        }
    }
}

#[test]
fn a_link_opens_whatever_its_two_signs_became() {
    for link in links() {
        let text = link.fragment();
        let hyphens = "%2D %2d %252D %25252D =2D &#45; &#x2D; &minus; \u{2010} \u{2011} \u{2013} \u{2014} \u{2212} \
                       %E2%80%91 =E2=80=94 &ndash; &amp;ndash;";
        for sign in hyphens.split(' ') {
            is(&text.replace('-', sign), &link);
        }
        for sign in "%5F %5f %255F =5F &#95; &lowbar; %26lowbar%3B".split(' ') {
            is(&text.replace('_', sign), &link);
        }
        let all: String = text.bytes().map(|byte| format!("%25{byte:02X}")).collect();
        is(&all, &link);
    }
}

/// What one program on the way does; `at` is where, if anywhere.
type Mangling = fn(&str, usize) -> String;

/// Put in anywhere between two characters; what escapes comes after what it could tear.
const MANGLINGS: [Mangling; 9] = [
    |text, at| put(text, at, " "),
    |text, at| put(text, at, "\r\n"),
    |text, at| put(text, at, "\u{200b}"),
    |text, at| put(text, at, "\u{ad}"),
    |text, _| text.replace('-', "\u{2011}"),
    |text, _| format!("{text}&fbclid=IwAR0-x_y"),
    |text, _| format!("{text}.)"),
    |text, _| text.replace('_', "%5F").replace(' ', "%20"),
    |text, _| text.replace('%', "%25").replace('\u{ad}', "%C2%AD"),
];

fn put(text: &str, at: usize, what: &str) -> String {
    let at = text.char_indices().map(|(at, _)| at).nth(at % text.chars().count()).expect("a place in it");
    format!("{}{what}{}", &text[..at], &text[at..])
}

#[test]
fn whatever_several_programs_do_one_after_the_other_a_link_opens_or_is_refused_and_a_cut_one_is_refused() {
    for (seed, link) in (0u8..).zip(links()) {
        let mut rng = Rng::new(&Seed([seed; 32]));
        let mut opened = 0;
        for _ in 0..JOURNEYS {
            let whole = link.fragment();
            let missing = 1 + rng.below(43) as usize;
            let (mut text, mut cut) = (whole.clone(), whole[..whole.len() - missing].to_string());
            let mut steps: Vec<_> = (0..3).map(|_| rng.below(MANGLINGS.len() as u64) as usize).collect();
            steps.sort_unstable();
            for step in steps {
                let at = rng.below(whole.len() as u64) as usize;
                text = MANGLINGS[step](&text, at);
                cut = MANGLINGS[step](&cut, at);
            }
            is(&text, &link);
            assert!(Invitation::parse(&cut).is_err(), "{cut:?} of {whole}");
            // Programs that tear what others have escaped.
            let torn = put(&text, rng.below(200) as usize, "\u{2060}");
            match Invitation::parse(&torn) {
                Ok(other) => {
                    assert!(other == link, "{torn:?} of {whole}");
                    opened += 1;
                }
                Err(error) => assert_eq!(error, BadLink::Malformed, "{torn:?} of {whole}"),
            }
        }
        assert!(opened > JOURNEYS / 2, "most open: {opened}");
    }
}

#[test]
fn what_is_cut_has_more_or_has_lost_its_case_is_no_link() {
    let link = invitation();
    let text = link.fragment();
    for cut in 0..text.len() {
        for behind in ["", ".", "&fbclid=IwAR0x", "?utm="] {
            let bad = format!("{}{behind}{}", &text[..cut], if behind.len() > 1 { &text[cut..] } else { "" });
            assert!(Invitation::parse(&bad).is_err(), "{bad}");
        }
    }
    for bad in [
        format!("{text}A"),
        format!("{text}-A"),
        format!("{text}AAAA"),
        text.to_lowercase(),
        text.to_uppercase(),
        inside(&text, "."),
        inside(&text, "&"),
        inside(&text, "%"),
        inside(&text, "\u{e4}"),
        text.replace('-', ""),
        text.replace('-', "--"),
        "room".into(),
        String::new(),
    ] {
        assert_eq!(Invitation::parse(&bad).err(), Some(BadLink::Malformed), "{bad}");
    }
}

#[test]
fn what_could_be_two_links_is_none() {
    // A line break before `5F`, or an underscore: 44 characters up to one of two spaces either way.
    let text = format!("AQa=5F{} b c", "a".repeat(39));
    assert_eq!([false, true].map(|quoted| mangled::mended(&text, CHARACTERS, quoted).len()), [44, 44]);
    assert_eq!(Invitation::parse(&text).err(), Some(BadLink::Malformed));
}

#[test]
fn a_newer_link_is_told_apart() {
    for text in [Base64UrlUnpadded::encode_string(&[2; 40]), Base64UrlUnpadded::encode_string(&[2; 33])] {
        assert_eq!(Invitation::parse(&text).err(), Some(BadLink::Version), "{text}");
        assert_eq!(Invitation::parse(&format!("{text}.")).err(), Some(BadLink::Version), "{text}");
    }
    // One that is shorter than any link was is cut, whoever made it, and there was no version before the first.
    for bad in [[2; 32].to_vec(), [&[0][..], &[107; 39]].concat()] {
        let text = Base64UrlUnpadded::encode_string(&bad);
        assert_eq!(Invitation::parse(&text).err(), Some(BadLink::Malformed), "{text}");
    }
    assert_ne!(BadLink::Version.to_string(), BadLink::Malformed.to_string(), "and is said");
}

#[test]
fn only_so_much_of_a_text_is_looked_at() {
    let link = invitation();
    let blank = " ".repeat(4_096 - CHARACTERS);
    is(&format!("{blank}{}", link.fragment()), &link);
    assert!(Invitation::parse(&format!("{blank} {}", link.fragment())).is_err());
    is(&format!("{} {}", link.fragment(), "x".repeat(100_000)), &link);
}

#[test]
fn a_link_that_programs_would_cut_or_join_is_known() {
    let ends = |byte: u8| Invitation::new(DoorSecret([0; 16]), RoomId([byte; 16]));
    // 62 and 63 are `-` and `_`.
    assert!(ends(0).travels_well());
    for (last, well) in [(61, true), (62, false), (63, false)] {
        let mut room = [0; 16];
        room[15] = last;
        assert_eq!(Invitation::new(DoorSecret([0; 16]), RoomId(room)).travels_well(), well, "{last}");
    }
    for pair in [0b111110_111110u16, 0b111111_111111] {
        let mut secret = [0; 16];
        secret[2..5].copy_from_slice(&(u32::from(pair) << 12).to_be_bytes()[1..]);
        let link = Invitation::new(DoorSecret(secret), RoomId([0; 16]));
        assert!(!link.travels_well(), "{}", link.fragment());
    }
}

#[test]
fn a_new_link_travels_well_and_so_does_that_of_a_new_room() {
    let mut rng = Rng::new(&Seed([9; 32]));
    let mut rooms = 0;
    while rooms < 200 {
        let room = RoomId(rng.bytes());
        if Invitation::travels_well_to(room) {
            rooms += 1;
            let link = Invitation::new(Invitation::secret_of(room, &mut rng), room);
            assert!(link.travels_well(), "{}", link.fragment());
        }
    }
    // One whose room cannot is made all the same.
    let mut room = [0; 16];
    room[15] = 63;
    assert!(!Invitation::new(Invitation::secret_of(RoomId(room), &mut rng), RoomId(room)).travels_well());
}
