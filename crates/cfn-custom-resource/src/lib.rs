#![doc = include_str!("../README.md")]

mod serve;

mod answer;
mod payload;
mod request;
mod response_url;
mod send;

pub use answer::{Failure, Status, Success, create_failed_marker};
pub use answer::{MAX_ANSWER_BYTES, MAX_PHYSICAL_ID_BYTES};
pub use payload::Payload;
pub use request::{Request, RequestType};
pub use response_url::{ResponseUrlPolicy, ResponseUrlRefused};
pub use send::NotDelivered;
pub use serve::{ANSWER_MARGIN, Answering, Handlers, Outcome, ServeError, serve};
