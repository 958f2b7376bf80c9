//! To and from the `log` facade.
#![cfg(feature = "log")]

use std::sync::{Arc, Mutex, PoisonError};

use log::{Log, kv};
use oxkit_log::{
    Allow, Filter, FromLog, Lines, Logger, SyncWriter, ToLog, Value, caller, debug, log as event,
    warn,
};
use static_assertions::assert_impl_all;

assert_impl_all!(FromLog: Log, Clone);
assert_impl_all!(ToLog<&'static dyn Log>: oxkit_log::Sink, Clone);

fn written(output: &SyncWriter<Vec<u8>>) -> String {
    String::from_utf8(std::mem::take(&mut *output.lock())).expect("a line is UTF-8")
}

#[test]
fn a_record_becomes_an_event_with_its_target_message_and_pairs_of_their_kinds() {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::json(output.clone()))
        .with("service", "todosvc")
        .with("caller", caller());
    let bridge = FromLog::new(logger);
    let pairs: [(&str, kv::Value<'_>); 6] = [
        ("int", (-1).into()),
        ("unsigned", u64::MAX.into()),
        ("float", 1.5.into()),
        ("yes", true.into()),
        ("text", "two words".into()),
        ("shown", kv::Value::from_debug(&Some(1))),
    ];
    bridge.log(
        &log::Record::builder()
            .level(log::Level::Trace)
            .target("hyper::proto")
            .file(Some("src/proto/h1.rs"))
            .line(Some(12))
            .key_values(&pairs)
            .args(format_args!("read {} bytes", 7))
            .build(),
    );
    assert_eq!(
        written(&output),
        "{\"level\":\"debug\",\"service\":\"todosvc\",\"caller\":\"h1.rs:12\",\
         \"target\":\"hyper::proto\",\"msg\":\"read 7 bytes\",\"int\":-1,\
         \"unsigned\":18446744073709551615,\"float\":1.5,\"yes\":true,\"text\":\"two words\",\
         \"shown\":\"Some(1)\"}\n"
    );
}

#[test]
fn a_key_the_record_repeats_is_in_the_object_once() {
    let output = SyncWriter::new(Vec::new());
    let bridge = FromLog::new(Logger::new(Lines::json(output.clone())).with("a", 0));
    bridge.log(
        &log::Record::builder()
            .level(log::Level::Warn)
            .key_values(&[("a", 1), ("msg", 2), ("a", 3)])
            .args(format_args!("text"))
            .build(),
    );
    assert_eq!(written(&output), "{\"level\":\"warn\",\"target\":\"\",\"msg\":2,\"a\":3}\n");
}

#[test]
fn the_filter_of_the_logger_decides_for_records_too() {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::logfmt(output.clone())).with_filter(Filter::new(Allow::Warn));
    let bridge = FromLog::new(logger);
    let at = |level| log::Metadata::builder().level(level).build();
    assert!(bridge.enabled(&at(log::Level::Warn)));
    assert!(!bridge.enabled(&at(log::Level::Info)));
    bridge.log(&log::Record::builder().level(log::Level::Info).build());
    assert_eq!(written(&output), "");
}

/// A logger of the facade that writes down what it is given.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);

impl Log for Journal {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Info
    }

    fn log(&self, record: &log::Record<'_>) {
        struct Pairs(String);

        impl<'kvs> kv::VisitSource<'kvs> for Pairs {
            fn visit_pair(
                &mut self,
                key: kv::Key<'kvs>,
                value: kv::Value<'kvs>,
            ) -> Result<(), kv::Error> {
                self.0 += &format!(" {key}={value:?}");
                Ok(())
            }
        }

        let mut pairs = Pairs(String::new());
        record.key_values().visit(&mut pairs).expect("the visitor does not fail");
        let line = format!(
            "{} {} {}{} at {:?}",
            record.level(),
            record.target(),
            record.args(),
            pairs.0,
            record.file(),
        );
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line);
    }

    fn flush(&self) {}
}

#[test]
fn an_event_becomes_a_record_with_its_message_and_pairs_of_their_kinds() {
    let journal = Journal::default();
    let logger = Logger::new(ToLog::new(journal.clone(), "todosvc")).with("service", "todo");
    warn!(logger, "slow", n = -1, x = 1.5, yes = true, text = "a b", shown = ?Some(1), none = Value::Null);
    event!(logger, took = std::time::Duration::from_millis(5));
    debug!(logger, "the facade's logger is not enabled for this");
    assert_eq!(
        journal.0.lock().unwrap().as_slice(),
        [
            "WARN todosvc slow service=\"todo\" n=-1 x=1.5 yes=true text=\"a b\" \
             shown=\"Some(1)\" none=None at Some(\"crates/log/tests/facade.rs\")",
            "INFO todosvc  service=\"todo\" took=\"5ms\" at Some(\"crates/log/tests/facade.rs\")",
        ]
    );
}
