//! Release builds embed `www/dist`: build again when its files come and go.

fn main() {
    // Debug builds read the page from disk, so there is nothing to watch.
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed={}", if release { "../www/dist" } else { "build.rs" });
}
