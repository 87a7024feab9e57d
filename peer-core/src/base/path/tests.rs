//! Names as people have them must survive; names as attackers make them must not get through.

use super::{BadName, BadPath, MAX_FILE_NAME, MAX_NAME_BYTES, SafeName, clean_line, clean_person_name};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// Text of the world that must not lose a character, as a file's name or a person's.
const REAL: [&str; 34] = [
    "Übergabe",
    "U\u{308}bergabe in NFD",
    "été à la plage",
    "Nguyễn Văn Đức",
    "Nguye\u{302}\u{303}n in NFD",
    "Ωμέγα",
    "Отчёт за год",
    "履歴書　最終版",
    "葛\u{e0100}城市",
    "프로젝트 계획",
    "दस्तावेज़",
    "क्\u{200d}ष",
    "ශ්\u{200d}රී ලංකාව",
    "এ্যাপ র\u{200d}্যাব",
    "രാജ്\u{200c}ഞി",
    "தமிழ் கோப்பு",
    "ภาษาไทย",
    "ខ្មែរ",
    "မြန်မာ",
    "ᠮᠣᠩᠭᠣᠯ\u{180b}",
    "تقرير سنوي",
    "می\u{200c}خواهم خانه\u{200c}ها",
    "דוח שנתי",
    "שָׁלוֹם",
    "mix עברית and English عربي 12",
    "🌉 bridge",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 family",
    "👨🏽\u{200d}⚕\u{fe0f} doctor",
    "🏳\u{fe0f}\u{200d}🌈🏴\u{200d}☠\u{fe0f}",
    "❤\u{fe0f}\u{200d}🔥 ☺\u{fe0e}",
    "1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3} first",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 🇩🇰",
    "a b   c",
    "100% ~ it's (fine) [really] {ok} #1, a=b; c & d! €5 @home $x ^y `z`",
];

fn remote(name: &str) -> Result<String, BadPath> {
    SafeName::parse_remote(name).map(String::from)
}

fn local(name: &str) -> String {
    SafeName::from_local(name).into()
}

#[test]
fn real_names_of_files_survive_both_ways() {
    for name in REAL {
        for name in [name.to_string(), format!("{name}.pdf"), format!("{name}.tar.gz"), format!(".{name}")] {
            assert_eq!(local(&name), name);
            assert_eq!(remote(&name), Ok(name));
        }
    }
}

#[test]
fn real_names_of_people_survive() {
    for name in REAL.into_iter().filter(|name| name.chars().count() <= 40 && *name != "a b   c") {
        // A person's name has ordinary spaces only.
        assert_eq!(clean_person_name(name), Ok(name.replace('\u{3000}', " ")));
    }
    assert_eq!(clean_person_name("  Anna\n\tMaria   Smith "), Ok("Anna Maria Smith".into()));
    assert_eq!(clean_person_name("Anna\u{2029}Smith"), Ok("Anna Smith".into()));
    assert_eq!(clean_person_name("Anna\u{a0}Smith\u{3000}"), Ok("Anna Smith".into()));
}

#[test]
fn a_name_that_tries_to_leave_its_folder_is_refused() {
    let names = [
        "/",
        "/etc/passwd",
        "a/b",
        "a/",
        "../a",
        "..",
        ".",
        "./a",
        "..\\a",
        "a\\b",
        "\\\\server\\share\\a",
        "\\\\?\\C:\\a",
        "C:",
        "C:a",
        "C:\\a",
        "a.txt:stream",
        "a.txt::$DATA",
        ":",
        "file:///a",
        "a\0.txt",
        "\0",
        "\u{200b}/a",
    ];
    for name in names {
        assert_eq!(remote(name), Err(BadPath::Leaves), "{name:?}");
    }
    for name in
        ["", " ", "...", ". .", ".. ", " ..", "..\u{200b}", ".\u{200b}.", "\u{200b}", "\u{2800}", "\u{3164}"]
    {
        assert_eq!(remote(name), Err(BadPath::Empty), "{name:?}");
    }
}

#[test]
fn what_the_person_chose_is_made_safe_instead() {
    let cases = [
        ("a/b\\c:d", "a_b_c_d"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("", "_"),
        (".", "_"),
        ("..", "_"),
        ("\0", "_"),
        ("12:30 notes.txt", "12_30 notes.txt"),
        ("what? <really> \"yes\" | *.txt", "what_ _really_ _yes_ _ _.txt"),
        ("end. ", "end"),
        ("end...", "end"),
        (" start.txt", "start.txt"),
        ("evil.exe .", "evil.exe"),
    ];
    for (name, safe) in cases {
        assert_eq!(local(name), safe);
    }
}

#[test]
fn names_of_devices_are_made_ordinary() {
    let devices = [
        "CON",
        "con",
        "Con.txt",
        "nul.tar.gz",
        "NUL .txt",
        "AUX.",
        "prn",
        "COM1",
        "com9.log",
        "COM0",
        "COM¹",
        "lpt³.x",
        "CONIN$",
        "conout$.txt",
        "CLOCK$",
        "\u{200b}nul",
        "n\u{ad}ul",
        " con",
    ];
    for name in devices {
        let safe = remote(name).unwrap();
        assert!(safe.starts_with('_'), "{name:?} -> {safe:?}");
        assert_eq!(remote(&safe), Ok(safe.clone()), "{name:?}");
    }
    for name in
        ["CONTRACT.pdf", "com.txt", "com10.txt", "COM1x", "lptx", "my con.txt", "a.nul", ".con", "null"]
    {
        assert_eq!(remote(name), Ok(name.into()));
    }
    // Shortening must not lay one bare.
    let hidden = format!("con{}x", " ".repeat(300));
    assert_eq!(local(&hidden), "_con");
    assert_eq!(local(&format!("{hidden}.txt")), "_con.txt");
}

#[test]
fn a_name_shows_everything_that_is_in_it() {
    let cases = [
        // The classic: shown as invoice-exe.pdf in full.
        ("invoice-\u{202e}fdp.exe", "invoice-\u{fffd}fdp.exe"),
        ("a\u{2066}b\u{2069}c", "a\u{fffd}b\u{fffd}c"),
        ("a\nb\r\tc", "a\u{fffd}b\u{fffd}\u{fffd}c"),
        ("\u{1b}[31mred\u{7}\u{9b}1m", "\u{fffd}[31mred\u{fffd}\u{fffd}1m"),
        (
            "a\u{7f}\u{85}\u{2028}\u{2029}\u{fff9}\u{ffff}",
            "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
        ),
        // What innocent programs leave behind is dropped, so that twins look alike because they are.
        ("\u{200e}IMG-1.jpg", "IMG-1.jpg"),
        ("\u{feff}re\u{ad}port\u{200b}.pdf", "report.pdf"),
        ("\u{200f}דוח\u{200f}.pdf", "דוח.pdf"),
        ("a\u{3164}b\u{115f}\u{2060}\u{34f}.txt", "ab.txt"),
        // Joiners, selectors and tags only where they do something.
        ("pay\u{200d}pal \u{200c}a\u{200d}", "paypal a"),
        ("a\u{fe0f}b1\u{fe0f}2", "ab12"),
        ("a\u{180b}b\u{180f}c", "abc"),
        ("🌉\u{200d}a \u{200d}🌉", "🌉a 🌉"),
        ("🌉\u{200d}\u{200d}\u{fe0f}\u{fe0f}🌉", "🌉\u{fe0f}🌉"),
        ("🌉\u{200d}\u{200d}🌉", "🌉\u{200d}🌉"),
        ("می\u{200c}\u{200c}\u{200c}\u{200d}خ", "می\u{200d}خ"),
        ("می\u{200c}a", "میa"),
        ("🌉\u{200c}🌉", "🌉🌉"),
        ("a\u{e0068}\u{e0069}\u{e007f}", "a"),
        ("🏴\u{e0067}\u{e0062}", "🏴"),
        ("🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e0074}\u{e0074}\u{e007f}", "🏴"),
        ("a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}b\u{300}", "a\u{300}\u{301}\u{302}\u{303}b\u{300}"),
        ("a\u{300}\u{301}\u{302}\u{303}\u{fe0f}\u{304}", "a\u{300}\u{301}\u{302}\u{303}"),
    ];
    for (name, shown) in cases {
        assert_eq!(remote(name).as_deref(), Ok(shown), "{name:?}");
        assert_eq!(clean_line(shown), shown);
    }
}

#[test]
fn names_of_people_cannot_hide_or_turn_anything() {
    let cases = [
        ("Anna\u{202e}nimdA", "AnnanimdA"),
        ("\u{2067}Anna\u{2069}", "Anna"),
        ("An\u{200b}na\u{0}\u{1b}", "Anna"),
        ("Anna\u{200d}", "Anna"),
        ("Anna\u{2800}\u{2800}Berg", "Anna Berg"),
        ("<b>Anna</b>", "<b>Anna</b>"),
    ];
    for (name, clean) in cases {
        assert_eq!(clean_person_name(name).as_deref(), Ok(clean), "{name:?}");
    }
    for name in
        ["", " ", "\n", "\u{200b}", "\u{2800}", "\u{3164}", "\u{202e}", "\u{301}\u{301}", " \u{301} ", "\0"]
    {
        assert_eq!(clean_person_name(name), Err(BadName), "{name:?}");
    }
}

#[test]
fn one_past_every_length_is_refused_or_cut() {
    assert!(clean_person_name(&"ß".repeat(40)).is_ok());
    let padded = |bytes: usize| format!("Anna{}", " ".repeat(bytes - 4));
    assert!(clean_person_name(&padded(MAX_NAME_BYTES)).is_ok());
    assert_eq!(clean_person_name(&padded(MAX_NAME_BYTES + 1)), Err(BadName), "so much is not even looked at");
    assert_eq!(clean_person_name(&"ß".repeat(41)), Err(BadName));
    assert!(clean_person_name(&format!("{}{}", " ".repeat(1_000), "ß".repeat(40))).is_ok());
    assert_eq!(clean_person_name(&" a".repeat(100_000)), Err(BadName));
    assert_eq!(clean_person_name(&format!("{}a", "\u{200b}".repeat(2_000))), Err(BadName));
    let longest = "x".repeat(MAX_FILE_NAME);
    assert_eq!(remote(&longest), Ok(longest.clone()));
    assert_eq!(local(&longest), longest);
    assert_eq!(remote(&format!("{longest}x")), Err(BadPath::TooLong));
    assert_eq!(local(&format!("{longest}x")), longest);
}

#[test]
fn shortening_keeps_the_extension_and_whole_characters() {
    let cases = [
        (format!("{}.pdf", "ä".repeat(300)), format!("{}.pdf", "ä".repeat(125))),
        (format!("{}.tar.gz", "x".repeat(300)), format!("{}.tar.gz", "x".repeat(248))),
        (format!("a.{}", "x".repeat(300)), format!("a.{}", "x".repeat(253))),
        (format!("{}{}", ".".repeat(300), "x".repeat(40)), "_".to_string()),
        (format!("{}.txt", "👩\u{200d}🚀".repeat(40)), format!("{}.txt", "👩\u{200d}🚀".repeat(22) + "👩")),
    ];
    for (name, short) in cases {
        assert_eq!(local(&name), short);
        assert!(short.len() <= MAX_FILE_NAME);
    }
    // Controls become three bytes each: within the limit before, above it after.
    let safe = remote(&"\u{1}".repeat(MAX_FILE_NAME)).unwrap();
    assert_eq!(safe, "\u{fffd}".repeat(85));
    // The underscore before a device takes a byte as well.
    let device = format!("nul.{}", "x".repeat(MAX_FILE_NAME - 4));
    assert_eq!(local(&device), format!("_nul.{}", "x".repeat(MAX_FILE_NAME - 5)));
}

#[test]
fn twins_in_a_share_get_a_number() {
    let unique = |names: &[&str]| {
        let mut names: Vec<SafeName> = names.iter().map(|name| SafeName::from_local(name)).collect();
        SafeName::deduplicate(&mut names);
        names.into_iter().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(unique(&["a.txt", "b.txt"]), ["a.txt", "b.txt"]);
    assert_eq!(unique(&["a.txt", "A.TXT", "a.Txt"]), ["a.txt", "A (2).TXT", "a (3).Txt"]);
    assert_eq!(unique(&["a", "a (2)", "a", "a"]), ["a", "a (2)", "a (3)", "a (4)"]);
    assert_eq!(unique(&["a", "a", "a (2)"]), ["a", "a (2)", "a (2) (2)"]);
    assert_eq!(
        unique(&["x.tar.gz", "X.tar.gz", ".env", ".env"]),
        ["x.tar.gz", "X (2).tar.gz", ".env", ".env (2)"]
    );
    assert_eq!(unique(&["straße", "STRASSE", "ΣΑΣ", "σας"]), ["straße", "STRASSE (2)", "ΣΑΣ", "σας (2)"]);
    assert_eq!(
        unique(&["a\u{200b}.txt", "a.txt", "a?.txt", "a*.txt"]),
        ["a.txt", "a (2).txt", "a_.txt", "a_ (2).txt"]
    );
    assert_eq!(unique(&[".tar.gz", ".tar.gz"]), [".tar.gz", ".tar (2).gz"], "it has a stem all the same");
    let long = "x".repeat(MAX_FILE_NAME);
    assert_eq!(unique(&[&long, &long]), [long.clone(), format!("{} (2)", &long[4..])]);
    assert_eq!(unique(&["..x.txt"; 64]).last().unwrap(), "..x (64).txt");
}

#[test]
fn every_refusal_says_why() {
    let why = [BadPath::Empty, BadPath::TooLong, BadPath::Leaves];
    let mut said: Vec<String> = why.iter().map(ToString::to_string).collect();
    said.sort();
    said.dedup();
    assert!(said.len() == why.len() && said.iter().all(|text| !text.is_empty()), "{said:?}");
}

/// Whatever comes: refused, or a name that is safe, that shows everything, and that stays as it is.
#[test]
fn any_text_becomes_a_safe_name_or_none() {
    let parts = [
        ".",
        "..",
        " ",
        "/",
        "\\",
        ":",
        "C:",
        "\0",
        "con",
        "NUL",
        "com1",
        "_",
        "a",
        "é",
        "ß",
        ".txt",
        ".tar",
        ".gz",
        "\u{202e}",
        "\u{200b}",
        "\u{200d}",
        "\u{200c}",
        "\u{fe0f}",
        "\u{20e3}",
        "\u{301}",
        "1",
        "🌉",
        "👩",
        "🏴",
        "\u{e0067}",
        "\u{e0062}",
        "\u{e007f}",
        "م",
        "क",
        "葛",
        "\u{e0100}",
        "\u{2800}",
        "\u{3000}",
        "\u{feff}",
        "\n",
        "\u{1b}",
        "*",
        "<",
        "漢字漢字漢字漢字",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "                                                  ",
    ];
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut pick = |end: usize| usize::try_from(rng.next_u64() % u64::try_from(end).unwrap()).unwrap();
    for round in 0..20_000u32 {
        let text: String = (0..pick(12)).map(|_| parts[pick(parts.len())]).collect();
        let safe = SafeName::from_local(&text);
        assert_safe(safe.as_str(), round);
        assert_eq!(SafeName::parse_remote(safe.as_str()), Ok(safe.clone()), "round {round}: {text:?}");
        assert_eq!(SafeName::from_local(safe.as_str()), safe, "round {round}: {text:?}");
        if let Ok(name) = SafeName::parse_remote(&text) {
            assert_eq!(name, safe, "round {round}: {text:?}");
        }
        let mut twins = [safe.clone(), safe.clone(), safe];
        SafeName::deduplicate(&mut twins);
        for twin in &twins {
            assert_safe(twin.as_str(), round);
            assert_eq!(SafeName::parse_remote(twin.as_str()).as_ref(), Ok(twin), "round {round}: {text:?}");
        }
        assert!(twins[0] != twins[1] && twins[1] != twins[2] && twins[0] != twins[2]);
        if let Ok(name) = clean_person_name(&text) {
            assert!((1..=40).contains(&name.chars().count()), "round {round}");
            assert!(!name.contains(['\u{202e}', '\u{200b}', '\n', '\0']), "round {round}");
            assert_eq!(clean_person_name(&name), Ok(name), "round {round}: {text:?}");
        }
    }
}

/// What must hold of every name that is stored or shown, said without the code that makes it so.
fn assert_safe(name: &str, round: u32) {
    assert!((1..=MAX_FILE_NAME).contains(&name.len()), "round {round}: {name:?}");
    let forbidden = ['/', '\\', ':', '*', '?', '"', '<', '>', '|', '\u{202e}', '\u{200b}', '\u{feff}'];
    assert!(!name.contains(forbidden) && !name.contains(char::is_control), "round {round}: {name:?}");
    assert!(!name.ends_with(['.', ' ']) && !name.starts_with(' '), "round {round}: {name:?}");
    let base = name.split('.').next().unwrap().trim().to_lowercase();
    assert!(!["con", "nul", "com1"].contains(&base.as_str()), "round {round}: {name:?}");
    for (at, _) in name.match_indices('\u{200d}') {
        let ends = at == 0 || at + 3 == name.len();
        assert!(!ends && !name[..at].ends_with(|c: char| c.is_ascii()), "round {round}: {name:?}");
    }
}
