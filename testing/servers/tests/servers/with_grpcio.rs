//! gRPC's own library for Python is there, with all that belongs to it.

use testing_servers::{Peer, grpcio};

const SCRIPT: &str = "\
import sys
import grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status
for line in sys.stdin:
    print(grpc.StatusCode[line.strip()].value[0], flush=True)
";

#[test]
fn a_peer_answers_line_by_line() {
    let mut peer = Peer::start(grpcio().args(["-c", SCRIPT]));
    assert_eq!(peer.ask("UNAVAILABLE"), "14");
    assert_eq!(peer.ask("CANCELLED"), "1");
}
