//! A running server as those see it who start one by its name.

use std::{fmt, io, path::Path};

/// A running server of which nobody needs to know the kind.
pub trait Running: fmt::Debug {
    /// The number of its process, which is that of its group too; `None` if it does not run.
    fn id(&self) -> Option<u32>;

    /// The folder it runs in.
    fn folder(&self) -> &Path;

    /// Its ports by what they are for.
    fn addresses(&self) -> Vec<(&'static str, String)>;

    /// Lets it live on when this process ends, for a person to use.
    ///
    /// # Errors
    ///
    /// If what watches over it is gone.
    fn detach(self: Box<Self>) -> io::Result<()>;
}
