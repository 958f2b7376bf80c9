//! The program calls itself, to be seen at work.

mod screen;
mod tally;
mod traffic;

use std::{io, time::Duration};

use tokio::{task::JoinSet, time::interval};

use crate::listeners::Addresses;
use screen::Screen;
use tally::Tally;

/// Drives mixed traffic through every transport for so many seconds, and shows each second what
/// comes of it.
pub(crate) async fn run(addresses: Addresses, seconds: u64) {
    // Dropped at the end, and with it the traffic.
    let mut traffic = JoinSet::new();
    let transports = match traffic::start(&mut traffic, addresses) {
        Ok(transports) => transports,
        Err(error) => return eprintln!("addsvc: no demo: {error}"),
    };
    let mut screen = Screen::of(io::stdout(), seconds);
    let mut total = Tally::default();
    let mut clock = interval(Duration::from_secs(1));
    clock.tick().await;
    for second in 1..=seconds {
        clock.tick().await;
        let tallies: Vec<_> =
            transports.iter().map(|(name, tally)| (*name, tally.take())).collect();
        for (_, tally) in &tallies {
            total.add(tally);
        }
        if screen.show(second, &tallies).is_err() {
            // Nobody looks any more.
            return;
        }
    }
    let _ = screen.end(&total);
}
