//! Over real sockets.

use oxkit_metrics::{Registry, StatsdBuilder, Udp};
use tokio::net::UdpSocket;

#[tokio::test]
async fn packets_arrive_over_udp() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(receiver) = UdpSocket::bind(address).await else {
            assert_ne!(address, "127.0.0.1:0", "every machine has this one");
            continue;
        };
        let to = receiver.local_addr().unwrap().to_string();
        let registry = Registry::new();
        let builder = StatsdBuilder::statsd().packet_size(16);
        let mut exporter = builder.attach(&registry, Udp::new(to)).unwrap();
        let family = registry.counter_family("c", "", ["n"]).unwrap();
        for n in ["1", "2", "3"] {
            family.with([n]).increment();
        }
        exporter.flush().await.unwrap();
        let mut buffer = [0; 100];
        for expected in ["c.1:1|c\nc.2:1|c", "c.3:1|c"] {
            let length = receiver.recv(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..length], expected.as_bytes());
        }
    }
}

#[tokio::test]
async fn a_name_that_is_not_there_is_a_failure_and_nothing_is_lost() {
    let registry = Registry::new();
    let mut exporter = StatsdBuilder::statsd().attach(&registry, Udp::new("no port")).unwrap();
    registry.counter("c", "").unwrap().increment();
    exporter.flush().await.unwrap_err();
    let stats = exporter.stats();
    assert_eq!((stats.sent(), stats.failures(), stats.dropped()), (0, 1, 0));
}

#[cfg(unix)]
mod unix {
    use std::{os::unix::net::UnixDatagram as UnixSocket, path::Path};

    use oxkit_metrics::{Buckets, Registry, StatsdBuilder, UnixDatagram};

    fn receive(receiver: &UnixSocket) -> Vec<String> {
        let mut buffer = [0; 2000];
        let mut all = Vec::new();
        while let Ok(length) = receiver.recv(&mut buffer) {
            all.push(crate::without_own(&String::from_utf8_lossy(&buffer[..length])));
        }
        all.retain(|packet| !packet.is_empty());
        all
    }

    fn listen(path: &Path) -> UnixSocket {
        let _ = std::fs::remove_file(path);
        let socket = UnixSocket::bind(path).expect("nobody else has it");
        socket.set_nonblocking(true).expect("every socket can be");
        socket
    }

    #[tokio::test]
    async fn nothing_is_lost_while_a_unix_socket_is_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        let registry = Registry::new();
        let builder = StatsdBuilder::dog_statsd().tags(&[("env", "dev")]);
        let mut exporter = builder.attach(&registry, UnixDatagram::new(&path)).unwrap();
        let counter = registry.counter("c", "").unwrap();
        let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
        counter.increment();
        exporter.flush().await.unwrap_err();
        assert_eq!(exporter.stats().failures(), 1, "there is nobody yet");

        let agent = listen(&path);
        counter.increment();
        histogram.observe(0.5);
        exporter.flush().await.unwrap();
        assert_eq!(receive(&agent), ["c:2|c|#env:dev\nh:0.5|h|#env:dev"]);

        drop(agent);
        counter.increment();
        histogram.observe(0.25);
        exporter.flush().await.unwrap_err();
        let agent = listen(&path);
        counter.increment();
        exporter.flush().await.unwrap();
        assert_eq!(receive(&agent), ["c:2|c|#env:dev\nh:0.25|h|#env:dev"]);
        assert_eq!(exporter.stats().dropped(), 0);
    }

    #[tokio::test]
    async fn an_agent_that_does_not_read_holds_up_nobody_and_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slow");
        let agent = listen(&path);
        let registry = Registry::new();
        let builder = StatsdBuilder::statsd()
            .packet_size(48)
            .send_timeout(std::time::Duration::from_millis(1));
        let mut exporter = builder.attach(&registry, UnixDatagram::new(&path)).unwrap();
        let family = registry.counter_family("c", "", ["n"]).unwrap();
        for n in 0..1_500 {
            family.with([&n.to_string()]).increment();
        }
        exporter.flush().await.unwrap_err();
        assert_eq!(exporter.stats().failures(), 1, "its buffer is full");
        let lines = || {
            let packets = receive(&agent);
            packets.iter().flat_map(|packet| packet.lines()).map(str::to_owned).collect::<Vec<_>>()
        };
        let mut all = lines();
        for _ in 0..1_500 {
            if all.len() == 1_500 {
                break;
            }
            // It may be full again before all is sent.
            let _ = exporter.flush().await;
            all.extend(lines());
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1_500);
    }
}
