//! One panel: an axis of time, an axis of values.

use super::canvas::Canvas;

pub(super) const WIDTH: f64 = 960.0;
/// Where the axis of time begins and ends.
pub(super) const LEFT: f64 = 70.0;
pub(super) const RIGHT: f64 = WIDTH - 140.0;

/// One panel.
pub(super) struct Chart {
    seconds: f64,
    top: f64,
    bottom: f64,
    most: f64,
}

impl Chart {
    /// So many seconds, from a top to a bottom, and from zero up to a value.
    pub(super) const fn new(seconds: usize, (top, bottom): (f64, f64), most: f64) -> Self {
        Self { seconds: seconds as f64, top, bottom, most }
    }

    pub(super) fn x(&self, second: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * second / self.seconds
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * (value / self.most).min(1.0)
    }

    /// The name above, and a line across for each of these values.
    pub(super) fn frame(&self, canvas: &mut Canvas, name: &str, ticks: &[(f64, &str)]) {
        canvas.text("name", (LEFT, self.top - 10.0), name);
        for (value, label) in ticks {
            let y = self.y(*value);
            let class = if *value == 0.0 { "axis" } else { "grid" };
            canvas.polyline(class, &[(LEFT, y), (RIGHT, y)]);
            canvas.text("tick", (LEFT - 8.0, y + 4.0), label);
        }
    }

    /// A piece of the bar of a second.
    pub(super) fn bar(
        &self,
        canvas: &mut Canvas,
        class: &str,
        second: u32,
        (low, high): (f64, f64),
    ) {
        if high > low {
            let (left, right) = (self.x(f64::from(second)), self.x(f64::from(second) + 1.0));
            let (top, bottom) = (self.y(high), self.y(low));
            canvas.rect(class, (left + 0.75, top), (right - left - 1.5, bottom - top));
        }
    }

    /// A value for each second, level from its beginning to its end.
    pub(super) fn steps(
        &self,
        canvas: &mut Canvas,
        class: &str,
        values: impl Iterator<Item = f64>,
    ) {
        let points: Vec<_> = values
            .enumerate()
            .flat_map(|(second, value)| {
                let y = self.y(value);
                [(self.x(second as f64), y), (self.x(second as f64 + 1.0), y)]
            })
            .collect();
        canvas.polyline(class, &points);
    }

    /// A value for each second, joined from middle to middle where there are some.
    pub(super) fn line(
        &self,
        canvas: &mut Canvas,
        class: &str,
        values: impl Iterator<Item = Option<f64>>,
    ) {
        let mut points = Vec::new();
        for (second, value) in values.enumerate() {
            match value {
                Some(value) => points.push((self.x(second as f64 + 0.5), self.y(value))),
                None => canvas.polyline(class, &std::mem::take(&mut points)),
            }
        }
        canvas.polyline(class, &points);
    }

    /// A word to the right of a value.
    pub(super) fn aside(&self, canvas: &mut Canvas, class: &str, value: f64, text: &str) {
        canvas.text(class, (RIGHT + 8.0, self.y(value) + 4.0), text);
    }

    /// The seconds, below.
    pub(super) fn seconds(&self, canvas: &mut Canvas, y: f64) {
        let mut second = 0.0;
        while second <= self.seconds {
            let text = if second == 0.0 { "0 s".to_owned() } else { format!("{second:.0}") };
            canvas.text("second", (self.x(second), y), &text);
            second += 10.0;
        }
    }
}
