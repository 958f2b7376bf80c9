//! The program on free ports, and clients of it.

use std::{
    net::SocketAddr,
    pin::Pin,
    process::{Command, Stdio},
    task::{self, Poll},
    time::Duration,
};

use addsvc::{Endpoints, SumRequest, pb, transport::grpc};
use example_testing::{Answer, Connection, Process, exchange};
use futures_core::Stream;
use oxkit_core::Endpoint;
use oxkit_transport_grpc::{
    GrpcError,
    client::{Channel, ChannelBuilder, Client},
};
use testing_servers::until;
use tokio::{sync::mpsc, time::timeout};

/// Long enough for anything that happens, for a test that would otherwise hang.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// No limits.
pub(crate) const OPEN: [&str; 4] = ["--sum-limit", "none", "--concat-limit", "none"];

pub(crate) struct Addsvc {
    pub(crate) process: Process,
    pub(crate) debug: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    pub(crate) jsonrpc: SocketAddr,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_addsvc"));
    for port in ["--debug", "--http", "--grpc", "--jsonrpc"] {
        command.args([port, "127.0.0.1:0"]);
    }
    command.args(arguments).stderr(Stdio::null());
    command
}

impl Addsvc {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::of(&mut command(arguments))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut process = Process::of(command);
        let debug = process.address();
        let [http, grpc, jsonrpc] = [(); 3].map(|()| next_address(&mut process));
        Self { process, debug, http, grpc, jsonrpc }
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        exchange(self.http, "POST", path, body)
    }

    pub(crate) fn page(&self, path: &str) -> Answer {
        exchange(self.debug, "GET", path, "")
    }

    pub(crate) fn call(&self, method: &str, params: &str) -> String {
        let call = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":1}}"#);
        exchange(self.jsonrpc, "POST", "/", &call).body
    }

    pub(crate) fn channel(&self) -> Channel {
        channel(self.grpc)
    }

    pub(crate) fn over_grpc(&self) -> Endpoints {
        grpc::client(self.channel(), &addsvc::Calling::new())
    }
}

/// The address in the next line that the program says.
pub(crate) fn next_address(process: &mut Process) -> SocketAddr {
    let line = process.line().expect("it says where it listens");
    let address = line.rsplit("http://").next().and_then(|address| address.parse().ok());
    address.unwrap_or_else(|| panic!("no address in {line:?}"))
}

pub(crate) fn channel(address: SocketAddr) -> Channel {
    ChannelBuilder::from_shared(format!("http://{address}"))
        .expect("an address is a URI")
        .connect_lazy()
}

/// `pb.Add/Sum` in the messages of the wire.
pub(crate) fn raw_sum(
    channel: Channel,
) -> impl Endpoint<Request = pb::SumRequest, Response = pb::SumReply, Error = GrpcError> {
    let (encode, decode) = (Ok::<pb::SumRequest, GrpcError>, Ok::<pb::SumReply, GrpcError>);
    Client::unary(channel, "pb.Add", "Sum", encode, decode)
}

/// `pb.Add/Concat` in the messages of the wire.
pub(crate) fn raw_concat(
    channel: Channel,
) -> impl Endpoint<Request = pb::ConcatRequest, Response = pb::ConcatReply, Error = GrpcError> {
    let (encode, decode) = (Ok::<pb::ConcatRequest, GrpcError>, Ok::<pb::ConcatReply, GrpcError>);
    Client::unary(channel, "pb.Add", "Concat", encode, decode)
}

/// Requests of a stream, as a test sends them.
pub(crate) struct Asked(mpsc::UnboundedReceiver<SumRequest>);

impl Asked {
    pub(crate) fn new() -> (mpsc::UnboundedSender<SumRequest>, Self) {
        let (ask, asked) = mpsc::unbounded_channel();
        (ask, Self(asked))
    }
}

impl Stream for Asked {
    type Item = SumRequest;

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut task::Context<'_>,
    ) -> Poll<Option<SumRequest>> {
        self.0.poll_recv(task)
    }
}

/// Waits until `process` has ended, while tasks go on; gives its exit code.
pub(crate) async fn ended(process: Process) -> Option<i32> {
    let waiting = tokio::task::spawn_blocking(move || process.wait());
    timeout(SOON, waiting).await.expect("it ends").expect("waiting is no panic").code()
}

/// Whether nobody listens at `address`, or soon does no more.
pub(crate) fn closes(address: SocketAddr) -> bool {
    until(SOON, || Connection::open(address).is_err())
}
