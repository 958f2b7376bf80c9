//! What the proxy does to those who speak through it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use testing_servers::Proxy;

const PATIENCE: Duration = Duration::from_secs(20);

/// A server that answers every line with itself, and tells what it read of a connection in the end.
fn echo() -> (Proxy, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let proxy = Proxy::to(listener.local_addr().expect("it is bound"));
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tell = tell.clone();
            thread::spawn(move || tell.send(serve(stream?)).map_err(io::Error::other));
        }
    });
    (proxy, told)
}

fn serve(stream: TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut all = Vec::new();
    let mut begin = 0;
    while reader.read_until(b'\n', &mut all).is_ok_and(|read| read > 0) {
        if reader.get_mut().write_all(&all[begin..]).is_err() {
            break;
        }
        begin = all.len();
    }
    all
}

fn connect(proxy: &Proxy) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(proxy.address())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends `text` and reads as much again.
fn exchange(stream: &mut TcpStream, text: &str) -> io::Result<String> {
    stream.write_all(text.as_bytes())?;
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn it_passes_everything_on_in_both_directions_and_counts() {
    let (proxy, told) = echo();
    let mut stream = connect(&proxy).unwrap();
    assert_eq!(exchange(&mut stream, "one\n").unwrap(), "one\n");
    let long = format!("{}\n", "x".repeat(100_000));
    let mut writer = stream.try_clone().unwrap();
    let sent = long.clone();
    let sending = thread::spawn(move || writer.write_all(sent.as_bytes()));
    let mut answer = vec![0; long.len()];
    stream.read_exact(&mut answer).unwrap();
    sending.join().unwrap().unwrap();
    assert!(answer == long.as_bytes());
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().len(), 4 + long.len());
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the server's end is passed on");
    assert_eq!((proxy.accepted(), proxy.forwarded()), (1, 4 + long.len() as u64));
}

#[test]
fn it_refuses_and_comes_back_on_the_same_port() {
    let (proxy, _told) = echo();
    let mut stream = connect(&proxy).unwrap();
    exchange(&mut stream, "one\n").unwrap();
    proxy.refuse();
    exchange(&mut stream, "two\n").expect_err("it was closed");
    let refused = connect(&proxy).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    proxy.pass();
    assert_eq!(exchange(&mut connect(&proxy).unwrap(), "three\n").unwrap(), "three\n");
}

#[test]
fn it_cuts_at_a_byte() {
    let (proxy, told) = echo();
    let mut old = connect(&proxy).unwrap();
    exchange(&mut old, "one\n").unwrap();
    proxy.cut_after(6);
    // Of a connection that was there, what it had carried before does not count.
    assert_eq!(exchange(&mut old, "four\n").unwrap(), "four\n");
    exchange(&mut old, "five\n").expect_err("it is cut in the middle");
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), b"one\nfour\nf");
    let mut new = connect(&proxy).unwrap();
    exchange(&mut new, "sixteen\n").expect_err("it is cut in the middle");
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), b"sixtee");
}

#[test]
fn it_stalls_and_passes_on_later_what_it_held_back() {
    let (proxy, _told) = echo();
    let mut stream = connect(&proxy).unwrap();
    exchange(&mut stream, "one\n").unwrap();
    proxy.stall();
    stream.write_all(b"two\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let silent = stream.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(silent, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{silent}");
    assert_eq!(proxy.forwarded(), 4);
    proxy.pass();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"two\n");
}

#[test]
fn it_trickles() {
    let (proxy, _told) = echo();
    let mut stream = connect(&proxy).unwrap();
    proxy.trickle(Duration::from_millis(10));
    let line = format!("{}\n", "x".repeat(64 * 5 - 1));
    let begin = Instant::now();
    assert_eq!(exchange(&mut stream, &line).unwrap(), line);
    assert!(begin.elapsed() >= Duration::from_millis(50), "five drops, and a rest before each");
    // A rest of an hour ends when it is told to.
    proxy.trickle(Duration::from_secs(3600));
    stream.write_all(b"two\n").unwrap();
    proxy.pass();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
}

#[test]
fn it_closes_what_is_open_when_it_is_told_to_and_when_it_is_dropped() {
    let (proxy, _told) = echo();
    let mut first = connect(&proxy).unwrap();
    exchange(&mut first, "one\n").unwrap();
    proxy.cut();
    exchange(&mut first, "two\n").expect_err("it was closed");
    let mut second = connect(&proxy).unwrap();
    exchange(&mut second, "one\n").unwrap();
    proxy.stall();
    drop(proxy);
    exchange(&mut second, "two\n").expect_err("it was closed");
}
