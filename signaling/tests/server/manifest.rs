//! What the server says its page consists of, beside the files that it serves.

use crate::client::{exchange_bytes, field, get, start_with};
use serde_json::Value;
use sha2::{Digest, Sha256};
use signaling::Config;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PATH: &str = "/.well-known/linkspan-page.json";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_manifest_has_the_hash_of_every_file_and_apart_what_is_filled_in() {
    let ice_servers = vec!["stun:stun.example.org".parse().unwrap()];
    let (_server, address) = start_with(Config { ice_servers, ..Config::default() }).await;
    let answer = get(address, PATH).await;
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www/dist");
    let Ok(template) = fs::read(dist.join("index.html")) else {
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("The page was not built"), "{answer}");
        return;
    };
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(field(head, "content-type"), Some("application/json"));
    assert_eq!(field(head, "cache-control"), Some("no-cache"));
    let manifest: Value = serde_json::from_str(body).unwrap();
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["html"]["sha256"], sha256(&template));

    // With what is said to be filled in, the template is the page, byte for byte.
    let filled = manifest["html"]["filled"].as_object().unwrap();
    assert!(filled["__LINKSPAN_CONFIG__"].as_str().unwrap().contains("stun:stun.example.org"));
    let page = filled.iter().fold(String::from_utf8(template).unwrap(), |page, (mark, text)| {
        page.replace(mark, &text.as_str().unwrap().replace('"', "&quot;"))
    });
    assert_eq!(get(address, "/").await.split_once("\r\n\r\n").unwrap().1, page);

    // Every file once, as it is when nothing is compressed.
    let files = manifest["files"].as_object().unwrap();
    let named: BTreeSet<String> = files.keys().cloned().collect();
    let built = fs::read_dir(dist.join("assets"))
        .unwrap()
        .map(|entry| format!("assets/{}", entry.unwrap().file_name().into_string().unwrap()));
    let built: BTreeSet<String> =
        built.filter(|name| !name.ends_with(".br") && !name.ends_with(".gz")).collect();
    assert_eq!(named, built);
    for (name, hash) in files {
        let request = format!("GET /{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let (head, body) = exchange_bytes(address, &request).await;
        assert_eq!(field(&head, "content-encoding"), None);
        assert_eq!(*hash, sha256(&body), "{name}");
    }
}
