//! An HTTP server of the tests, for what real ones do seldom: it gives the answers it is told to,
//! and keeps the requests as they came.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
};

/// A request: its first line and headers, and its body.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| {
            let (have, value) = line.split_once(':')?;
            have.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// The server. It ends when it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Gives these answers, one to each request, and the last one from then on. An answer is what
    /// stands after `HTTP/1.1 `: the status, headers, an empty line and the body.
    pub(crate) fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let ends = Arc::new(AtomicBool::new(false));
        let (kept, ended) = (requests.clone(), ends.clone());
        let thread = thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                if ended.load(SeqCst) {
                    return;
                }
                let answer = answers.get(number).or(answers.last()).expect("there is an answer");
                let Some((request, mut stream)) = stream.ok().and_then(read) else { continue };
                // Before it is answered, for whoever has the answer may ask what came.
                kept.lock().expect("no panic while it is held").push(request);
                // Who is gone wants no answer.
                let _ = stream.write_all(&[b"HTTP/1.1 ", &answer[..]].concat());
            }
        });
        Self { address, requests, ends, thread: Some(thread) }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic while it is held").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ends.store(true, SeqCst);
        // Wakes it.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: TcpStream) -> Option<(Request, TcpStream)> {
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let mut request = Request { head, body: Vec::new() };
    let length = request.header("content-length")?.parse().ok()?;
    request.body = vec![0; length];
    stream.read_exact(&mut request.body).ok()?;
    Some((request, stream.into_inner()))
}

/// An answer, of which `headers` are whole lines. The connection ends with it.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("{status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}
