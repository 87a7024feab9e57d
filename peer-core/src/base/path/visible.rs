//! Text in which everything that is there can be seen, and nothing turns what stands beside it.
//!
//! Two kinds of characters are dealt with. *Liars* (controls, line breaks, overrides, embeddings and isolates
//! of direction, noncharacters) become U+FFFD, so that one sees that something was there. *Invisibles*
//! (zero-width characters, direction marks, fillers, soft hyphens, tags) are dropped, since innocent programs
//! leave them behind. Kept, because writing needs them: joiners between letters of scripts that have them and
//! between emoji, variation selectors after what they vary, the tags of a flag. All of this by context, so
//! that none can be hidden elsewhere. Accents pile up to [`MAX_ACCENTS`] at most.

use alloc::string::String;
use alloc::vec::Vec;

/// Most combining accents in a row; Vietnamese and phonetic writing need three at most.
const MAX_ACCENTS: usize = 4;
const REPLACEMENT: char = '\u{fffd}';
const FLAG: char = '\u{1f3f4}';
const END_OF_TAGS: char = '\u{e007f}';
const KEYCAP: char = '\u{20e3}';

/// `text` as one line with liars made visible and invisibles dropped. Doing it twice changes nothing more.
pub fn clean_line(text: &str) -> String {
    clean(text.chars().map(|c| if is_liar(c) { REPLACEMENT } else { c }))
}

/// `text` as a person's name: liars are dropped too, blanks and line breaks become single spaces, ends trimmed.
pub fn clean_name(text: &str) -> String {
    let breaks =
        |c: char| if matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let line = clean(text.chars().map(breaks).filter(|c| !is_liar(*c)));
    let words: Vec<&str> = line.split(is_blank).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Without blanks at either end.
pub(super) fn trim_blank(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Spaces of every width, and the Braille cell without dots.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Combining marks that stack above and below any letter.
pub(super) fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn clean(chars: impl Iterator<Item = char>) -> String {
    // A first pass, so that context is judged among characters that stay.
    let chars: Vec<char> = chars.filter(|c| !is_invisible(*c)).collect();
    let mut kept = String::with_capacity(chars.len());
    let mut accents = 0;
    let mut rest = chars.as_slice();
    while let Some((&c, after)) = rest.split_first() {
        rest = after;
        let before = kept.chars().next_back();
        let next = after.first().copied();
        if let Some(length) = (c == FLAG).then(|| flag_tags(after)).flatten() {
            kept.push(c);
            kept.extend(&after[..length]);
            rest = &after[length..];
            accents = 0;
            continue;
        }
        let keep = match c {
            '\u{200c}' | '\u{200d}' => joins(before, c, next),
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => varies(before, c, next),
            '\u{180b}'..='\u{180d}' | '\u{180f}' => before.is_some_and(is_mongolian),
            '\u{e0000}'..='\u{e00ff}' => false,
            _ => !is_accent(c) || accents < MAX_ACCENTS,
        };
        if keep {
            kept.push(c);
            accents = if is_accent(c) { accents + 1 } else { 0 };
        }
    }
    kept
}

/// Control, format and line characters that change how *other* text is shown, and what is no character.
fn is_liar(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Default-ignorable characters (Unicode's DerivedCoreProperties) and direction marks that no context needs.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Whether a joiner or non-joiner does something between these two.
fn joins(before: Option<char>, joiner: char, next: Option<char>) -> bool {
    let (Some(before), Some(next)) = (before, next) else { return false };
    let letters = has_joiners(before) && has_joiners(next);
    let emoji = (is_emoji(before) || before == '\u{fe0f}' || before == END_OF_TAGS) && is_emoji(next);
    letters || (emoji && joiner == '\u{200d}')
}

/// Whether a variation selector does something here.
fn varies(before: Option<char>, selector: char, next: Option<char>) -> bool {
    match before {
        Some('0'..='9' | '#' | '*') => selector == '\u{fe0f}' && next == Some(KEYCAP),
        Some(c) if is_emoji(c) => matches!(selector, '\u{fe0e}' | '\u{fe0f}'),
        Some(c) => is_ideograph(c) && !matches!(selector, '\u{fe0e}' | '\u{fe0f}'),
        None => false,
    }
}

/// Number of tags after a black flag if they are those of a region's flag (Unicode UTS 51, ED-14a).
fn flag_tags(after: &[char]) -> Option<usize> {
    let region =
        after.iter().take_while(|c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}'));
    let length = region.count();
    ((3..=6).contains(&length) && after.get(length) == Some(&END_OF_TAGS)).then_some(length + 1)
}

/// Letters and marks of scripts in which joiners change the writing: Arabic to Myanmar, Khmer, Mongolian, and
/// their extensions.
fn has_joiners(c: char) -> bool {
    matches!(c,
        '\u{620}'..='\u{65f}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}'..='\u{6ef}' | '\u{6fa}'..='\u{109f}'
        | '\u{1780}'..='\u{17d3}' | '\u{1807}' | '\u{1820}'..='\u{18af}' | '\u{1900}'..='\u{1cff}'
        | '\u{a800}'..='\u{abff}' | '\u{fb50}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10a00}'..='\u{11fff}' | '\u{1e900}'..='\u{1e95f}')
}

fn is_mongolian(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{18aa}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Blocks with emoji in them: symbols, pictographs and skin tones. Wider than the exact property on purpose,
/// so that next year's emoji survive.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1faff}')
}
