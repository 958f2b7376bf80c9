//! Drives one connection: hyper's own work, the time limits, and the end of serving.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::{
    sync::futures::OwnedNotified,
    time::{Instant, Sleep, sleep_until},
};

use super::{activity::Activity, again::Again, connection::Shared, limits::Limits};

/// How long a peer may go on sending, unread, after the connection ended for us, and an HTTP/2
/// peer may keep its side open when it has nothing to read.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// When serving ends, how long a connection that was opened or used just now may take to send the
/// request it may be sending. Without it, each client would race with the end of serving.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// How often a connection at rest looks at the clock within one limit. An idle connection may stay
/// open longer than its limit by one part of so many.
const TICKS: u32 = 4;

/// What tokio's timers can tell apart.
const SHORTEST_TICK: Duration = Duration::from_millis(1);

/// A connection of either version of HTTP.
pub(super) trait Connection: Future<Output = Result<(), hyper::Error>> + Unpin {
    /// The stream under it.
    type Io;

    /// Whether a connection at rest is closed by asking it to end, so that a request on its way
    /// would be lost. HTTP/2 announces the end and takes what was sent before that was heard.
    const ENDS_ABRUPTLY: bool;

    /// Whether it wakes its own task where it only wants to be polled [again](Again).
    const WAKES_ITSELF: bool;

    /// What it is doing.
    fn stage(activity: &Activity) -> Stage;

    /// Asks it to end when what is in flight is answered.
    fn leave(&mut self);

    /// Gives the stream back, unless it was upgraded.
    fn into_io(self) -> Option<Self::Io>;
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A request is in flight: its time is the service's.
    Busy,
    /// New, nothing received yet.
    First,
    /// Part of a request's head was received.
    Head,
    /// Kept open between requests.
    Idle,
    /// The peer does not take the answer.
    Stalled,
    /// The end was announced and nothing is in flight.
    Leaving,
}

/// Whether nobody waits for an answer.
const fn is_at_rest(stage: Stage) -> bool {
    matches!(stage, Stage::First | Stage::Idle)
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End<Io> {
    /// By itself, well or not.
    Done,
    /// Cut, because a limit was reached.
    Cut,
    /// The head of a request took too long: the peer has yet to be told.
    SlowHead(Io),
}

/// Whether an HTTP/2 peer may still be reading an answer when its connection is to end.
///
/// What was written may lie in the kernel, which throws it away when the socket is closed and the
/// peer then says that it has read some.
#[derive(Debug, Clone, Copy, Default)]
struct Owed {
    /// Whether it was answered lately, or had something in flight, when it was told to end.
    is_recent: bool,
    epoch: u32,
}

impl Owed {
    fn new(stage: Stage, since: Option<Instant>, activity: &Activity, limits: &Limits) -> Self {
        let epoch = activity.epoch();
        let lately = |since: Instant| since.elapsed() < limits.write_stall_time;
        let is_recent = epoch != 0 && (!is_at_rest(stage) || since.is_none_or(lately));
        Self { is_recent, epoch }
    }

    /// How long the peer may take to close its side, when nothing is in flight any more.
    fn limit(self, activity: &Activity, limits: &Limits) -> Duration {
        if self.is_recent || activity.epoch() != self.epoch {
            limits.write_stall_time.max(LINGER)
        } else {
            LINGER
        }
    }
}

pin_project! {
    /// The future of one connection.
    pub(super) struct Driver<C> {
        conn: Option<C>,
        again: Again,
        activity: Arc<Activity>,
        shared: Arc<Shared>,
        #[pin]
        begun: OwnedNotified,
        is_registered: bool,
        // One timer for the life of the connection. It is moved back only when it fires too
        // early, so the usual request does not touch it.
        #[pin]
        timer: Sleep,
        is_armed: bool,
        // Which rest or stall `since` is the start of.
        period: (Stage, u32),
        // Not read when a request ends, for the clock costs as much as the rest of this: the next
        // tick of the timer will do.
        since: Option<Instant>,
        is_leaving: bool,
        owed: Owed,
    }

    impl<C> PinnedDrop for Driver<C> {
        fn drop(this: Pin<&mut Self>) {
            this.activity.release();
        }
    }
}

impl<C: Connection> Driver<C> {
    pub(super) fn new(conn: C, activity: Arc<Activity>, shared: Arc<Shared>, now: Instant) -> Self {
        Self {
            conn: Some(conn),
            again: Again::default(),
            activity,
            begun: shared.drain.begun(),
            shared,
            is_registered: false,
            timer: sleep_until(now),
            is_armed: false,
            period: (Stage::Busy, 0),
            since: None,
            is_leaving: false,
            owed: Owed::default(),
        }
    }

    fn stage(activity: &Activity, is_leaving: bool) -> Stage {
        if activity.is_lingering() {
            return Stage::Leaving;
        }
        if activity.is_stalled() {
            return Stage::Stalled;
        }
        match C::stage(activity) {
            Stage::First | Stage::Idle if is_leaving => Stage::Leaving,
            stage => stage,
        }
    }
}

impl<C: Connection> Future for Driver<C> {
    type Output = End<C::Io>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if !*this.is_registered {
            // Once is enough: the task and its waker stay the same, and the flag is looked at.
            *this.is_registered = true;
            let _ = this.begun.as_mut().poll(task);
        }
        loop {
            let conn = this.conn.as_mut().expect("not polled after it is done");
            // Before the connection is polled, so that an answer that is ready says that it is the
            // last one.
            let is_draining = this.shared.drain.has_begun();
            if is_draining && !*this.is_leaving {
                let stage = Self::stage(this.activity, false);
                if !(is_at_rest(stage) && C::ENDS_ABRUPTLY) {
                    *this.is_leaving = true;
                    *this.owed = Owed::new(stage, *this.since, this.activity, &this.shared.limits);
                    conn.leave();
                }
            }
            let polled = if C::WAKES_ITSELF {
                this.again.poll(task, |task| Pin::new(&mut *conn).poll(task))
            } else {
                Pin::new(&mut *conn).poll(task)
            };
            if polled.is_ready() {
                return Poll::Ready(End::Done);
            }

            let stage = Self::stage(this.activity, *this.is_leaving);
            if is_draining && !*this.is_leaving && !is_at_rest(stage) {
                continue;
            }
            let mark = match stage {
                Stage::Stalled => this.activity.written(),
                _ => this.activity.epoch(),
            };
            if *this.period != (stage, mark) {
                *this.period = (stage, mark);
                *this.since = None;
            }
            let limit = match stage {
                Stage::Busy => return Poll::Pending,
                Stage::First | Stage::Head => this.shared.limits.header_read_time,
                Stage::Idle => this.shared.limits.idle_time,
                Stage::Stalled => this.shared.limits.write_stall_time,
                Stage::Leaving if C::ENDS_ABRUPTLY => LINGER,
                Stage::Leaving => this.owed.limit(this.activity, &this.shared.limits),
            };
            let limit = if is_draining && is_at_rest(stage) { limit.min(GRACE) } else { limit };
            let since = match this.since {
                Some(since) => *since,
                None if stage == Stage::Idle
                    && !is_draining
                    && *this.is_armed
                    && !this.timer.is_elapsed() =>
                {
                    return Poll::Pending;
                }
                None => *this.since.insert(Instant::now()),
            };
            let Some(deadline) = since.checked_add(limit) else {
                return Poll::Pending;
            };
            // Never further off than an idle connection, which this one may be by then, needs.
            let tick = (limit.min(this.shared.limits.idle_time) / TICKS).max(SHORTEST_TICK);
            ready!(poll_timer(this.timer.as_mut(), this.is_armed, deadline, tick, task));

            match stage {
                Stage::Head => {
                    let io = this.conn.take().and_then(C::into_io);
                    return Poll::Ready(io.map_or(End::Cut, End::SlowHead));
                }
                Stage::First if !is_draining => return Poll::Ready(End::Cut),
                Stage::First | Stage::Idle => {
                    this.activity.want_peek();
                    if Pin::new(&mut *conn).poll(task).is_ready() {
                        return Poll::Ready(End::Done);
                    }
                    if this.activity.take_peek() {
                        // A request, or the peer's end: the event loop will say so in a moment.
                        *this.since = Some(Instant::now());
                        continue;
                    }
                    *this.is_leaving = true;
                    *this.owed = Owed::new(stage, *this.since, this.activity, &this.shared.limits);
                    if C::ENDS_ABRUPTLY {
                        // Nothing was asked, so there is no answer that a reset could overtake.
                        this.activity.release();
                    }
                    conn.leave();
                }
                Stage::Busy | Stage::Stalled | Stage::Leaving => return Poll::Ready(End::Cut),
            }
        }
    }
}

/// Ready when `deadline` has passed. Until then the task is woken once a `tick` at least.
fn poll_timer(
    mut timer: Pin<&mut Sleep>,
    is_armed: &mut bool,
    deadline: Instant,
    tick: Duration,
    task: &mut Context<'_>,
) -> Poll<()> {
    loop {
        if *is_armed && timer.deadline() <= deadline && !timer.is_elapsed() {
            // The task will be woken then: looking is enough.
            return Poll::Pending;
        }
        let now = Instant::now();
        if deadline <= now {
            return Poll::Ready(());
        }
        *is_armed = true;
        timer.as_mut().reset(deadline.min(now + tick));
        ready!(timer.as_mut().poll(task));
    }
}
