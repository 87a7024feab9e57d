//! What several nodes do when one of them, or Redis between them, is gone, stuck or talks nonsense.

use crate::binary::{program, start, terminate};
use crate::client::{Client, MESH, get, soon, start_with};
use crate::metrics::until;
use crate::redis::Redis;
use crate::site::{Site, backplane, connected};
use signal_proto::{Handle, Role, ServerMessage};
use signaling::{Backplane, Config, Server};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::process::{Child, Command};

const NEVER: Duration = Duration::from_secs(24 * 3600);

fn said(from: Handle, bytes: &[u8]) -> ServerMessage {
    ServerMessage::Message { tag: MESH, from, bytes: bytes.to_vec() }
}

fn detached(handle: Handle) -> ServerMessage {
    ServerMessage::Detached { tag: MESH, handle }
}

/// Two nodes that notice a death after `silence`, the first one with metrics.
async fn nodes(redis: &Redis, silence: Duration) -> ([Server; 2], [SocketAddr; 2]) {
    let node = async |metrics| {
        let mut backplane = backplane(redis);
        backplane.silence = silence;
        start_with(Config { backplane: Some(backplane), metrics, ..Config::default() }).await
    };
    let (one, at_one) = node(Some(([127, 0, 0, 1], 0).into())).await;
    let (two, at_two) = node(None).await;
    connected(at_one, at_two).await;
    ([one, two], [at_one, at_two])
}

/// Two members on different nodes who see each other, and the handles by which they do.
async fn pair(nodes: [SocketAddr; 2]) -> (Client, Handle, Client, Handle) {
    let (mut a, _) = Client::joined(nodes[0], MESH, Role::Mesh).await;
    let (b, seen) = Client::joined(nodes[1], MESH, Role::Mesh).await;
    let b_handle = a.attached().await;
    (a, seen[0], b, b_handle)
}

/// The program as a node; itself, and where it is.
async fn process(redis: &Redis) -> (Child, SocketAddr) {
    let mut command = program();
    command.args(["--port", "0", "--backplane", &redis.url(), "--backplane-silence", "10s"]);
    let (child, line, _) = start(&mut command).await;
    let address = line.trim().trim_start_matches("Linkspan is at http://").trim_end_matches('/');
    (child, address.parse().unwrap())
}

async fn signal(child: u32, name: &str) {
    let kill = format!("kill -{name} {child}");
    assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
}

#[tokio::test]
async fn who_was_on_a_node_that_is_killed_is_gone_for_the_others() {
    let redis = Redis::start().await;
    let ((mut killed, at_killed), (_survivor, at_survivor)) = (process(&redis).await, process(&redis).await);
    connected(at_killed, at_survivor).await;
    let (_gone, _, mut left, _) = pair([at_killed, at_survivor]).await;
    let (mut third, seen) = Client::joined(at_survivor, MESH, Role::Mesh).await;
    assert_eq!(seen.len(), 2);
    let third_handle = left.attached().await;
    soon(killed.kill()).await.unwrap();
    // Those who are left talk on, and hear of it once.
    third.say(MESH, None, b"still here").await;
    assert_eq!(left.message().await, said(third_handle, b"still here"));
    let ServerMessage::Detached { handle, .. } = left.message().await else { panic!("it is not said") };
    assert_eq!(third.message().await, detached(handle));
    assert!(seen.contains(&handle));
}

#[tokio::test]
async fn who_was_on_a_node_that_stops_is_gone_at_once() {
    let redis = Redis::start().await;
    let ([one, _two], nodes) = nodes(&redis, NEVER).await;
    let (mut a, a_handle, mut b, _) = pair(nodes).await;
    let stopping = tokio::spawn(one.shutdown());
    assert_eq!(b.message().await, detached(a_handle));
    assert!(matches!(a.message().await, ServerMessage::GoingAway { .. }));
    a.closed().await;
    soon(a.0.close(None)).await.ok();
    soon(stopping).await.unwrap();
}

#[tokio::test]
async fn after_a_restart_of_redis_relaying_goes_on_and_nobody_was_told_a_word() {
    let mut site = Site::two_nodes().await;
    let nodes = [site.nodes[0], site.nodes[1]];
    let (mut a, a_handle, mut b, b_handle) = pair(nodes).await;
    let redis = site.redis.as_mut().unwrap();
    for round in 0..2u8 {
        redis.kill().await;
        redis.start_again().await;
        connected(nodes[0], nodes[1]).await;
        a.say(MESH, Some(b_handle), &[round]).await;
        assert_eq!(b.message().await, said(a_handle, &[round]));
        b.say(MESH, None, &[round]).await;
        assert_eq!(a.message().await, said(b_handle, &[round]));
    }
}

#[tokio::test]
async fn without_redis_the_members_of_one_node_meet_and_the_others_are_found_when_it_is_back() {
    let mut redis = Redis::start().await;
    let ([one, _two], nodes) = nodes(&redis, Duration::from_secs(2)).await;
    let metrics = one.metrics_address().unwrap();
    until(metrics, "backplane_up", "1").await;
    let (mut a, a_handle, mut b, b_handle) = pair(nodes).await;
    redis.kill().await;
    assert_eq!(a.message().await, detached(b_handle));
    assert_eq!(b.message().await, detached(a_handle));
    until(metrics, "backplane_up", "0").await;
    let ready = get(nodes[0], "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 200") && ready.ends_with("cannot be reached"), "{ready}");

    let (mut c, seen) = Client::joined(nodes[0], MESH, Role::Mesh).await;
    assert_eq!(seen, [a_handle]);
    let c_handle = a.attached().await;
    c.say(MESH, Some(a_handle), b"without").await;
    assert_eq!(a.message().await, said(c_handle, b"without"));

    redis.start_again().await;
    let mut found = [b.attached().await, b.attached().await];
    found.sort();
    let mut expected = [a_handle, c_handle];
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!((a.attached().await, c.attached().await), (b_handle, b_handle));
    b.say(MESH, None, b"again").await;
    assert_eq!(a.message().await, said(b_handle, b"again"));
    assert_eq!(c.message().await, said(b_handle, b"again"));
    until(metrics, "backplane_up", "1").await;
    assert!(get(nodes[0], "/readyz").await.ends_with("ready"));
}

#[tokio::test]
async fn a_redis_that_is_gone_is_noticed_though_nothing_is_told_meanwhile() {
    let mut redis = Redis::start().await;
    let ([one, _two], _) = nodes(&redis, NEVER).await;
    let metrics = one.metrics_address().unwrap();
    until(metrics, "backplane_up", "1").await;
    redis.kill().await;
    until(metrics, "backplane_up", "0").await;
}

#[tokio::test]
async fn who_left_while_redis_was_gone_is_not_there_when_it_is_back() {
    let mut redis = Redis::start().await;
    let (_servers, nodes) = nodes(&redis, Duration::from_secs(10)).await;
    let (mut a, _, b, b_handle) = pair(nodes).await;
    redis.kill().await;
    drop(b);
    redis.start_again().await;
    assert_eq!(a.message().await, detached(b_handle));
    let (_c, seen) = Client::joined(nodes[1], MESH, Role::Mesh).await;
    assert_eq!(seen.len(), 1, "those who stayed are found");
}

#[tokio::test]
async fn a_stuck_redis_holds_nobody_up() {
    let redis = Redis::start().await;
    let (_servers, nodes) = nodes(&redis, Duration::from_secs(10)).await;
    signal(redis.process(), "STOP").await;
    let (mut a, seen) = Client::joined(nodes[0], MESH, Role::Mesh).await;
    assert_eq!(seen, []);
    let (mut b, seen) = Client::joined(nodes[0], MESH, Role::Mesh).await;
    let b_handle = a.attached().await;
    a.say(MESH, Some(b_handle), b"on one node").await;
    assert_eq!(b.message().await, said(seen[0], b"on one node"));
    let (mut far, _) = Client::joined(nodes[1], MESH, Role::Mesh).await;
    signal(redis.process(), "CONT").await;
    far.attached().await;
    far.attached().await;
    let far_handle = a.attached().await;
    assert_eq!(b.attached().await, far_handle);
    a.say(MESH, Some(far_handle), b"across").await;
    assert_eq!(far.message().await, said(seen[0], b"across"));
}

#[tokio::test]
async fn nonsense_in_redis_is_ignored_and_counted() {
    let redis = Redis::start().await;
    let ([one, _two], nodes) = nodes(&redis, Duration::from_secs(10)).await;
    let metrics = one.metrics_address().unwrap();
    let (mut a, a_handle, mut b, b_handle) = pair(nodes).await;
    let mut count = 0;
    // The nodes' and the tag's.
    for channel in &redis.channels(2).await {
        for bytes in [vec![], b"garbage".to_vec(), vec![0; 8], vec![0xff; 40], vec![0; 1 << 20]] {
            assert_eq!(redis.publish(channel, &bytes).await, 2, "both nodes hear it");
            count += 1;
        }
    }
    until(metrics, "backplane_garbage_total", &count.to_string()).await;
    a.say(MESH, Some(b_handle), b"still").await;
    assert_eq!(b.message().await, said(a_handle, b"still"));
}

#[tokio::test]
async fn redis_holds_nothing_and_does_not_learn_the_tags() {
    let redis = Redis::start().await;
    let (_servers, nodes) = nodes(&redis, NEVER).await;
    let (mut a, a_handle, mut b, b_handle) = pair(nodes).await;
    a.say(MESH, Some(b_handle), b"through").await;
    assert_eq!(b.message().await, said(a_handle, b"through"));
    assert_eq!(redis.keys().await, 0);
    let tag: String = MESH.0.iter().map(|byte| format!("{byte:02x}")).collect();
    // The nodes' and the tag's: what was left is listened to no more.
    let channels = redis.channels(2).await;
    assert!(channels.iter().all(|name| name.starts_with("linkspan:1:") && !name.contains(&tag)));
}

#[tokio::test]
async fn a_server_whose_redis_is_not_there_serves_logs_no_password_and_ends() {
    let redis = Redis::start().await;
    let url = format!("redis://canary-user:canary-password@127.0.0.1:{}", redis.port);
    for url in [url, "redis://:canary-password@127.0.0.1:1".to_owned()] {
        let mut command = program();
        command.args(["--port", "0", "--log", "trace"]).env("LINKSPAN_BACKPLANE", url);
        let (child, line, out) = start(&mut command).await;
        let address = line.trim().trim_start_matches("Linkspan is at http://").trim_end_matches('/');
        let address: SocketAddr = address.parse().unwrap();
        let (mut one, _) = Client::joined(address, MESH, Role::Mesh).await;
        let (_two, seen) = Client::joined(address, MESH, Role::Mesh).await;
        assert_eq!(seen.len(), 1);
        one.attached().await;
        assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
        let (well, _, log) = terminate(child, out).await;
        assert!(well && log.contains("no backplane"), "{log}");
        assert!(!log.contains("canary"), "{log}");
    }
}

#[tokio::test]
async fn servers_with_other_prefixes_share_a_redis_and_never_meet() {
    let redis = Redis::start().await;
    let (_servers, nodes) = nodes(&redis, NEVER).await;
    let mut other = Backplane::at(&redis.url()).unwrap();
    other.prefix = "other".to_owned();
    let (_third, third) = start_with(Config { backplane: Some(other.clone()), ..Config::default() }).await;
    let (_fourth, fourth) = start_with(Config { backplane: Some(other), ..Config::default() }).await;
    connected(third, fourth).await;
    let (mut a, _, _b, _) = pair(nodes).await;
    let (_c, _, _d, _) = pair([third, fourth]).await;
    let (_e, seen) = Client::joined(nodes[1], MESH, Role::Mesh).await;
    assert_eq!(seen.len(), 2);
    a.attached().await;
}
