//! Calls that are wrong in themselves, on a connection that is right.

use oxkit_core::ErrorKind;
use testing_interop::Raw;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_answered_with_its_status_and_the_connection_is_kept() {
    use ErrorKind::{
        DeadlineExceeded, Internal, InvalidArgument, ResourceExhausted, Unimplemented,
    };
    const GOOD: &[u8] = b"\0\0\0\0\x03\x0a\x01x";
    let scene = Scene::new().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    let none: &[(&str, &[u8])] = &[];
    for (headers, body, expected) in [
        (none, GOOD, None),
        // Nothing; half a prefix; less than was promised; more than is allowed, and far more.
        (none, b"", Some(InvalidArgument)),
        (none, b"\0\0\0", Some(Internal)),
        (none, b"\0\0\0\0\x09x", Some(Internal)),
        (none, b"\0\0\0\x10\0x", Some(ResourceExhausted)),
        (none, b"\0\xff\xff\xff\xffx", Some(ResourceExhausted)),
        // A flag that means nothing; compressed, and nobody said how; not the message.
        (none, b"\x07\0\0\0\0", Some(Internal)),
        (none, b"\x01\0\0\0\x01x", Some(Internal)),
        (none, b"\0\0\0\0\x02\x0a\xff", Some(Internal)),
        (none, b"\0\0\0\0\x03\x0a\x01\xff", Some(Internal)),
        (&[("grpc-encoding", b"gzip")], b"\x01\0\0\0\x01x", Some(Internal)),
        (&[("grpc-encoding", b"brotli")], GOOD, Some(Unimplemented)),
        (&[("grpc-timeout", b"soon")], GOOD, Some(InvalidArgument)),
        (&[("grpc-timeout", b"123456789S")], GOOD, Some(InvalidArgument)),
        (&[("grpc-timeout", b"\xff")], GOOD, Some(InvalidArgument)),
        // No time, however it is written, and the most of it.
        (&[("grpc-timeout", b"0n")], GOOD, Some(DeadlineExceeded)),
        (&[("grpc-timeout", b"00000000H")], GOOD, Some(DeadlineExceeded)),
        (&[("grpc-timeout", b"99999999H")], GOOD, None),
        // Metadata that nobody reads may be anything.
        (&[("x-odd", b"\xff\xfe"), ("x-bin", b"%%%"), ("x-empty", b"")], GOOD, None),
    ] {
        let answer = raw.call("/t.T/Echo", headers, body).await;
        let answer = answer.unwrap_or_else(|error| panic!("{headers:?} {body:?}: {error}"));
        assert_eq!((answer.status, answer.is_grpc), (200, true), "{headers:?} {body:?}");
        assert_eq!(answer.kind, expected, "{headers:?} {body:?}");
    }
    for path in ["/", "/t.T", "/t.T/Nothing", "/x.X/Echo", "//Echo", "/t.T/Echo/more", "/%ff/%00"] {
        let answer = raw.call(path, &[], GOOD).await.unwrap();
        assert_eq!(answer.kind, Some(Unimplemented), "{path}");
    }
    raw.vanish();
    scene.end().await;
}
