//! The bytes of a line, case by case: quoting, escaping, order, and values that misbehave.

use std::{
    error::Error,
    fmt,
    time::{Duration, SystemTime},
};

use oxkit_log::{Duplicates, Format, InvalidKey, Level, Lines, Logger, SyncWriter, Value};

fn logger(format: Format) -> (Logger, SyncWriter<Vec<u8>>) {
    let output = SyncWriter::new(Vec::new());
    (Logger::new(Lines::new(format, output.clone())), output)
}

fn written(output: &SyncWriter<Vec<u8>>) -> String {
    String::from_utf8(std::mem::take(&mut *output.lock())).expect("a line is UTF-8")
}

/// What one unleveled event with this value under `k` comes to.
fn line(format: Format, value: Value<'_>) -> String {
    let (logger, output) = logger(format);
    logger.try_log(None, &[("k", value)]).expect("a key of one letter is valid");
    written(&output)
}

#[track_caller]
fn check(value: Value<'_>, logfmt: &str, json: &str) {
    assert_eq!(line(Format::Logfmt, value), format!("k={logfmt}\n"));
    assert_eq!(line(Format::Json, value), format!("{{\"k\":{json}}}\n"));
}

#[test]
fn numbers_truth_values_and_nothing_are_never_quoted() {
    check(Value::Null, "null", "null");
    check(Value::from(None::<u8>), "null", "null");
    check(Value::from(true), "true", "true");
    check(Value::from(i64::MIN), "-9223372036854775808", "-9223372036854775808");
    check(Value::from(u64::MAX), "18446744073709551615", "18446744073709551615");
    check(Value::from(1.5), "1.5", "1.5");
    check(Value::from(0.1_f32), "0.1", "0.1");
}

#[test]
fn numbers_that_json_lacks_become_texts_there() {
    check(Value::from(f64::NAN), "NaN", r#""NaN""#);
    check(Value::from(f64::INFINITY), "+Inf", r#""+Inf""#);
    check(Value::from(f32::NEG_INFINITY), "-Inf", r#""-Inf""#);
}

#[test]
fn text_is_quoted_in_logfmt_only_where_it_must_be() {
    for (text, logfmt, json) in [
        ("", "", r#""""#),
        ("plain", "plain", r#""plain""#),
        ("null", r#""null""#, r#""null""#),
        ("nullify", "nullify", r#""nullify""#),
        ("two words", r#""two words""#, r#""two words""#),
        ("a=b", r#""a=b""#, r#""a=b""#),
        (r#"say "x""#, r#""say \"x\"""#, r#""say \"x\"""#),
        (r"C:\dir", r"C:\dir", r#""C:\\dir""#),
        (r"C:\my dir", r#""C:\\my dir""#, r#""C:\\my dir""#),
        ("<a&b>", "<a&b>", r#""<a&b>""#),
        ("naïve—日本", "naïve—日本", r#""naïve—日本""#),
    ] {
        check(Value::from(text), logfmt, json);
        // A value that displays itself is written as its text would be.
        check(Value::display(&text), logfmt, json);
    }
}

#[test]
fn control_characters_never_get_out_whatever_writes_them() {
    for (text, escaped) in [
        ("a\nb", r#""a\nb""#),
        ("a\r\tb", r#""a\r\tb""#),
        ("\0", r#""\u0000""#),
        ("\x1b[31mred", r#""\u001b[31mred""#),
        ("del\x7f", r#""del\u007f""#),
        ("c1 \u{9b}31m", r#""c1 \u009b31m""#),
        ("\u{80}", r#""\u0080""#),
    ] {
        check(Value::from(text), escaped, escaped);
        check(Value::display(&text), escaped, escaped);
        check(Value::Bytes(text.as_bytes()), escaped, escaped);
    }
    // What is next to them is left alone.
    check(Value::from("\u{a0}\u{bf}"), "\u{a0}\u{bf}", "\"\u{a0}\u{bf}\"");
}

#[test]
fn a_replacement_character_is_escaped_in_logfmt_alone() {
    check(Value::from("\u{fffd}"), r#""\ufffd""#, "\"\u{fffd}\"");
}

/// Those of the property `Bidi_Control`, which turn around what follows them on a terminal; the
/// separators, which break a line in some viewers; the byte order mark, which none shows.
#[test]
fn characters_that_change_how_a_line_looks_never_get_out() {
    for char in ['\u{61c}', '\u{feff}']
        .into_iter()
        .chain('\u{200e}'..='\u{200f}')
        .chain('\u{2028}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}')
    {
        let escaped = format!("\"a\\u{:04x}b\"", u32::from(char));
        let text = format!("a{char}b");
        check(Value::from(text.as_str()), &escaped, &escaped);
        check(Value::display(&text), &escaped, &escaped);
        check(Value::Bytes(text.as_bytes()), &escaped, &escaped);
        let (logger, output) = logger(Format::Logfmt);
        logger.try_log(None, &[(text.as_str(), 1.into())]).unwrap();
        assert_eq!(written(&output), "ab=1\n");
    }
    // Their neighbors, and what joins an emoji, are left alone.
    for text in
        ["\u{61b}\u{61d}", "\u{200d}", "\u{2010}\u{2027}\u{202f}", "\u{2065}\u{206a}", "\u{fefe}"]
    {
        check(Value::from(text), text, &format!("\"{text}\""));
    }
}

#[test]
fn bytes_that_are_no_utf8_are_replaced() {
    check(Value::Bytes(b"ok"), "ok", r#""ok""#);
    check(Value::Bytes(b"a\xff\xfe b"), r#""a\ufffd\ufffd b""#, r#""a\ufffd\ufffd b""#);
    check(Value::Bytes(b"\xc2"), r#""\ufffd""#, r#""\ufffd""#);
}

#[test]
fn times_and_durations_are_texts_that_need_no_quotes_in_logfmt() {
    let time = SystemTime::UNIX_EPOCH + Duration::new(1_770_000_000, 120_000_000);
    check(Value::from(time), "2026-02-02T02:40:00.12Z", r#""2026-02-02T02:40:00.12Z""#);
    check(Value::from(Duration::from_micros(1500)), "1.5ms", r#""1.5ms""#);
}

#[derive(Debug)]
struct Outer(Option<Box<Self>>, &'static str);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.as_deref()?;
        Some(source)
    }
}

#[test]
fn an_error_is_written_with_its_sources() {
    let error =
        Outer(Some(Box::new(Outer(Some(Box::new(Outer(None, "refused"))), "dial"))), "get todo");
    let text = r#""get todo: dial: refused""#;
    check(Value::error(&error), text, text);
}

#[test]
fn a_source_that_says_the_same_as_the_error_is_not_written_again() {
    let wraps = |inner, text| Outer(Some(Box::new(inner)), text);
    let error = wraps(wraps(wraps(Outer(None, "refused"), "refused"), "dial"), "dial");
    let text = r#""dial: refused""#;
    check(Value::error(&error), text, text);
}

#[test]
fn an_error_that_is_its_own_source_ends() {
    #[derive(Debug)]
    struct Ring<const AT: usize>;

    impl<const AT: usize> fmt::Display for Ring<AT> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{AT}")
        }
    }

    impl<const AT: usize> Error for Ring<AT> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(if AT == 0 { &Ring::<1> } else { &Ring::<0> })
        }
    }

    let text = line(Format::Json, Value::error(&Ring::<0>));
    assert!(text.len() < 200 && text.starts_with(r#"{"k":"0: 1: 0: 1"#), "{text}");
}

struct Fails;

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("so far")?;
        Err(fmt::Error)
    }
}

#[test]
fn a_display_that_fails_does_not_lose_the_line() {
    check(Value::display(&Fails), r#""so far""#, r#""so far""#);
}

#[derive(Debug)]
struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        std::panic::resume_unwind(Box::new("on \"purpose\""))
    }
}

impl Error for Panics {}

#[test]
fn a_panic_while_a_value_writes_itself_becomes_the_value() {
    check(
        Value::display(&Panics),
        r#""PANIC:on \"purpose\"""#,
        r#""PANIC in String method: on \"purpose\"""#,
    );
    check(
        Value::error(&Panics),
        r#""PANIC:on \"purpose\"""#,
        r#""PANIC in Error method: on \"purpose\"""#,
    );
}

#[test]
fn a_logfmt_key_loses_what_would_end_it() {
    for (key, expected) in [
        ("k", "k"),
        ("two words", "twowords"),
        ("a=b\"c\"", "abc"),
        ("a\n\x7f\u{9b}\u{fffd}b", "ab"),
        (r"a\b", r"a\b"),
        ("clé", "clé"),
    ] {
        let (logger, output) = logger(Format::Logfmt);
        logger.try_log(None, &[(key, 1.into())]).unwrap();
        assert_eq!(written(&output), format!("{expected}=1\n"), "{key:?}");
    }
}

#[test]
fn a_logfmt_key_of_which_nothing_is_left_is_an_error_and_nothing_is_written() {
    for key in ["", " ", "=\"\n"] {
        let (logger, output) = logger(Format::Logfmt);
        let error = logger.try_log(None, &[("a", 1.into()), (key, 2.into())]).unwrap_err();
        assert!(error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<InvalidKey>));
        assert_eq!(error.to_string(), "invalid key");

        logger.info(&[(key, 2.into())]);
        logger.clone().with(key, 1).info(&[]);
        assert_eq!(logger.errors(), 2, "the infallible form counts it");
        assert_eq!(written(&output), "");
    }
}

#[test]
fn a_json_key_may_be_anything() {
    let (logger, output) = logger(Format::Json);
    logger.log(&[("", 1.into()), ("a \"b\"\n", 2.into())]);
    assert_eq!(written(&output), "{\"\":1,\"a \\\"b\\\"\\n\":2}\n");
}

#[test]
fn the_level_is_first_and_prefixes_context_call_and_suffixes_follow_in_both_formats() {
    for (format, expected) in [
        (Format::Logfmt, "level=warn p2=1 p1=1 c1=1 c2=1 call=1 s1=1 s2=1\n"),
        (
            Format::Json,
            "{\"level\":\"warn\",\"p2\":1,\"p1\":1,\"c1\":1,\"c2\":1,\"call\":1,\"s1\":1,\"s2\":1}\n",
        ),
    ] {
        let (logger, output) = logger(format);
        let logger = logger
            .with_suffix("s1", 1)
            .with("c1", 1)
            .with_prefix("p1", 1)
            .with("c2", 1)
            .with_suffix("s2", 1)
            .with_prefix("p2", 1);
        logger.event(Level::Warn, &[("call", 1.into())]);
        assert_eq!(written(&output), expected);
    }
}

#[test]
fn an_event_without_pairs_is_an_empty_line_or_object() {
    for (format, bare, leveled) in
        [(Format::Logfmt, "\n", "level=info\n"), (Format::Json, "{}\n", "{\"level\":\"info\"}\n")]
    {
        let (logger, output) = logger(format);
        logger.log(&[]);
        assert_eq!(written(&output), bare);
        logger.info(&[]);
        assert_eq!(written(&output), leveled);
    }
}

#[test]
fn of_a_repeated_key_json_writes_the_last_and_logfmt_all() {
    let cases: [(Format, &str); 2] = [
        (Format::Json, "{\"b\":2,\"level\":\"mine\",\"a\":3,\"c\":4,\"d\":6}\n"),
        (Format::Logfmt, "level=info a=1 b=2 level=mine a=3 c=4 d=5 d=6\n"),
    ];
    for (format, expected) in cases {
        let (logger, output) = logger(format);
        let logger = logger.with("a", 1).with("b", 2).with_suffix("d", 6);
        logger.info(&[("level", "mine".into()), ("a", 3.into()), ("c", 4.into()), ("d", 5.into())]);
        assert_eq!(written(&output), expected);
    }
}

#[test]
fn the_last_of_a_key_wins_among_a_hundred_pairs() {
    let keys: Vec<String> = (0..100).map(|n| format!("k{}", n % 90)).collect();
    let pairs: Vec<_> = keys.iter().map(String::as_str).zip((0..).map(i64::into)).collect();
    let (logger, output) = logger(Format::Json);
    logger.log(&pairs);
    let expected: Vec<String> =
        (10..90).chain(90..100).map(|n| format!("\"k{}\":{n}", n % 90)).collect();
    assert_eq!(written(&output), format!("{{{}}}\n", expected.join(",")));
}

#[test]
fn what_becomes_of_a_repeated_key_can_be_chosen() {
    let pairs = [("a", 1.into()), ("a", 2.into())];
    for (format, duplicates, expected) in [
        (Format::Json, Duplicates::KeepAll, "{\"a\":1,\"a\":2}\n"),
        (Format::Logfmt, Duplicates::LastWins, "a=2\n"),
    ] {
        let output = SyncWriter::new(Vec::new());
        let logger = Logger::new(Lines::new(format, output.clone()).duplicates(duplicates));
        logger.log(&pairs);
        assert_eq!(written(&output), expected);
    }
}
