//! What Amazon's `CloudWatch` gets.
#![cfg(feature = "cloudwatch")]

#[path = "../receiver/mod.rs"]
mod receiver;

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use oxkit_metrics::{
    AwsCredentials, Buckets, CloudWatchBuilder, HttpTarget, MetricError, ProvideAwsCredentials,
    Registry, SendError,
};
use serde_json::{Value, json};
use static_assertions::assert_impl_all;

use receiver::{Receiver, answer};

assert_impl_all!(CloudWatchBuilder<AwsCredentials>: Send, Sync, Clone);

fn builder(url: &str) -> Result<CloudWatchBuilder<AwsCredentials>, MetricError> {
    let key = AwsCredentials::new("AKIDEXAMPLE", "secret").session_token("to/ken+=");
    Ok(CloudWatchBuilder::new(HttpTarget::new(url)?, "eu-north-1", "Shop", key))
}

#[test]
fn what_cloudwatch_has_no_room_for_is_refused_where_it_is_made() {
    let registry = Registry::new();
    let _exporter = builder("http://x").unwrap().dimension("stage", "test").attach(&registry);
    let names: Vec<_> = (0..30).map(|number| format!("label_{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let family =
        |labels: &[&str]| registry.family::<oxkit_metrics::Counter>("wide", "", labels).map(|_| ());
    let error = family(&names).unwrap_err();
    assert!(error.is_refused());
    assert!(error.to_string().ends_with("takes 30 dimensions, and these are 31"), "{error}");
    assert!(family(&names[1..]).is_ok());
    assert!(registry.counter(&"n".repeat(256), "").unwrap_err().is_refused());
    assert!(registry.counter(&"n".repeat(255), "").is_ok());
    assert!(registry.gauge_family("g", "", [&*"l".repeat(256)]).unwrap_err().is_refused());
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let check = |region: &str, namespace: &str, dimension: &str, expected: &str| {
        let target = HttpTarget::new("http://x").unwrap();
        let key = AwsCredentials::new("", "");
        let builder = CloudWatchBuilder::new(target, region, namespace, key);
        let error = builder.dimension(dimension, "").attach(&Registry::new()).unwrap_err();
        assert!(error.is_invalid_setting());
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("", "Shop", "d", "the region ``: it has 1 to 255 characters");
    check("eu north", "Shop", "d", "the region `eu north`: it cannot have ` `");
    check("eu-north-1", "", "d", "the namespace ``");
    check("eu-north-1", "Shöp", "d", "it cannot have `ö`");
    check("eu-north-1", ":Shop", "d", "does not begin with `:`");
    check("eu-north-1", "AWS/EC2", "d", "Amazon's own");
    check("eu-north-1", "Shop", "", "the dimension ``");
    check("eu-north-1", "Shop", "a b", "the dimension `a b`");
    check("eu-north-1", "Shop", ":d", "the dimension `:d`");
}

/// Credentials that are not there the first time, and are others each time after.
struct Changing(AtomicU32);

impl ProvideAwsCredentials for Changing {
    async fn credentials(&self) -> Result<AwsCredentials, SendError> {
        match self.0.fetch_add(1, SeqCst) {
            0 => Err(SendError::new("the role is not known yet")),
            asked => Ok(AwsCredentials::new(format!("KEY{asked}"), "secret")),
        }
    }
}

#[tokio::test]
async fn credentials_are_asked_for_before_each_request() {
    let receiver = Receiver::new(vec![answer("200 OK", "", b"")]);
    let registry = Registry::new();
    let target = HttpTarget::new(&receiver.url()).unwrap();
    let changing = Changing(AtomicU32::new(0));
    let builder = CloudWatchBuilder::new(target, "eu-north-1", "Shop", changing);
    let mut exporter = builder.attach(&registry).unwrap();
    let jobs = registry.counter("jobs", "").unwrap();
    jobs.increment();
    let error = exporter.flush().await.unwrap_err();
    assert!(!error.is_rejected());
    assert_eq!(error.to_string(), "the role is not known yet");
    exporter.flush().await.unwrap();
    jobs.increment();
    exporter.flush().await.unwrap();
    let keys: Vec<_> = receiver
        .requests()
        .iter()
        .map(|request| {
            let authorization = request.header("authorization").unwrap();
            authorization.split(['=', '/']).nth(1).unwrap().to_owned()
        })
        .collect();
    assert_eq!(keys, ["KEY1", "KEY2"]);
}

#[tokio::test]
async fn what_is_rejected_is_dropped_and_what_is_throttled_waits() {
    let error = |code: &str| {
        let body = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>so it is</Message></Error>\
             </ErrorResponse>"
        );
        answer("400 Bad Request", "", body.as_bytes())
    };
    let answers = [error("Throttling"), error("InvalidParameterValue"), answer("200 OK", "", b"")];
    let receiver = Receiver::new(answers.into());
    let registry = Registry::new();
    let mut exporter = builder(&receiver.url()).unwrap().attach(&registry).unwrap();
    let jobs = registry.counter("jobs", "").unwrap();
    jobs.add(1);
    assert!(!exporter.flush().await.unwrap_err().is_rejected());
    jobs.add(10);
    let rejected = exporter.flush().await.unwrap_err();
    assert!(rejected.is_rejected());
    assert_eq!(rejected.to_string(), "400 Bad Request: InvalidParameterValue: so it is");
    // The jobs, and the count of failures that is told next to them.
    assert_eq!(exporter.stats().dropped(), 2);
    jobs.add(100);
    exporter.flush().await.unwrap();
    let sent: Vec<_> = receiver
        .requests()
        .iter()
        .map(|request| {
            let body = String::from_utf8(request.body.clone()).unwrap();
            let value = body.split('&').find_map(|part| part.split_once(".Value="));
            value.unwrap().1.to_owned()
        })
        .collect();
    // The increment waited, went with the next, and was not sent again once it was rejected.
    assert_eq!(sent, ["1", "11", "100"]);
}

/// moto, which plays `CloudWatch`, and Amazon's own client for Python.
mod with_cloudwatch {
    use testing_servers::{Cloudwatch, Kind, Server};

    use super::*;

    fn python(script: &str) -> Command {
        let mut python = Cloudwatch::SET.python().unwrap_or_else(|missing| panic!("{missing}"));
        python.args(["-c", script]);
        python
    }

    /// What Amazon's client reads, ordered by name and dimensions.
    fn read(server: &Server<Cloudwatch>) -> Vec<Value> {
        let url = format!("http://{}", server.address());
        let output = python(include_str!("read.py")).arg(url).output().expect("python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("it is UTF-8");
        let mut all: Vec<_> = text.lines().collect();
        all.sort_unstable();
        // moto lists a metric once for each value that it got.
        all.dedup();
        all.into_iter().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
    }

    #[tokio::test]
    async fn every_kind_arrives_exactly() {
        let server = testing_servers::cloudwatch();
        let registry = Registry::new();
        let builder = builder(&format!("http://{}", server.address())).unwrap();
        let mut exporter = builder.dimension("stage", "test").attach(&registry).unwrap();
        let jobs = registry.counter_family("jobs", "", ["queue", "stage"]).unwrap();
        jobs.with(["mail", ""]).add(2);
        jobs.with(["print", "own"]).add_f64(0.5);
        registry.gauge("queued", "").unwrap().set(-2.25);
        registry.gauge("nothing", "").unwrap().set(f64::NAN);
        registry.up_down_counter("open", "").unwrap().add(7);
        let buckets = Buckets::new(&[0.5, 1.0]).unwrap();
        let took = registry.histogram("took_seconds", "", buckets).unwrap();
        [0.25, 0.25, 0.75, 8.0].iter().for_each(|seconds| took.observe(*seconds));
        exporter.flush().await.unwrap();
        jobs.with(["mail", ""]).add(3);
        took.observe(0.25);
        exporter.flush().await.unwrap();

        let one = |name: &str, dimensions: Value, unit: Value, sum: f64, count: f64| {
            json!({
                "name": name, "dimensions": dimensions, "unit": unit, "sum": sum, "count": count,
                "least": sum, "most": sum,
            })
        };
        let stage = || json!({"stage": "test"});
        // Gauges are sent each time, and counters are what came since.
        let twice = |name, value: f64| {
            let mut twice = one(name, stage(), Value::Null, 2.0 * value, 2.0);
            (twice["least"], twice["most"]) = (value.into(), value.into());
            twice
        };
        let mut mailed = one("jobs", json!({"queue": "mail"}), "Count".into(), 5.0, 2.0);
        (mailed["least"], mailed["most"]) = (2.0.into(), 3.0.into());
        let mut took = one("took_seconds", stage(), "Seconds".into(), 9.5, 5.0);
        (took["least"], took["most"]) = (0.25.into(), 8.0.into());
        let own = json!({"queue": "print", "stage": "own"});
        let expected = [
            mailed,
            one("jobs", own, "Count".into(), 0.5, 1.0),
            twice("open", 7.0),
            twice("queued", -2.25),
            took,
        ];
        assert_eq!(read(&server), expected);
        assert_eq!((exporter.stats().sent(), exporter.stats().dropped()), (2, 0));
    }

    #[tokio::test]
    async fn any_label_arrives_by_the_documented_escape() {
        let server = testing_servers::cloudwatch();
        let registry = Registry::new();
        let builder = builder(&format!("http://{}", server.address())).unwrap();
        let mut exporter = builder.attach(&registry).unwrap();
        let family = registry.counter_family("c", "", ["l"]).unwrap();
        let ascii: String = (0..128_u8).map(char::from).collect();
        for (number, odd) in [&*ascii, " ", ":a", " a", "a :", "ä%"].iter().enumerate() {
            family.with([odd]).add(number as u64 + 1);
        }
        family.with([&"x".repeat(1024)]).add(7);
        family.with([&"x".repeat(1025)]).add(8);
        exporter.flush().await.unwrap();
        assert_eq!(exporter.stats().dropped(), 1);
        let mut seen: Vec<_> = read(&server)
            .iter()
            .map(|metric| {
                let sum = metric["sum"].as_f64().unwrap();
                (sum as u64, metric["dimensions"]["l"].as_str().unwrap().to_owned())
            })
            .collect();
        seen.sort();
        let controls: String = (0..32).map(|byte| format!("%{byte:02X}")).collect();
        let printable: String = (' '..='~').collect::<String>().replace('%', "%25");
        let long = "x".repeat(1024);
        let expected = [
            &*format!("{controls}{printable}%7F"),
            "%20",
            "%3Aa",
            "%20a",
            "a :",
            "%C3%A4%25",
            &long,
        ];
        assert!(seen.iter().map(|(_, label)| &**label).eq(expected), "{seen:?}");
    }

    #[tokio::test]
    async fn no_increment_is_lost_while_the_receiver_is_down() {
        let server = testing_servers::cloudwatch();
        let registry = Registry::new();
        let builder = builder(&format!("http://{}", server.address())).unwrap();
        let mut exporter = builder.attach(&registry).unwrap();
        let jobs = registry.counter("jobs", "").unwrap();
        let took = registry.histogram("took", "", Buckets::default()).unwrap();
        server.stop();
        for _ in 0..5 {
            jobs.add(10);
            took.observe(0.5);
            assert!(!exporter.flush().await.unwrap_err().is_rejected());
        }
        server.restart();
        exporter.flush().await.unwrap();
        exporter.flush().await.unwrap();
        let seen = read(&server);
        // Next to these it tells of the failures.
        let told = "oxkit_metrics_push_failures_total";
        let seen = seen.iter().filter(|metric| metric["name"] != told);
        let numbers: Vec<_> = seen.map(|metric| (&metric["sum"], &metric["count"])).collect();
        assert_eq!(numbers, [(&json!(50.0), &json!(1.0)), (&json!(2.5), &json!(5.0))]);
        // The second flush had nothing to send.
        assert_eq!((exporter.stats().sent(), exporter.stats().failures()), (1, 5));
    }

    #[tokio::test]
    async fn the_signature_is_the_one_that_amazons_client_makes() {
        let receiver = Receiver::new(vec![answer("200 OK", "", b"")]);
        let registry = Registry::new();
        let builder = builder(&format!("{}/a%20path", receiver.url())).unwrap();
        let mut exporter = builder.attach(&registry).unwrap();
        registry.counter_family("c", "", ["l"]).unwrap().with(["a b+c&d=ä"]).increment();
        exporter.flush().await.unwrap();
        let request = &receiver.requests()[0];
        let authorization = request.header("authorization").unwrap();
        let signed = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next();
        let headers: serde_json::Map<_, _> = signed
            .unwrap()
            .split(';')
            .map(|name| (name.to_owned(), request.header(name).unwrap().into()))
            .collect();
        assert!(headers.contains_key("x-amz-security-token"));
        let came = json!({
            "url": format!("{}/a%20path/", receiver.url()),
            "headers": headers,
            "body": String::from_utf8(request.body.clone()).unwrap(),
            "key": "AKIDEXAMPLE",
            "secret": "secret",
            "token": "to/ken+=",
        });
        let mut python = python(include_str!("sign.py"));
        let mut python = python
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        serde_json::to_writer(python.stdin.take().unwrap(), &came).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), authorization);
    }
}
