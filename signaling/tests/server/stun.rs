//! The STUN responder on a real socket.

use crate::client::{soon, start, start_with};
use signaling::{Config, Limits};
use stun_types::attribute::XorMappedAddress;
use stun_types::message::{BINDING, Message, MessageClass, MessageWrite, MessageWriteVec, TransactionId};
use tokio::net::UdpSocket;

pub(crate) fn request(id: u128) -> (TransactionId, Vec<u8>) {
    let id = TransactionId::from(id);
    let kind = stun_types::message::MessageType::from_class_method(MessageClass::Request, BINDING);
    (id, Message::builder(kind, id, MessageWriteVec::new()).finish())
}

#[tokio::test]
async fn it_tells_the_address_it_sees_and_ignores_garbage() {
    let stun = Some(([127, 0, 0, 1], 0).into());
    let (server, _) = start_with(Config { stun, ..Config::default() }).await;
    let responder = server.stun_address().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for garbage in [&b""[..], b"hello", &[0; 20], &[0xff; 1200]] {
        socket.send_to(garbage, responder).await.unwrap();
    }
    let (id, bytes) = request(7);
    socket.send_to(&bytes, responder).await.unwrap();

    // The first answer is the one to the request, so the garbage had none.
    let mut buffer = [0; 1500];
    let (length, from) = soon(socket.recv_from(&mut buffer)).await.unwrap();
    assert_eq!(from, responder);
    let answer = Message::from_bytes(&buffer[..length]).unwrap();
    assert!(answer.has_class(MessageClass::Success));
    assert_eq!(answer.transaction_id(), id);
    let seen = answer.attribute::<XorMappedAddress>().unwrap().addr(id);
    assert_eq!(seen, socket.local_addr().unwrap());
}

#[tokio::test]
async fn one_past_the_burst_goes_unanswered() {
    let limits = Limits { stun_burst: 2, stun_per_second: 0, ..Limits::default() };
    let stun = Some(([127, 0, 0, 1], 0).into());
    let (server, _) = start_with(Config { stun, limits, ..Config::default() }).await;
    let responder = server.stun_address().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for id in [1, 2, 3] {
        socket.send_to(&request(id).1, responder).await.unwrap();
    }
    // Other networks are not affected, and an answer tells that the three before it were dealt with. Two of them,
    // as one in some thousand shares its bucket with the first.
    let (one, two) =
        (UdpSocket::bind("127.0.1.1:0").await.unwrap(), UdpSocket::bind("127.0.2.1:0").await.unwrap());
    one.send_to(&request(4).1, responder).await.unwrap();
    two.send_to(&request(5).1, responder).await.unwrap();
    soon(async { tokio::select!(ready = one.readable() => ready, ready = two.readable() => ready) })
        .await
        .unwrap();
    let mut buffer = [0; 1500];
    soon(socket.recv_from(&mut buffer)).await.unwrap();
    soon(socket.recv_from(&mut buffer)).await.unwrap();
    assert!(socket.try_recv_from(&mut buffer).is_err());
}

#[tokio::test]
async fn it_is_off_unless_asked_for() {
    let (server, _) = start(Limits::default()).await;
    assert_eq!(server.stun_address(), None);
}

#[tokio::test]
async fn one_byte_more_than_the_longest_request_is_not_taken_for_a_shorter_one() {
    let stun = Some(([127, 0, 0, 1], 0).into());
    let (server, _) = start_with(Config { stun, ..Config::default() }).await;
    let responder = server.stun_address().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // 548 bytes, most of them the name of some software, which may be ignored.
    let longest = |id| {
        let (_, mut bytes) = request(id);
        bytes[2..4].copy_from_slice(&528_u16.to_be_bytes());
        [&bytes[..], &0x8022_u16.to_be_bytes(), &524_u16.to_be_bytes(), &[b'a'; 524]].concat()
    };
    socket.send_to(&[&longest(8)[..], b"a"].concat(), responder).await.unwrap();
    socket.send_to(&longest(9), responder).await.unwrap();
    let mut buffer = [0; 100];
    let (length, _) = soon(socket.recv_from(&mut buffer)).await.unwrap();
    let answered = Message::from_bytes(&buffer[..length]).unwrap().transaction_id();
    assert_eq!(answered, TransactionId::from(9), "the first answer is to the second");
}
