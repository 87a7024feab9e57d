//! What somebody who serves the page may try, one thing at a time.

use crate::liar::{Answer, Asked, Liar, built};
use verify::{Finding, HTML, MAX_BODY, MAX_REDIRECTS, Report, Verdict};

const MANIFEST: &str = ".well-known/linkspan-page.json";

/// Those that are not the same.
fn wrong(report: &Report) -> Vec<&Finding> {
    assert!(!report.is_same(), "{report}");
    report.findings().iter().filter(|finding| finding.verdict != Verdict::Same).collect()
}

/// The only one that is not the same.
fn only(report: &Report) -> &Finding {
    let [finding] = wrong(report)[..] else { panic!("one finding, not:\n{report}") };
    finding
}

fn is_page(asked: &Asked) -> bool {
    asked.path == "/"
}

#[tokio::test]
async fn who_changes_nothing_is_found_to_change_nothing() {
    let built = built();
    let liar = Liar::saying(|_, answer| answer).await;
    let report = liar.checked(&built, "/").await.unwrap();
    assert!(report.is_same(), "{report}");
}

#[tokio::test]
async fn a_page_under_a_path_is_compared_with_all_that_it_names() {
    let built = built();
    // As a proxy does it that has something else at its root.
    let route = |path: &str| path.strip_prefix("/share").unwrap_or("/else").to_owned();
    let liar = Liar::start(route, |_, answer| answer).await;
    let report = liar.checked(&built, "/share/").await.unwrap();
    assert!(report.is_same(), "{report}");
    assert!(liar.checked(&built, "/").await.is_err());
}

#[tokio::test]
async fn one_byte_of_one_file_is_found_in_whichever_coding_it_comes() {
    let built = built();
    for coding in ["br", "gzip", "identity"] {
        let liar = Liar::saying(move |asked, mut answer| {
            if asked.path.ends_with(".css") && asked.coding == coding {
                // The real one unpacked, but for a byte: a server need not compress.
                let css = std::fs::read(format!("../www/dist{}", asked.path)).unwrap();
                answer.headers.retain(|(name, _)| name != "content-encoding");
                answer.body = css;
                answer.body[10] ^= 1;
            }
            answer
        })
        .await;
        let report = liar.checked(&built, "/").await.unwrap();
        let Finding { name, verdict } = only(&report);
        assert!(name.ends_with(".css"));
        let Verdict::Differs(why) = verdict else { panic!("{report}") };
        assert!(why.starts_with(&format!("as {coding}: ")), "{why}");
    }
}

#[tokio::test]
async fn a_file_less_is_missed() {
    let built = built();
    let liar =
        Liar::saying(|asked, answer| if asked.path.ends_with(".wasm") { Answer::nothing() } else { answer })
            .await;
    let report = liar.checked(&built, "/").await.unwrap();
    assert!(matches!(&only(&report).verdict, Verdict::Missing(why) if why.contains("404")), "{report}");
}

#[tokio::test]
async fn a_file_more_is_told() {
    let built = built();
    let liar = Liar::saying(|asked, answer| {
        let more =
            |text: String| text.replacen("\"files\": {", "\"files\": {\n    \"assets/more.js\": \"00\",", 1);
        if asked.path.ends_with(MANIFEST) { answer.edited(more) } else { answer }
    })
    .await;
    let report = liar.checked(&built, "/").await.unwrap();
    let finding = only(&report);
    assert_eq!(finding.name, "assets/more.js");
    assert!(matches!(finding.verdict, Verdict::Extra(_)));
}

#[tokio::test]
async fn html_that_is_changed_outside_of_its_holes_differs_and_what_it_names_is_told() {
    let built = built();
    let liar = Liar::saying(|asked, answer| {
        let more =
            |html: String| html.replacen("</head>", "<script src=\"/assets/more.js\"></script></head>", 1);
        if is_page(asked) { answer.edited(more) } else { answer }
    })
    .await;
    let report = liar.checked(&built, "/").await.unwrap();
    let found: Vec<&str> = wrong(&report).iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(found, [HTML, "/assets/more.js"], "{report}");
    let text = report.to_string();
    assert!(
        text.contains("more.js\"></script>") && text.contains("is not what this source builds"),
        "{text}"
    );
    assert!(report.filled().is_empty(), "nothing of such a page is to be relied upon");
}

#[tokio::test]
async fn what_is_filled_in_cannot_leave_its_place_and_must_be_what_the_manifest_says() {
    let built = built();
    for (text, found) in [("{\"><script>evil()</script>", HTML), ("{&quot;stunPort&quot;:7,", MANIFEST)] {
        let liar = Liar::saying(move |asked, answer| {
            if is_page(asked) {
                answer.edited(|html| html.replacen("content=\"{", &format!("content=\"{text}"), 1))
            } else {
                answer
            }
        })
        .await;
        let report = liar.checked(&built, "/").await.unwrap();
        assert_eq!(only(&report).name, found, "{report}");
    }
}

/// Over http:// browsers do not ask for brotli.
#[tokio::test]
async fn headers_that_load_more_or_another_policy_are_told_in_whichever_coding_they_come() {
    let built = built();
    for coding in ["br", "gzip", "identity"] {
        for (name, value) in [
            ("link", "</more.css>; rel=stylesheet"),
            ("refresh", "0; url=https://other.test/"),
            ("content-security-policy", "script-src *"),
        ] {
            let liar = Liar::saying(move |asked, mut answer| {
                if is_page(asked) && asked.coding == coding {
                    answer.headers.retain(|(other, _)| other != name);
                    answer.headers.push((name.to_owned(), value.to_owned()));
                }
                answer
            })
            .await;
            let report = liar.checked(&built, "/").await.unwrap();
            // Brotli is asked for first, and then the others have another policy than it.
            assert_eq!(only(&report).name, format!("header `{name}`"), "{coding}: {report}");
            assert!(report.to_string().contains(value), "{coding}: {report}");
        }
    }
}

#[tokio::test]
async fn headers_that_load_more_or_read_the_page_otherwise_are_told() {
    let built = built();
    for (name, value, found) in [
        ("link", "</more.css>; rel=stylesheet", "header `link`"),
        ("refresh", "0; url=https://other.test/", "header `refresh`"),
        ("speculation-rules", "\"/rules.json\"", "header `speculation-rules`"),
        ("content-type", "text/html; charset=utf-16", HTML),
    ] {
        let liar = Liar::saying(move |asked, mut answer| {
            if is_page(asked) {
                answer.headers.retain(|(other, _)| other != name);
                answer.headers.push((name.to_owned(), value.to_owned()));
            }
            answer
        })
        .await;
        let report = liar.checked(&built, "/").await.unwrap();
        assert!(wrong(&report).iter().any(|finding| finding.name == found), "{report}");
    }
}

#[tokio::test]
async fn a_manifest_that_is_missing_newer_or_of_another_page_is_told() {
    let built = built();
    let lies: [fn(Answer) -> Answer; 4] = [
        |_| Answer::nothing(),
        |answer| answer.edited(|text| text.replacen("\"version\": 1", "\"version\": 2", 1)),
        |answer| answer.edited(|text| text.replacen(".css\": \"", ".css\": \"0", 1)),
        |answer| answer.edited(|_| "no JSON".to_owned()),
    ];
    for lie in lies {
        let liar = Liar::saying(
            move |asked, answer| if asked.path.ends_with(MANIFEST) { lie(answer) } else { answer },
        )
        .await;
        let report = liar.checked(&built, "/").await.unwrap();
        assert_eq!(only(&report).name, MANIFEST, "{report}");
    }
}

#[tokio::test]
async fn a_page_elsewhere_is_compared_and_told_and_a_file_elsewhere_is_missing() {
    let built = built();
    let other = Liar::saying(|_, answer| answer).await;
    let there = format!("http://{}/", other.address);
    let to = there.clone();
    let liar =
        Liar::saying(move |asked, answer| if is_page(asked) { Answer::elsewhere(&to) } else { answer }).await;
    let report = liar.checked(&built, "/").await.unwrap();
    assert!(report.is_same(), "{report}");
    assert!(
        report.to_string().starts_with(&format!("elsewhere  http://{}/ leads to {there}\n", liar.address))
    );

    let liar = Liar::saying(
        move |asked, answer| if asked.path.ends_with(".js") { Answer::elsewhere(&there) } else { answer },
    )
    .await;
    let report = liar.checked(&built, "/").await.unwrap();
    let all_missing = wrong(&report)
        .iter()
        .all(|finding| matches!(&finding.verdict, Verdict::Missing(why) if why.contains("leads to")));
    assert!(all_missing, "{report}");
}

/// Browsers go elsewhere for five of them only, and show what comes with the others.
#[tokio::test]
async fn a_page_that_browsers_show_instead_of_going_elsewhere_is_no_redirect() {
    let built = built();
    for (status, is_followed) in [
        (300, false),
        (301, true),
        (302, true),
        (303, true),
        (304, false),
        (305, false),
        (306, false),
        (307, true),
        (308, true),
        (309, false),
        (399, false),
    ] {
        let liar = Liar::saying(move |asked, answer| {
            if !is_page(asked) {
                return answer;
            }
            let mut evil = Answer::elsewhere("/index.html");
            evil.status = format!("{status} X");
            evil
        })
        .await;
        match liar.checked(&built, "/").await {
            Ok(report) => assert!(is_followed && report.is_same(), "{status}: {report}"),
            Err(error) => {
                assert!(!is_followed && error.to_string().contains(&status.to_string()), "{status}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn where_a_page_leads_is_no_place_that_browsers_would_not_go_to() {
    let built = built();
    for to in ["/\\evil.test/", "/x/../", "/x/%2e%2e/", "/\u{9b}2J", "?\u{202e}"] {
        let liar =
            Liar::saying(move |asked, answer| if is_page(asked) { Answer::elsewhere(to) } else { answer })
                .await;
        let error = format!("{:#}", liar.checked(&built, "/").await.unwrap_err());
        assert!(error.contains("leads to") && error.is_ascii(), "{error}");
    }
}

#[tokio::test]
async fn one_redirect_more_than_may_be_is_followed_no_further() {
    let built = built();
    let liar = Liar::saying(|asked, answer| {
        match asked.path.strip_prefix("/hop/").map(|left| left.parse().unwrap()) {
            Some(1) => Answer::elsewhere("/"),
            Some(left) => Answer::elsewhere(&format!("{}", left - 1_usize)),
            None => answer,
        }
    })
    .await;
    let report = liar.checked(&built, &format!("/hop/{MAX_REDIRECTS}")).await.unwrap();
    assert!(report.is_same() && report.redirects().len() == MAX_REDIRECTS, "{report}");
    let error = liar.checked(&built, &format!("/hop/{}", MAX_REDIRECTS + 1)).await.unwrap_err();
    assert!(error.to_string().contains("on and on"), "{error}");
}

#[tokio::test]
async fn one_byte_more_than_may_come_is_not_read() {
    let built = built();
    for (more, word) in [(0, "SHA-256"), (1, "more than")] {
        let liar = Liar::saying(move |asked, mut answer| {
            if asked.path.ends_with(".svg") {
                answer.headers.retain(|(name, _)| name != "content-encoding");
                answer.body = vec![b' '; usize::try_from(MAX_BODY).unwrap() + more];
            }
            answer
        })
        .await;
        let report = liar.checked(&built, "/").await.unwrap();
        let (Verdict::Differs(why) | Verdict::Missing(why)) = &only(&report).verdict else {
            panic!("{report}")
        };
        assert!(why.contains(word), "{why}");
    }
}
