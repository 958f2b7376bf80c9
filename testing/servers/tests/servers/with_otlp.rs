//! The receiver of OTLP, fed by the official SDK.

use crate::*;
use testing_servers::Otlp;

/// Makes a span and hands it to the exporter that `module` has.
const PEER: &str = "
import sys, importlib
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
module, endpoint, options = sys.argv[1], sys.argv[2], eval(sys.argv[3])
exporter = importlib.import_module(module).OTLPSpanExporter(endpoint=endpoint, **options)
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
with provider.get_tracer('test').start_as_current_span(sys.argv[4]):
    pass
provider.shutdown()
";

mod with_opentelemetry {
    use super::*;

    fn export(how: &str, endpoint: &str, options: &str, span: &str) {
        let module = format!("opentelemetry.exporter.otlp.proto.{how}.trace_exporter");
        let output = testing_servers::opentelemetry()
            .args(["-c", PEER, &module, endpoint, options, span])
            .output()
            .expect("it was installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn it_answers_and_goes_when_it_is_dropped() {
        check::<Otlp>(|otlp| {
            export("http", &format!("http://{}/v1/traces", otlp.http()), "{}", "over-http");
            assert!(otlp.traces().contains(r#""over-http""#), "{}", otlp.traces());
            otlp.clear();
            assert!(!otlp.traces().contains("over-http"));
            let endpoint = format!("http://{}", otlp.grpc());
            export("grpc", &endpoint, "{'insecure': True}", "over-grpc");
            assert!(otlp.traces().contains(r#""over-grpc""#), "{}", otlp.traces());
        });
    }
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("otlp");
}
