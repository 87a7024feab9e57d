//! The pictures that documents show: each is there, small and by day and night; none is there that nobody shows.

use super::{assert_none, root, sources};
use std::collections::BTreeSet;
use std::fs;

const FOLDER: &str = "docs/pictures/";

/// A page of text must not wait for its pictures. `tests/browser/harness/readme.ts` has the same bound.
const LARGEST: u64 = 60 * 1024;

/// The pictures that a text in the root names, each once.
fn shown(text: &str) -> BTreeSet<String> {
    let after = text.split(FOLDER).skip(1);
    after.filter_map(|rest| rest.split(['"', ')', ' ', '\n']).next()).map(str::to_owned).collect()
}

/// Pictures of light pages without one for dark pages, or the other way round.
fn halves(pictures: &BTreeSet<String>) -> Vec<String> {
    let other = |name: &str| match name.strip_suffix("-light.png") {
        Some(state) => format!("{state}-dark.png"),
        None => name.replace("-dark.png", "-light.png"),
    };
    pictures.iter().filter(|name| !pictures.contains(&other(name))).cloned().collect()
}

#[test]
fn the_pictures_of_readme_are_those_of_the_folder_and_small() {
    let readme = sources().into_iter().find(|source| source.path == "README.md").expect("README.md is there");
    let shown = shown(&readme.text);
    assert!(!shown.is_empty(), "the pictures were not found");
    let mut there = BTreeSet::new();
    let mut large = Vec::new();
    for entry in fs::read_dir(root().join(FOLDER)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().expect("a plain name");
        if entry.metadata().unwrap().len() > LARGEST {
            large.push(name.clone());
        }
        there.insert(name);
    }
    assert_eq!(shown, there, "README.md shows the pictures of {FOLDER}");
    assert_none("each picture is for light and for dark pages", &halves(&shown));
    assert_none("`cargo xtask shots --readme` makes pictures of at most 60 KiB", &large);
}

#[test]
fn a_picture_is_found_in_each_way_that_documents_name_it() {
    let text =
        "<img src=\"docs/pictures/a-light.png\" alt=\"\"> ![](docs/pictures/b.png) docs/pictures/a-dark.png";
    let names = shown(text);
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["a-dark.png", "a-light.png", "b.png"]);
}

#[test]
fn a_picture_for_light_pages_alone_is_told() {
    let names = ["a-light.png", "a-dark.png", "b-light.png"].map(str::to_owned);
    assert_eq!(halves(&BTreeSet::from(names)), ["b-light.png"]);
}
