//! A receiver that does as a test says.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use oxkit_metrics::{SendError, Transport};

/// A packet without what the exporter tells of itself.
pub(crate) fn without_own(packet: &str) -> String {
    let lines = packet.lines().filter(|line| !line.starts_with("oxkit_metrics_push_"));
    let end = if packet.ends_with('\n') { "\n" } else { "" };
    let rest = lines.collect::<Vec<_>>().join("\n");
    if rest.is_empty() { rest } else { rest + end }
}

/// A receiver that does as a test says, and remembers what it got.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receiver(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    mood: Mood,
    packets: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Mood {
    #[default]
    Up,
    Down,
    Hangs,
    /// Takes so many packets and is down then.
    Takes(usize),
    /// Asks to come back later.
    Busy(Duration),
    /// Takes packets, and its answers get lost.
    Mute,
    /// Takes all but so many values of each packet.
    Rejects(u64),
}

impl Receiver {
    pub(crate) fn is(&self, mood: Mood) {
        self.0.lock().expect("no panic while it is held").mood = mood;
    }

    /// The lines received since the last time, of all packets.
    pub(crate) fn lines(&self) -> Vec<String> {
        let packets = self.packets();
        packets.iter().flat_map(|packet| packet.lines()).map(str::to_owned).collect()
    }

    /// The packets received since the last time, without what the exporter tells of itself.
    pub(crate) fn packets(&self) -> Vec<String> {
        let packets = self.raw_packets();
        packets.iter().map(|packet| without_own(packet)).filter(|rest| !rest.is_empty()).collect()
    }

    /// The packets received since the last time, as they were.
    pub(crate) fn raw_packets(&self) -> Vec<String> {
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
            Mood::Up | Mood::Mute | Mood::Rejects(_) => {}
            Mood::Takes(left) if left > 0 => self.is(Mood::Takes(left - 1)),
            Mood::Hangs => pending().await,
            Mood::Busy(wait) => return Err(SendError::new("busy").after(wait)),
            Mood::Down | Mood::Takes(_) => return Err(SendError::new("down")),
        }
        let text = String::from_utf8(packet.to_vec()).expect("it is UTF-8");
        self.0.lock().expect("no panic while it is held").packets.push(text);
        match mood {
            Mood::Mute => Err(SendError::new("the answer is lost")),
            Mood::Rejects(values) => Err(SendError::rejected("no").values(values)),
            _ => Ok(()),
        }
    }
}
