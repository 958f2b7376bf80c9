//! A logger as its users see it: the filter comes first, context is kept apart, values are lazy.

use std::{
    cell::Cell,
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use oxkit_log::{
    Allow, Color, Discard, Field, Filter, Lazy, Level, Lines, Logger, Paint, Record, Sink, Swap,
    SyncWriter, Value, When, caller, debug, error, event, info, log, timestamp_format,
    timestamp_local, timestamp_utc, warn,
};
use static_assertions::assert_impl_all;

assert_impl_all!(Logger: Send, Sync, Clone, fmt::Debug);
assert_impl_all!(Swap: Send, Sync, Clone);
assert_impl_all!(Lines<SyncWriter<Vec<u8>>>: Send, Sync);

fn logfmt() -> (Logger, impl Fn() -> String) {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::logfmt(output.clone()));
    let written =
        move || String::from_utf8(std::mem::take(&mut *output.lock())).expect("a line is UTF-8");
    (logger, written)
}

/// A lazy value that counts how often it was evaluated.
fn counter() -> (Lazy, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let theirs = count.clone();
    (Lazy::new(move || theirs.fetch_add(1, Relaxed)), count)
}

#[test]
fn a_filtered_event_evaluates_neither_its_values_nor_the_context() {
    let (logger, written) = logfmt();
    let (lazy, evaluated) = counter();
    let filter = Filter::new(Allow::Warn);
    let logger = logger.with("n", lazy).with_filter(filter.clone());
    let asked = Cell::new(0);
    let ask = || asked.replace(asked.get() + 1);

    debug!(logger, "no", a = ask());
    info!(logger, "no", a = ask());
    assert_eq!((asked.get(), evaluated.load(Relaxed)), (0, 0));
    assert_eq!(written(), "");

    warn!(logger, "yes", a = ask());
    filter.allow(Allow::Info);
    info!(logger, "yes", a = ask());
    assert_eq!((asked.get(), evaluated.load(Relaxed)), (2, 2));
    assert_eq!(written(), "level=warn n=0 msg=yes a=0\nlevel=info n=1 msg=yes a=1\n");
}

#[test]
fn events_without_level_pass_unless_squelched_and_may_be_given_one() {
    let (logger, written) = logfmt();
    let none = logger.clone().with_filter(Filter::new(Allow::None));
    log!(none, a = 1);
    error!(none, a = 2);
    assert_eq!(written(), "a=1\n");

    let squelching = Filter::new(Allow::All).squelch_unleveled(true);
    let strict = logger.with_filter(squelching);
    log!(strict, a = 3);
    debug!(strict, a = 4);
    log!(strict.with_default_level(Level::Warn), a = 5);
    assert_eq!(written(), "level=debug a=4\nlevel=warn a=5\n");
}

#[test]
fn a_default_level_is_subject_to_the_filter_and_never_replaces_a_level() {
    let (logger, written) = logfmt();
    let logger = logger.with_default_level(Level::Debug).with_filter(Filter::new(Allow::Info));
    assert!(!logger.enabled(None));
    log!(logger, a = 1);
    info!(logger, a = 2);
    assert_eq!(written(), "level=info a=2\n");
}

#[test]
fn siblings_never_see_each_others_context() {
    let (logger, written) = logfmt();
    let base = logger.with("base", 0);
    let a = base.clone().with("a", 1);
    let b = base.clone().with("b", 2).with_suffix("s", 3);
    let a2 = a.clone().with("a2", 4);
    for logger in [&base, &a, &b, &a2] {
        log!(logger);
    }
    assert_eq!(written(), "base=0\nbase=0 a=1\nbase=0 b=2 s=3\nbase=0 a=1 a2=4\n");
}

#[test]
fn lazy_values_are_evaluated_once_for_each_event_in_the_order_of_the_line() {
    let (logger, written) = logfmt();
    let order = Arc::new(AtomicUsize::new(0));
    let next = || {
        let order = order.clone();
        Lazy::new(move || order.fetch_add(1, Relaxed))
    };
    let logger =
        logger.with_suffix("last", next()).with("second", next()).with_prefix("first", next());
    log!(logger, own = "x");
    log!(logger);
    assert_eq!(written(), "first=0 second=1 own=x last=2\nfirst=3 second=4 last=5\n");
}

#[test]
fn the_caller_is_where_the_event_was_logged_however_many_loggers_were_derived() {
    let (logger, written) = logfmt();
    let mut logger = logger.with("caller", caller());
    for n in 0..5 {
        logger = logger.with("n", n).clone();
    }
    let mut expected = Vec::new();
    expected.push(line!() + 1);
    info!(logger, "macro");
    expected.push(line!() + 1);
    logger.info(&[]);
    expected.push(line!() + 1);
    logger.try_log(Level::Info, &[]).unwrap();
    expected.push(line!() + 1);
    logger.event(None, &[]);
    for (line, at) in written().lines().zip(expected) {
        assert!(line.contains(&format!("caller=logger.rs:{at} ")), "{line}");
    }
}

#[test]
fn timestamps_are_rfc_3339_or_what_was_asked_for() {
    let (logger, written) = logfmt();
    let logger = logger
        .with("utc", timestamp_utc())
        .with("local", timestamp_local())
        .with("own", timestamp_format("%Y").unwrap());
    log!(logger);
    let line = written();
    let value = |key: &str| {
        let (_, rest) = line.split_once(key).expect("the key is there");
        rest.split([' ', '\n']).next().expect("there is a first")
    };
    let utc: jiff::Timestamp = value("utc=").parse().unwrap();
    let local: jiff::Timestamp = value("local=").parse().unwrap();
    assert!(local.duration_since(utc).abs() < jiff::SignedDuration::from_mins(1));
    assert_eq!(value("own=").len(), 4);
}

#[test]
fn an_error_of_the_sink_is_counted_by_all_loggers_that_share_it_and_given_to_who_asks() {
    struct Broken;

    impl Sink for Broken {
        fn log(&self, _: &Record<'_>) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    let logger = Logger::new(Broken);
    let derived = logger.clone().with("a", 1);
    info!(logger, "lost");
    info!(derived, "lost");
    assert_eq!(logger.errors(), 2);
    let told = derived.try_log(Level::Info, &[]).unwrap_err();
    assert_eq!(told.kind(), io::ErrorKind::StorageFull);
    assert_eq!(logger.errors(), 2, "who was told need not count");
}

#[test]
fn a_sink_that_is_not_enabled_costs_no_evaluation() {
    let logger = Logger::new(Discard);
    let asked = Cell::new(false);
    error!(logger, a = asked.replace(true));
    assert!(!asked.get());
}

#[test]
fn a_value_that_logs_while_it_is_being_logged_does_not_deadlock_or_mix_lines() {
    struct Chatty(Logger);

    impl fmt::Display for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!(self.0, "inner", quoted = %"two words");
            f.write_str("outer value")
        }
    }

    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Swap::new(Lines::logfmt(output.clone())));
    info!(logger, value = %Chatty(logger.clone()));
    assert_eq!(
        String::from_utf8_lossy(&output.lock()),
        "level=info msg=inner quoted=\"two words\"\nlevel=info value=\"outer value\"\n"
    );
}

#[test]
fn a_panic_of_a_lazy_value_reaches_who_logged_and_breaks_nothing() {
    let (logger, written) = logfmt();
    let fuse = Arc::new(AtomicU32::new(0));
    let theirs = fuse.clone();
    let logger = logger.with(
        "lazy",
        Lazy::new(move || {
            if theirs.fetch_add(1, Relaxed) == 0 {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
        }),
    );
    let logged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| log!(logger)));
    assert!(logged.is_err());
    log!(logger, a = 1);
    assert_eq!(written(), "lazy=null a=1\n");
}

#[test]
fn macros_take_every_form_of_pair() {
    let (logger, written) = logfmt();
    let (user, answer) = (String::from("ann"), Some(42_u16));
    let key = format!("x-{user}");
    event!(logger, Level::Debug, "text", user, answer,);
    event!(logger, None, %user, ?user);
    event!(logger, Some(Level::Error), type = 1, "http.method" = "GET", (&key) = true);
    log!(logger, a = %user, b = ?answer, c = user.len() + 1, d = if answer.is_some() { 1 } else { 2 });
    info!(logger);
    info!(&logger, v = Value::Null, r = &&user, b = Box::new(1.5), unit = ());
    assert_eq!(
        written(),
        "level=debug msg=text user=ann answer=42\n\
         user=ann user=\"\\\"ann\\\"\"\n\
         level=error type=1 http.method=GET x-ann=true\n\
         a=ann b=Some(42) c=4 d=1\n\
         level=info\n\
         level=info v=null r=ann b=1.5 unit=null\n"
    );
}

#[test]
fn a_sink_sees_level_and_pairs_in_their_final_order() {
    struct Names(SyncWriter<Vec<u8>>);

    impl Sink for Names {
        fn log(&self, record: &Record<'_>) -> io::Result<()> {
            record.visit(&mut |key, value| {
                self.0.lock().extend_from_slice(format!("{key}={value:?} ").as_bytes());
            });
            Ok(())
        }
    }

    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Names(output.clone()))
        .with("c", "text")
        .with_prefix("p", 1_u8)
        .with_suffix("s", Lazy::new(|| 2.5));
    warn!(logger, own = false);
    assert_eq!(
        String::from_utf8_lossy(&output.lock()),
        "level=Str(\"warn\") p=U64(1) c=Str(\"text\") own=Bool(false) s=F64(2.5) "
    );
}

#[test]
fn a_swap_sends_events_to_one_sink_or_the_other_and_loses_none() {
    let (first, second) = (SyncWriter::new(Vec::new()), SyncWriter::new(Vec::new()));
    let swap = Swap::new(Lines::logfmt(first.clone()));
    let logger = Logger::new(swap.clone());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..200 {
                    log!(logger, n);
                }
            });
        }
        swap.swap(Lines::logfmt(second.clone()));
    });
    let count = |output: &SyncWriter<Vec<u8>>| {
        let text = output.lock();
        text.iter().filter(|&&byte| byte == b'\n').count()
    };
    assert_eq!(count(&first) + count(&second), 800);
    log!(logger, n = 0);
    assert_eq!(count(&first) + count(&second), 801);
}

#[test]
fn lines_are_colored_by_level_only_where_asked_and_plain_ones_have_no_sequences() {
    let cases: [(When, &str); 3] = [
        (When::Always, "level=info a=1\n\x1b[33;1mlevel=warn a=2\n\x1b[39;49;22m"),
        (When::Terminal, "level=info a=1\nlevel=warn a=2\n"),
        (When::Never, "level=info a=1\nlevel=warn a=2\n"),
    ];
    for (when, expected) in cases {
        let output = SyncWriter::new(Vec::new());
        let logger = Logger::new(Lines::logfmt(output.clone()).colored(when));
        info!(logger, a = 1);
        warn!(logger, a = 2);
        assert_eq!(String::from_utf8_lossy(&output.lock()), expected, "{when:?}");
    }
}

#[test]
fn a_paint_is_chosen_by_what_the_record_says() {
    let output = SyncWriter::new(Vec::new());
    let by_key = Lines::json(output.clone()).painted(When::Always, |record| {
        let mut failed = false;
        record.visit(&mut |key, _| failed |= key == "err");
        if failed { Paint::foreground(Color::White).on(Color::DarkRed) } else { Paint::PLAIN }
    });
    let logger = Logger::new(by_key);
    log!(logger, a = 1);
    log!(logger, err = "x");
    assert_eq!(
        String::from_utf8_lossy(&output.lock()),
        "{\"a\":1}\n\x1b[37;1m\x1b[41m{\"err\":\"x\"}\n\x1b[39;49;22m"
    );
}

#[test]
fn a_function_takes_pairs_that_were_gathered_at_run_time() {
    let (logger, written) = logfmt();
    let names: Vec<String> = (0..3).map(|n| format!("k{n}")).collect();
    let pairs: Vec<Field<'_>> = names.iter().map(|name| (name.as_str(), 1.into())).collect();
    logger.error(&pairs);
    assert_eq!(written(), "level=error k0=1 k1=1 k2=1\n");
}
