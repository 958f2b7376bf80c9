//! A stop loses no request that was accepted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpStream;

use example_testing::{Connection, Process, exchange};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many requests are in flight when the signal comes.
const IN_FLIGHT: usize = 10_000;

/// One connection each, on both sides, and some for all else.
const FILES: u64 = IN_FLIGHT as u64 + 200;

/// Lets this process, and those it starts, have as many connections open as the test needs.
fn allow_many_files() {
    let hard = getrlimit(Resource::Nofile).maximum;
    assert!(
        hard.is_none_or(|hard| hard >= FILES),
        "this machine allows {hard:?} open files, and the test needs {FILES}: raise `ulimit -Hn`"
    );
    let limit = Rlimit { current: hard.map_or(Some(FILES), Some), maximum: hard };
    setrlimit(Resource::Nofile, limit).unwrap();
}

#[test]
fn ten_thousand_requests_in_flight_are_answered_after_sigterm() {
    allow_many_files();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("todos.db");
    let database = file.to_str().unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--log-level", "none", "--database", database];
    let patient = ["--timeout", "300", "--drain", "300"];
    let service =
        Process::start(env!("CARGO_BIN_EXE_todosvc"), &[&listen[..], &patient[..]].concat());
    let address = service.address();

    // Nothing can be added while another program has the database locked.
    let lock = rusqlite::Connection::open(&file).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut connections = Vec::with_capacity(IN_FLIGHT);
    for n in 0..IN_FLIGHT {
        let mut connection = Connection::open(address).unwrap();
        connection.request("POST", "/todos", &format!(r#"{{"title":"todo {n}"}}"#)).unwrap();
        connections.push(connection);
    }
    service.terminate();
    lock.execute_batch("ROLLBACK").unwrap();

    for (n, connection) in connections.iter_mut().enumerate() {
        let answer = connection.answer().unwrap_or_else(|error| panic!("request {n}: {error}"));
        assert_eq!(answer.status, 201, "request {n}: {answer:?}");
        assert!(answer.body.contains(&format!("\"todo {n}\"")), "request {n}: {answer:?}");
    }
    let status = service.wait();
    assert!(status.success(), "{status}");

    let again = Process::start(env!("CARGO_BIN_EXE_todosvc"), &listen);
    let listed = exchange(again.address(), "GET", "/todos", "").body;
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.len(), IN_FLIGHT);
}

#[test]
fn both_signals_stop_it_at_once_when_it_has_nothing_to_do() {
    for stop in [Process::terminate, Process::interrupt] {
        let service = Process::start(
            env!("CARGO_BIN_EXE_todosvc"),
            &["--listen", "127.0.0.1:0", "--log-level", "none", "--drain", "600"],
        );
        // A kept connection that is idle, and one on which nothing was ever sent.
        let mut idle = Connection::open(service.address()).unwrap();
        idle.request("GET", "/todos", "").unwrap();
        assert_eq!(idle.answer().unwrap().status, 200);
        let _silent = TcpStream::connect(service.address()).unwrap();
        stop(&service);
        assert!(service.wait().success());
    }
}

#[test]
fn a_signal_that_comes_as_soon_as_it_listens_is_not_missed() {
    for _ in 0..10 {
        let service = Process::start(
            env!("CARGO_BIN_EXE_todosvc"),
            &["--listen", "127.0.0.1:0", "--log-level", "none"],
        );
        service.terminate();
        assert!(service.wait().success());
    }
}

#[test]
fn what_does_not_end_in_time_is_cut_off_and_told() {
    let service = Process::start(
        env!("CARGO_BIN_EXE_todosvc"),
        &["--listen", "127.0.0.1:0", "--log-level", "none", "--drain", "0.2"],
    );
    // A request whose body never comes is in flight for as long as it is let.
    let mut stuck = Connection::open(service.address()).unwrap();
    stuck.send(b"POST /todos HTTP/1.1\r\nhost: t\r\ncontent-length: 9\r\n\r\n{").unwrap();
    let mut other = Connection::open(service.address()).unwrap();
    other.request("GET", "/todos", "").unwrap();
    assert_eq!(other.answer().unwrap().status, 200);
    service.terminate();
    assert_eq!(service.wait().code(), Some(1));
}
