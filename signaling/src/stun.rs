//! STUN responder (RFC 8489): tells who asks which address it is seen from. Binding requests over UDP, nothing else.
//!
//! It must never be of use for flooding somebody else: one request gets at most one answer of at most 44 bytes
//! (20 of header, 24 of address), errors get none, and each network gets only so many a second.

use crate::bucket::Bucket;
use crate::limits::Limits;
use crate::vantage::Vantage;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use stun_types::attribute::{Attribute, XorMappedAddress};
use stun_types::message::{BINDING, Message, MessageClass, MessageWrite, MessageWriteExt, MessageWriteVec};
use tokio::net::UdpSocket;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// Longest request looked at, in bytes; one more is read so that longer ones are recognised. Browsers send 20 to 40.
const MAX_REQUEST: usize = 548;
/// First attribute type that a receiver may ignore (RFC 8489 section 14).
const COMPREHENSION_OPTIONAL: u16 = 0x8000;
/// Buckets that all networks of the world share.
const BUCKETS: usize = 4_096;

/// Answers until the server stops.
pub(crate) async fn run(socket: UdpSocket, limits: Limits, vantage: Arc<Vantage>, stop: CancellationToken) {
    let mut throttle = Throttle::new(&limits);
    let mut buffer = [0; MAX_REQUEST + 1];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = socket.recv_from(&mut buffer) => received,
        };
        // Errors here are about earlier answers that could not be delivered.
        let Ok((length, from)) = received else { continue };
        let Some(answer) = answer(&buffer[..length], from) else { continue };
        if !throttle.allows(from.ip(), Instant::now()) {
            continue;
        }
        vantage.stun(from.ip());
        // No queue: if the network is busy, the browser asks again.
        if let Err(error) = socket.try_send_to(&answer, from) {
            debug!(kind = ?error.kind(), "STUN answer not sent");
        }
    }
}

/// The answer to `request` if it is a binding request. Requests that demand more than that get none: an error would
/// be longer than what was asked.
fn answer(request: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    if request.len() > MAX_REQUEST {
        return None;
    }
    let request = Message::from_bytes(request).ok()?;
    if !request.has_class(MessageClass::Request) || !request.has_method(BINDING) {
        return None;
    }
    if request.iter_attributes().any(|(_, attribute)| attribute.get_type().value() < COMPREHENSION_OPTIONAL) {
        return None;
    }
    let seen = SocketAddr::new(from.ip().to_canonical(), from.port());
    let mut answer = Message::builder_success(&request, MessageWriteVec::new());
    answer.add_attribute(&XorMappedAddress::new(seen, request.transaction_id())).ok()?;
    Some(answer.finish())
}

/// Limits answers by network in fixed memory: networks are spread over the buckets by a secret hash, and those that
/// share one share its rate.
struct Throttle {
    hash: RandomState,
    buckets: Vec<Bucket>,
}

impl Throttle {
    fn new(limits: &Limits) -> Self {
        let bucket = Bucket::full(limits.stun_burst, limits.stun_per_second, Instant::now());
        Self { hash: RandomState::new(), buckets: vec![bucket; BUCKETS] }
    }

    fn allows(&mut self, ip: IpAddr, now: Instant) -> bool {
        let network = match ip.to_canonical() {
            IpAddr::V4(v4) => u128::from(v4.to_bits() >> 8),
            IpAddr::V6(v6) => v6.to_bits() >> 80,
        };
        let index = self.hash.hash_one(network) % BUCKETS as u64;
        self.buckets[usize::try_from(index).expect("less than BUCKETS")].take(1, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Binding request without attributes, as browsers send it.
    const REQUEST: [u8; 20] = *b"\x00\x01\x00\x00\x21\x12\xa4\x42linkspantest";

    fn with_attribute(kind: u16) -> Vec<u8> {
        let mut request = REQUEST.to_vec();
        request[3] = 8;
        request.extend_from_slice(&kind.to_be_bytes());
        request.extend_from_slice(b"\0\x04abcd");
        request
    }

    #[test]
    fn the_answer_is_the_address_and_nothing_more() {
        for (from, length) in
            [("192.0.2.7:4711", 32), ("[2001:db8::7]:4711", 44), ("[::ffff:192.0.2.7]:4711", 32)]
        {
            let from: SocketAddr = from.parse().unwrap();
            let answer = answer(&REQUEST, from).unwrap();
            assert_eq!(answer.len(), length);
            let message = Message::from_bytes(&answer).unwrap();
            assert!(message.has_class(MessageClass::Success));
            assert_eq!(answer[8..20], REQUEST[8..20], "transaction id");
            let seen = message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id());
            assert_eq!(seen, SocketAddr::new(from.ip().to_canonical(), from.port()));
        }
    }

    #[test]
    fn whatever_else_arrives_is_ignored() {
        let from = "192.0.2.7:4711".parse().unwrap();
        for cut in 0..REQUEST.len() {
            assert_eq!(answer(&REQUEST[..cut], from), None);
        }
        let response = answer(&REQUEST, from).unwrap();
        assert_eq!(answer(&response, from), None, "or two responders would talk for ever");
        let mut other_method = REQUEST;
        other_method[1] = 3; // Allocate
        let mut old = REQUEST; // RFC 3489, without the magic cookie
        old[4] = 0;
        let long = [&REQUEST[..], &[0; MAX_REQUEST]].concat();
        for bad in [&b"GET / HTTP/1.1\r\n\r\n"[..], &other_method, &old, &long, &[0; 600], &[0xff; 100]] {
            assert_eq!(answer(bad, from), None);
        }
        assert_eq!(answer(&with_attribute(0x0003), from), None, "CHANGE-REQUEST demands more than an answer");
        assert_eq!(answer(&with_attribute(0x7fff), from), None, "the last one that must be understood");
        assert!(answer(&with_attribute(0x8000), from).is_some(), "the first one that may be ignored");
        assert!(answer(&with_attribute(0x8022), from).is_some(), "SOFTWARE may be ignored");
        let padded = |bytes: usize| {
            let value = u16::try_from(bytes - 24).unwrap();
            let mut request = REQUEST.to_vec();
            request[2..4].copy_from_slice(&(value + 4).to_be_bytes());
            [&request[..], &0x8022_u16.to_be_bytes(), &value.to_be_bytes(), &vec![b'a'; bytes - 24]].concat()
        };
        assert!(answer(&padded(MAX_REQUEST), from).is_some());
        assert_eq!(answer(&padded(MAX_REQUEST + 4), from), None, "longer than any browser's");
    }

    #[test]
    fn a_network_gets_its_burst_and_then_its_rate_and_no_more() {
        let mut throttle = Throttle::new(&Limits { stun_burst: 3, stun_per_second: 1, ..Limits::default() });
        let now = Instant::now();
        let ips: Vec<IpAddr> = (1..=4).map(|n| IpAddr::from([192, 0, 2, n])).collect();
        let allowed: Vec<_> = ips.iter().map(|ip| throttle.allows(*ip, now)).collect();
        assert_eq!(allowed, [true, true, true, false]);
        assert!(throttle.allows(ips[0], now + Duration::from_secs(1)));
    }
    #[test]
    fn all_addresses_of_a_site_share_what_one_network_gets() {
        let mut throttle = Throttle::new(&Limits { stun_burst: 3, stun_per_second: 1, ..Limits::default() });
        let now = Instant::now();
        let ips = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "2001:db8:0:ffff::1"];
        let allowed = ips.map(|ip| throttle.allows(ip.parse().unwrap(), now));
        assert_eq!(allowed, [true, true, true, false]);
    }
}
