//! Texts from a server on somebody's terminal.

/// Characters of a text from the server that are shown, but for what is filled in and the policy: enough to know it again.
const MAX_SHOWN: usize = 200;

/// A text from the server, as long as is good for people, without anything that a terminal would act on.
pub(crate) fn shown(text: &str) -> String {
    clipped(text, MAX_SHOWN)
}

/// At most `most` characters of it, likewise.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).flat_map(as_shown).collect();
    if text.chars().nth(most).is_some() {
        shown.push_str(" … (cut)");
    }
    shown
}

/// Plain ASCII as it is, everything else by its number: what is invisible or turns direction could hide something.
fn as_shown(c: char) -> Vec<char> {
    if c == ' ' || c.is_ascii_graphic() { vec![c] } else { c.escape_default().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_is_shown() {
        assert_eq!(shown("a\x1b[2J\u{202e}b\nc"), "a\\u{1b}[2J\\u{202e}b\\nc");
        let long = "x".repeat(MAX_SHOWN);
        assert_eq!(shown(&long), long);
        assert_eq!(shown(&format!("{long}y")), format!("{long} … (cut)"));
    }
}
