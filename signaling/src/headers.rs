//! The headers that every answer carries: what a browser may do with the page, and others with what is served.
//!
//! There is no Cross-Origin Resource Sharing, also where page and signaling have different origins: a WebSocket is opened
//! by the sub-protocol and the origin that it names, and nothing else is asked for across origins.

use crate::serves::Serves;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing at all: for a server without a page, and for everything that is no page.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the page needs not, and what an injected script therefore cannot have.
const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), \
    clipboard-read=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), hid=(), \
    idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    publickey-credentials-create=(), publickey-credentials-get=(), serial=(), storage-access=(), usb=(), \
    window-management=(), xr-spatial-tracking=()";

/// A browser that has been here over TLS comes back over TLS, for a year.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// For a server that is `serves`. `hsts`: whether it has a certificate that browsers trust.
pub(crate) fn security_headers(serves: &Serves, hsts: bool) -> HeaderMap {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
    ];
    let tls = hsts.then_some((header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY));
    let fixed = fixed.into_iter().chain(tls).map(|(name, value)| (name, HeaderValue::from_static(value)));
    let policy = HeaderValue::try_from(content_security_policy(serves));
    let policy = policy.expect("an address of a signaling server is fit for a policy, thus for a header");
    fixed.chain([(header::CONTENT_SECURITY_POLICY, policy)]).collect()
}

/// Everything from its own origin, scripts and WebAssembly only as files, nothing framed, no form, and no text turned
/// into HTML or script but through the page's one Trusted Types policy. `'self'` covers the WebSocket beside the page.
fn content_security_policy(serves: &Serves) -> String {
    let elsewhere = match serves {
        Serves::Signaling => return NOTHING.to_owned(),
        Serves::Both => String::new(),
        Serves::Page(signaling) => format!(" {}", signaling.source()),
    };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
         connect-src 'self'{elsewhere}; worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types linkspan"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_connect_to_where_it_meets_and_to_nobody_else() {
        let policy = |serves: &Serves| {
            let headers = security_headers(serves, false);
            headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
        };
        assert!(policy(&Serves::Both).contains("; connect-src 'self'; "));
        let elsewhere = Serves::Page("wss://signal.test/x".parse().unwrap());
        assert!(policy(&elsewhere).contains("; connect-src 'self' wss://signal.test; "));
        assert_eq!(
            policy(&elsewhere).replace(" wss://signal.test", ""),
            policy(&Serves::Both),
            "nothing else differs"
        );
        assert!(!policy(&Serves::Signaling).contains("self"));
    }
}
