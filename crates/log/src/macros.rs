//! The call form: macros, so that a disabled event evaluates nothing.

/// Logs an event of a level that is an expression.
///
/// The level is a [`Level`](crate::Level), an `Option` of one, or `None`.
///
/// # Pairs
///
/// After the logger, all separated by commas:
///
/// | form | key | value |
/// |---|---|---|
/// | `"listening"` | `msg` | the text |
/// | `port = 8080` | `port` | by [`ToValue`](crate::ToValue) |
/// | `"http.method" = method` | the text | by [`ToValue`](crate::ToValue) |
/// | `(name) = value` | what the expression gives, a `&str` | by [`ToValue`](crate::ToValue) |
/// | `addr = %addr` | `addr` | its `Display` form |
/// | `request = ?request` | `request` | its `Debug` form |
/// | `user`, `%user`, `?user` | `user` | the variable of that name |
///
/// The logger and the level are evaluated first. If the event is not
/// [enabled](crate::Logger::enabled), nothing else is.
///
/// ```
/// use oxkit_log::{Level, Lines, Logger, SyncWriter, event};
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone()));
/// let (user, addr) = ("ann", std::net::Ipv4Addr::LOCALHOST);
/// let header = String::from("x-tenant");
///
/// event!(logger, Level::Warn, "slow", user, %addr, took = ?(1, 2), (&header) = None::<u8>);
/// assert_eq!(
///     String::from_utf8_lossy(&output.lock()),
///     "level=warn msg=slow user=ann addr=127.0.0.1 took=\"(1, 2)\" x-tenant=null\n"
/// );
/// ```
#[macro_export]
macro_rules! event {
    ($logger:expr, $level:expr $(, $($pairs:tt)*)?) => {
        match (&$logger, $level) {
            (logger, level) => {
                if $crate::Logger::enabled(logger, level) {
                    $crate::__pairs!(@next logger level [] $($($pairs)*)?);
                }
            }
        }
    };
}

/// Logs an event without level. The pairs are those of [`event!`].
///
/// ```
/// use oxkit_log::{Lines, Logger, SyncWriter, log};
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::json(output.clone()));
/// log!(logger, transport = "HTTP", port = 8080);
/// assert_eq!(output.lock().as_slice(), b"{\"transport\":\"HTTP\",\"port\":8080}\n");
/// ```
#[macro_export]
macro_rules! log {
    ($logger:expr $(, $($pairs:tt)*)?) => {
        $crate::event!(
            $logger, ::core::option::Option::None::<$crate::Level> $(, $($pairs)*)?
        )
    };
}

/// Logs an event of level debug. The pairs are those of [`event!`].
///
/// ```
/// use oxkit_log::{Allow, Filter, Lines, Logger, debug};
///
/// let filter = Filter::new(Allow::Info);
/// let logger = Logger::new(Lines::logfmt(std::io::stderr())).with_filter(filter);
/// let mut evaluated = false;
/// debug!(logger, "not written", cost = { evaluated = true; 1 });
/// assert!(!evaluated);
/// ```
#[macro_export]
macro_rules! debug {
    ($logger:expr $(, $($pairs:tt)*)?) => {
        $crate::event!($logger, $crate::Level::Debug $(, $($pairs)*)?)
    };
}

/// Logs an event of level info. The pairs are those of [`event!`].
///
/// ```
/// use oxkit_log::{Logger, info};
///
/// info!(Logger::discard(), "listening", addr = "127.0.0.1:8080");
/// ```
#[macro_export]
macro_rules! info {
    ($logger:expr $(, $($pairs:tt)*)?) => {
        $crate::event!($logger, $crate::Level::Info $(, $($pairs)*)?)
    };
}

/// Logs an event of level warn. The pairs are those of [`event!`].
///
/// ```
/// use oxkit_log::{Logger, warn};
///
/// warn!(Logger::discard(), "cache is cold", misses = 12);
/// ```
#[macro_export]
macro_rules! warn {
    ($logger:expr $(, $($pairs:tt)*)?) => {
        $crate::event!($logger, $crate::Level::Warn $(, $($pairs)*)?)
    };
}

/// Logs an event of level error. The pairs are those of [`event!`].
///
/// ```
/// use oxkit_log::{Logger, Value, error};
///
/// let cause = std::io::Error::other("disk on fire");
/// error!(Logger::discard(), "cannot save", err = Value::error(&cause));
/// ```
#[macro_export]
macro_rules! error {
    ($logger:expr $(, $($pairs:tt)*)?) => {
        $crate::event!($logger, $crate::Level::Error $(, $($pairs)*)?)
    };
}

/// Reads the pairs one by one into an array on the stack: `@next` a key, `@value` what follows it.
#[doc(hidden)]
#[macro_export]
macro_rules! __pairs {
    (@next $logger:ident $level:ident [$($done:tt)*]) => {
        $crate::Logger::submit($logger, $level, &[$($done)*])
    };
    (@next $logger:ident $level:ident $done:tt $key:ident = $($rest:tt)+) => {
        $crate::__pairs!(@value $logger $level $done (::core::stringify!($key)) $($rest)+)
    };
    (@next $logger:ident $level:ident $done:tt $key:literal = $($rest:tt)+) => {
        $crate::__pairs!(@value $logger $level $done ($key) $($rest)+)
    };
    (@next $logger:ident $level:ident $done:tt ($key:expr) = $($rest:tt)+) => {
        $crate::__pairs!(@value $logger $level $done ($key) $($rest)+)
    };
    (@next $logger:ident $level:ident $done:tt $message:literal $(, $($rest:tt)*)?) => {
        $crate::__pairs!(@value $logger $level $done ("msg") $message $(, $($rest)*)?)
    };
    (@next $logger:ident $level:ident $done:tt % $name:ident $(, $($rest:tt)*)?) => {
        $crate::__pairs!(
            @value $logger $level $done (::core::stringify!($name)) % $name $(, $($rest)*)?
        )
    };
    (@next $logger:ident $level:ident $done:tt ? $name:ident $(, $($rest:tt)*)?) => {
        $crate::__pairs!(
            @value $logger $level $done (::core::stringify!($name)) ? $name $(, $($rest)*)?
        )
    };
    (@next $logger:ident $level:ident $done:tt $name:ident $(, $($rest:tt)*)?) => {
        $crate::__pairs!(
            @value $logger $level $done (::core::stringify!($name)) $name $(, $($rest)*)?
        )
    };
    (@value $logger:ident $level:ident [$($done:tt)*] ($key:expr) % $value:expr $(, $($rest:tt)*)?) => {
        $crate::__pairs!(
            @next $logger $level [$($done)* ($key, $crate::Value::display(&$value)),] $($($rest)*)?
        )
    };
    (@value $logger:ident $level:ident [$($done:tt)*] ($key:expr) ? $value:expr $(, $($rest:tt)*)?) => {
        $crate::__pairs!(
            @next $logger $level [$($done)* ($key, $crate::Value::debug(&$value)),] $($($rest)*)?
        )
    };
    (@value $logger:ident $level:ident [$($done:tt)*] ($key:expr) $value:expr $(, $($rest:tt)*)?) => {
        $crate::__pairs!(
            @next $logger $level
            [$($done)* ($key, $crate::ToValue::to_value(&$value)),] $($($rest)*)?
        )
    };
}
