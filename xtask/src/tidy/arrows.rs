//! Who may depend on whom.

use super::{assert_none, root, sources};
use std::fs;
use std::process::Command;

/// Names of all crates that `package` is built from, for every target.
fn crates_of(package: &str) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal", "--target", "all"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn assert_never_in(package: &str, never: &[&str]) {
    let crates = crates_of(package);
    let found: Vec<String> = crates.into_iter().filter(|name| never.contains(&name.as_str())).collect();
    assert_none(&format!("{package} must never be built from these crates"), &found);
}

#[test]
fn the_engine_sees_no_platform_no_runtime_and_no_randomness_of_the_system() {
    let never = [
        "tokio",
        "async-std",
        "smol",
        "mio",
        "socket2",
        "futures",
        "web-sys",
        "js-sys",
        "wasm-bindgen",
        "wasm-bindgen-futures",
        "getrandom",
        "rand",
        "ring",
        "webrtc",
        "signaling",
        "peer-wasm",
        "peer-native",
    ];
    assert_never_in("peer-core", &never);
    assert_never_in("signal-proto", &[never.as_slice(), &["peer-core", "snow", "ed25519-dalek"]].concat());
}

#[test]
fn the_server_is_not_able_to_read_what_peers_say() {
    assert_never_in("signaling", &["peer-core", "peer-wasm", "peer-native", "snow", "chacha20poly1305"]);
}

#[test]
fn the_shells_do_not_depend_on_each_other_or_on_the_server() {
    assert_never_in("peer-wasm", &["peer-native", "signaling", "tokio"]);
    if root().join("peer-native").is_dir() {
        assert_never_in("peer-native", &["peer-wasm", "signaling", "web-sys"]);
    }
}

#[test]
fn the_engine_has_no_io_no_clock_no_threads_and_no_locks_in_its_code() {
    let never = [
        "std::net",
        "std::fs",
        "std::env",
        "std::process",
        "std::thread",
        "std::sync",
        "std::io",
        "std::os",
        "std::time::Instant",
        "SystemTime",
        "Instant::now",
        "async fn",
        "async move",
        ".await;",
        ".await?",
        "Mutex",
        "RwLock",
        "RefCell",
        "thread_local!",
        "static mut",
        "HashMap",
        "HashSet",
        "OsRng",
        "thread_rng",
        "println!",
        "eprintln!",
        "unsafe ",
    ];
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.is_under("peer-core/src") && source.is(&["rs"]))
        .flat_map(|source| source.lines_with(&never))
        .collect();
    assert_none("peer-core takes bytes, time and entropy as arguments", &broken);
}

#[test]
fn shapes_of_javascript_are_made_in_one_place() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.is(&["rs"]) && source.is_under("peer-wasm/src"))
        .filter(|source| source.path != "peer-wasm/src/api.rs" && !source.is_under("peer-wasm/src/api"))
        .flat_map(|source| source.lines_with(&["serde_wasm_bindgen", "tsify"]))
        .collect();
    assert_none("only peer-wasm/src/api.rs says what crosses to JavaScript", &broken);
}

#[test]
fn only_one_file_holds_the_native_webrtc_crate() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.is(&["rs"]) && !source.is_under("xtask"))
        .filter(|source| source.path != "peer-native/src/rtc.rs" && !source.is_under("peer-native/src/rtc"))
        .flat_map(|source| source.lines_with(&["use webrtc", "webrtc::", "extern crate webrtc"]))
        .collect();
    assert_none("the webrtc crate may have to be replaced: only peer-native/src/rtc.rs names it", &broken);
}

#[test]
fn only_the_engine_module_of_the_page_loads_the_wasm_package() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.is(&["ts", "tsx", "js"]) && source.is_under("www/src"))
        .filter(|source| !["www/src/engine.ts", "www/src/engine.worker.ts"].contains(&source.path.as_str()))
        .flat_map(|source| source.lines_with(&["pkg/peer_wasm"]))
        .collect();
    assert_none("engine.ts (and its worker's entry) is the only importer of the Wasm package", &broken);
}

#[test]
fn views_get_state_and_a_way_to_send_and_nothing_else() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.is_under("www/src/view") && source.is(&["ts", "tsx"]))
        .flat_map(|source| {
            source.lines_with(&["/engine\"", "new WebSocket", "RTCPeerConnection(", "new Worker", "fetch("])
        })
        .filter(|line| !line.contains("import type"))
        .collect();
    assert_none("views never reach for the engine or the network themselves", &broken);
}

#[test]
fn versions_are_written_in_the_workspace_only_and_lints_are_everybody_s() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with("/Cargo.toml")) {
        if !source.text.contains("[lints]\nworkspace = true") {
            broken.push(format!("{}: needs [lints] workspace = true", source.path));
        }
        let mut in_dependencies = false;
        for line in source.text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                in_dependencies = line.trim_end_matches(']').ends_with("dependencies");
            } else if in_dependencies && line.contains('=') && !is_from_workspace(line) {
                broken.push(format!("{}: {line}", source.path));
            }
        }
    }
    assert_none("crates take versions and lints from the workspace", &broken);
}

/// Lines that continue a list of features have no version either.
fn is_from_workspace(line: &str) -> bool {
    line.contains("workspace = true") || line.contains(".workspace=true")
}

#[test]
fn the_wasm_bindgen_library_is_the_one_that_the_module_was_made_for() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let versions = |name: &str| -> Vec<&str> {
        let entry = format!("name = \"{name}\"\nversion = \"");
        lock.match_indices(&entry)
            .map(|(at, _)| lock[at + entry.len()..].split('"').next().unwrap())
            .collect()
    };
    assert_eq!(versions("wasm-bindgen").len(), 1, "one wasm-bindgen only");
    assert_eq!(versions("wasm-bindgen"), versions("wasm-bindgen-cli-support"));
}
