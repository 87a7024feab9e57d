//! Whether a server's page is what this source builds.
//!
//! Every file is asked for as browsers ask for it and compared with the one built here. The server's manifest is compared
//! too, but nothing follows from it: who serves another page can serve another manifest with it. What comes from the server
//! is bounded, and shown without what a terminal would act on.
#![forbid(unsafe_code)]

mod address;
mod built;
mod fetch;
mod headers;
mod html;
mod manifest;
mod report;
mod shown;

pub use address::{Address, NotAnAddress};
pub use built::Built;
pub use fetch::{Client, MAX_BODY};
pub use report::{Finding, Report, Verdict};

use anyhow::{Context, Result, bail};
use fetch::{Answer, CODINGS, Coding, Got};
use headers::Headers;
use shown::shown;

/// What the page itself is called in a report.
pub const HTML: &str = "index.html";

/// From one place to the next, until the page is there: from http to https and to another name are two; a circle has no end.
pub const MAX_REDIRECTS: usize = 5;

/// Compares the page at `address` with `built`.
///
/// # Errors
/// If no page can be had there.
pub fn verify(client: &Client, built: &Built, address: &Address) -> Result<Report> {
    let mut redirects = Vec::new();
    let (page, first) = page(client, address, &mut redirects)?;
    let mut report = Report::new(page.clone(), redirects, first.header(headers::POLICY));
    let filled = html(client, built, &page, &first, &mut report);
    for (name, bytes) in built.files() {
        let at = page.beside(name);
        let verdict = match in_each_coding(client, &at, |got| same(got, bytes)) {
            Ok(_) => Verdict::Same,
            Err(verdict) => verdict,
        };
        report.add(name, verdict);
    }
    let manifest = client.file(&page.beside(manifest::PATH), Coding::Identity);
    manifest::compare(built, manifest, filled.as_deref(), &mut report);
    Ok(report)
}

/// The page, wherever one is sent to from `address`.
fn page(client: &Client, address: &Address, redirects: &mut Vec<String>) -> Result<(Address, Got)> {
    let mut at = address.clone();
    loop {
        match client.get(&at, CODINGS[0]).with_context(|| at.to_string())? {
            Answer::Got(got) => return Ok((at, got)),
            Answer::Status(status) => bail!("{at} answers with status {status}"),
            Answer::Redirect(_) if redirects.len() == MAX_REDIRECTS => {
                bail!("{address} leads on and on: {}", redirects.join("; "));
            }
            Answer::Redirect(to) => {
                let next = at.join(&to).with_context(|| format!("{at} leads to {}", shown(&to)))?;
                redirects.push(format!("{at} leads to {next}"));
                at = next;
            }
        }
    }
}

/// Compares the HTML and says what is filled in, if all else is as built. `first` is the answer by which it was found.
fn html(
    client: &Client,
    built: &Built,
    page: &Address,
    first: &Got,
    report: &mut Report,
) -> Option<Vec<String>> {
    let mut named = Vec::new();
    let mut headers = Headers::default();
    headers.read(first);
    let texts = in_each_coding(client, page, |got| {
        headers.read(got);
        html::compare(built.template(), got).inspect_err(|_| named.extend(html::references(&got.bytes)))
    });
    let verdict = match &texts {
        Ok(texts) if texts.windows(2).all(|pair| pair[0] == pair[1]) => Verdict::Same,
        Ok(_) => Verdict::Differs("other things are filled in when it is asked for again".to_owned()),
        Err(verdict) => verdict.clone(),
    };
    let filled = texts.ok().filter(|_| verdict == Verdict::Same).and_then(|texts| texts.into_iter().next());
    for (name, verdict) in headers.findings() {
        report.add(&name, verdict);
    }
    report.fill(filled.as_deref().unwrap_or_default());
    report.add(HTML, verdict);
    for reference in named {
        let is_ours =
            page.join(&reference).is_ok_and(|at| built.files().any(|(name, _)| page.beside(name) == at));
        if !is_ours {
            report.add(&shown(&reference), Verdict::Extra("the page names it".to_owned()));
        }
    }
    filled
}

fn same(got: &Got, bytes: &[u8]) -> Result<(), String> {
    let sent = built::sha256(&got.bytes);
    if got.bytes == bytes { Ok(()) } else { Err(format!("SHA-256 {sent} is served")) }
}

/// What `compare` says to the file at `at`, asked for in each coding: a server may have others for some browsers.
fn in_each_coding<T>(
    client: &Client,
    at: &Address,
    mut compare: impl FnMut(&Got) -> Result<T, String>,
) -> Result<Vec<T>, Verdict> {
    let mut said = Vec::new();
    for coding in CODINGS {
        let got = client.file(at, coding).map_err(|why| Verdict::Missing(format!("as {coding}: {why}")))?;
        said.push(compare(&got).map_err(|why| Verdict::Differs(format!("as {coding}: {why}")))?);
    }
    Ok(said)
}
