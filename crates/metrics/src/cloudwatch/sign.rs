//! Signatures of requests, by Amazon's
//! [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
//!
//! Amazon's own crate for it, `aws-sigv4`, comes with fifty others, and the client for `CloudWatch`
//! with a hundred and twenty, two versions of `http` among them. What is needed of them is one POST
//! without a query, so the hashes are `RustCrypto`'s and the rest is here.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::AwsCredentials;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What is signed: a POST without a query.
#[derive(Debug)]
pub(super) struct Post<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) host: &'a str,
    /// As it is sent, encoded.
    pub(super) path: &'a str,
    pub(super) content_type: Option<&'a str>,
    pub(super) body: &'a [u8],
}

/// The headers that a signature adds.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) date: String,
    pub(super) authorization: String,
}

/// Signs a request at a moment. The token of a session is signed too, and is sent as
/// `x-amz-security-token`.
pub(super) fn sign(post: &Post<'_>, credentials: &AwsCredentials, now: Timestamp) -> Signed {
    let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &date[..8];
    let token = credentials.session_token.as_deref();
    // In the order of their names.
    let headers = [
        ("content-type", post.content_type),
        ("host", Some(post.host)),
        ("x-amz-date", Some(&*date)),
        ("x-amz-security-token", token),
    ];
    let mut canonical = format!("POST\n{}\n\n", encode_path(post.path));
    let mut names = String::new();
    for (name, value) in headers.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
        push(&mut canonical, format_args!("{name}:{}\n", value.trim()));
        names.push_str(if names.is_empty() { "" } else { ";" });
        names.push_str(name);
    }
    push(&mut canonical, format_args!("\n{names}\n{}", hex(&Sha256::digest(post.body))));

    let scope = format!("{day}/{}/{}/aws4_request", post.region, post.service);
    let hash = hex(&Sha256::digest(&canonical));
    let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{hash}");
    let secret = format!("AWS4{}", credentials.secret_access_key);
    let key = [day, post.region, post.service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| hmac(&key, part));
    let signature = hex(&hmac(&key, &to_sign));
    let key_id = &credentials.access_key_id;
    let authorization = format!(
        "{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    );
    Signed { date, authorization }
}

/// A path is encoded once more for the signature, but for that of S3.
fn encode_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte.into());
        } else {
            push(&mut out, format_args!("%{byte:02X}"));
        }
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    hmac.update(text.as_bytes());
    hmac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        push(&mut out, format_args!("{byte:02x}"));
    }
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key, host and time of Amazon's published test suite.
    fn check(content_type: Option<&str>, body: &str, token: Option<&str>, expected: &str) {
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let mut credentials = AwsCredentials::new("AKIDEXAMPLE", key);
        credentials.session_token = token.map(str::to_owned);
        let post = Post {
            region: "us-east-1",
            service: "service",
            host: "example.amazonaws.com",
            path: "/",
            content_type,
            body: body.as_bytes(),
        };
        let signed = sign(&post, &credentials, "2015-08-30T12:36:00Z".parse().unwrap());
        assert_eq!(signed.date, "20150830T123600Z");
        assert_eq!(
            signed.authorization,
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 {expected}"
            )
        );
    }

    #[test]
    fn signatures_are_those_of_the_published_test_suite() {
        // post-vanilla
        check(
            None,
            "",
            None,
            "SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        );
        // post-x-www-form-urlencoded
        check(
            Some("application/x-www-form-urlencoded"),
            "Param1=value1",
            None,
            "SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        );
    }

    #[test]
    fn a_path_is_encoded_once_more() {
        assert_eq!(encode_path("/a%20b/c"), "/a%2520b/c");
        assert_eq!(encode_path(""), "/");
    }
}
