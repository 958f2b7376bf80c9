//! Names of services and methods, which are the path of a call.

/// What names are looked at before they are a path: a call to a wrong one could never arrive.
///
/// What protobuf allows, and hyphens and leading digits besides, as not every server has its names
/// from a protobuf file.
#[track_caller]
pub(crate) fn check_service(name: &str) {
    assert!(
        name.split('.').all(is_part),
        "{name:?} is no name of a service: it is written as in the protobuf file, with the package \
         and a dot in front, such as `pb.Add`; parts have ASCII letters, digits, `_` and `-`"
    );
}

/// The same for a method of the service.
#[track_caller]
pub(crate) fn check_method(service: &str, name: &str) {
    assert!(
        is_part(name),
        "{name:?} is no name of a method of {service}: it is written as in the protobuf file, \
         without the service, such as `Sum`; it has ASCII letters, digits, `_` and `-`"
    );
}

fn is_part(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.bytes().all(is_legal)
}
