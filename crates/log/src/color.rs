//! Colors of a terminal.

use crate::Record;

/// What a line is painted with, chosen by its record.
pub(crate) type ByRecord = dyn Fn(&Record<'_>) -> Paint + Send + Sync;

/// Default foreground and background, normal intensity. It follows the newline, so that a pager
/// that cuts there still shows each line in its color.
pub(crate) const RESET: &[u8] = b"\x1b[39;49;22m";

/// One of the sixteen colors every terminal has, or its default one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(u8)]
pub enum Color {
    /// The terminal's own.
    #[default]
    Default,
    /// Black.
    Black,
    /// Dark red.
    DarkRed,
    /// Dark green.
    DarkGreen,
    /// Brown, on some terminals a dark yellow.
    Brown,
    /// Dark blue.
    DarkBlue,
    /// Dark magenta.
    DarkMagenta,
    /// Dark cyan.
    DarkCyan,
    /// Gray.
    Gray,
    /// Dark gray: bright black.
    DarkGray,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Yellow.
    Yellow,
    /// Blue.
    Blue,
    /// Magenta.
    Magenta,
    /// Cyan.
    Cyan,
    /// White.
    White,
}

impl Color {
    /// Writes the sequence that selects this color; `layer` is `3` for the text, `4` for what is
    /// behind it.
    fn write(self, layer: u8, out: &mut Vec<u8>) {
        let Some(index) = (self as u8).checked_sub(1) else {
            return;
        };
        out.extend_from_slice(&[0x1b, b'[', layer, b'0' + index % 8]);
        out.extend_from_slice(if index < 8 { b"m" } else { b";1m" });
    }
}

/// The colors of a line.
///
/// ```
/// use oxkit_log::{Color, Paint};
///
/// let alarm = Paint::foreground(Color::White).on(Color::DarkRed);
/// assert_ne!(alarm, Paint::PLAIN);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Paint {
    foreground: Color,
    background: Color,
}

impl Paint {
    /// No colors: the line has no escape sequences at all.
    pub const PLAIN: Self = Self::foreground(Color::Default);

    /// Text in this color.
    #[must_use]
    pub const fn foreground(color: Color) -> Self {
        Self { foreground: color, background: Color::Default }
    }

    /// The same text on this background.
    #[must_use]
    pub const fn on(self, background: Color) -> Self {
        Self { foreground: self.foreground, background }
    }

    pub(crate) fn is_plain(self) -> bool {
        self == Self::PLAIN
    }

    pub(crate) fn write(self, out: &mut Vec<u8>) {
        self.foreground.write(b'3', out);
        self.background.write(b'4', out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_color_has_the_sequence_of_every_terminal() {
        let cases: [(Color, Color, &[u8]); 6] = [
            (Color::Default, Color::Default, b""),
            (Color::Black, Color::Default, b"\x1b[30m"),
            (Color::Gray, Color::Default, b"\x1b[37m"),
            (Color::DarkGray, Color::Default, b"\x1b[30;1m"),
            (Color::White, Color::DarkRed, b"\x1b[37;1m\x1b[41m"),
            (Color::Default, Color::Yellow, b"\x1b[43;1m"),
        ];
        for (foreground, background, expected) in cases {
            let mut out = Vec::new();
            Paint::foreground(foreground).on(background).write(&mut out);
            assert_eq!(out, expected, "{foreground:?} on {background:?}");
        }
    }
}
