//! What the server says its page consists of, beside what this source builds.

use crate::built::{Built, sha256};
use crate::fetch::Got;
use crate::html::HOLES;
use crate::report::{Report, Verdict};
use crate::shown::shown;
use serde_json::{Map, Value};

/// Where it is.
pub(crate) const PATH: &str = ".well-known/linkspan-page.json";

/// The one whose fields we know.
const VERSION: u64 = 1;

/// Compares the manifest, and with `filled` what was found in the page; every file that it names besides is extra.
pub(crate) fn compare(
    built: &Built,
    manifest: Result<Got, String>,
    filled: Option<&[String]>,
    report: &mut Report,
) {
    let verdict = match manifest {
        Err(why) => Verdict::Missing(why),
        Ok(got) => match serde_json::from_slice(&got.bytes) {
            Err(_) => Verdict::Differs("it is no JSON".to_owned()),
            Ok(manifest) => {
                fields(built, &manifest, filled, report).map_or_else(Verdict::Differs, |()| Verdict::Same)
            }
        },
    };
    report.add(PATH, verdict);
}

fn fields(
    built: &Built,
    manifest: &Value,
    filled: Option<&[String]>,
    report: &mut Report,
) -> Result<(), String> {
    if manifest["version"].as_u64() != Some(VERSION) {
        return Err(format!(
            "its version is {}, known here is {VERSION}",
            shown(&manifest["version"].to_string())
        ));
    }
    let none = Map::new();
    let named = manifest["files"].as_object().unwrap_or(&none);
    for name in named.keys().filter(|name| built.files().all(|(own, _)| own != name.as_str())) {
        report.add(&shown(name), Verdict::Extra("the manifest names it".to_owned()));
    }
    if manifest["html"]["sha256"] != sha256(built.template().as_bytes()) {
        return Err("it names another template of the HTML".to_owned());
    }
    if let Some((name, _)) =
        built.files().find(|(name, bytes)| named.get(*name) != Some(&sha256(bytes).into()))
    {
        return Err(format!("it has not the hash of {name}"));
    }
    let Some(filled) = filled else { return Ok(()) };
    let said = manifest["html"]["filled"].as_object().unwrap_or(&none);
    let as_found = said.len() == HOLES.len()
        && HOLES.iter().zip(filled).all(|(hole, text)| said.get(*hole).is_some_and(|said| said == text));
    if as_found { Ok(()) } else { Err("it names something else as filled in than the page has".to_owned()) }
}
