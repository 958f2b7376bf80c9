"""Calls a service, as its standard input asks: a question a line, an answer a line.

{"method": "Echo", "requests": ["a"]}
    "size": 1000        in place of requests, one text of that size
    "timeout": 0.5      seconds; 20 if nothing is said
    "metadata": [["x-a", "b"]]
    "gzip": true        compresses what is sent
    "turns": true       sends each request after the answer to the one before
    "take": 3           cancels after so many messages
{"health": "interop.Peer"}
{"reflect": "interop.Peer"}

With the argument "tls" the first line says whom it trusts, in PEM, and is not answered:

{"authority": "..."}
    "certificate": "...", "key": "..."  what it shows of itself
"""

import json
import queue
import sys
import time

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

from service import METHODS, SERVICE, metadata_of, pairs_of, shown

DETAILS = {
    message.DESCRIPTOR.full_name: message
    for message in (error_details_pb2.RetryInfo, error_details_pb2.BadRequest)
}


def stub(channel, method):
    streams_in, request, streams_out, response = METHODS[method]
    kind = f"{'stream' if streams_in else 'unary'}_{'stream' if streams_out else 'unary'}"
    path = f"/{SERVICE}/{method}"
    make = getattr(channel, kind)
    return make(path, request.SerializeToString, response.FromString)


def ask(channel, question):
    method = question["method"]
    streams_in, request, streams_out, _ = METHODS[method]
    given = question.get("requests", ["x" * question.get("size", 0)])
    given = [request(value=value) for value in given]
    turns = queue.Queue()
    options = {
        "timeout": question.get("timeout", 20),
        "metadata": metadata_of(question.get("metadata", [])),
        "compression": grpc.Compression.Gzip if question.get("gzip") else None,
    }
    if question.get("turns"):
        turns.put(given.pop(0))
        requests = iter(turns.get, None)
    else:
        requests = iter(given)
    began = time.monotonic()
    method = stub(channel, method)
    call = (method if streams_out else method.future)(
        requests if streams_in else given[0], **options
    )
    got = []
    try:
        for message in call if streams_out else [call.result()]:
            got.append(shown(message.value))
            if question.get("turns"):
                turns.put(given.pop(0) if given else None)
            if len(got) == question.get("take"):
                call.cancel()
                break
    except (grpc.RpcError, grpc.FutureCancelledError):
        pass
    return {
        "messages": got,
        "code": call.code().name,
        "text": call.details(),
        "details": details(call),
        "header": pairs_of(call.initial_metadata()),
        "trailer": pairs_of(call.trailing_metadata()),
        "seconds": time.monotonic() - began,
    }


def details(call):
    """The details of a status by their type; also checks that they fit the status itself."""
    told = rpc_status.from_call(call)
    if told is None:
        return {}
    found = {}
    for detail in told.details:
        message = DETAILS[detail.TypeName()]()
        assert detail.Unpack(message)
        found[detail.TypeName()] = json_format.MessageToDict(message)
    return found


def health(channel, name):
    request = health_pb2.HealthCheckRequest(service=name)
    answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=20)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def reflect(channel, name):
    """What the service is, by nothing but what it says itself; and a call that is made of it."""
    database = ProtoReflectionDescriptorDatabase(channel)
    pool = descriptor_pool.DescriptorPool(database)
    service = pool.FindServiceByName(name)
    methods = {
        method.name: [
            method.input_type.full_name,
            method.output_type.full_name,
            method.client_streaming,
            method.server_streaming,
        ]
        for method in service.methods
    }
    echo = service.FindMethodByName("Echo")
    request = message_factory.GetMessageClass(echo.input_type)(value="found")
    response = message_factory.GetMessageClass(echo.output_type)
    call = channel.unary_unary(f"/{name}/Echo", type(request).SerializeToString, response.FromString)
    answer = call(request, timeout=20).value
    return {"services": sorted(database.get_services()), "methods": methods, "answer": answer}


def connect(address):
    if "tls" not in sys.argv:
        return grpc.insecure_channel(address)
    given = {name: text.encode() for name, text in json.loads(sys.stdin.readline()).items()}
    parts = map(given.get, ["authority", "key", "certificate"])
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(*parts))


def main():
    with connect(sys.argv[1]) as channel:
        for line in sys.stdin:
            question = json.loads(line)
            if "health" in question:
                answer = health(channel, question["health"])
            elif "reflect" in question:
                answer = reflect(channel, question["reflect"])
            else:
                answer = ask(channel, question)
            print(json.dumps(answer), flush=True)


main()
