//! The servers that are compared, each a process of its own.

mod axum_bare;
mod axum_stack;
mod hyper_bare;
mod oxkit;
mod oxkit_grpc;
mod tonic_bare;

use std::{io, net::SocketAddr, thread};

use tokio::{net::TcpListener, runtime::Runtime};

use super::{
    AXUM_ADDSVC, GRPC_OXKIT, GRPC_STACK, TONIC,
    protocol::Protocol,
    wire::{SUM, UPPERCASE},
};

/// A server by its name on the command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    pub(super) name: &'static str,
    /// What it is, for the table.
    pub(super) what: &'static str,
    pub(super) protocol: Protocol,
    serve: fn(TcpListener) -> Serving,
}

type Serving = std::pin::Pin<Box<dyn Future<Output = io::Result<()>>>>;

/// All that are written in Rust.
pub(super) const SERVERS: [Server; 12] = [
    Server {
        name: "hyper",
        what: "hyper, no timer",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(hyper_bare::serve(listener, false)),
    },
    Server {
        name: "hyper-timer",
        what: "hyper, header timeout as in its example",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(hyper_bare::serve(listener, true)),
    },
    Server {
        name: "oxkit",
        what: "oxkit straight on hyper, its defaults",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(oxkit::straight(listener)),
    },
    Server {
        name: "oxkit-stack",
        what: "oxkit straight on hyper, whole stack",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(oxkit::stack(listener)),
    },
    Server {
        name: "axum",
        what: "axum",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(axum_bare::serve(listener)),
    },
    Server {
        name: "axum-stack",
        what: "axum, whole stack of tower",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(axum_stack::serve(listener)),
    },
    Server {
        name: "oxkit-axum",
        what: "oxkit mounted in axum",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(oxkit::in_axum(listener)),
    },
    Server {
        name: "oxkit-stack-axum",
        what: "oxkit mounted in axum, whole stack",
        protocol: Protocol::Http(UPPERCASE),
        serve: |listener| Box::pin(oxkit::stack_in_axum(listener)),
    },
    Server {
        name: AXUM_ADDSVC,
        what: "axum, adding as addsvc does",
        protocol: Protocol::Http(SUM),
        serve: |listener| Box::pin(axum_bare::serve_sum(listener)),
    },
    Server {
        name: TONIC,
        what: "tonic, served by its own server",
        protocol: Protocol::Grpc,
        serve: |listener| Box::pin(tonic_bare::serve(listener)),
    },
    Server {
        name: GRPC_OXKIT,
        what: "oxkit straight on hyper, its defaults",
        protocol: Protocol::Grpc,
        serve: |listener| Box::pin(oxkit_grpc::bare(listener)),
    },
    Server {
        name: GRPC_STACK,
        what: "oxkit straight on hyper, whole stack",
        protocol: Protocol::Grpc,
        serve: |listener| Box::pin(oxkit_grpc::stack(listener)),
    },
];

/// Serves as `name` until standard input ends: so a server never outlives the benchmark, however
/// that ends.
///
/// # Errors
///
/// There is no such server, or no port for it.
pub fn serve(name: &str) -> io::Result<()> {
    let Some(server) = SERVERS.iter().find(|server| server.name == name) else {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("no server {name}")));
    };
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(0);
    });
    runtime()?.block_on(async {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        println!("listening on {}", listener.local_addr()?);
        (server.serve)(listener).await
    })
}

/// One worker for one core, on the scheduler that services really use.
fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_gives_the_one_right_answer() {
        for server in SERVERS {
            runtime().unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let asking = tokio::task::spawn_blocking(move || server.protocol.ask(address, 20));
                tokio::select! {
                    ended = (server.serve)(listener) => panic!("{}: {ended:?}", server.name),
                    asked = asking => asked.unwrap().unwrap_or_else(|error| {
                        panic!("{}: {error}", server.name)
                    }),
                }
            });
        }
    }

    #[test]
    fn a_server_that_is_not_there_is_an_error() {
        assert!(serve("nobody").is_err());
    }
}
