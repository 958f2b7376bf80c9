//! Ports nobody listens on.

use std::{
    hash::{BuildHasher, RandomState},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    ops::Range,
};

/// Below the ports that systems hand out to clients, so that no connection takes one between its
/// choice and its use.
const RANGE: Range<u16> = 10_000..32_000;

/// How many are tried before giving up.
const TRIES: u16 = 1_000;

/// An address on loopback on which at this moment nobody listens, for TCP or for UDP.
///
/// Most servers cannot be told to choose a port and say which. Whoever starts one has to be ready
/// for another program that was faster; the choice is random, so that this is rare.
///
/// # Panics
///
/// If a thousand ports in a row are taken.
#[must_use]
pub fn free_address() -> SocketAddr {
    let size = RANGE.end - RANGE.start;
    // Keys that differ from one call to the next are what std has of randomness.
    let random = RandomState::new().hash_one(std::process::id());
    let first = u16::try_from(random % u64::from(size)).expect("smaller than the range");
    (0..TRIES)
        .map(|step| RANGE.start + (first + step) % size)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|&address| is_free(address))
        .expect("one of a thousand ports is free")
}

fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_address_can_be_listened_on_and_is_no_clients() {
        let address = free_address();
        assert!(address.ip().is_loopback() && RANGE.contains(&address.port()), "{address}");
        let held = TcpListener::bind(address).unwrap();
        assert!(!is_free(address));
        drop(held);
        let _udp = UdpSocket::bind(address).unwrap();
        assert!(!is_free(address), "taken for UDP is taken");
    }

    #[test]
    fn calls_do_not_choose_the_same() {
        let mut ports: Vec<_> = (0..20).map(|_| free_address().port()).collect();
        ports.sort_unstable();
        ports.dedup();
        assert!(ports.len() > 10, "{ports:?}");
    }
}
