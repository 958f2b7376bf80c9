//! Events and service checks on their way to Datadog's agent.

use oxkit_metrics::{
    Registry, StatsdBuilder,
    datadog::{Alert, Event, ServiceCheck, Status},
};

use crate::{Mood, Receiver};

/// A line without its time, which is that of now.
fn without_time(line: &str) -> String {
    let (before, rest) = line.split_once("|d:").expect("it has a time");
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    assert_eq!(digits, 10, "{line}");
    format!("{before}{}", &rest[digits..])
}

#[tokio::test]
async fn they_wait_for_an_agent_that_is_down_and_are_sent_once() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::dog_statsd().tags(&[("env", "dev")]).buffered_events(2);
    let (mut exporter, events) = builder.attach_with_events(&registry, receiver.clone()).unwrap();
    receiver.is(Mood::Down);
    events.send(&Event::new("ti\ntle", "te|xt").alert(Alert::Error).tags(&[("x", "y")]));
    events.check(&ServiceCheck::new("svc.up", Status::Ok).message("m"));
    exporter.flush().await.unwrap_err();
    events.send(&Event::new("too", "many"));
    assert_eq!(exporter.stats().dropped(), 1);
    receiver.is(Mood::Up);
    exporter.flush().await.unwrap();
    let lines: Vec<_> = receiver.lines().iter().map(|line| without_time(line)).collect();
    assert_eq!(lines, ["_e{7,5}:ti\\ntle|te|xt|t:error|#env:dev,x:y", "_sc|svc.up|0|#env:dev|m:m"]);
    exporter.flush().await.unwrap();
    assert!(receiver.lines().is_empty());
    events.send(&Event::new("again", "there is room"));
    exporter.flush().await.unwrap();
    assert_eq!(receiver.lines().len(), 1);
    assert_eq!(exporter.stats().dropped(), 1);
}

#[tokio::test]
async fn one_that_is_longer_than_a_packet_is_dropped_and_told_of() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::dog_statsd().packet_size(60);
    let (mut exporter, events) = builder.attach_with_events(&registry, receiver.clone()).unwrap();
    events.send(&Event::new("long", &"text".repeat(20)));
    events.send(&Event::new("short", "text"));
    exporter.flush().await.unwrap();
    assert_eq!(receiver.lines().len(), 1);
    assert_eq!(exporter.stats().dropped(), 1);
    exporter.flush().await.unwrap();
    assert!(receiver.lines().is_empty());
}

#[test]
fn statsd_has_none() {
    let refused = StatsdBuilder::statsd().attach_with_events(&Registry::new(), Receiver::default());
    assert!(refused.unwrap_err().is_invalid_setting());
}
