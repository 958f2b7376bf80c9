//! The program as a process: every path, every error, every transport, and how it ends.

mod command_line;
mod debug;
mod drain;
mod grpc;
mod http;
mod jsonrpc;
mod limits;
mod logs;
mod one_port;
mod otlp;
mod streaming;
mod support;
mod with_go;
