//! The dashboard and the alerts of the folder `monitoring`: well formed, about metrics that exist,
//! and proved on a real Prometheus.

#[path = "../../../monitoring/watch.rs"]
mod watch;

use std::{collections::HashSet, fs, path::PathBuf};

use oxkit_core::ErrorKind;
use serde_json::Value;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../monitoring").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).expect("it is part of the project")
}

fn dashboard() -> Value {
    serde_json::from_str(&text("dashboard.json")).expect("it is JSON")
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    let panels = dashboard["panels"].as_array().expect("a dashboard has panels");
    panels.iter().filter(|panel| panel["type"] != "row")
}

fn expressions(dashboard: &Value) -> Vec<String> {
    panels(dashboard)
        .flat_map(|panel| panel["targets"].as_array().expect("a panel has targets"))
        .map(|target| target["expr"].as_str().expect("a target has an expression").to_owned())
        .collect()
}

#[test]
fn every_panel_says_what_it_shows_and_none_lies_on_another() {
    let dashboard = dashboard();
    let mut taken = HashSet::new();
    let mut ids = HashSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = &panel["title"];
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "the id of {title} is there twice");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|at| panel["gridPos"][at].as_u64().unwrap());
        assert!(x + w <= 24, "{title} does not fit the grid");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{title} lies on another panel at {cell:?}");
        }
    }
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().unwrap();
        assert!(!title.is_empty());
        assert!(panel["description"].as_str().is_some_and(|text| !text.is_empty()), "{title}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
}

#[test]
fn what_counts_as_our_fault_is_what_the_toolkit_says() {
    let faults = ErrorKind::ALL.into_iter().filter(|kind| kind.is_server_fault());
    let ours: Vec<_> = faults.map(ErrorKind::name).collect();
    let matcher = format!("kind=~\"{}\"", ours.join("|"));
    assert!(expressions(&dashboard()).iter().any(|expression| expression.contains(&matcher)));
    let rules = text("rules.yml");
    let counts = |line: &&str| line.contains("endpoint_errors_total{kind=~");
    assert_eq!(rules.lines().filter(counts).count(), 7, "one for each window");
    assert!(rules.lines().filter(counts).all(|line| line.contains(&matcher)));
}

#[test]
fn every_alert_is_explained_and_tested() {
    let (rules, readme, tests) = (text("rules.yml"), text("README.md"), text("rules_test.yml"));
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: HashSet<_> = alerts.collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        assert!(readme.contains(&format!("`{alert}`")), "{alert} is not in README.md");
        let fires = format!("alertname: {alert}\n");
        assert!(tests.contains(&fires), "{alert} is not in rules_test.yml");
    }
}

mod with_prometheus {
    use std::{
        error::Error,
        io::Write,
        process::{Command, Output, Stdio},
        sync::Arc,
        time::Duration,
    };

    use example_testing::{Process, exchange};
    use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
    use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures};
    use oxkit_core::{
        Context, Endpoint, ErrorKind, Layer, Operation, Reason, Refusal, endpoint_fn, hook,
    };
    use oxkit_log::NonBlocking;
    use oxkit_metrics::{Measure, Prometheus, Registry, StatsdBuilder, UnixDatagram};
    use oxkit_ratelimit::{AdaptiveLimit, Gradient};
    use oxkit_transport_http::{Body, Router, listen, serve};
    use testing_servers::{Server, prometheus_with_rules, promtool, until};

    use super::{Value, dashboard, expressions, file, text, watch::Watch};

    fn stringsvc2() -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stringsvc2"));
        Process::of(command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::null()))
    }

    fn call(service: &Process, path: &str, body: &str) {
        assert_eq!(exchange(service.address(), "POST", path, body).status, 200);
    }

    fn said(output: &Output) -> String {
        let streams = [&output.stdout, &output.stderr];
        streams.map(|stream| String::from_utf8_lossy(stream).into_owned()).concat()
    }

    #[test]
    fn promtool_finds_nothing_wrong_with_the_rules_and_their_tests_pass() {
        for (command, file_name) in [("check", "rules.yml"), ("test", "rules_test.yml")] {
            let output = promtool().args([command, "rules"]).arg(file(file_name)).output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
        }
    }

    #[test]
    fn promtool_finds_nothing_wrong_with_what_stringsvc2_shows() {
        let service = stringsvc2();
        call(&service, "/uppercase", r#"{"s":"a"}"#);
        call(&service, "/uppercase", r#"{"s":""}"#);
        call(&service, "/count", r#"{"s":"a"}"#);
        let page = exchange(service.address(), "GET", "/metrics", "").body;
        let mut check = promtool()
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        check.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
        let output = check.wait_with_output().unwrap();
        // Its lint too: names, units and helps are what Prometheus asks for.
        assert!(output.status.success(), "{}{page}", said(&output));
    }

    /// The answer to a query, or `None` if it is empty.
    fn answer(prometheus: &Server<testing_servers::Prometheus>, query: &str) -> Option<Value> {
        let answer = prometheus.query(query);
        let told: Value = serde_json::from_str(&answer.body).expect("it answers in JSON");
        assert_eq!(told["status"], "success", "{query}: {told}");
        let result = told["data"]["result"].as_array().expect("an answer has a result");
        (!result.is_empty()).then(|| result[0]["value"][1].clone())
    }

    /// A query as Grafana would send it.
    fn filled(expression: &str) -> String {
        expression
            .replace("$__rate_interval", "10s")
            .replace("$job", ".*")
            .replace("$service", ".*")
            .replace("$method", ".*")
    }

    /// A program in which everything has gone wrong that the dashboard can show, and its page.
    fn unlucky() -> Result<Router, Box<dyn Error>> {
        let registry = Registry::with_series_limit(4.try_into()?);
        let prometheus = Prometheus::new(&registry)?;
        // Nobody is there, and room is for one observation.
        let exporter = StatsdBuilder::statsd()
            .interval(Duration::from_secs(1))
            .buffered_observations(1)
            .attach(&registry, UnixDatagram::new("/there/is/no/such/socket"))?
            .spawn();
        let mut watch = Watch::new(&registry);

        let breaker = Breaker::builder(ConsecutiveFailures::new(2))
            .on_change(watch.changes("payments")?)
            .build();
        watch.breaker("payments", &breaker)?;
        let limit = AdaptiveLimit::new(Gradient::new());
        watch.limit("payments", &limit)?;
        let (lines, _writer) = NonBlocking::spawn(std::io::sink())?;
        watch.log(&lines)?;

        let measure = Measure::new(&registry)?;
        let measure = hook(measure.for_operation(Operation::new("shop", "Pay")));
        let pay = endpoint_fn(async |_cx, limited: bool| {
            Err::<(), _>(match limited {
                true => Refusal::from(Reason::RateLimited),
                false => Refusal::of_kind(ErrorKind::Unavailable, "connection refused"),
            })
        });
        let pay = (measure, limit, breaker).layer(pay).boxed();

        registry.gauge("price", "Of a thing.")?.add(f64::NAN);
        let visits = registry.counter_family("visits", "Of a page.", ["page"])?;
        for page in 0..5 {
            visits.with([&page.to_string()]).increment();
        }

        let shown = Arc::new((watch, prometheus, pay, exporter));
        Ok(Router::new().get("/metrics", move |_: Request<Body>| {
            let shown = shown.clone();
            async move {
                let (watch, prometheus, pay, _) = &*shown;
                // Something happens between any two scrapes.
                for limited in [true, false, false, false] {
                    let _ = pay.call(Context::new(), limited).await;
                }
                watch.refresh();
                let (content_type, body) = prometheus.encode(None);
                let mut response = Response::new(Body::from(body));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                response
            }
        }))
    }

    /// One Prometheus for all of it: its first sample takes five seconds.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_the_dashboard_asks_has_an_answer_and_every_rule_can_be_evaluated() {
        let service = stringsvc2();
        let listener = listen("127.0.0.1:0").await.unwrap();
        let unlucky_address = listener.local_addr().unwrap();
        let other = tokio::spawn(serve(listener, unlucky().unwrap()).into_future());
        let targets = [service.address(), unlucky_address];
        let prometheus = prometheus_with_rules(&targets, &text("rules.yml"));

        let mut waiting = expressions(&dashboard());
        let mut calls = 0;
        let answered = until(Duration::from_secs(60), || {
            call(&service, "/uppercase", r#"{"s":"a"}"#);
            call(&service, "/uppercase", r#"{"s":""}"#);
            call(&service, "/count", r#"{"s":"abc"}"#);
            calls += 3;
            // NaN is the quantile or the ratio of nothing, and no answer.
            waiting.retain(|expression| {
                answer(&prometheus, &filled(expression)).is_none_or(|value| value == "NaN")
            });
            waiting.is_empty()
        });
        assert!(answered, "no answer to {waiting:#?}");

        for (query, value) in [
            (r#"sum(endpoint_requests_total{service="stringsvc"})"#, calls),
            (r#"sum(endpoint_errors_total{service="stringsvc"})"#, calls / 3),
            ("sum(string_service_requests_total)", calls),
            ("string_service_count_result_sum", calls),
            (r#"endpoint_requests_total{method="Count"}"#, calls / 3),
            (r#"max_over_time(circuitbreaker_state{name="payments"}[1m])"#, 2),
            (r#"oxkit_metrics_rejected_total{metric="price"}"#, 1),
            (r#"oxkit_metrics_overflowed_total{metric="visits"}"#, 1),
        ] {
            let value = value.to_string();
            let mut last = None;
            // The last calls are seen by the next scrape.
            let exact = until(Duration::from_secs(20), || {
                last = answer(&prometheus, query);
                last.as_ref().is_some_and(|shown| *shown == *value)
            });
            assert!(exact, "{query} is {last:?} and not {value}");
        }

        let healthy = until(Duration::from_secs(20), || {
            let page = exchange(prometheus.address(), "GET", "/api/v1/rules", "").body;
            let rules: Value = serde_json::from_str(&page).unwrap();
            let groups = rules["data"]["groups"].as_array().unwrap();
            let mut rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
            let broken = rules.clone().find(|rule| rule["health"] == "err");
            assert_eq!(broken, None);
            rules.all(|rule| rule["health"] == "ok")
        });
        assert!(healthy, "not every rule was evaluated");
        let alerts = "ALERTS{alertname=~\"MetricObservationsRejected|MetricLabelsOverflow\"}";
        let fires = until(Duration::from_secs(20), || {
            answer(&prometheus, &format!("count({alerts})")) == Some("2".into())
        });
        assert!(fires, "what the unlucky program shows is not told of");
        other.abort();
    }
}
