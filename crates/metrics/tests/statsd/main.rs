//! What statsd and Datadog's agent are sent, and what becomes of it when they are down.
#![cfg(feature = "statsd")]

mod lines;
mod sockets;
mod trouble;

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use oxkit_metrics::{SendError, Transport};

/// A receiver that does as a test says, and remembers what it got.
#[derive(Debug, Clone, Default)]
struct Receiver(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    mood: Mood,
    packets: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Mood {
    #[default]
    Up,
    Down,
    Hangs,
    /// Takes so many packets and is down then.
    Takes(usize),
}

impl Receiver {
    fn is(&self, mood: Mood) {
        self.0.lock().expect("no panic while it is held").mood = mood;
    }

    /// The lines received since the last time, of all packets.
    fn lines(&self) -> Vec<String> {
        let packets = self.packets();
        packets.iter().flat_map(|packet| packet.split('\n')).map(str::to_owned).collect()
    }

    /// The packets received since the last time.
    fn packets(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic while it is held").packets)
    }
}

impl Transport for Receiver {
    fn request_size(&self) -> usize {
        1432
    }

    async fn send(&mut self, packet: &[u8]) -> Result<(), SendError> {
        let mood = self.0.lock().expect("no panic while it is held").mood;
        match mood {
            Mood::Up => {}
            Mood::Takes(left) if left > 0 => self.is(Mood::Takes(left - 1)),
            Mood::Hangs => pending().await,
            Mood::Down | Mood::Takes(_) => return Err(SendError::new("down")),
        }
        let text = String::from_utf8(packet.to_vec()).expect("it is UTF-8");
        self.0.lock().expect("no panic while it is held").packets.push(text);
        Ok(())
    }
}
