//! What the server and the network between do to what is counted meanwhile.

use std::{net::SocketAddr, time::Duration};

use oxkit_metrics::{Counter, ExporterTask, InfluxBuilder, Registry};
use testing_servers::{Influxdb, Proxy, Server, influxdb};

use super::{DATABASE, number, writer};

/// A program that counts without pause, and what it sends.
struct Counting {
    counter: Counter,
    exporter: ExporterTask,
}

impl Counting {
    fn to(address: SocketAddr) -> Self {
        let registry = Registry::new();
        let builder = InfluxBuilder::new()
            .interval(Duration::from_millis(5))
            .send_timeout(Duration::from_millis(300));
        let exporter = builder.attach(&registry, writer(address)).expect("it is empty").spawn();
        let counter = registry.counter("c", "").expect("a new name");
        Self { counter, exporter }
    }

    /// Counts on until this is so.
    async fn until(&self, mut done: impl FnMut(u64, u64) -> bool) {
        let stats = self.exporter.stats();
        let (sent, failures) = (stats.sent(), stats.failures());
        let counting = async {
            while !done(stats.sent() - sent, stats.failures() - failures) {
                self.counter.increment();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), counting).await.expect("it takes seconds");
    }

    /// Ends, and checks that the server has all that was counted, once.
    async fn end(self, server: &Server<Influxdb>) {
        let stats = self.exporter.stats();
        self.exporter.shutdown().await;
        let sum = number(server, DATABASE, "SELECT sum(\"count\") FROM c");
        assert_eq!(sum, self.counter.value());
        assert_eq!(stats.dropped(), 0);
    }
}

async fn check(trouble: impl FnOnce(&Server<Influxdb>), over: impl FnOnce(&Server<Influxdb>)) {
    let server = influxdb();
    server.create(DATABASE);
    let counting = Counting::to(server.http());
    counting.until(|sent, _| sent >= 5).await;
    trouble(&server);
    counting.until(|_, failures| failures >= 3).await;
    over(&server);
    counting.until(|sent, _| sent >= 5).await;
    counting.end(&server).await;
}

#[tokio::test]
async fn nothing_is_lost_while_the_server_is_down() {
    check(Server::stop, Server::restart).await;
}

#[tokio::test]
async fn nothing_is_lost_or_counted_twice_while_the_server_hangs() {
    check(Server::pause, Server::resume).await;
}

/// As `check`, with a network that is in trouble, again and again.
async fn check_network(mut trouble: impl FnMut(&Proxy, u64), failures: u64) {
    let server = influxdb();
    server.create(DATABASE);
    let proxy = Proxy::to(server.http());
    let counting = Counting::to(proxy.address());
    counting.until(|sent, _| sent >= 5).await;
    let mut times = 0;
    counting
        .until(|_, failed| {
            trouble(&proxy, times);
            times += 1;
            times > 200 && failed >= failures
        })
        .await;
    proxy.pass();
    counting.until(|sent, _| sent >= 5).await;
    counting.end(&server).await;
}

#[tokio::test]
async fn nothing_is_lost_while_connections_are_refused() {
    let refuse = |proxy: &Proxy, times| {
        if times == 0 {
            proxy.refuse();
        }
    };
    check_network(refuse, 5).await;
}

#[tokio::test]
async fn nothing_is_lost_or_counted_twice_while_nothing_passes() {
    let stall = |proxy: &Proxy, times| {
        if times == 0 {
            proxy.stall();
        }
    };
    check_network(stall, 2).await;
}

#[tokio::test]
async fn nothing_is_lost_or_counted_twice_when_requests_are_cut() {
    check_network(|proxy, times| proxy.cut_after(times % 400), 20).await;
}

#[tokio::test]
async fn nothing_is_lost_or_counted_twice_when_connections_are_cut_at_any_moment() {
    // Now and then after the server took the request, and before its answer came.
    check_network(
        |proxy, times| {
            if times % 3 == 0 {
                proxy.cut();
            }
        },
        20,
    )
    .await;
}

#[tokio::test]
async fn nothing_is_lost_over_a_slow_network() {
    let trickle = |proxy: &Proxy, times| {
        if times == 0 {
            proxy.trickle(Duration::from_millis(20));
        }
    };
    check_network(trickle, 0).await;
}
