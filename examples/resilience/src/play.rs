//! The callers, and the clock.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oxkit_core::{Context, Criticality, Endpoint, Refusal};
use tokio::time::{Instant, sleep_until};

use crate::{
    backend::Backend,
    random::Random,
    second::{End, Second, Seen, Tally},
    stack::Stack,
    story::Phase,
};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Somebody waits for the answer.
    User,
    /// It can be done later.
    Batch,
}

impl Caller {
    const ALL: [Self; 2] = [Self::User, Self::Batch];

    /// How much it would hurt not to be served.
    const fn criticality(self) -> Criticality {
        match self {
            Self::User => Criticality::CriticalPlus,
            Self::Batch => Criticality::Sheddable,
        }
    }

    const fn rate(self, phase: &Phase) -> u32 {
        match self {
            Self::User => phase.users,
            Self::Batch => phase.batch,
        }
    }
}

type Shared<T> = Arc<Mutex<T>>;

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Plays the story, and shows each second once it is over.
///
/// It takes as long as the computer needs: the clock is a paused one, which jumps to the next thing
/// that happens. All is done on one thread and chance has a fixed seed, so it comes out the same
/// each time.
///
/// # Panics
///
/// If it is called within a tokio runtime.
pub fn play(story: &[Phase], each: impl FnMut(&Second)) -> Vec<Second> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a clock without the network needs nothing of the system")
        .block_on(drive(story, each))
}

async fn drive(story: &[Phase], mut each: impl FnMut(&Second)) -> Vec<Second> {
    let start = Instant::now();
    let backend = Arc::new(Backend::new());
    let tally = Shared::<Tally>::default();
    let stack = Stack::new(backend.clone(), {
        let tally = tally.clone();
        move |change| lock(&tally).change(start.elapsed(), change.to)
    });
    let mut random = Random::new(1);
    let mut due = [0.0; Caller::ALL.len()];
    let mut seconds = Vec::new();

    for (place, phase) in story.iter().enumerate() {
        backend.fares(phase.backend);
        for _ in 0..phase.seconds {
            let began = start + Duration::from_secs(seconds.len() as u64);
            for milli in 0..1000 {
                sleep_until(began + Duration::from_millis(milli)).await;
                for (caller, due) in Caller::ALL.into_iter().zip(&mut due) {
                    // Evenly in the mean, and never quite.
                    *due += f64::from(caller.rate(phase)) / 1000.0 * 2.0 * random.unit();
                    while *due >= 1.0 {
                        *due -= 1.0;
                        lock(&tally).begin();
                        tokio::spawn(call(stack.endpoint.clone(), caller, tally.clone()));
                    }
                }
            }
            sleep_until(began + Duration::from_secs(1)).await;
            let second = lock(&tally).close(&Seen {
                number: seconds.len() as u32,
                phase: place,
                reached: backend.reached(),
                limit: stack.limit.limit(),
                in_flight: stack.limit.in_flight(),
                breaker: stack.breaker.state(),
            });
            each(&second);
            seconds.push(second);
        }
    }
    seconds
}

/// The task ends with its call, which the timeout of the stack ends in any case.
async fn call(
    endpoint: impl Endpoint<Request = Caller, Response = (), Error = Refusal>,
    caller: Caller,
    tally: Shared<Tally>,
) {
    let began = Instant::now();
    let cx = Context::new().with(caller.criticality());
    let result = endpoint.call(cx, caller).await;
    lock(&tally).end(caller, End::of(&result), began.elapsed());
}
