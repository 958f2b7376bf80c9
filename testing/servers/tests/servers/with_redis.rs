//! Redis.

use crate::*;
use testing_servers::{Redis, redis};

#[test]
fn it_answers_and_goes_when_it_is_dropped() {
    check::<Redis>(|redis| {
        assert_eq!(redis.ask("SET answer 42"), "+OK");
        assert_eq!(redis.ask("INCR answer"), ":43");
    });
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("redis");
}

#[test]
fn it_keeps_its_data_and_its_port_over_a_restart() {
    let redis = redis();
    let address = redis.address();
    assert_eq!(redis.ask("SET answer 42"), "+OK");
    redis.stop();
    assert_eq!(redis.id(), None);
    std::net::TcpStream::connect(address).expect_err("nobody listens");
    redis.restart();
    assert_eq!(redis.address(), address);
    assert_eq!(redis.ask("INCR answer"), ":43");
    redis.kill();
    redis.restart();
    assert_eq!(redis.ask("PING"), "+PONG");
}

#[test]
fn a_paused_server_is_silent_until_it_goes_on() {
    use std::io::{ErrorKind, Read, Write};

    let redis = redis();
    let mut stream = std::net::TcpStream::connect(redis.address()).unwrap();
    redis.pause();
    stream.write_all(b"PING\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut answer = [0; 7];
    let silent = stream.read(&mut answer).unwrap_err();
    assert!(matches!(silent.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silent}");
    redis.resume();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}

#[test]
fn a_paused_server_goes_too() {
    let redis = redis();
    redis.pause();
    let (id, folder) = (redis.id().unwrap().to_string(), redis.folder().to_owned());
    drop(redis);
    is_gone(&id, &folder);
}
