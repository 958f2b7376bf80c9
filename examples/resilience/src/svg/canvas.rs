//! Shapes and words, as SVG.

/// A drawing in the making.
#[derive(Debug)]
pub(super) struct Canvas(String);

/// Each class once for light and once for dark. Hues are those of Okabe and Ito, *Color Universal
/// Design*, 2008, which people with any colour vision can tell apart, moved in lightness to suit the
/// background.
const STYLE: &str = "\
text{font:12px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#59636e}\
.title{font-size:20px;font-weight:600;fill:#1f2328}\
.name,.phase{font-weight:600;fill:#1f2328}\
.label{fill:#1f2328}\
.phase,.second,.inside{text-anchor:middle}\
.tick{text-anchor:end}\
.inside{font-weight:600;fill:#fff}\
.beside{text-anchor:middle;fill:#1f2328}\
.back{fill:#fff}\
.band{fill:#f1f4f7}\
.answered{fill:#0f9d78}\
.failed{fill:#d1401f}\
.broken{fill:#8c4fa3}\
.shed{fill:#56b4e9}\
.limited{fill:#e5a413}\
polyline{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\
.grid{stroke:#d1d9e0;stroke-width:1}\
.axis{stroke:#818b98;stroke-width:1}\
.capacity{stroke:#1f2328;stroke-dasharray:5 4;stroke-width:1.5}\
.users,.batch,.median{stroke:#0f9d78}\
.batch{stroke-dasharray:1 5}\
.p99{stroke:#8c959f}\
@media (prefers-color-scheme:dark){\
text{fill:#9198a1}\
.title,.name,.phase,.label,.beside{fill:#f0f6fc}\
.inside{fill:#0d1117}\
.back{fill:#0d1117}\
.band{fill:#161c24}\
.answered{fill:#2fc59b}\
.failed{fill:#f4694a}\
.broken{fill:#c58bdb}\
.shed{fill:#6cc4f5}\
.limited{fill:#f0b93a}\
.grid{stroke:#2b323a}\
.axis{stroke:#656c76}\
.capacity{stroke:#f0f6fc}\
.users,.batch,.median{stroke:#2fc59b}\
.p99{stroke:#9198a1}\
}";

impl Canvas {
    /// An empty one, with a title and a description for those who hear it instead of seeing it.
    pub(super) fn new((width, height): (f64, f64), title: &str, description: &str) -> Self {
        let mut canvas = Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"t d\">\n\
             <title id=\"t\">{title}</title>\n<desc id=\"d\">{description}</desc>\n\
             <style>{STYLE}</style>\n"
        ));
        canvas.rect("back", (0.0, 0.0), (width, height));
        canvas
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.0.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"/>\n"
        ));
    }

    /// A line through these points; nothing through fewer than two.
    pub(super) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() > 1 {
            let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let points = points.join(" ");
            self.0.push_str(&format!("<polyline class=\"{class}\" points=\"{points}\"/>\n"));
        }
    }

    /// Words of ours, in which nothing needs an escape.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        self.0.push_str(&format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>\n"
        ));
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}
