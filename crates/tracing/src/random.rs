//! New identifiers.

use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
};

use oxkit_core::{SpanId, TraceId};

thread_local! {
    /// A generator for each thread, so that threads do not wait for each other. Zeros are not seeded
    /// yet: a value that is not a constant would be checked for at each use.
    static STREAMS: Cell<[u64; 2]> = const { Cell::new([0, 0]) };
}

/// From the operating system, by way of what hash maps are seeded with: no dependency needed.
#[cold]
fn seeds() -> [u64; 2] {
    [RandomState::new().hash_one(0_u8), RandomState::new().hash_one(1_u8)]
}

/// The next words of two streams of splitmix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014). Two, because a trace's identifier has 128 bits and one
/// stream has no more than 64 to choose by.
#[inline]
fn words() -> [u64; 2] {
    STREAMS.with(|streams| {
        let mut now = streams.get();
        if now == [0, 0] {
            now = seeds();
        }
        let next = now.map(|word| word.wrapping_add(0x9e37_79b9_7f4a_7c15));
        streams.set(next);
        next.map(mix)
    })
}

const fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[inline]
pub(crate) fn trace_id() -> TraceId {
    loop {
        let [high, low] = words();
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        if let Some(id) = TraceId::from_bytes(bytes) {
            return id;
        }
    }
}

pub(crate) fn span_id() -> SpanId {
    loop {
        let [word, _] = words();
        if let Some(id) = SpanId::from_bytes(word.to_be_bytes()) {
            return id;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn identifiers_differ_within_a_thread_and_between_threads() {
        let make = || (0..1000).map(|_| (trace_id(), span_id())).collect::<Vec<_>>();
        let other = thread::spawn(make).join().unwrap();
        let all = make().into_iter().chain(other);
        let (traces, spans): (HashSet<_>, HashSet<_>) = all.unzip();
        assert_eq!((traces.len(), spans.len()), (2000, 2000));
    }

    #[test]
    fn every_bit_of_an_identifier_is_one_as_often_as_not() {
        let mut ones = [0_u32; 128];
        for _ in 0..4096 {
            let id = u128::from_be_bytes(trace_id().to_bytes());
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += u32::from(id >> bit & 1 == 1);
            }
        }
        // 2048 expected with a deviation of 32: ten of them will not be met by chance.
        assert!(ones.iter().all(|count| (1728..2368).contains(count)), "{ones:?}");
    }
}
