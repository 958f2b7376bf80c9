//! The backend: so many workers, and a queue without a bound, as most have.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use oxkit_core::{ErrorKind, Refusal};
use tokio::{sync::Semaphore, time::sleep};

use crate::{
    random::Random,
    story::{Health, WORKERS},
};

/// A backend that can fall ill.
#[derive(Debug)]
pub(crate) struct Backend {
    workers: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    health: Health,
    reached: u32,
    random: Random,
}

impl Backend {
    pub(crate) fn new() -> Self {
        let state = State { health: Health::Well, reached: 0, random: Random::new(2) };
        Self { workers: Semaphore::new(WORKERS), state: Mutex::new(state) }
    }

    /// From now on it fares so.
    pub(crate) fn fares(&self, health: Health) {
        self.with(|state| state.health = health);
    }

    /// How many calls have reached it since this was last asked.
    pub(crate) fn reached(&self) -> u32 {
        self.with(|state| std::mem::take(&mut state.reached))
    }

    /// One call.
    pub(crate) async fn call(&self) -> Result<(), Refusal> {
        let health = self.with(|state| {
            state.reached += 1;
            state.health
        });
        let Some(work) = health.work() else {
            sleep(Duration::from_millis(2)).await;
            return Err(Refusal::of_kind(ErrorKind::Unavailable, "connection refused"));
        };
        let _worker = self.workers.acquire().await.expect("it is never closed");
        // Some calls are more work, some less.
        let more = self.with(|state| 0.6 + 0.8 * state.random.unit());
        sleep(Duration::from_millis((work * more) as u64)).await;
        Ok(())
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
