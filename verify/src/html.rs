//! The HTML beside its template: the same but for what a server fills in, and that cannot be more than text.

use crate::fetch::Got;
use crate::shown::shown;

/// What a server puts its own text in place of: the value of an attribute in double quotes.
pub(crate) const HOLES: [&str; 1] = ["__LINKSPAN_CONFIG__"];

/// Longest text that is filled in, in bytes: some servers and their addresses. All of it is shown, and should be read.
pub(crate) const MAX_FILLED: usize = 8192;

/// Entities as the server writes them, the ampersand last: what it becomes is not read again.
const ENTITIES: [(&str, &str); 5] =
    [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&amp;", "&")];

/// What is filled into each hole, in their order.
///
/// # Errors
/// In words, if anything else differs.
pub(crate) fn compare(template: &str, got: &Got) -> Result<Vec<String>, String> {
    // The same bytes are other text in another character set.
    let kind = got.header("content-type").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
    if !["text/html", "text/html;charset=utf-8", "text/html;charset=\"utf-8\""].contains(&kind.as_str()) {
        return Err(format!("it comes as `{}`", shown(&kind)));
    }
    let served = std::str::from_utf8(&got.bytes).map_err(|_| "it is no UTF-8".to_owned())?;
    let mut left = served;
    let mut filled = Vec::new();
    for (piece, hole) in pieces(template)? {
        left = left.strip_prefix(piece).ok_or_else(|| difference(piece, left, served))?;
        if hole {
            let (text, rest) = left.split_at(left.find(['"', '<', '>']).unwrap_or(left.len()));
            if text.len() > MAX_FILLED {
                return Err(format!("more than {MAX_FILLED} bytes are filled in"));
            }
            filled.push(unescape(text));
            left = rest;
        }
    }
    if left.is_empty() { Ok(filled) } else { Err(difference("", left, served)) }
}

/// The template cut at its holes, and whether one follows.
fn pieces(template: &str) -> Result<Vec<(&str, bool)>, String> {
    let mut pieces = Vec::new();
    let mut left = template;
    for hole in HOLES {
        let (piece, rest) = left.split_once(hole).ok_or_else(|| format!("this source has no {hole}"))?;
        if !piece.ends_with('"') || !rest.starts_with('"') {
            return Err(format!("in this source {hole} is no attribute in double quotes"));
        }
        pieces.push((piece, true));
        left = rest;
    }
    pieces.push((left, false));
    Ok(pieces)
}

/// Where `left`, the end of `served`, is not `piece` any more.
fn difference(piece: &str, left: &str, served: &str) -> String {
    let same = piece.bytes().zip(left.bytes()).take_while(|(a, b)| a == b).count();
    let at = served.len() - left.len() + same;
    let line = served.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let there = String::from_utf8_lossy(&served.as_bytes()[at..]);
    match there.split_inclusive('\n').next() {
        Some(rest) => format!("line {line} has `{}`", shown(rest.trim_end())),
        None => format!("it ends in line {line}"),
    }
}

fn unescape(text: &str) -> String {
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

/// What HTML that is not ours names: to tell people of it, not to be sure that there is nothing else.
pub(crate) fn references(html: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(html);
    let lower = text.to_ascii_lowercase();
    let mut found: Vec<(usize, String)> = Vec::new();
    for attribute in ["src=", "href="] {
        for (at, _) in lower.match_indices(attribute) {
            let value = &text[at + attribute.len()..];
            let value = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
                _ => value.split([' ', '>', '\n']).next(),
            };
            found.extend(value.map(|value| (at, value.to_owned())));
        }
    }
    found.sort();
    found.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::HeaderMap;

    const TEMPLATE: &str = "<a>\n<meta content=\"__LINKSPAN_CONFIG__\" />\n<b>\n";

    fn compared(html: &str) -> Result<Vec<String>, String> {
        let headers = HeaderMap::from_iter([("content-type".parse().unwrap(), "text/html".parse().unwrap())]);
        compare(TEMPLATE, &Got::new(html.as_bytes().to_vec(), headers))
    }

    fn filled(text: &str) -> Result<Vec<String>, String> {
        compared(&TEMPLATE.replace(HOLES[0], text))
    }

    #[test]
    fn what_is_filled_in_is_read_as_a_browser_reads_it() {
        assert_eq!(
            filled("{&quot;a&quot;:&quot;&lt;&amp;lt;&#39;&quot;}"),
            Ok(vec!["{\"a\":\"<&lt;'\"}".to_owned()])
        );
        assert_eq!(filled(""), Ok(vec![String::new()]));
        // Nobody has filled it in.
        assert_eq!(compared(TEMPLATE), Ok(vec![HOLES[0].to_owned()]));
    }

    #[test]
    fn what_leaves_its_place_or_stands_elsewhere_is_told_with_its_line() {
        for (html, line) in [
            (TEMPLATE.replace(HOLES[0], "\"><c>"), "line 2 has"),
            (TEMPLATE.replace(HOLES[0], "\" onload=\"x"), "line 2 has"),
            (TEMPLATE.replace(HOLES[0], "<"), "line 2 has"),
            (TEMPLATE.replace("<b>", "<b ><c>"), "line 3 has ` ><c>`"),
            (TEMPLATE.replace("<b>\n", ""), "it ends in line 3"),
            (format!("{TEMPLATE}<c>"), "line 4 has `<c>`"),
            (format!("\u{feff}{TEMPLATE}"), "line 1 has"),
        ] {
            let why = compared(&html).unwrap_err();
            assert!(why.starts_with(line), "{html}: {why}");
        }
    }

    #[test]
    fn no_more_is_filled_in_than_somebody_would_read() {
        assert!(filled(&"x".repeat(MAX_FILLED)).is_ok());
        assert!(filled(&"x".repeat(MAX_FILLED + 1)).unwrap_err().contains("more than"));
    }

    #[test]
    fn what_a_page_names_is_found_however_it_is_written() {
        let html = b"<script SRC='/a.js'></script><link href=b.css><img src=\"c.png\">";
        assert_eq!(references(html), ["/a.js", "b.css", "c.png"]);
    }
}
