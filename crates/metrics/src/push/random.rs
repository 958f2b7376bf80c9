//! Numbers at random.

use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
};

/// A number from 0 to 1, not 1 itself, good enough to sample and to spread with: xorshift64* by
/// Sebastiano Vigna, seeded in each thread by the system.
pub(crate) fn chance() -> f64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0_u8) | 1);
    }
    STATE.with(|state| {
        let mut x = state.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    })
}
