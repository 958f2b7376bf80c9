//! JSON-RPC, spoken by hand.

use example_testing::exchange;

use crate::support::{Addsvc, OPEN};

#[test]
fn results_and_errors_of_the_domain() {
    let addsvc = Addsvc::start(&OPEN);
    for (method, params, answer) in [
        ("sum", r#"{"a":1,"b":2}"#, r#""result":{"v":3}"#),
        ("sum", r#"{"A":1,"B":2}"#, r#""result":{"v":3}"#),
        ("concat", r#"{"a":"foo","b":"bar"}"#, r#""result":{"v":"foobar"}"#),
        ("sum", r#"{"a":0,"b":0}"#, r#""error":{"code":-32602,"message":"can't sum two zeroes"}"#),
        (
            "sum",
            r#"{"a":2147483647,"b":1}"#,
            r#""error":{"code":-32603,"message":"integer overflow","data":{"kind":"OUT_OF_RANGE"}}"#,
        ),
        (
            "concat",
            r#"{"a":"12345","b":"678901"}"#,
            r#""error":{"code":-32602,"message":"result exceeds maximum size"}"#,
        ),
        ("product", "{}", r#""error":{"code":-32601,"message":"Method product was not found."}"#),
    ] {
        let expected = format!("{{\"jsonrpc\":\"2.0\",{answer},\"id\":1}}\n");
        assert_eq!(addsvc.call(method, params), expected, "{method} {params}");
    }
}

#[test]
fn what_is_not_understood_is_told_by_its_code() {
    let addsvc = Addsvc::start(&OPEN);
    let parameters = addsvc.call("sum", r#"{"a":"one"}"#);
    assert!(parameters.contains(r#""code":-32602"#), "{parameters}");
    let broken = exchange(addsvc.jsonrpc, "POST", "/", "{").body;
    assert!(broken.contains(r#""code":-32700"#), "{broken}");
    assert_eq!(exchange(addsvc.jsonrpc, "GET", "/", "").status, 405);
}

#[test]
fn every_path_will_do_and_several_calls_may_come_at_once() {
    let addsvc = Addsvc::start(&OPEN);
    let call = r#"{"jsonrpc":"2.0","method":"sum","params":{"a":1,"b":2},"id":"x"}"#;
    let batch = format!("[{call},{call}]");
    let answer = r#"{"jsonrpc":"2.0","result":{"v":3},"id":"x"}"#;
    let answered = exchange(addsvc.jsonrpc, "POST", "/rpc", &batch).body;
    assert_eq!(answered, format!("[{answer},{answer}]\n"));
}
