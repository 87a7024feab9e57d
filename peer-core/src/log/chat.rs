//! Chat: what may be said. History, order and delivery are the log's.

use crate::base::error::CommandError;
use crate::io::MAX_TEXT;
use crate::log::entry::Payload;
use alloc::string::String;

/// A message for the log. Line breaks are kept, other control characters are not text.
pub(crate) fn say(text: String, sent_at: u64) -> Result<Payload, CommandError> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let text: String = text.replace("\r\n", "\n").chars().filter(|c| !is_control(*c)).collect();
    if text.trim().is_empty() || text.len() > MAX_TEXT {
        return Err(CommandError::BadText);
    }
    Ok(Payload::Say { text, sent_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_tabs_are_text_and_other_control_characters_are_not() {
        let text = |text: &str| match say(String::from(text), 0) {
            Ok(Payload::Say { text, .. }) => Some(text),
            _ => None,
        };
        assert_eq!(text("a\tb\r\nc\u{7}d\u{9b}2J").as_deref(), Some("a\tb\ncd2J"));
        assert_eq!(text("\u{1b}\u{0}"), None, "nothing of it is text");
    }
}
