//! A reader of the text formats, written from their descriptions, for the tests.

/// A line with a value.
#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

/// A whole exposition.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    /// Names and help texts.
    pub help: Vec<(String, String)>,
    /// Names and types.
    pub types: Vec<(String, String)>,
    pub samples: Vec<Sample>,
}

/// Reads an exposition. `None` if there is anything in it that the format does not have.
pub(crate) fn parse(text: &str) -> Option<Exposition> {
    let mut all = Exposition::default();
    for line in text.strip_suffix('\n')?.split('\n') {
        if line == "# EOF" {
            continue;
        }
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ')?;
            all.help.push((name.to_owned(), unescape(help)?));
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ')?;
            all.types.push((name.to_owned(), kind.to_owned()));
        } else {
            all.samples.push(sample(line)?);
        }
    }
    Some(all)
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    while let Some(pair) = rest.strip_prefix(if labels.is_empty() { '{' } else { ',' }) {
        let (label, value) = pair.split_once("=\"")?;
        let close = closing_quote(value)?;
        labels.push((label.to_owned(), unescape(&value[..close])?));
        rest = &value[close + 1..];
    }
    if !labels.is_empty() {
        rest = rest.strip_prefix('}')?;
    }
    let value = rest.strip_prefix(' ')?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })
}

fn unescape(text: &str) -> Option<String> {
    let mut chars = text.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}
