"""Serves on a port of its own, prints it, then a line for each call that ends; ends with its
standard input.

With the argument "tls" the first line of its input says how, in PEM:

{"certificate": "...", "key": "..."}
    "authority": "..."  asks callers for a certificate of this authority
"""

import concurrent.futures
import itertools
import json
import sys
import threading

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from service import METHODS, SERVICE, pairs_of, metadata_of

TEXT = "it \u00e9 failed: 100%"


def say(**what):
    # One write, so that lines of two threads do not mix.
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Peer:
    def Echo(self, request, context):
        if "x-gzip" in dict(context.invocation_metadata()):
            context.set_compression(grpc.Compression.Gzip)
        return request.value

    def Fail(self, request, context):
        details = []
        if request.value == "INVALID_ARGUMENT":
            violation = error_details_pb2.BadRequest.FieldViolation(
                field="a", description="is negative"
            )
            details.append(error_details_pb2.BadRequest(field_violations=[violation]))
        if request.value == "RESOURCE_EXHAUSTED":
            delay = Duration(seconds=1, nanos=250_000_000)
            details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        status = status_pb2.Status(
            code=grpc.StatusCode[request.value].value[0], message=TEXT, details=map(packed, details)
        )
        context.abort_with_status(rpc_status.to_status(status))

    def Left(self, request, context):
        left = context.time_remaining()
        # Without a deadline it is either nothing or three hundred years.
        return "none" if left is None or left > 1e9 else str(int(left * 1000))

    def Hang(self, request, context):
        gone = threading.Event()
        if context.add_callback(gone.set):
            gone.wait(60)
        return ""

    def Reflect(self, request, context):
        pairs = metadata_of(pairs_of(context.invocation_metadata()))
        context.send_initial_metadata(pairs)
        context.set_trailing_metadata(pairs)
        return request.value

    def Sum(self, requests, context):
        return sum(request.value for request in requests)

    def Count(self, request, context):
        yield from range(abs(request.value))
        if request.value < 0:
            context.abort(grpc.StatusCode.ABORTED, "lost a race")

    def Running(self, requests, context):
        yield from itertools.accumulate(request.value for request in requests)

    def Endless(self, request, context):
        for number in itertools.count():
            if not context.is_active():
                return
            yield number


def packed(message):
    detail = Any()
    detail.Pack(message)
    return detail


def handler(name):
    streams_in, request, streams_out, response = METHODS[name]
    work = getattr(Peer(), name)

    def watched(context):
        context.add_callback(lambda: say(ended=name))

    def one(given, context):
        watched(context)
        return response(value=work(given, context))

    def many(given, context):
        watched(context)
        for value in work(given, context):
            yield response(value=value)

    kind = f"{'stream' if streams_in else 'unary'}_{'stream' if streams_out else 'unary'}"
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(many if streams_out else one, request.FromString, response.SerializeToString)


def main():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8))
    handlers = {name: handler(name) for name in METHODS if hasattr(Peer, name)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    if "tls" in sys.argv:
        given = {name: text.encode() for name, text in json.loads(sys.stdin.readline()).items()}
        authority = given.get("authority")
        credentials = grpc.ssl_server_credentials(
            [(given["key"], given["certificate"])], authority, authority is not None
        )
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    say(port=port)
    sys.stdin.read()
    server.stop(0).wait(5)


main()
