//! A whole line: the order of its parts, and keys that come twice.

use super::{Duplicates, Encode, InvalidKey};
use crate::{
    Record, Value,
    keys::fingerprint,
    record::{Call, Item},
    segment::Segment,
};

/// Appends the line of `record` to `out`. On an error `out` is left with half a line.
#[inline]
pub(crate) fn encode<F: Encode>(
    out: &mut Vec<u8>,
    record: &Record<'_>,
    duplicates: Duplicates,
) -> Result<(), InvalidKey> {
    let start = out.len();
    if duplicates == Duplicates::LastWins && !record.distinct && record.may_repeat() {
        last_wins::<F>(out, record)?;
    } else {
        straight::<F>(out, record)?;
    }
    F::close(out, start);
    Ok(())
}

/// Every pair, one after the other.
#[inline]
fn straight<F: Encode>(out: &mut Vec<u8>, record: &Record<'_>) -> Result<(), InvalidKey> {
    if let Some(level) = record.level {
        F::level(out, level);
    }
    for kept in record.head {
        segment::<F>(out, kept, record)?;
    }
    pairs::<F>(out, record.lead)?;
    for kept in record.scope {
        segment::<F>(out, kept, record)?;
    }
    match record.call {
        Call::Pairs(given) => pairs::<F>(out, given)?,
        Call::Visit(fields) => {
            let mut result = Ok(());
            fields.visit(&mut |key, value| {
                if result.is_ok() {
                    result = pair::<F>(out, key, &value);
                }
            });
            result?;
        }
    }
    for kept in record.tail {
        segment::<F>(out, kept, record)?;
    }
    Ok(())
}

#[inline]
fn pairs<F: Encode>(out: &mut Vec<u8>, pairs: &[(&str, Value<'_>)]) -> Result<(), InvalidKey> {
    for (key, value) in pairs {
        pair::<F>(out, key, value)?;
    }
    Ok(())
}

#[inline]
fn pair<F: Encode>(out: &mut Vec<u8>, key: &str, value: &Value<'_>) -> Result<(), InvalidKey> {
    F::key(out, key)?;
    F::value(out, value);
    Ok(())
}

fn segment<F: Encode>(
    out: &mut Vec<u8>,
    segment: &Segment,
    record: &Record<'_>,
) -> Result<(), InvalidKey> {
    for part in segment.encoded::<F>()? {
        out.extend_from_slice(&part.text);
        if let Some(lazy) = &part.lazy {
            lazy.evaluate(record.about, |value| F::value(out, &value));
        }
    }
    Ok(())
}

/// Every pair whose key does not come again.
#[inline(never)]
fn last_wins<F: Encode>(out: &mut Vec<u8>, record: &Record<'_>) -> Result<(), InvalidKey> {
    // More pairs than this are compared key by key.
    const QUICK: usize = 64;
    let mut fingerprints = [0; QUICK];
    let mut count = 0;
    record.items(&mut |key, _| {
        if let Some(slot) = fingerprints.get_mut(count) {
            *slot = fingerprint(key);
        }
        count += 1;
    });
    let comes_again = |next: usize, key: &str| {
        let known = fingerprints.get(next..count.min(QUICK)).unwrap_or_default();
        (count > QUICK || known.contains(&fingerprint(key))) && record.has_key_from(next, key)
    };
    let mut index = 0;
    let mut result = Ok(());
    record.items(&mut |key, item| {
        index += 1;
        if result.is_err() || comes_again(index, key) {
            return;
        }
        result = F::key(out, key);
        if result.is_ok() {
            match item {
                Item::Borrowed(value) => F::value(out, &value),
                Item::Stored(value) => {
                    value.read(record.about, |value| F::value(out, &value));
                }
            }
        }
    });
    result
}
