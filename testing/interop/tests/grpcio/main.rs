//! Google's own gRPC library for Python, as a client of ours and as our server.

mod with_grpcio;
