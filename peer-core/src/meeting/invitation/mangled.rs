//! What mail programs, messengers, gateways and editors do to a link on its way, undone. PROTOCOL.md, *Identity, room, link*.
//!
//! A link is letters, digits, `-` and `_`, and its length is known: everything else in it was put there by somebody
//! else. It must never guess: what could be two links is none.

use alloc::string::String;
use alloc::vec::Vec;

/// Characters that are looked at: a link with each of its characters escaped many times over, and far more than what
/// trackers append matters.
const LONGEST: usize = 4_096;
/// Programs on the way that escape what the one before has escaped, such as `%255F`.
const LAYERS: usize = 4;
/// Characters that programs write by their names. Others can stand behind a link only, which ends at `&`.
const NAMES: [(&str, char); 11] = [
    ("amp;", '&'),
    ("nbsp;", '\u{a0}'),
    ("shy;", '\u{ad}'),
    ("zwnj;", '\u{200c}'),
    ("zwj;", '\u{200d}'),
    ("lowbar;", '_'),
    ("hyphen;", '-'),
    ("dash;", '-'),
    ("ndash;", '-'),
    ("mdash;", '-'),
    ("minus;", '-'),
];

/// The characters in `text` that are a link's own, `length` of them if it is whole. `quoted`: whether `=5F` is a
/// character of a quoted-printable mail; else it is a line break of one, before `5F`.
pub(super) fn mended(text: &str, length: usize, quoted: bool) -> String {
    let mut text: String = text.chars().take(LONGEST).collect();
    for _ in 0..LAYERS {
        text = unescaped(&text, quoted);
    }
    let mut link = String::new();
    for c in text.chars() {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' => link.push(c),
            // Hyphens that don't break, dashes and the minus that editors make of one.
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => link.push('-'),
            // The next word of the text around.
            c if is_blank(c) && link.len() == length => break,
            // The line goes on: no word ends here.
            '=' => {}
            c if is_blank(c) => {}
            '#' | '/' | '!' | '"' | '\'' | '(' | '<' | '[' if link.is_empty() => {}
            // Punctuation, parameters, whatever follows: not to be taken for what is missing.
            _ => break,
        }
    }
    // A dash of the sentence around, or the end of a text in italics.
    let behind = link.get(length..).unwrap_or_default();
    if behind.bytes().all(|byte| byte == b'-' || byte == b'_') {
        link.truncate(length);
    }
    link
}

/// What is not seen, or only keeps words apart.
fn is_blank(c: char) -> bool {
    let is_unseen = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    );
    is_unseen || c.is_whitespace() || c.is_control()
}

/// `text` with one layer of escapes read.
fn unescaped(text: &str, quoted: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        let read = match c {
            '%' => escaped_byte(behind).map(|byte| (One::Byte(byte), 2)),
            '=' if quoted => escaped_byte(behind).map(|byte| (One::Byte(byte), 2)),
            '&' => named(behind).map(|(c, length)| (One::Char(c), length)),
            _ => None,
        };
        let (one, length) = read.unwrap_or((One::Char(c), 0));
        match one {
            One::Byte(byte) => bytes.push(byte),
            One::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = &behind[length..];
    }
    // Old programs write one byte for each character.
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

/// What an escape stands for.
enum One {
    Byte(u8),
    Char(char),
}

/// The byte of two hexadecimal digits.
fn escaped_byte(text: &str) -> Option<u8> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// The character that HTML names behind `&`, and how long the name is.
fn named(text: &str) -> Option<(char, usize)> {
    if let Some((name, c)) = NAMES.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*c, name.len()));
    }
    let number = text.strip_prefix('#')?;
    let (digits, _) = number.split_once(';')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    Some((char::from_u32(code.ok()?)?, digits.len() + 2))
}
