//! What a picture shows: five panels over one axis of time.

mod canvas;
mod chart;

use oxkit_circuitbreaker::State;

use crate::{
    second::{End, Second},
    story::Phase,
};
use canvas::Canvas;
use chart::{Chart, LEFT, RIGHT, WIDTH};

const HEIGHT: f64 = 792.0;
/// Where the panels begin and end.
const TOP: f64 = 112.0;
const BOTTOM: f64 = HEIGHT - 44.0;

/// Draws the story and what came of it, for light and dark backgrounds.
#[must_use]
pub fn draw(story: &[Phase], seconds: &[Second]) -> String {
    let mut canvas = Canvas::new(
        (WIDTH, HEIGHT),
        "A minute in the life of a service",
        "Calls a second by how they ended, the share that was answered, how long answers took, \
         calls in flight, and the state of the circuit breaker, while a backend is flooded, slows \
         down, fails and recovers.",
    );
    canvas.text("title", (LEFT, 38.0), "A minute in the life of a service");
    legend(&mut canvas);
    let across = Chart::new(seconds.len(), (TOP, BOTTOM), 1.0);
    phases(&mut canvas, &across, story);

    calls(&mut canvas, &Chart::new(seconds.len(), (150.0, 330.0), 500.0), story, seconds);
    answered(&mut canvas, &Chart::new(seconds.len(), (380.0, 450.0), 1.0), seconds);
    took(&mut canvas, &Chart::new(seconds.len(), (500.0, 580.0), 600.0), seconds);
    in_flight(&mut canvas, &Chart::new(seconds.len(), (630.0, 690.0), 30.0), seconds);
    breaker(&mut canvas, &across, seconds);
    across.seconds(&mut canvas, BOTTOM + 20.0);
    canvas.finish()
}

const fn class(end: End) -> &'static str {
    match end {
        End::Answered => "answered",
        End::Failed => "failed",
        End::Broken => "broken",
        End::Shed => "shed",
        End::Limited => "limited",
    }
}

fn legend(canvas: &mut Canvas) {
    let mut x = LEFT;
    for (end, tells) in [
        (End::Answered, "answered"),
        (End::Failed, "failed by the backend"),
        (End::Broken, "refused by the breaker"),
        (End::Shed, "shed"),
        (End::Limited, "over the caller's rate"),
    ] {
        canvas.rect(class(end), (x, 58.0), (12.0, 12.0));
        canvas.text("label", (x + 18.0, 68.5), tells);
        // A letter is about this wide.
        x += 44.0 + 6.3 * tells.len() as f64;
    }
}

fn phases(canvas: &mut Canvas, chart: &Chart, story: &[Phase]) {
    let mut began = 0;
    for (place, phase) in story.iter().enumerate() {
        let ends = began + phase.seconds;
        let (left, right) = (chart.x(f64::from(began)), chart.x(f64::from(ends)));
        if place % 2 == 1 {
            canvas.rect("band", (left, TOP - 18.0), (right - left, BOTTOM - TOP + 18.0));
        }
        canvas.text("phase", (f64::midpoint(left, right), TOP - 4.0), phase.name);
        began = ends;
    }
}

fn calls(canvas: &mut Canvas, chart: &Chart, story: &[Phase], seconds: &[Second]) {
    chart.frame(canvas, "Calls a second", &[(0.0, "0"), (200.0, "200"), (400.0, "400")]);
    for second in seconds {
        let mut below = 0.0;
        for (end, count) in End::ALL.into_iter().zip(second.ends) {
            let count = f64::from(count);
            chart.bar(canvas, class(end), second.number, (below, below + count));
            below += count;
        }
    }
    let capacity = seconds.iter().map(|second| story[second.phase].backend.capacity());
    chart.steps(canvas, "capacity", capacity);
    let last = story.last().map_or(0.0, |phase| phase.backend.capacity());
    chart.aside(canvas, "aside", last, "what the backend");
    canvas.text("aside", (RIGHT + 8.0, chart.y(last) + 17.0), "can serve");
}

fn answered(canvas: &mut Canvas, chart: &Chart, seconds: &[Second]) {
    chart.frame(canvas, "Share that was answered", &[(0.0, "0"), (0.5, "50 %"), (1.0, "100 %")]);
    chart.line(canvas, "batch", seconds.iter().map(|second| second.batch.ratio()));
    chart.line(canvas, "users", seconds.iter().map(|second| second.users.ratio()));
    // Where the two are far apart.
    canvas.text("beside", (chart.x(14.0), chart.y(0.5)), "the batch job");
    canvas.text("beside", (chart.x(31.0), chart.y(0.5)), "users");
}

fn took(canvas: &mut Canvas, chart: &Chart, seconds: &[Second]) {
    chart.frame(
        canvas,
        "How long answers took",
        &[(0.0, "0"), (200.0, "200 ms"), (400.0, "400 ms"), (600.0, "600 ms")],
    );
    let millis = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64() * 1e3);
    chart.line(canvas, "p99", seconds.iter().map(|second| millis(second.p99)));
    chart.line(canvas, "median", seconds.iter().map(|second| millis(second.median)));
    if let Some(last) = seconds.last() {
        let (median, p99) = (millis(last.median), millis(last.p99));
        chart.aside(canvas, "aside", p99.unwrap_or_default() + 40.0, "99th percentile");
        chart.aside(canvas, "aside", median.unwrap_or_default() - 30.0, "median");
    }
}

fn in_flight(canvas: &mut Canvas, chart: &Chart, seconds: &[Second]) {
    chart.frame(canvas, "Calls in flight", &[(0.0, "0"), (15.0, "15"), (30.0, "30")]);
    for second in seconds {
        chart.bar(canvas, "answered", second.number, (0.0, second.in_flight as f64));
    }
    chart.steps(canvas, "capacity", seconds.iter().map(|second| second.limit as f64));
    if let Some(last) = seconds.last() {
        chart.aside(canvas, "aside", last.limit as f64, "the adaptive limit");
    }
}

/// Where the strip of the breaker begins, and how high it is.
const STRIP: f64 = 720.0;
const STRIP_HEIGHT: f64 = 20.0;

fn breaker(canvas: &mut Canvas, chart: &Chart, seconds: &[Second]) {
    canvas.text("name", (LEFT, STRIP - 10.0), "Circuit breaker");
    let end = seconds.len() as f64;
    let mut changes: Vec<_> = seconds
        .iter()
        .flat_map(|second| &second.changes)
        .map(|(at, to)| (at.as_secs_f64(), *to))
        .collect();
    changes.insert(0, (0.0, State::Closed));
    // Probes are short, so they come last, over the rest.
    changes.sort_by_key(|(_, to)| *to == State::HalfOpen);
    let until = |from: f64| {
        let later = changes.iter().map(|(at, _)| *at).filter(|at| *at > from);
        later.fold(end, f64::min)
    };
    for (from, state) in &changes {
        let (left, right) = (chart.x(*from), chart.x(until(*from)));
        let (class, more) = match state {
            State::Closed => ("answered", 0.0),
            State::HalfOpen => ("limited", 3.0),
            _ => ("broken", 0.0),
        };
        // One that fails at once would be too thin to see.
        let width = (right - left).max(more);
        canvas.rect(class, (left, STRIP - more), (width, STRIP_HEIGHT + 2.0 * more));
    }
    let middle = STRIP + STRIP_HEIGHT / 2.0 + 4.0;
    let first = |wanted| changes.iter().skip(1).find(|(_, to)| *to == wanted).map(|(at, _)| *at);
    let (opened, probed, closed) =
        (first(State::Open), first(State::HalfOpen), first(State::Closed));
    if let (Some(opened), Some(probed), Some(closed)) = (opened, probed, closed) {
        let mut name = |(from, to), name| {
            canvas.text("inside", (chart.x(f64::midpoint(from, to)), middle), name);
        };
        name((0.0, opened), "closed");
        name((opened, probed), "open");
        name((closed, end), "closed");
    }
    canvas.rect("limited", (RIGHT + 8.0, STRIP - 3.0), (3.0, STRIP_HEIGHT + 6.0));
    canvas.text("aside", (RIGHT + 18.0, middle), "half-open: probes");
}
