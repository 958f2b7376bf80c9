//! The program: a row for each second, and the picture if it is asked for.

mod args;

use std::{
    fs,
    io::{self, Write},
    thread::sleep,
    time::{Duration, Instant},
};

use args::{Args, fail};
use resilience::{STORY, play, svg, terminal::Rows};

fn main() {
    let args = Args::read();
    if let Some(file) = &args.svg {
        // A minute later is too late to learn that it cannot be written; what is in it stays till then.
        let opened = fs::OpenOptions::new().append(true).create(true).open(file);
        opened.unwrap_or_else(|error| fail(format_args!("{error}: {}", file.display())));
    }
    let rows = Rows::new(&STORY, args.color);
    show(&rows.head());
    let began = Instant::now();
    let seconds = play(&STORY, |second| {
        if !args.fast {
            wait_until(began + Duration::from_secs(u64::from(second.number) + 1));
        }
        show(&rows.row(second));
    });
    show(&rows.foot(&seconds));
    if let Some(file) = args.svg
        && let Err(error) = fs::write(&file, svg::draw(&STORY, &seconds))
    {
        fail(format_args!("{error}: {}", file.display()));
    }
}

#[expect(clippy::disallowed_methods, reason = "the thread has nothing else to do: it is a show")]
fn wait_until(when: Instant) {
    sleep(when.saturating_duration_since(Instant::now()));
}

/// Whoever reads may have seen enough.
fn show(text: &str) {
    let mut out = io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}
