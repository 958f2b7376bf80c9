//! Random numbers that need not be secret.

use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
};

/// A random number.
///
/// A generator for each thread (xorshift64*: Vigna, *An experimental exploration of Marsaglia's
/// xorshift generators*, 2016), seeded by what the standard library seeds its hash maps with.
pub(super) fn random() -> u64 {
    thread_local! {
        // Never zero, which it would not leave.
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0) | 1);
    }
    let drawn = STATE.try_with(|state| {
        let mut word = state.get();
        word ^= word >> 12;
        word ^= word << 25;
        word ^= word >> 27;
        state.set(word);
        word.wrapping_mul(0x2545_F491_4F6C_DD1D)
    });
    // A thread that is ending may have lost its own; all ones are never refused.
    drawn.unwrap_or(u64::MAX)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_on_about_half_of_the_time() {
        const DRAWS: u32 = 10_000;
        let mut on = [0_u32; 64];
        for _ in 0..DRAWS {
            let drawn = random();
            (0..64).for_each(|bit| on[bit] += (drawn >> bit & 1) as u32);
        }
        // Ten deviations: it happens by chance less often than a disk forgets a bit.
        assert!(on.iter().all(|count| count.abs_diff(DRAWS / 2) < 500), "{on:?}");
    }
}
