//! What the real program logs at its most talkative, in both formats: never a tag, an address or what is relayed.

use crate::binary::{run, terminate};
use crate::client::{Client, DOOR, MESH, exchange_on, request, soon};
use crate::stun;
use signal_proto::{Role, ServerMessage, Tag, close};
use std::net::SocketAddr;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

/// Addresses that stand nowhere but on what people send.
const OWN: [u8; 4] = [127, 0, 0, 77];
const PROXY: [u8; 4] = [127, 0, 0, 78];
const BEHIND: &str = "203.0.113.79";
/// A page that may not connect: the operator is told of one, as it may be the operator's own, and not of the next.
const FOREIGN: &str = "https://foreign.test";

async fn connect_from(own: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((own, 0).into()).unwrap();
    socket.connect(address).await.unwrap()
}

async fn joined(address: SocketAddr, tag: Tag, role: Role) -> Client {
    let mut client = Client::open_from(OWN, address).await;
    client.join(tag, role).await;
    client
}

/// Everything that a person, a flooder and a fool do; the bytes that must not be found.
async fn life(address: SocketAddr, stun_server: SocketAddr) -> Vec<Vec<u8>> {
    let (tag, envelope) = (Tag(*b"canary-tag-bytes"), b"canary-envelope-bytes".to_vec());
    let mut one = joined(address, tag, Role::Mesh).await;
    let mut two = Client::open_from(OWN, address).await;
    let seen = two.join(tag, Role::Mesh).await;
    let handle = one.attached().await;
    two.say(tag, None, &envelope).await;
    let message = ServerMessage::Message { tag, from: handle, bytes: envelope.clone() };
    assert_eq!(one.message().await, message);

    // Errors must not quote what caused them either.
    let mut wrong = joined(address, DOOR, Role::Listen).await;
    wrong.say(tag, Some(handle), &envelope).await;
    assert_eq!(wrong.closed().await, close::BAD_TAG);
    let mut text = joined(address, MESH, Role::Mesh).await;
    text.send_raw("canary-text".into()).await;
    assert_eq!(text.closed().await, close::BAD_MESSAGE);
    for garbage in [
        "canary-method / HTTP/9",
        "GET /canary-path?canary-query HTTP/1.1\r\nHost: canary.host",
        "GET /%23canary-secret?x=%23canary-secret HTTP/1.1\r\nHost: canary.host",
        "\u{16}\u{3}canary",
    ] {
        exchange_on(connect_from(OWN, address).await, &format!("{garbage}\r\nConnection: close\r\n\r\n"))
            .await;
    }
    // Where a refused page comes from is told, for whoever runs the server: once, and of four such pages.
    let others =
        ["https://second.test", "https://third.test", "https://fourth.test", "https://canary.origin"];
    for origin in [&[FOREIGN; 2][..], &others].concat() {
        let mut foreign = request(address);
        foreign.headers_mut().insert("origin", origin.parse().unwrap());
        assert!(Client::open_on(connect_from(OWN, address).await, foreign).await.is_err());
    }

    // Behind a proxy, one too many, and a proxy that says nothing or nonsense.
    let mut proxied = Vec::new();
    for forwarded in [&[BEHIND; 6][..], &["canary-hop", ""]].concat() {
        let mut request = request(address);
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        proxied.push(Client::open_on(connect_from(PROXY, address).await, request).await);
    }
    assert!(proxied.iter().any(Result::is_err), "one address has one too many");

    let socket = UdpSocket::bind(SocketAddr::from((OWN, 0))).await.unwrap();
    for garbage in
        [&b"canary"[..], &[0; 20], b"\x00\x01\x00\x08\x21\x12\xa4\x42canary-tried\x00\x03\x00\x04abcd"]
    {
        socket.send_to(garbage, stun_server).await.unwrap();
    }
    let (_, bytes) = stun::request(7);
    socket.send_to(&bytes, stun_server).await.unwrap();
    soon(socket.recv_from(&mut [0; 100])).await.unwrap();
    vec![tag.0.to_vec(), envelope, handle.0.to_vec(), seen[0].0.to_vec()]
}

#[tokio::test]
async fn nothing_of_who_met_whom_is_logged_at_any_level() {
    for format in ["text", "json"] {
        let free = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let stun = format!("--stun={free}");
        let flags = ["--log", "trace", "--log-format", format, "--trusted-proxy", "127.0.0.78", &stun];
        let (child, line, out) = run(&[&flags[..], &["--sockets-per-address", "5"]].concat()).await;
        let address = line.strip_prefix("Linkspan is at http://").and_then(|rest| rest.strip_suffix("/\n"));
        let address: SocketAddr = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        let secrets = life(address, free).await;

        let (well, rest, log) = terminate(child, out).await;
        assert!(well, "{log}");
        assert_eq!(rest, "", "one line, and no more");
        assert!(log.contains("socket ends") && log.contains("stopped"), "it does log:\n{log}");
        assert_eq!(log.matches(FOREIGN).count(), 1, "a refused page:\n{log}");
        if format == "json" {
            let lines: Result<Vec<serde_json::Value>, _> = log.lines().map(serde_json::from_str).collect();
            assert!(lines.unwrap().iter().all(|line| line["level"].is_string()), "one object a line:\n{log}");
        }
        // The STUN library would log bytes of what it cannot read.
        let mut canaries = ["canary", BEHIND, "127.0.0.7", "stun_types"].map(str::to_owned).to_vec();
        for bytes in secrets {
            let decimal = format!("{bytes:?}");
            canaries.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
            canaries.push(decimal.trim_matches(['[', ']']).to_owned());
        }
        for canary in canaries {
            assert!(!log.to_lowercase().contains(&canary.to_lowercase()), "{canary} was logged:\n{log}");
        }
    }
}
