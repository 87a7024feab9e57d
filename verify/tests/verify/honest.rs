//! Servers that serve what was built, as their operators set them up.

use crate::liar::{built, certificate, checked, real};
use signaling::Config;
use signaling::tls::Identity;
use verify::Client;

#[tokio::test]
async fn a_server_serves_what_was_built_and_what_it_fills_in_is_told() {
    let built = built();
    let ice_servers = vec!["stun:stun.example.org".parse().unwrap()];
    let serves = signaling::Serves::Page("wss://signal.test".parse().unwrap());
    let (_server, address) = real(Config { ice_servers, serves, ..Config::default() }).await;
    for path in ["", "/", "/index.html", "/#the-secret-of-a-room"] {
        let report =
            checked(Client::new().unwrap(), built.clone(), format!("http://{address}{path}")).await.unwrap();
        assert!(report.is_same(), "{report}");
        let [filled] = report.filled() else { panic!("one place is filled in: {report}") };
        assert!(filled.contains(r#"{"urls":["stun:stun.example.org"]}"#), "{filled}");
        let text = report.to_string();
        for word in
            ["wss://signal.test/signal", "same       index.html", "same       assets/", "linkspan-page.json"]
        {
            assert!(text.contains(word), "{word} in\n{text}");
        }
        assert!(!text.contains("the-secret"), "{text}");
    }
}

#[tokio::test]
async fn over_https_too_but_not_with_a_certificate_that_nobody_trusts() {
    let built = built();
    let (cert, key, der) = certificate("https");
    let tls = Some(Identity::from_files(&cert, &key).unwrap());
    let (_server, address) = real(Config { tls, ..Config::default() }).await;
    let url = format!("https://localhost:{}/", address.port());
    let trusting = Client::trusting([der.as_slice()].into_iter());
    let report = checked(trusting, built.clone(), url.clone()).await.unwrap();
    assert!(report.is_same(), "{report}");
    let (_, _, other) = certificate("other");
    let strict = Client::trusting([other.as_slice()].into_iter());
    assert!(checked(strict, built, url).await.is_err());
}

#[tokio::test]
async fn where_no_page_is_nothing_is_said_about_it() {
    let built = built();
    let (_server, address) = real(Config { serves: signaling::Serves::Signaling, ..Config::default() }).await;
    let answer = checked(Client::new().unwrap(), built, format!("http://{address}/")).await;
    let error = format!("{:#}", answer.unwrap_err());
    assert!(error.contains("404"), "{error}");
}
