//! What the engine reads as text: links that people paste, names that remotes send, what a browser says of itself.

use peer_core::description::{Candidate, Description, MAX_SDP};
use peer_core::invitation::Invitation;
use peer_core::path::{MAX_FILE_NAME, SafeName, clean_name};

/// The text after `#`.
pub fn link(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(invitation) = Invitation::parse(text) else { return };
    let canonical = invitation.fragment();
    if text.is_ascii() && !text.contains(['%', '=', '&']) {
        let own: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        assert!(
            own.starts_with(&canonical),
            "where nothing is escaped, its characters are those that stand there"
        );
    }
    let again = Invitation::parse(&canonical);
    assert_eq!(again.ok().map(|again| again.fragment()), Some(canonical));
}

/// A file's name and a person's.
pub fn name(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let person = clean_name(text);
    assert_eq!(clean_name(&person), person, "clean is clean");
    let local = SafeName::from_local(text);
    for safe in [Ok(local), SafeName::parse_remote(text)].into_iter().flatten() {
        let name = safe.as_str();
        assert!(!name.is_empty() && name.len() <= MAX_FILE_NAME, "{name:?}");
        assert!(!name.contains(['/', '\\', ':', '\0']) && name != "." && name != "..", "{name:?}");
        let again = SafeName::parse_remote(name).map(|again| again.as_str().to_owned());
        assert_eq!(again.as_deref(), Ok(name), "what one member makes, another takes as it is");
    }
}

/// A local description; what is rendered from it is a description with the same meaning.
pub fn description(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(description) = Description::parse_local(text) else { return };
    assert!(text.len() <= MAX_SDP);
    for rendered in [description.render_offer(), description.render_answer()] {
        assert!(Description::parse_local(&rendered).is_ok_and(|again| again == description), "{rendered}");
    }
}

/// A local candidate.
pub fn candidate(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(Some(candidate)) = Candidate::parse_local(text) else { return };
    let rendered = candidate.render();
    assert!(!rendered.contains(['\r', '\n']), "{rendered:?}");
    assert_eq!(Candidate::parse_local(&rendered), Ok(Some(candidate)));
}
