//! Spans of all transports arrive at a receiver of OTLP.

mod with_otlp {
    use addsvc::{AddService, Calling, transport::grpc};
    use oxkit_core::{Context, SpanContext, SpanId, TraceFlags, TraceId};
    use serde_json::Value;

    use crate::support::{Addsvc, OPEN, ended};

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const CALLER: &str = "00f067aa0ba902b7";

    fn of_the_trace() -> Context {
        let trace: TraceId = TRACE.parse().expect("it is one");
        let span: SpanId = CALLER.parse().expect("it is one");
        Context::new().with(SpanContext::new(trace, span, TraceFlags::SAMPLED))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_span_for_each_transport_below_its_callers() {
        let receiver = testing_servers::otlp();
        let mut arguments = OPEN.to_vec();
        let address = receiver.http().to_string();
        arguments.extend(["--otlp", &address]);
        let addsvc = Addsvc::start(&arguments);
        let calling = Calling::new();
        let pool = oxkit_transport_http::Pool::new();
        let base = |address| format!("http://{address}").parse().unwrap();
        let services = [
            addsvc::transport::http::client(&pool, &base(addsvc.http), &calling),
            addsvc::transport::jsonrpc::client(&pool, &base(addsvc.jsonrpc), &calling),
            grpc::client(addsvc.channel(), &calling),
        ];
        for service in &services {
            assert_eq!(service.sum(of_the_trace(), 1, 2).await.unwrap(), 3);
        }
        addsvc.process.terminate();
        // The last spans are sent before it ends.
        assert_eq!(ended(addsvc.process).await, Some(0));

        let received: Value = serde_json::from_str(&receiver.traces()).unwrap();
        let mut spans = Vec::new();
        collect(&received, &mut spans);
        let sums: Vec<_> = spans.iter().filter(|span| span["name"] == "addsvc/Sum").collect();
        assert_eq!(sums.len(), 3, "{received:#}");
        for span in sums {
            // The receiver shows identifiers in base64.
            assert_eq!(span["trace_id"], "S/kvNXezTaajzpKdDg5HNg==", "{span:#}");
            assert_eq!(span["parent_span_id"], "APBnqgupArc=", "{span:#}");
        }
        let text = received.to_string();
        assert!(
            text.contains(r#"{"key":"service.name","value":{"string_value":"addsvc"}}"#),
            "{text}"
        );
    }

    /// All spans, wherever they stand.
    fn collect(value: &Value, spans: &mut Vec<Value>) {
        match value {
            Value::Array(all) => all.iter().for_each(|value| collect(value, spans)),
            Value::Object(all) => {
                if all.contains_key("span_id") {
                    spans.push(value.clone());
                }
                all.values().for_each(|value| collect(value, spans));
            }
            _ => {}
        }
    }
}
