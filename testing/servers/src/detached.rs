//! Servers that live on when the process that started them ends: for a person at the keyboard.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{Running, Set, place, process::send, wait::until};

/// How long a server that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// A server that somebody started and let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    name: String,
    id: u32,
    folder: PathBuf,
    addresses: Vec<(String, String)>,
}

impl Detached {
    /// Lets `server` live on, and notes where it is.
    ///
    /// # Errors
    ///
    /// If the note cannot be written, or the server does not run.
    pub fn let_go(set: &Set, server: Box<dyn Running>) -> io::Result<Self> {
        let id = server.id().ok_or(io::ErrorKind::NotConnected)?;
        let text = |(what, address): (&str, String)| (what.to_owned(), address);
        let detached = Self {
            name: set.name.to_owned(),
            id,
            folder: server.folder().to_owned(),
            addresses: server.addresses().into_iter().map(text).collect(),
        };
        fs::create_dir_all(notes())?;
        fs::write(note(set.name), detached.write())?;
        server.detach()?;
        Ok(detached)
    }

    /// The one of that name that was let go, if it was not stopped since. It may have ended by
    /// itself.
    #[must_use]
    pub fn find(set: &Set) -> Option<Self> {
        Self::read(set.name, &fs::read_to_string(note(set.name)).ok()?)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of its process.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The folder it runs in, with its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its ports by what they are for.
    #[must_use]
    pub fn addresses(&self) -> &[(String, String)] {
        &self.addresses
    }

    /// Whether it still runs. Its folder tells it from another process that got its number.
    #[must_use]
    pub fn runs(&self) -> bool {
        fs::read_link(format!("/proc/{}/cwd", self.id)).is_ok_and(|folder| folder == self.folder)
    }

    /// Asks it to end, kills it if it takes too long, and removes its folder.
    ///
    /// # Errors
    ///
    /// If it cannot be signalled, or its folder cannot be removed.
    pub fn stop(&self) -> io::Result<()> {
        if self.runs() {
            send("TERM", &self.id.to_string())?;
            if !until(GRACE, || !self.runs()) {
                send("KILL", &format!("-{}", self.id))?;
            }
        }
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::remove_file(note(&self.name))
    }

    fn write(&self) -> String {
        let mut text = format!("{}\n{}\n", self.id, self.folder.display());
        for (what, address) in &self.addresses {
            text.push_str(&format!("{what} {address}\n"));
        }
        text
    }

    fn read(name: &str, text: &str) -> Option<Self> {
        let mut lines = text.lines();
        Some(Self {
            name: name.to_owned(),
            id: lines.next()?.parse().ok()?,
            folder: lines.next()?.into(),
            addresses: lines
                .filter_map(|line| line.split_once(' '))
                .map(|(what, address)| (what.to_owned(), address.to_owned()))
                .collect(),
        })
    }
}

fn notes() -> PathBuf {
    place().join(".running")
}

fn note(name: &str) -> PathBuf {
    notes().join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again() {
        let detached = Detached {
            name: "redis".to_owned(),
            id: 42,
            folder: "some folder/redis".into(),
            addresses: vec![("redis".to_owned(), "127.0.0.1:10000".to_owned())],
        };
        assert_eq!(Detached::read("redis", &detached.write()), Some(detached));
        for broken in ["", "x\nfolder\n", "42\n"] {
            assert_eq!(Detached::read("redis", broken), None, "{broken}");
        }
    }

    #[test]
    fn another_process_of_the_same_number_is_not_it() {
        let detached = Detached {
            name: "redis".to_owned(),
            id: std::process::id(),
            folder: "elsewhere".into(),
            addresses: Vec::new(),
        };
        assert!(!detached.runs());
        let folder = std::env::current_dir().unwrap();
        assert!(Detached { folder, ..detached }.runs());
    }
}
