//! One registry and several monitoring systems at once.
#![cfg(all(feature = "expvar", feature = "metrics", feature = "otlp", feature = "prometheus"))]

mod with_otlp {
    use std::time::Duration;

    use ::metrics::{counter, with_local_recorder};
    use oxkit_metrics::{Expvar, FacadeRecorder, HttpTarget, OtlpBuilder, Prometheus, Registry};
    use serde_json::Value;

    #[tokio::test]
    async fn each_system_sees_everything_whatever_becomes_of_the_others() {
        let (one, other) = (testing_servers::otlp(), testing_servers::otlp());
        let registry = Registry::new();
        let prometheus = Prometheus::new(&registry).unwrap();
        let exporter = |address| {
            let target = HttpTarget::new(&format!("http://{address}")).unwrap();
            OtlpBuilder::new(target).send_timeout(Duration::from_secs(5)).attach(&registry).unwrap()
        };
        let (mut to_one, mut to_other) = (exporter(one.http()), exporter(other.http()));
        let total = |server: &testing_servers::Server<testing_servers::Otlp>| {
            let got: Value = serde_json::from_str(&server.metrics()).unwrap();
            let last = got.as_array().unwrap().last().unwrap().clone();
            let metric = &last["resource_metrics"][0]["scope_metrics"][0]["metrics"][0];
            assert_eq!(metric["name"], "jobs_total");
            metric["sum"]["data_points"][0]["as_double"].as_f64()
        };

        let jobs = registry.counter("jobs_total", "").unwrap();
        jobs.add(1);
        let recorder = FacadeRecorder::new(&registry);
        with_local_recorder(&recorder, || counter!("jobs.total").increment(10));
        other.stop();
        to_one.flush().await.unwrap();
        to_other.flush().await.unwrap_err();
        assert_eq!(total(&one), Some(11.0));

        jobs.add(100);
        other.restart();
        to_other.flush().await.unwrap();
        assert_eq!((total(&one), total(&other)), (Some(11.0), Some(111.0)));

        let shown = String::from_utf8(prometheus.encode(None).1).unwrap();
        assert!(shown.contains("\njobs_total 111\n"), "{shown}");
        // Each of them sees what went wrong with another.
        assert!(shown.contains("\noxkit_metrics_push_failures_total{exporter=\"otlp\"} 1\n"));
        let shown = String::from_utf8(Expvar::new(&registry).encode().1).unwrap();
        assert!(shown.contains("\"jobs_total\": 111"), "{shown}");
        assert_eq!(registry.snapshot().number("jobs_total", &[]), Some(111.0));
    }
}
