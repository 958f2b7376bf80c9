//! HTTP, spoken by hand.

use example_testing::exchange;

use crate::support::{Addsvc, OPEN};

#[test]
fn answers_as_go_kits_does() {
    let addsvc = Addsvc::start(&OPEN);
    let zeroes = r#"{"error":"can't sum two zeroes"}"#;
    let overflow = r#"{"error":"integer overflow"}"#;
    let long = r#"{"error":"result exceeds maximum size"}"#;
    for (path, request, status, answer) in [
        ("/sum", r#"{"a":1,"b":2}"#, 200, r#"{"v":3}"#),
        // Go kit's own client writes its names so.
        ("/sum", r#"{"A":1,"B":-2}"#, 200, r#"{"v":-1}"#),
        ("/sum", r#"{"a":7}"#, 200, r#"{"v":7}"#),
        ("/sum", r#"{"a":0,"b":0}"#, 400, zeroes),
        ("/sum", "{}", 400, zeroes),
        ("/sum", r#"{"a":2147483647,"b":1}"#, 400, overflow),
        ("/concat", r#"{"a":"foo","b":"bar"}"#, 200, r#"{"v":"foobar"}"#),
        ("/concat", r#"{"A":"foo"}"#, 200, r#"{"v":"foo"}"#),
        ("/concat", r#"{"a":"12345","b":"678901"}"#, 400, long),
    ] {
        let answered = addsvc.post(path, request);
        let shown = (answered.status, answered.body);
        assert_eq!(shown, (status, format!("{answer}\n")), "{path} {request}");
    }
}

#[test]
fn what_is_not_understood_is_the_callers_fault_and_told_in_the_same_form() {
    let addsvc = Addsvc::start(&OPEN);
    for (method, path, request, status) in [
        ("POST", "/sum", r#"{"a":1"#, 400),
        ("POST", "/sum", r#"{"a":"one"}"#, 400),
        ("POST", "/sum", r#"{"a":92233720368547758070}"#, 400),
        ("POST", "/sum", "", 400),
        ("GET", "/sum", "", 405),
        ("POST", "/product", "{}", 404),
    ] {
        let answered = exchange(addsvc.http, method, path, request);
        assert_eq!(answered.status, status, "{method} {path} {request}");
        assert!(answered.body.starts_with(r#"{"error":""#), "{}", answered.body);
    }
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(3 << 20));
    assert_eq!(addsvc.post("/concat", &long).status, 413);
}
