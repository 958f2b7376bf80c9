//! Several receivers of one registry.

use oxkit_metrics::{
    Buckets, CirconusBuilder, CirconusTrap, GraphiteBuilder, HttpTarget, InfluxBuilder, Registry,
    StatsdBuilder,
};

use crate::{
    Mood, Receiver,
    http_receiver::{self, answer},
};

#[tokio::test]
async fn each_receiver_gets_all_whatever_becomes_of_the_others() {
    let registry = Registry::new();
    let (statsd, influxdb, graphite) =
        (Receiver::default(), Receiver::default(), Receiver::default());
    let circonus = http_receiver::Receiver::new(vec![answer("200 OK", "", b"{}")]);
    let target = HttpTarget::new(&circonus.url()).unwrap();
    let trap = CirconusTrap::new(&target, "id", "secret").unwrap();
    let mut exporters = [
        StatsdBuilder::statsd().attach(&registry, statsd.clone()).unwrap(),
        InfluxBuilder::new().attach(&registry, influxdb.clone()).unwrap(),
        GraphiteBuilder::new().increments().attach(&registry, graphite.clone()).unwrap(),
        CirconusBuilder::new().attach(&registry, trap).unwrap(),
    ];
    // What one cannot express is refused for all, before it is there.
    assert!(registry.counter_family("c", "", ["time"]).unwrap_err().is_refused());

    let counter = registry.counter("c", "").unwrap();
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    statsd.is(Mood::Down);
    for _ in 0..2 {
        counter.add(2);
        histogram.observe(1.0);
        for exporter in &mut exporters {
            let down = exporter.flush().await.is_err();
            assert_eq!(down, exporter.stats().failures() > 0);
        }
    }
    let with = |receiver: &Receiver, text: &str| {
        receiver.lines().iter().filter(|line| line.starts_with(text)).count()
    };
    assert_eq!(with(&influxdb, "c count=2 "), 2);
    assert_eq!(with(&graphite, "c 2 "), 2);
    let last = circonus.requests().pop().unwrap();
    let last = String::from_utf8(last.body).unwrap();
    assert!(last.starts_with(r#"{"c":{"_type":"L","_value":4},"#), "{last}");
    assert!(last.contains(r#""h":{"_type":"n","_value":["H[1.0e+00]=1"]}"#), "{last}");

    statsd.is(Mood::Up);
    exporters[0].flush().await.unwrap();
    assert_eq!(statsd.lines(), ["c:4|c", "h:1|ms", "h:1|ms"]);
    assert!(exporters.iter().all(|exporter| exporter.stats().dropped() == 0));
}
