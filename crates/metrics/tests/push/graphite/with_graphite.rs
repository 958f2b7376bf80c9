//! The real Carbon.

use std::{collections::BTreeMap, time::Duration};

use oxkit_metrics::{Exporter, GraphiteBuilder, Registry, Tcp, Udp};
use testing_servers::{Graphite, Proxy, Server, graphite, until};

use super::some_of_each;

const SOON: Duration = Duration::from_secs(30);

fn attach(server: &Server<Graphite>, builder: GraphiteBuilder, registry: &Registry) -> Exporter {
    let builder = builder.send_timeout(Duration::from_millis(300));
    builder.attach(registry, Tcp::new(server.lines().to_string())).expect("it is empty")
}

/// The sum of all points of a metric, once it is as expected, or what it stays at.
fn sum(server: &Server<Graphite>, metric: &str, expected: f64) -> f64 {
    let mut sum = 0.0;
    let _ = until(SOON, || {
        sum = server.points(metric).iter().map(|(_, value)| value).sum();
        sum == expected
    });
    sum
}

#[tokio::test]
async fn every_kind_is_read_back_as_it_was() {
    let expected = BTreeMap::from([
        ("app.c.mail._e", 0.25),
        ("app.c.mail.a_20b_3bc_3d_c3_a9", 3.0),
        ("app.g.1", 2.5),
        ("app.g.2", -4.0),
        ("app.g.5", 1e30),
        ("app.h.count", 4.0),
        ("app.h.p50", 1.5),
        ("app.h.p90", 3.2),
        ("app.h.p95", 3.599_999_999_999_999_6),
        ("app.h.p99", 3.92),
        ("app.h.sum", 6.5),
        ("app.idle.count", 0.0),
        ("app.idle.sum", 0.0),
        ("app.u", 4.0),
    ]);
    let server = graphite();
    let lines = server.lines().to_string();
    for udp in [false, true] {
        let registry = Registry::new();
        let prefix = if udp { "udp.app." } else { "app." };
        let builder = GraphiteBuilder::new().prefix(prefix);
        let mut exporter = if udp {
            builder.attach(&registry, Udp::new(&lines)).unwrap()
        } else {
            builder.attach(&registry, Tcp::new(&lines)).unwrap()
        };
        some_of_each(&registry);
        exporter.flush().await.unwrap();
        let mine = || -> Vec<_> {
            server.metrics().into_iter().filter(|name| name.starts_with(prefix)).collect()
        };
        assert!(until(SOON, || mine().len() >= expected.len()), "{:?}", mine());
        for (name, value) in &expected {
            let name = if udp { format!("udp.{name}") } else { (*name).to_owned() };
            let values = || server.points(&name).into_iter().map(|(_, value)| value);
            assert!(until(SOON, || values().eq([*value])), "{name}: {:?}", values());
        }
        assert_eq!(mine().len(), expected.len());
    }
}

/// Counts while the server is in trouble, and checks that nothing of it is lost or there twice.
async fn check(trouble: impl FnOnce(&Server<Graphite>), over: impl FnOnce(&Server<Graphite>)) {
    let server = graphite();
    let registry = Registry::new();
    let mut exporter = attach(&server, GraphiteBuilder::new().increments(), &registry);
    let counter = registry.counter("c", "").expect("a new name");
    counter.add(1);
    exporter.flush().await.expect("it is up");
    // What Carbon has read and not written when it ends is its own loss.
    assert_eq!(sum(&server, "c", 1.0), 1.0);
    trouble(&server);
    for _ in 0..3 {
        counter.add(10);
        exporter.flush().await.expect_err("it is not");
    }
    over(&server);
    counter.add(100);
    exporter.flush().await.expect("it is up");
    counter.add(1000);
    exporter.flush().await.expect("it is up");
    assert_eq!(sum(&server, "c", 1131.0), 1131.0);
    assert_eq!(exporter.stats().dropped(), 0);
}

#[tokio::test]
async fn nothing_is_lost_while_the_server_is_down() {
    check(Server::stop, Server::restart).await;
}

#[tokio::test]
async fn nothing_is_lost_or_counted_twice_while_the_server_hangs() {
    check(Server::pause, Server::resume).await;
}

#[tokio::test]
async fn a_line_that_was_cut_is_not_taken_for_a_shorter_number() {
    let server = graphite();
    let proxy = Proxy::to(server.lines());
    let registry = Registry::new();
    let builder = GraphiteBuilder::new().send_timeout(Duration::from_millis(300));
    let to = Tcp::new(proxy.address().to_string());
    let mut exporter = builder.attach(&registry, to).unwrap();
    let counter = registry.counter("count", "").unwrap();
    let mut totals = Vec::new();
    // `count 1234561 1795370000` has 25 bytes with its end: it is cut everywhere.
    counter.add(1_234_560);
    for bytes in 0..25 {
        proxy.cut_after(bytes);
        counter.increment();
        totals.push(counter.value());
        // A proxy that closes in good order looks like a receiver that has read everything. The
        // total makes up for it the next time.
        let _ = exporter.flush().await;
    }
    proxy.pass();
    counter.add(1000);
    totals.push(counter.value());
    exporter.flush().await.unwrap();
    let last = || server.points("count").last().map(|(_, value)| *value);
    assert!(until(SOON, || last() == Some(1_235_585.0)), "{:?}", last());
    let points = server.points("count");
    assert!(points.iter().all(|(_, value)| totals.contains(value)), "{points:?}");
    assert_eq!(server.metrics(), ["count"]);
}

#[tokio::test]
async fn every_character_makes_a_name_of_its_own() {
    let server = graphite();
    let registry = Registry::new();
    let mut exporter = attach(&server, GraphiteBuilder::new(), &registry);
    let family = registry.counter_family("c", "", ["l"]).unwrap();
    for (c, n) in (0_u32..0x80).filter_map(char::from_u32).zip(1..) {
        family.with([&format!("a{c}")]).add(n);
    }
    exporter.flush().await.unwrap();
    assert!(until(SOON, || server.metrics().len() == 128), "{:?}", server.metrics());
    for (part, value) in
        [("a_00", 1.0), ("a_0a", 11.0), ("a_2e", 47.0), ("aa", 98.0), ("a__", 96.0)]
    {
        let metric = format!("c.{part}");
        let values = || server.points(&metric).into_iter().map(|(_, value)| value);
        assert!(until(SOON, || values().eq([value])), "{metric}: {:?}", values());
    }
}
