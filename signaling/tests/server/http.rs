//! The page and the door to the WebSocket, as a browser sees them.

use crate::client::{
    Client, DOOR, exchange, exchange_bytes, field, get, refused, request, soon, start, start_with,
};
use signal_proto::{PATH, Role};
use signaling::{Config, Limits, Serves};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (_server, address) = start(Limits::default()).await;
    for path in ["/", "/healthz", "/nothing/here", "/assets/nothing.js", PATH] {
        let answer = get(address, path).await.to_ascii_lowercase();
        for line in [
            "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
             font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types linkspan\r\n",
            "x-content-type-options: nosniff\r\n",
            "referrer-policy: no-referrer\r\n",
            "cross-origin-opener-policy: same-origin\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
            "permissions-policy: accelerometer=()",
            "camera=()",
        ] {
            assert!(answer.contains(line), "{path} lacks {line} in\n{answer}");
        }
        assert!(!answer.contains("strict-transport-security"), "not without TLS");
        assert!(!answer.contains("set-cookie") && !answer.contains("access-control-"));
    }
}

#[tokio::test]
async fn a_server_without_a_page_serves_none_and_one_without_signaling_takes_nobody_in() {
    let serves = Serves::Signaling;
    let (_server, address) = start_with(Config { serves, ..Config::default() }).await;
    for path in ["/", "/index.html", "/assets/x.js", "/.well-known/linkspan-page.json"] {
        let answer = get(address, path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(
            field(&answer, "content-security-policy").unwrap().starts_with("default-src 'none'; base-uri")
        );
    }
    Client::joined(address, DOOR, Role::Listen).await;

    let serves = Serves::Page("wss://signal.test".parse().unwrap());
    let (_server, address) = start_with(Config { serves, ..Config::default() }).await;
    let page = get(address, "/").await;
    assert!(
        field(&page, "content-security-policy").unwrap().contains("connect-src 'self' wss://signal.test;")
    );
    if page.starts_with("HTTP/1.1 200") {
        assert!(page.contains("&quot;signalingUrl&quot;:&quot;wss://signal.test/signal&quot;"), "{page}");
    }
    assert_eq!(refused(address, request(address)).await, 404);
    for path in ["/healthz", "/readyz"] {
        assert!(get(address, path).await.starts_with("HTTP/1.1 200"), "{path}");
    }
}

#[tokio::test]
async fn healthz_says_ok() {
    let (_server, address) = start(Limits::default()).await;
    let answer = get(address, "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
}

#[tokio::test]
async fn the_page_has_its_configuration_or_says_that_it_was_not_built() {
    let (_server, address) = start(Limits::default()).await;
    let answer = get(address, "/").await;
    if answer.starts_with("HTTP/1.1 200") {
        assert!(answer.contains("cache-control: no-cache\r\n"), "{answer}");
        assert!(answer.contains("content-type: text/html; charset=utf-8\r\n"));
        assert!(answer.contains("{&quot;iceServers&quot;:[]}"), "no third party: {answer}");
        assert!(!answer.contains("__LINKSPAN_CONFIG__"));
    } else {
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("The page was not built"), "{answer}");
    }
}

/// A file of the page that is worth compressing: its script. None if the page was not built.
async fn script_of(address: SocketAddr) -> Option<String> {
    let html = get(address, "/").await;
    let script = html.split("src=\"").nth(1)?.split('"').next()?;
    let relative = script.strip_prefix("./").expect("whatever the path is that a proxy puts before it");
    Some(format!("/{relative}"))
}

#[tokio::test]
async fn a_file_comes_in_the_version_that_the_browser_likes_best_and_only_once() {
    let (_server, address) = start(Limits::default()).await;
    let Some(path) = script_of(address).await else {
        assert!(
            get(address, "/").await.starts_with("HTTP/1.1 503"),
            "only a page that was not built has no script"
        );
        return;
    };
    let ask = async |accept: &str, known: &str| {
        let header = format!("Host: {address}\r\nAccept-Encoding: {accept}\r\nIf-None-Match: {known}\r\n");
        exchange_bytes(address, &format!("GET {path} HTTP/1.1\r\n{header}Connection: close\r\n\r\n")).await
    };
    let mut tags = Vec::new();
    let mut sizes = Vec::new();
    for (accept, coding) in [("gzip, br", Some("br")), ("gzip", Some("gzip")), ("br;q=0", None)] {
        let (head, body) = ask(accept, "\"00\"").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{accept}: {head}");
        assert_eq!(field(&head, "content-encoding"), coding, "{accept}");
        assert_eq!(field(&head, "vary"), Some("accept-encoding"));
        assert_eq!(field(&head, "cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(field(&head, "content-length"), Some(body.len().to_string().as_str()));
        let tag = field(&head, "etag").unwrap().to_owned();
        let (again, nothing) = ask(accept, &tag).await;
        assert!(again.starts_with("HTTP/1.1 304") && nothing.is_empty(), "{again}");
        tags.push(tag);
        sizes.push(body.len());
    }
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    assert!(ask("identity;q=0, zstd", "").await.0.starts_with("HTTP/1.1 406"));
    assert!(
        get(address, &format!("{path}.br")).await.starts_with("HTTP/1.1 404"),
        "a version has no address"
    );
}

#[tokio::test]
async fn a_link_whose_number_sign_was_escaped_gets_the_page_which_says_so_and_no_cache_keeps_it() {
    let (_server, address) = start(Limits::default()).await;
    let page = get(address, "/").await;
    for path in ["/%23AQabc", "/%2523AQabc", "/index.html%23AQabc"] {
        let answer = get(address, path).await;
        assert_eq!(
            answer.split_once("\r\n\r\n").unwrap().1,
            page.split_once("\r\n\r\n").unwrap().1,
            "{path}"
        );
        assert_eq!(field(&answer, "cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn the_page_itself_is_asked_for_again_but_not_sent_again() {
    let (_server, address) = start(Limits::default()).await;
    let answer = get(address, "/").await;
    if let Some(tag) = field(&answer, "etag") {
        let request =
            format!("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n");
        let again = exchange(address, &request).await;
        assert!(again.starts_with("HTTP/1.1 304") && again.contains("content-security-policy"), "{again}");
        assert_eq!(field(&again, "cache-control"), Some("no-cache"));
    } else {
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
}

#[tokio::test]
async fn files_outside_the_page_are_not_there() {
    let (_server, address) = start(Limits::default()).await;
    for path in [
        "/../Cargo.toml",
        "/../../Cargo.toml",
        "/%2e%2e/package.json",
        "//etc/passwd",
        "/assets/../../package.json",
    ] {
        assert!(get(address, path).await.starts_with("HTTP/1.1 404"), "{path}");
    }
}

#[tokio::test]
async fn another_sites_page_may_not_connect() {
    let (_server, address) = start(Limits::default()).await;
    let from = |origin: &str| {
        let mut request = request(address);
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    for origin in ["http://evil.test", "null", "http://127.0.0.1:1"] {
        assert_eq!(refused(address, from(origin)).await, 403, "{origin}");
    }
    let own = from(&format!("http://{address}"));
    Client::open_on(TcpStream::connect(address).await.unwrap(), own).await.unwrap();
}

#[tokio::test]
async fn of_named_origins_only_those_may_connect() {
    let page_origins = vec!["https://page.test".parse().unwrap()];
    let (_server, address) = start_with(Config { page_origins, ..Config::default() }).await;
    let from = |origin: &str| {
        let mut request = request(address);
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    for origin in [&format!("http://{address}"), "http://page.test", "https://page.test.evil.test"] {
        assert_eq!(refused(address, from(origin)).await, 403, "{origin}");
    }
    let stream = TcpStream::connect(address).await.unwrap();
    Client::open_on(stream, from("https://page.test")).await.unwrap();
    // What is no browser names no origin; its sub-protocol tells what it is.
    Client::open(address).await;
}

#[tokio::test]
async fn another_sub_protocol_or_none_is_refused() {
    let (_server, address) = start(Limits::default()).await;
    let mut none = request(address);
    none.headers_mut().remove("sec-websocket-protocol");
    assert_eq!(refused(address, none).await, 400);
    let mut newer = request(address);
    newer.headers_mut().insert("sec-websocket-protocol", "linkspan.999".parse().unwrap());
    assert_eq!(refused(address, newer).await, 400);
    let mut both = request(address);
    both.headers_mut().insert("sec-websocket-protocol", "linkspan.999, linkspan.1".parse().unwrap());
    Client::open_on(TcpStream::connect(address).await.unwrap(), both).await.unwrap();
}

#[tokio::test]
async fn messages_are_never_compressed() {
    let (_server, address) = start(Limits::default()).await;
    let handshake = format!(
        "GET {PATH} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: linkspan.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(handshake.as_bytes()).await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\n") {
        let mut byte = [0];
        soon(stream.read_exact(&mut byte)).await.unwrap();
        answer.push(char::from(byte[0]));
    }
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("sec-websocket-extensions"), "{answer}");
}

#[tokio::test]
async fn what_opens_no_websocket_gets_a_status() {
    let (_server, address) = start(Limits::default()).await;
    let by = async |method: &str, origin: &str| {
        let lines = format!("Host: {address}\r\n{origin}Content-Length: 0\r\nConnection: close\r\n");
        exchange(address, &format!("{method} {PATH} HTTP/1.1\r\n{lines}\r\n")).await
    };
    let (own, foreign) = (format!("Origin: http://{address}\r\n"), "Origin: https://evil.test\r\n");
    for (answer, status) in [
        (get(address, PATH).await, 400),
        (by("PUT", &own).await, 405),
        // By which a page learns why its socket does not open.
        (by("POST", &own).await, 426),
        (by("POST", foreign).await, 403),
        (by("POST", "Origin: http://127.0.0.1:1\r\n").await, 403),
    ] {
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(status != 426 || field(&answer, "upgrade") == Some("websocket"), "{answer}");
    }
}
