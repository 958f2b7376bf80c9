//! A loop that serves on a listener.
