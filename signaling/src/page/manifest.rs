//! What people can check a page by: the SHA-256 of each of its files, and what is written into its HTML apart from that.
//!
//! It is made from what is served, and can be as wrong as that: whoever serves another page serves another manifest with
//! it. It is worth something beside a source that one has built (PROTOCOL.md, *The page's manifest*).

use super::{Files, INDEX, PLACEHOLDER, Page, is_version};
use serde_json::{Map, Value, json};

/// Where it is, from the root of the origin.
pub(crate) const PATH: &str = "/.well-known/linkspan-page.json";

/// What the fields mean: another number, other fields.
const VERSION: u32 = 1;

/// The manifest of the page as `page` fills it in; none if there is no page.
pub(super) fn of(page: &Page) -> Option<String> {
    let html = Files::get(INDEX)?.metadata.sha256_hash();
    let others = Files::iter().filter(|path| path != INDEX && !is_version(path));
    let files: Map<String, Value> = others
        .filter_map(|path| Some((path.to_string(), json!(hex(&Files::get(&path)?.metadata.sha256_hash())))))
        .collect();
    let manifest = json!({
        "version": VERSION,
        "html": { "sha256": hex(&html), "filled": { PLACEHOLDER: page.config } },
        "files": files,
    });
    // Read by people too.
    Some(format!("{manifest:#}\n"))
}

/// As `sha256sum` prints it.
fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
