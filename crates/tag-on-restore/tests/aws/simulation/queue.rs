//! SQS, with the template's figures: at least once, in any order, six times at most.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

const BATCH: usize = 10;
const MAX_RECEIVES: u32 = 6;
const VISIBILITY: Duration = Duration::from_secs(720);

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub body: String,
    pub receives: u32,
    visible: Instant,
}

/// The queue and its dead letters. Clones share them.
#[derive(Clone, Default)]
pub struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    sent: Notify,
}

#[derive(Default)]
struct State {
    ever: usize,
    messages: Vec<Message>,
    dead: Vec<Message>,
}

impl Queue {
    pub fn send(&self, body: String) {
        let mut state = self.lock();
        state.ever += 1;
        let id = format!("message-{}", state.ever);
        state.messages.push(Message {
            id,
            body,
            receives: 0,
            visible: Instant::now(),
        });
        self.0.sent.notify_waiters();
    }

    /// Waits for messages and receives some. One of them now and then stays visible, so that
    /// somebody else receives it too.
    pub async fn receive(&self, random: &mut Rng) -> Vec<Message> {
        loop {
            let sent = self.0.sent.notified();
            let (received, next) = self.visible(random);
            if !received.is_empty() {
                return received;
            }
            match next {
                Some(next) => tokio::select! {
                    biased;
                    () = sent => {}
                    () = sleep_until(next) => {}
                },
                None => sent.await,
            }
        }
    }

    fn visible(&self, random: &mut Rng) -> (Vec<Message>, Option<Instant>) {
        let mut state = self.lock();
        let now = Instant::now();
        let most = random.usize(1..=BATCH);
        let mut received = Vec::new();
        let mut dead = Vec::new();
        for message in &mut state.messages {
            if message.visible > now || received.len() == most {
                continue;
            }
            message.receives += 1;
            if message.receives > MAX_RECEIVES {
                dead.push(message.clone());
                continue;
            }
            if random.u8(0..30) != 0 {
                message.visible = now + VISIBILITY;
            }
            received.push(message.clone());
        }
        let is_dead = |it: &Message| dead.iter().any(|dead| dead.id == it.id);
        state.messages.retain(|it| !is_dead(it));
        state.dead.extend(dead);
        let next = state.messages.iter().map(|it| it.visible).min();
        (received, next)
    }

    /// The message is done.
    pub fn delete(&self, id: &str) {
        self.lock().messages.retain(|it| it.id != id);
        self.0.sent.notify_waiters();
    }

    /// Sends the dead letters back.
    pub fn redrive(&self) {
        let dead = std::mem::take(&mut self.lock().dead);
        dead.into_iter().for_each(|it| self.send(it.body));
    }

    pub fn dead(&self) -> Vec<Message> {
        self.lock().dead.clone()
    }

    /// Waits until every message is done or dead.
    pub async fn empty(&self) {
        while !self.lock().messages.is_empty() {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }
}

/// A batch as Lambda passes it.
pub fn batch(messages: &[Message]) -> Value {
    let records = messages.iter().map(|message| {
        json!({
            "messageId": message.id,
            "body": message.body,
            "attributes": { "ApproximateReceiveCount": message.receives.to_string() },
            "eventSource": "aws:sqs",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}
