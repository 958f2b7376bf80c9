"""Speaks for OpenTelemetry's SDK: reads a JSON list of questions, prints a JSON list of answers."""

import json
import sys

from opentelemetry import trace
from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
from opentelemetry.propagators.jaeger import JaegerPropagator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

FORMS = {
    "w3c": TraceContextTextMapPropagator(),
    "b3 single": B3SingleFormat(),
    "b3 multi": B3MultiFormat(),
    "jaeger": JaegerPropagator(),
}


def inject(form, trace_id, span_id, sampled, state):
    span = trace.SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=False,
        trace_flags=trace.TraceFlags(int(sampled)),
        trace_state=trace.TraceState.from_header([state] if state else []),
    )
    headers = {}
    context = trace.set_span_in_context(trace.NonRecordingSpan(span))
    FORMS[form].inject(headers, context)
    return headers


def extract(form, headers):
    context = FORMS[form].extract(headers)
    span = trace.get_current_span(context).get_span_context()
    return [
        f"{span.trace_id:032x}",
        f"{span.span_id:016x}",
        span.trace_flags.sampled,
        span.trace_state.to_header(),
    ]


def sample(ratio, trace_ids):
    sampler = TraceIdRatioBased(ratio)
    return [
        sampler.should_sample(None, int(trace_id, 16), "").decision.is_sampled()
        for trace_id in trace_ids
    ]


ASK = {"inject": inject, "extract": extract, "sample": sample}
print(json.dumps([ASK[what](*of) for what, *of in json.load(sys.stdin)]))
