//! Behind a proxy: real ones, with the example configurations but for names, ports and certificates.

use crate::client::{Site, certificate, script_of};
use crate::program::{Output, Program, example, example_path, folder, free_port, replaced, server, started};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tokio::process::Command;

/// The server as the sample configuration says, with two places for the sockets of each address.
async fn behind() -> (Program, SocketAddr) {
    let mut command = Command::new(server());
    command.env_clear().arg("--config").arg(example_path("linkspan.toml"));
    started(command.args(["--port", "0", "--stun=off", "--sockets-per-address", "2"])).await
}

#[tokio::test]
async fn behind_nginx() {
    let folder = folder("nginx");
    let (_server, address) = behind().await;
    let (cert, key, tls) = certificate(&folder);
    let port = free_port();
    let mut site = example("nginx.conf");
    for (old, new) in [
        ("    listen [::]:80;\n", String::new()),
        ("    listen [::]:443 ssl;\n", String::new()),
        ("listen 80;", format!("listen 127.0.0.1:{};", free_port())),
        ("listen 443 ssl;", format!("listen 127.0.0.1:{port} ssl;")),
        ("127.0.0.1:8080", address.to_string()),
        ("share.example.org;", "localhost;".to_owned()),
        ("/etc/ssl/certs/share.example.org.pem", cert.display().to_string()),
        ("/etc/ssl/private/share.example.org.pem", key.display().to_string()),
    ] {
        site = replaced(&site, old, &new);
    }
    fs::write(folder.join("site.conf"), site).unwrap();
    fs::write(folder.join("nginx.conf"), nginx_main(&folder)).unwrap();

    let nginx = || {
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(&folder).arg("-e").arg("stderr").arg("-c").arg(folder.join("nginx.conf"));
        nginx
    };
    let checked = nginx().arg("-t").output().await.unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success() && !said.contains("[warn]"), "{said}");
    // Said when its sockets are open.
    let (_nginx, _) = Program::start(&mut nginx(), Output::Error, "event method").await;
    works(&Site { address: ([127, 0, 0, 1], port).into(), tls: Some(tls) }).await;
}

/// One process that the test can end, and every file in its own folder.
fn nginx_main(folder: &Path) -> String {
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places = kinds.map(|kind| format!("    {kind}_temp_path {}/{kind};\n", folder.display())).concat();
    format!(
        "daemon off;\nmaster_process off;\nerror_log stderr notice;\npid {}/pid;\nevents {{}}\nhttp {{\n{places}    \
         include site.conf;\n}}\n",
        folder.display()
    )
}

#[tokio::test]
async fn behind_caddy() {
    let folder = folder("caddy");
    let (_server, address) = behind().await;
    let (cert, key, tls) = certificate(&folder);
    let port = free_port();
    let mut site = example("Caddyfile");
    for (old, new) in [
        (
            "share.example.org {\n",
            format!(
                "https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {} {}\n",
                cert.display(),
                key.display()
            ),
        ),
        ("127.0.0.1:8080", address.to_string()),
    ] {
        site = replaced(&site, old, &new);
    }
    // No administration, no certificates from elsewhere, no port 80: only what is not the example's matter.
    let global = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n";
    fs::write(folder.join("Caddyfile"), format!("{global}{site}")).unwrap();

    let mut caddy = Command::new("caddy");
    caddy.env("HOME", &folder).env("XDG_DATA_HOME", &folder).env("XDG_CONFIG_HOME", &folder);
    caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
    let (_caddy, _) = Program::start(&mut caddy, Output::Error, "serving initial configuration").await;
    works(&Site { address: ([127, 0, 0, 1], port).into(), tls: Some(tls) }).await;
}

/// Everything that a proxy in front may break.
async fn works(site: &Site) {
    let (head, page) = site.get("/", "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    for name in
        ["content-security-policy", "strict-transport-security", "referrer-policy", "permissions-policy"]
    {
        assert_eq!(head.matches(&format!("\r\n{name}: ")).count(), 1, "{name} once in\n{head}");
    }
    let page = String::from_utf8(page).unwrap();
    let script = &script_of(&page);
    let (head, _) = site.get(script, "Accept-Encoding: br, gzip\r\n").await;
    assert!(head.contains("content-encoding: br\r\n"), "{head}");
    assert!(head.contains("cache-control: public, max-age=31536000, immutable\r\n"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    let (again, _) = site.get(script, &format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n")).await;
    assert!(again.starts_with("http/1.1 304"), "{again}");

    site.brings_people_together().await;
    assert_eq!(
        site.open("https://evil.test", Ipv4Addr::LOCALHOST).await.err(),
        Some(403),
        "another site's page"
    );
    each_address_has_its_own_places(site).await;
}

/// The server behind believes the proxy, and nobody else, whom it stands for.
async fn each_address_has_its_own_places(site: &Site) {
    let [office, cafe] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
    let own = site.origin();
    let _two = (site.open(&own, office).await.unwrap(), site.open(&own, office).await.unwrap());
    assert_eq!(site.open(&own, office).await.err(), Some(429), "one past its places");
    site.open(&own, cafe).await.unwrap();
}
