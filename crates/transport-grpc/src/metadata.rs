//! Metadata: the headers and trailers of a call.

use std::{error::Error, fmt};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, USER_AGENT},
};

/// Written without padding and read with or without, as the protocol asks.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The header by which a call is known across services.
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The suffix of the keys whose values are any bytes.
const BINARY: &str = "-bin";

/// The metadata of a call: keys with text values, and keys ending in `-bin` with bytes.
///
/// Keys are in lower case on the wire and looked up in any case. A key may have several values.
/// Keys that belong to the protocol (`grpc-*`, `content-type`, `te` and the like) cannot be set.
///
/// ```
/// use oxkit_transport_grpc::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.append("Tenant", "acme")?;
/// metadata.append_bin("trace-bin", [1, 2, 255])?;
/// assert_eq!(metadata.get("tenant"), Some("acme"));
/// assert_eq!(metadata.get_bin("trace-bin"), Some(vec![1, 2, 255]));
///
/// let error = metadata.append("tenant", "line\nbreak").unwrap_err();
/// assert!(error.to_string().contains("tenant"));
/// # Ok::<_, oxkit_transport_grpc::InvalidMetadata>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(HeaderMap);

impl Metadata {
    /// No metadata.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of `key`, if it is printable ASCII. For keys ending in `-bin` see
    /// [`get_bin`](Self::get_bin).
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).next()
    }

    /// The values of `key` that are printable ASCII, in the order in which they were sent.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.get_all(key).iter().filter_map(|value| value.to_str().ok())
    }

    /// The first value of `key`, which ends in `-bin`, if it can be decoded.
    #[must_use]
    pub fn get_bin(&self, key: &str) -> Option<Vec<u8>> {
        self.get_all_bin(key).next()
    }

    /// The values of `key`, which ends in `-bin`, that can be decoded.
    ///
    /// Several values may have come joined by commas, as HTTP allows.
    pub fn get_all_bin<'a>(&'a self, key: &str) -> impl Iterator<Item = Vec<u8>> + 'a {
        self.0
            .get_all(key)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .filter_map(|part| decode_binary(part.trim_ascii()))
    }

    /// Adds a value to those that `key` has.
    ///
    /// # Errors
    ///
    /// When the key is not one of HTTP/2, belongs to the protocol or ends in `-bin`, and when the
    /// value is not printable ASCII.
    pub fn append(&mut self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        let (key, value) = ascii(key, value)?;
        self.0.append(key, value);
        Ok(())
    }

    /// Replaces the values that `key` has.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        let (key, value) = ascii(key, value)?;
        self.0.insert(key, value);
        Ok(())
    }

    /// Adds bytes to the values that `key`, which ends in `-bin`, has.
    ///
    /// # Errors
    ///
    /// When the key is not one of HTTP/2, belongs to the protocol or does not end in `-bin`.
    pub fn append_bin(
        &mut self,
        key: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidMetadata> {
        let (key, value) = binary(key, value.as_ref())?;
        self.0.append(key, value);
        Ok(())
    }

    /// Replaces the values that `key`, which ends in `-bin`, has by bytes.
    ///
    /// # Errors
    ///
    /// As [`append_bin`](Self::append_bin).
    pub fn insert_bin(
        &mut self,
        key: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidMetadata> {
        let (key, value) = binary(key, value.as_ref())?;
        self.0.insert(key, value);
        Ok(())
    }

    /// Removes all values of `key`.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As the header map that it is, for what reads and writes headers of any transport, such as the
    /// propagation of traces.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.0
    }

    /// As the header map that it is. Keys of the protocol that are put in are not sent.
    pub const fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.0
    }

    #[cfg(any(feature = "client", feature = "server", test))]
    pub(crate) const fn received(headers: HeaderMap) -> Self {
        Self(headers)
    }

    #[cfg(feature = "server")]
    pub(crate) fn into_headers(self) -> HeaderMap {
        self.0
    }

    /// Adds what may be sent to `headers`.
    #[cfg(any(feature = "client", feature = "server", test))]
    pub(crate) fn write_to(self, headers: &mut HeaderMap) {
        let mut last = None;
        for (key, value) in self.0 {
            // The map names a key once and then gives its further values without it.
            if key.is_some() {
                last = key;
            }
            if let Some(key) = &last
                && !is_reserved(key)
            {
                headers.append(key.clone(), value);
            }
        }
    }
}

impl fmt::Debug for Metadata {
    /// The keys alone: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys().map(HeaderName::as_str)).finish()
    }
}

/// Decodes the value of a `-bin` key.
pub(crate) fn decode_binary(value: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(value).ok()
}

/// Encodes the value of a `-bin` key.
pub(crate) fn encode_binary(value: &[u8]) -> String {
    BASE64.encode(value)
}

fn is_reserved(key: &HeaderName) -> bool {
    key.as_str().starts_with("grpc-")
        || [CONNECTION, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, USER_AGENT].contains(key)
}

fn name(key: &str, is_binary: bool) -> Result<HeaderName, InvalidMetadata> {
    let invalid = |what| InvalidMetadata { key: key.to_owned(), what };
    let name = HeaderName::try_from(key).map_err(|_| invalid(What::Key))?;
    if is_reserved(&name) {
        Err(invalid(What::Reserved))
    } else if is_binary && !name.as_str().ends_with(BINARY) {
        Err(invalid(What::NotBinary))
    } else if !is_binary && name.as_str().ends_with(BINARY) {
        Err(invalid(What::Binary))
    } else {
        Ok(name)
    }
}

fn ascii(key: &str, value: &str) -> Result<(HeaderName, HeaderValue), InvalidMetadata> {
    let name = name(key, false)?;
    let invalid = || InvalidMetadata { key: key.to_owned(), what: What::Value };
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(invalid());
    }
    Ok((name, HeaderValue::try_from(value).map_err(|_| invalid())?))
}

fn binary(key: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), InvalidMetadata> {
    let name = name(key, true)?;
    let value = HeaderValue::try_from(encode_binary(value))
        .map_err(|_| InvalidMetadata { key: key.to_owned(), what: What::Value })?;
    Ok((name, value))
}

/// Metadata that the protocol cannot carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidMetadata {
    key: String,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Key,
    Reserved,
    Binary,
    NotBinary,
    Value,
}

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match self.what {
            What::Key => write!(
                f,
                "metadata key {key:?}: only letters, digits, '-', '_' and '.' can be sent"
            ),
            What::Reserved => write!(f, "metadata key {key:?} belongs to the protocol"),
            What::Binary => {
                write!(
                    f,
                    "metadata key {key:?} ends in \"-bin\": its value is bytes, use append_bin"
                )
            }
            What::NotBinary => {
                write!(f, "metadata key {key:?} must end in \"-bin\" for its value to be bytes")
            }
            What::Value => write!(
                f,
                "the value of metadata key {key:?} is not printable ASCII: use a \"-bin\" key"
            ),
        }
    }
}

impl Error for InvalidMetadata {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_protocol_owns_cannot_be_set() {
        let mut metadata = Metadata::new();
        for key in ["grpc-status", "Grpc-Timeout", "content-type", "te", "user-agent", "host"] {
            let error = metadata.append(key, "x").unwrap_err();
            assert_eq!(error.to_string(), format!("metadata key {key:?} belongs to the protocol"));
        }
        assert!(metadata.is_empty());
    }

    #[test]
    fn what_the_protocol_owns_is_not_sent_either() {
        let mut metadata = Metadata::new();
        metadata.append("tenant", "a").unwrap();
        metadata.append("tenant", "b").unwrap();
        metadata.headers_mut().insert("grpc-status", HeaderValue::from_static("7"));
        let mut sent = HeaderMap::new();
        metadata.write_to(&mut sent);
        assert_eq!(sent.get_all("tenant").iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(sent.len(), 2);
    }

    #[test]
    fn text_and_bytes_are_not_mistaken_for_each_other() {
        let mut metadata = Metadata::new();
        assert!(metadata.append("key-bin", "x").is_err());
        assert!(metadata.append_bin("key", "x").is_err());
        for value in ["line\nbreak", "\u{e9}t\u{e9}", "\u{7f}", "tab\t"] {
            assert!(metadata.append("key", value).is_err(), "{value:?}");
        }
        for key in ["", "with space", "\u{e9}"] {
            assert!(metadata.append(key, "x").is_err(), "{key:?}");
        }
        assert!(metadata.is_empty());
    }

    #[test]
    fn bytes_that_were_joined_by_commas_or_padded_are_read() {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("k-bin"),
            HeaderValue::from_static("AQI=, AQI,!"),
        )]);
        let metadata = Metadata::received(headers);
        assert_eq!(metadata.get_all_bin("k-bin").collect::<Vec<_>>(), [vec![1, 2], vec![1, 2]]);
    }

    proptest::proptest! {
        #[test]
        fn bytes_read_back(bytes: Vec<u8>) {
            let mut metadata = Metadata::new();
            metadata.append_bin("k-bin", &bytes).unwrap();
            proptest::prop_assert_eq!(metadata.get_bin("k-bin"), Some(bytes));
        }

        #[test]
        fn no_value_of_a_peer_panics(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let headers = HeaderMap::from_iter([(HeaderName::from_static("k-bin"), value)]);
                let metadata = Metadata::received(headers);
                let _ = (metadata.get("k-bin"), metadata.get_all_bin("k-bin").count());
            }
        }
    }
}
