//! What operators look at.

use crate::support::{Addsvc, OPEN};

#[test]
fn each_page_says_what_it_is_for() {
    let addsvc = Addsvc::start(&OPEN);
    for (path, content_type, body) in [
        ("/healthz", "text/plain; charset=utf-8", "ok\n"),
        ("/readyz", "text/plain; charset=utf-8", "ready\n"),
    ] {
        let page = addsvc.page(path);
        assert_eq!((page.status, &*page.body), (200, body), "{path}");
        assert_eq!(page.header("content-type"), Some(content_type), "{path}");
    }
    let version: serde_json::Value = serde_json::from_str(&addsvc.page("/version").body).unwrap();
    assert_eq!(version["name"], "addsvc");
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(version["profile"], "debug");
    let paths = addsvc.page("/").body;
    assert_eq!(paths.lines().count(), 5, "{paths}");
    assert!(paths.lines().all(|path| addsvc.page(path).status == 200), "{paths}");
    assert_eq!(addsvc.page("/pprof").status, 404);
}

#[tokio::test]
async fn calls_of_all_transports_are_counted_as_one_method_each() {
    use addsvc::AddService;
    use oxkit_core::Context;

    let addsvc = Addsvc::start(&OPEN);
    assert_eq!(addsvc.post("/sum", r#"{"a":1,"b":2}"#).status, 200);
    assert!(addsvc.call("sum", r#"{"a":1,"b":2}"#).contains("result"));
    addsvc.over_grpc().sum(Context::new(), 1, 2).await.unwrap();
    addsvc.over_grpc().sum(Context::new(), 0, 0).await.unwrap_err();
    assert_eq!(addsvc.post("/concat", r#"{"a":"foo","b":"bar"}"#).status, 200);

    let metrics = addsvc.page("/metrics");
    let content_type = metrics.header("content-type");
    assert_eq!(content_type, Some("text/plain; version=0.0.4; charset=utf-8"));
    let vars: serde_json::Value = serde_json::from_str(&addsvc.page("/debug/vars").body).unwrap();
    for (series, value) in [
        (r#"endpoint_requests_total{service="addsvc",method="Sum"}"#, 4),
        (r#"endpoint_requests_total{service="addsvc",method="Concat"}"#, 1),
        (r#"endpoint_duration_seconds_count{service="addsvc",method="Sum"}"#, 4),
        (
            r#"endpoint_errors_total{service="addsvc",method="Sum",outcome="business_error",kind="INVALID_ARGUMENT"}"#,
            1,
        ),
        ("addsvc_integers_summed_total", 6),
        ("addsvc_characters_concatenated_total", 6),
        (r#"circuitbreaker_state{name="Sum"}"#, 0),
        ("log_lines_dropped_total", 0),
    ] {
        let line = format!("{series} {value}");
        let page = &metrics.body;
        assert!(page.lines().any(|shown| shown == line), "no {line} in\n{page}");
        if !series.contains("seconds") {
            assert_eq!(vars[series], f64::from(value), "{series}");
        }
    }
}
