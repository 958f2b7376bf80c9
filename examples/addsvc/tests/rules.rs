//! The rules of adding.

use addsvc::{AddError, AddService, Basic};
use oxkit_core::Context;
use proptest::prelude::*;

fn now<F: Future>(call: F) -> F::Output {
    let mut call = std::pin::pin!(call);
    match call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the rules wait for nothing"),
    }
}

fn sum(a: i64, b: i64) -> Result<i64, String> {
    now(Basic.sum(Context::new(), a, b)).map_err(|error| error.to_string())
}

fn concat(a: &str, b: &str) -> Result<String, String> {
    now(Basic.concat(Context::new(), a.into(), b.into())).map_err(|error| error.to_string())
}

#[test]
fn numbers_at_the_edges() {
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    for (a, b, expected) in [
        (1, 2, Ok(3)),
        (-1, 1, Ok(0)),
        (0, 0, Err("can't sum two zeroes")),
        (most, 0, Ok(most)),
        (most, 1, Err("integer overflow")),
        (least, 0, Ok(least)),
        (least, -1, Err("integer overflow")),
        (most + 1, -1, Ok(most)),
        (i64::MAX, i64::MAX, Err("integer overflow")),
        (i64::MIN, i64::MIN, Err("integer overflow")),
        (i64::MAX, i64::MIN, Ok(-1)),
    ] {
        assert_eq!(sum(a, b), expected.map_err(str::to_owned), "{a} + {b}");
    }
}

#[test]
fn texts_at_the_edge_which_is_in_bytes() {
    let long = Err("result exceeds maximum size".to_owned());
    assert_eq!(concat("", ""), Ok(String::new()));
    assert_eq!(concat("12345", "67890"), Ok("1234567890".to_owned()));
    assert_eq!(concat("12345", "678901"), long);
    assert_eq!(concat("ööö", "öö"), Ok("ööööö".to_owned()));
    assert_eq!(concat("ööö", "ööa"), long);
}

#[test]
fn every_error_of_the_domain_is_found_by_its_text() {
    for error in AddError::DOMAIN {
        let found = AddError::of_text(&error.to_string()).map(|found| found.to_string());
        assert_eq!(found, Some(error.to_string()));
    }
}

proptest! {
    #[test]
    fn a_sum_is_the_sum_or_does_not_fit(a in any::<i64>(), b in -5_000_000_000..5_000_000_000_i64) {
        let whole = i128::from(a) + i128::from(b);
        let fits = i32::try_from(whole).is_ok();
        match sum(a, b) {
            Ok(sum) => prop_assert!(fits && i128::from(sum) == whole),
            Err(_) => prop_assert!(!fits || (a, b) == (0, 0)),
        }
    }

    #[test]
    fn small_numbers_are_added(a in -1_000_000..1_000_000_i64, b in 1..1_000_000_i64) {
        prop_assert_eq!(sum(a, b), Ok(a + b));
    }

    #[test]
    fn a_text_is_both_texts_or_too_long(a in "\\PC{0,8}", b in "\\PC{0,8}") {
        let both = format!("{a}{b}");
        match concat(&a, &b) {
            Ok(text) => prop_assert!(both.len() <= 10 && text == both),
            Err(_) => prop_assert!(both.len() > 10),
        }
    }
}
