//! Carbon, which receives and stores what is sent to Graphite.

use std::{
    fs, io,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{Kind, Server, Set, Source, ports::free_address};

/// A Carbon server, which keeps a point a second for two hours.
///
/// Of two points of the same second it keeps the one that came last, as Graphite does.
#[derive(Debug)]
pub struct Graphite {
    lines: SocketAddr,
    pickle: SocketAddr,
    query: SocketAddr,
}

/// Starts Carbon.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn graphite() -> Server<Graphite> {
    Server::started()
}

impl Server<Graphite> {
    /// Where it takes lines, over TCP and UDP.
    #[must_use]
    pub const fn lines(&self) -> SocketAddr {
        self.kind().lines
    }

    /// The points it has written to disk for a metric, the oldest first: seconds since 1970 and
    /// value. A point gets there within a second or two. A metric with tags is named as Graphite
    /// writes it, the tags in order: `requests;method=get;service=a`.
    ///
    /// # Panics
    ///
    /// If Graphite's own program cannot read the file.
    #[must_use]
    pub fn points(&self, metric: &str) -> Vec<(u64, f64)> {
        // Graphite's folders are made from the dots of a name, but for one with tags.
        let plain = PathBuf::from(format!("{}.wsp", metric.replace('.', "/")));
        let tagged = PathBuf::from(format!("{}.wsp", metric.replace('.', "_DOT_")));
        let file = self.files().into_iter().find(|file| {
            file.strip_prefix(self.store()).is_ok_and(|below| below == plain)
                || file.file_name() == tagged.file_name() && metric.contains(';')
        });
        file.map_or_else(Vec::new, |file| self.read(&file))
    }

    /// The names of all metrics it holds, as folders and files are named; those with tags have `_DOT_`
    /// for a dot.
    #[must_use]
    pub fn metrics(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .files()
            .iter()
            .filter_map(|file| {
                let below = file.strip_prefix(self.store()).ok()?.with_extension("");
                let name = below.to_str()?;
                Some(match name.strip_prefix("_tagged/") {
                    Some(tagged) => tagged.rsplit('/').next().unwrap_or(tagged).to_owned(),
                    None => name.replace('/', "."),
                })
            })
            .collect();
        names.sort();
        names
    }

    fn store(&self) -> PathBuf {
        self.folder().join("storage").join("whisper")
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.store()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "wsp") {
                    files.push(path);
                }
            }
        }
        files
    }

    fn read(&self, file: &Path) -> Vec<(u64, f64)> {
        let mut fetch =
            Graphite::SET.command("whisper-fetch.py").unwrap_or_else(|missing| panic!("{missing}"));
        let output = fetch.arg("--json").arg(file).output().expect("it was installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", file.display());
        points(&String::from_utf8_lossy(&output.stdout)).expect("it writes the times and values")
    }
}

/// The points that are there of `{"start": 60, "end": 63, "step": 1, "values": [null, 42.5, 43.0]}`.
fn points(json: &str) -> Option<Vec<(u64, f64)>> {
    let after =
        |key: &str| json.split_once(key).map(|(_, rest)| rest.trim_start_matches([' ', ':']));
    let number = |key| after(key)?.split([',', '}']).next()?.trim().parse::<u64>().ok();
    let (start, step) = (number("\"start\"")?, number("\"step\"")?);
    let values = after("\"values\"")?.strip_prefix('[')?.split(']').next()?;
    let points = values.split(',').zip(0..).filter_map(|(value, at)| {
        // What is not there is null.
        Some((start + at * step, value.trim().parse().ok()?))
    });
    Some(points.collect())
}

impl Kind for Graphite {
    const SET: Set = Set {
        name: "graphite",
        source: Source::Python { packages: &["carbon==1.1.10", "whisper==1.1.10"] },
    };

    fn choose() -> Self {
        Self { lines: free_address(), pickle: free_address(), query: free_address() }
    }

    fn prepare(&self, folder: &Path) -> io::Result<Command> {
        let (lines, pickle, query) = (self.lines.port(), self.pickle.port(), self.query.port());
        let root = folder.display();
        for below in ["conf", "logs", "storage"] {
            fs::create_dir_all(folder.join(below))?;
        }
        // Left by one that was killed, it would keep the next one from starting.
        let _ = fs::remove_file(folder.join("carbon.pid"));
        let settings = format!(
            "[cache]
STORAGE_DIR = {root}/storage
LOCAL_DATA_DIR = {root}/storage/whisper
WHITELISTS_DIR = {root}/storage/lists
CONF_DIR = {root}/conf
LOG_DIR = {root}/logs
PID_DIR = {root}
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {lines}
ENABLE_UDP_LISTENER = True
UDP_RECEIVER_INTERFACE = 127.0.0.1
UDP_RECEIVER_PORT = {lines}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {query}
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
ENABLE_TAGS = False
TAG_HASH_FILENAMES = False
CARBON_METRIC_INTERVAL = 0
"
        );
        let conf = folder.join("conf");
        fs::write(conf.join("carbon.conf"), settings)?;
        let schemas = "[all]\npattern = .*\nretentions = 1s:2h\n";
        fs::write(conf.join("storage-schemas.conf"), schemas)?;
        let mut command = Self::SET.command("carbon-cache.py")?;
        command
            .arg(format!("--config={root}/conf/carbon.conf"))
            .arg(format!("--pidfile={root}/carbon.pid"))
            .args(["--nodaemon", "start"])
            .env("GRAPHITE_ROOT", folder);
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        let limit = Duration::from_secs(2);
        [self.lines, self.query].iter().all(|at| TcpStream::connect_timeout(at, limit).is_ok())
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![("lines", self.lines.to_string()), ("pickle", self.pickle.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_with_their_times() {
        let json = r#"{ "start" : 60, "end" : 64, "step" : 2, "values" : [null, 42.5, 43.0] }"#;
        assert_eq!(points(json).unwrap(), [(62, 42.5), (64, 43.0)]);
        assert_eq!(points(r#"{"start": 1, "step": 1, "values": []}"#).unwrap(), []);
        assert_eq!(points("no such metric"), None);
    }
}
