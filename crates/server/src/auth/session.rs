//! The browser's way in: a session cookie instead of a key.
//!
//! The cookie is HttpOnly and SameSite=Strict, so that no script and no other site can use it; a call
//! that changes something must also carry the session's CSRF token in a header. A session is no more
//! than its key: when the key is disabled, the session is, too.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::key::Entropy;

/// The header for [`crate::api::sessions`]' `csrfToken`.
pub const CSRF_HEADER: &str = "X-CSRF-Token";
/// How long a session lasts.
pub const SESSION_HOURS: i64 = 12;
const COOKIE: &str = "supercargo_session";

/// A random text for a cookie or a CSRF token.
pub fn random_text(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The CSRF token of a session: derived from its cookie, so that whoever has the cookie can be told it
/// again, and nobody else can compute it.
pub fn csrf_token(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("csrf:{cookie}")))
}

/// What is kept of the code of a login link.
pub fn login_code_hash(code: &str) -> [u8; 32] {
    Sha256::digest(format!("login:{code}")).into()
}

/// The session cookie's text, when there is one.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The `Set-Cookie` value that starts a session. `secure` on TLS: over plain HTTP the browser would
/// not send the cookie back.
pub fn set_cookie(text: &str, secure: bool) -> String {
    let seconds = SESSION_HOURS * 3_600;
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={text}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// The `Set-Cookie` value that ends it.
pub fn clear_cookie() -> String {
    format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}
