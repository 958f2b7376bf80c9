//! The sink that writes lines.

use std::{fmt, io};

use crate::{
    Color, Duplicates, Format, Level, Output, Record, Sink,
    color::{ByRecord, Paint, RESET},
    format::{InvalidKey, Json, Logfmt, encode},
    record::{About, Call},
    scratch,
};

/// The [`Sink`] that writes each event as one line, in one call of its [`Output`].
///
/// The line is complete before the output is called, in a buffer that its thread uses again, so
/// that writing one allocates nothing and holds no lock for longer than it must.
///
/// ```
/// use oxkit_log::{Lines, Logger, SyncWriter, info};
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone()));
/// info!(logger, "listening", addr = "127.0.0.1:8080");
/// assert_eq!(output.lock().as_slice(), b"level=info msg=listening addr=127.0.0.1:8080\n");
/// ```
pub struct Lines<O> {
    format: Format,
    duplicates: Duplicates,
    paint: Option<Box<ByRecord>>,
    output: O,
}

/// When lines have colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum When {
    /// Where the output [is a terminal](Output::is_terminal).
    #[default]
    Terminal,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl<O: Output> Lines<O> {
    /// Lines of logfmt. A key that comes twice is written twice.
    #[must_use]
    pub fn logfmt(output: O) -> Self {
        Self::new(Format::Logfmt, output)
    }

    /// Lines of JSON. Of a key that comes twice the last is written.
    ///
    /// Pairs keep their order; Go kit sorts them.
    #[must_use]
    pub fn json(output: O) -> Self {
        Self::new(Format::Json, output)
    }

    /// Lines of a format chosen at run time.
    #[must_use]
    pub fn new(format: Format, output: O) -> Self {
        output.describe_loss(match format {
            Format::Logfmt => loss::<Logfmt>,
            Format::Json => loss::<Json>,
        });
        Self {
            format,
            duplicates: match format {
                Format::Logfmt => Duplicates::KeepAll,
                Format::Json => Duplicates::LastWins,
            },
            paint: None,
            output,
        }
    }

    /// Says what becomes of a key that an event has twice.
    #[must_use]
    pub fn duplicates(self, duplicates: Duplicates) -> Self {
        Self { duplicates, ..self }
    }

    /// Colors lines by their level: debug dark gray, info plain, warn yellow, error red.
    ///
    /// Without this lines are plain, also on a terminal. No environment variable is read; a program
    /// that heeds `NO_COLOR` passes [`When::Never`].
    #[must_use]
    pub fn colored(self, when: When) -> Self {
        self.painted(when, |record| {
            Paint::foreground(match record.level() {
                Some(Level::Debug) => Color::DarkGray,
                Some(Level::Warn) => Color::Yellow,
                Some(Level::Error) => Color::Red,
                Some(Level::Info) | None => return Paint::PLAIN,
            })
        })
    }

    /// Colors lines as `paint` says.
    ///
    /// ```
    /// use oxkit_log::{Color, Lines, Logger, Paint, SyncWriter, When, log};
    ///
    /// let output = SyncWriter::new(Vec::new());
    /// let blue = Lines::logfmt(output.clone())
    ///     .painted(When::Always, |_| Paint::foreground(Color::Blue));
    /// log!(Logger::new(blue), "hi");
    /// assert_eq!(output.lock().as_slice(), b"\x1b[34;1mmsg=hi\n\x1b[39;49;22m");
    /// ```
    #[must_use]
    pub fn painted(
        self,
        when: When,
        paint: impl Fn(&Record<'_>) -> Paint + Send + Sync + 'static,
    ) -> Self {
        let visible = match when {
            When::Terminal => self.output.is_terminal(),
            When::Always => true,
            When::Never => false,
        };
        let paint: Option<Box<ByRecord>> = if visible { Some(Box::new(paint)) } else { None };
        Self { paint, ..self }
    }

    /// The output.
    pub const fn output(&self) -> &O {
        &self.output
    }

    fn encode(&self, out: &mut Vec<u8>, record: &Record<'_>) -> Result<(), InvalidKey> {
        match self.format {
            Format::Logfmt => encode::<Logfmt>(out, record, self.duplicates),
            Format::Json => encode::<Json>(out, record, self.duplicates),
        }
    }
}

/// The line that tells how many were lost.
fn loss<F: crate::format::Encode>(lost: u64, out: &mut Vec<u8>) {
    let pairs = [("msg", "log lines dropped".into()), ("dropped", lost.into())];
    let record = Record {
        level: Some(Level::Warn),
        about: About::default(),
        head: &[],
        lead: &[],
        scope: &[],
        call: Call::Pairs(&pairs),
        tail: &[],
        kept: crate::keys::KeySet::default(),
        repeats: false,
        distinct: true,
    };
    encode::<F>(out, &record, Duplicates::KeepAll).expect("these keys are valid");
}

impl<O: Output> Sink for Lines<O> {
    fn log(&self, record: &Record<'_>) -> io::Result<()> {
        scratch::with_line(|line| {
            match self.paint.as_ref().map(|paint| paint(record)) {
                Some(paint) if !paint.is_plain() => {
                    paint.write(line);
                    self.encode(line, record)?;
                    line.extend_from_slice(RESET);
                }
                _ => self.encode(line, record)?,
            }
            self.output.write(line)
        })
    }

    fn flush(&self) -> io::Result<()> {
        self.output.flush()
    }
}

impl<O> fmt::Debug for Lines<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("format", &self.format)
            .field("duplicates", &self.duplicates)
            .field("painted", &self.paint.is_some())
            .finish_non_exhaustive()
    }
}
