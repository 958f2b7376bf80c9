//! What a real Prometheus makes of a scrape.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use oxkit_metrics::{Buckets, MetricError, Prometheus, Registry};
use serde_json::Value;

/// A route for scrapes. It ends when it is dropped.
struct Route {
    address: SocketAddr,
    /// What was asked for, and what was answered with.
    scrapes: Arc<Mutex<Vec<(String, &'static str)>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Route {
    /// Answers scrapes in the format they ask for, or always in text.
    fn new(prometheus: Prometheus, negotiates: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let scrapes = Arc::<Mutex<Vec<_>>>::default();
        let ends = Arc::new(AtomicBool::new(false));
        let (kept, ended) = (scrapes.clone(), ends.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(SeqCst) {
                    return;
                }
                if let Ok(scrape) = answer(stream, &prometheus, negotiates) {
                    kept.lock().expect("no panic while it is held").push(scrape);
                }
            }
        });
        Self { address, scrapes, ends, thread: Some(thread) }
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        self.ends.store(true, SeqCst);
        // Wakes it.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(
    stream: TcpStream,
    prometheus: &Prometheus,
    negotiates: bool,
) -> std::io::Result<(String, &'static str)> {
    let mut stream = BufReader::new(stream);
    let mut accept = String::new();
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 && !line.trim_end().is_empty() {
        if let Some(("accept", value)) =
            line.to_ascii_lowercase().split_once(':').map(|(name, value)| (name, value.trim()))
        {
            value.clone_into(&mut accept);
        }
        line.clear();
    }
    let (content_type, body) = prometheus.encode(negotiates.then_some(&*accept));
    let mut stream = stream.into_inner();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)?;
    Ok((accept, content_type))
}

/// Every character that is special to somebody.
fn odd() -> String {
    let ascii: String = (0..128_u8).map(char::from).collect();
    format!("{ascii}\u{85}\u{a0}äß\u{2028}日本\u{1f980}\u{feff}\u{10ffff}")
}

fn shown() -> Result<Prometheus, MetricError> {
    let registry = Registry::new();
    let prometheus = Prometheus::new(&registry)?;
    let help = "Jobs done, \\ \"quoted\"\nand broken.";
    let jobs = registry.counter_family("jobs_total", help, ["queue", "odd"])?;
    jobs.with(["mail", &odd()]).add(3);
    jobs.with(["", ""]).add_f64(0.1);
    registry.counter("large_total", "Large.")?.add(9_007_199_254_740_991);
    let level = registry.gauge_family("level", "Levels.", ["of"])?;
    level.with(["infinity"]).set(f64::INFINITY);
    level.with(["less"]).set(f64::NEG_INFINITY);
    level.with(["nothing"]).set(f64::NAN);
    level.with(["tiny"]).set(-1.25e-300);
    registry.up_down_counter("open", "Open.")?.add(-7);
    let took = registry.histogram("took_seconds", "Took.", Buckets::new(&[0.5, 1.0])?)?;
    [0.25, 0.5, 0.75, 8.0].iter().for_each(|seconds| took.observe(*seconds));
    let sizes = registry.histogram("size_bytes", "Sizes.", Buckets::log_linear())?;
    (0..100).for_each(|_| sizes.observe(4096.0));
    Ok(prometheus)
}

mod with_prometheus {
    use testing_servers::{Server, until};

    use super::*;

    /// What a query finds: labels without the name and those of the scrape, and the value.
    fn find(server: &Server<testing_servers::Prometheus>, query: &str) -> Vec<(Value, String)> {
        let answer = server.query(query);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer: Value = serde_json::from_str(&answer.body).expect("it is JSON");
        let found = answer["data"]["result"].as_array().into_iter().flatten().map(|found| {
            let mut labels = found["metric"].clone();
            let map = labels.as_object_mut().expect("labels are an object");
            map.retain(|name, _| !["__name__", "instance", "job"].contains(&&**name));
            (labels, found["value"][1].as_str().expect("a value is text").to_owned())
        });
        found.collect()
    }

    #[test]
    fn every_value_is_found_as_it_was_shown() {
        let open_metrics = Route::new(shown().unwrap(), true);
        let text = Route::new(shown().unwrap(), false);
        let server = testing_servers::prometheus(&[open_metrics.address, text.address]);
        let is_up = || find(&server, "up == 1").len() == 2;
        assert!(until(Duration::from_secs(30), is_up), "{}", server.targets().body);

        let scrapes = open_metrics.scrapes.lock().unwrap();
        assert!(scrapes[0].0.starts_with("application/openmetrics-text"), "{}", scrapes[0].0);
        assert!(scrapes[0].1.starts_with("application/openmetrics-text"), "{}", scrapes[0].1);
        drop(scrapes);
        assert!(text.scrapes.lock().unwrap()[0].1.starts_with("text/plain"));

        // Each format has its own way to write the bound of a bucket.
        for (route, one) in [(&open_metrics, "1.0"), (&text, "1")] {
            let check = |name: &str, labels: &[(&str, &str)], expected: &str| {
                let instance = route.address;
                let found = find(&server, &format!("{name}{{instance=\"{instance}\"}}"));
                let labels: Value =
                    labels.iter().map(|(name, value)| (*name, Value::from(*value))).collect();
                let value = found.iter().find(|(have, _)| *have == labels).map(|(_, value)| value);
                assert_eq!(
                    value.map(String::as_str),
                    Some(expected),
                    "{name} {labels} in {found:?}"
                );
            };
            check("jobs_total", &[("queue", "mail"), ("odd", &odd())], "3");
            check("jobs_total", &[], "0.1");
            check("large_total", &[], "9007199254740991");
            check("level", &[("of", "infinity")], "+Inf");
            check("level", &[("of", "less")], "-Inf");
            check("level", &[("of", "nothing")], "NaN");
            check("level", &[("of", "tiny")], "-1.25e-300");
            check("open", &[], "-7");
            check("took_seconds_count", &[], "4");
            check("took_seconds_sum", &[], "9.5");
            check("took_seconds_bucket", &[("le", "0.5")], "2");
            check("took_seconds_bucket", &[("le", one)], "3");
            check("took_seconds_bucket", &[("le", "+Inf")], "4");
            check("size_bytes_count", &[], "100");
            check("size_bytes_sum", &[], "409600");
            let quantiles = find(&server, &format!("size_bytes{{instance=\"{}\"}}", route.address));
            assert_eq!(quantiles.len(), 4);
            for (labels, value) in quantiles {
                let value: f64 = value.parse().unwrap();
                assert!((3840.0..=4096.0).contains(&value), "{labels}: {value}");
            }
        }
    }

    fn check_metrics(text: &[u8], mut promtool: Command) -> (Option<i32>, String) {
        let mut promtool = promtool
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdin = promtool.stdin.take().expect("it is piped");
        stdin.write_all(text).expect("it reads all");
        drop(stdin);
        let output = promtool.wait_with_output().expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    #[test]
    fn promtool_finds_nothing_to_say() {
        let (_, text) = shown().unwrap().encode(None);
        let checked = check_metrics(&text, testing_servers::promtool());
        assert_eq!(checked, (Some(0), String::new()));
        // It does look.
        let (code, said) = check_metrics(b"jobs{ 1\n", testing_servers::promtool());
        assert_eq!(code, Some(1), "{said}");
    }
}
