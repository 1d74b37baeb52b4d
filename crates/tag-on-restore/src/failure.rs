//! What it means when AWS refuses a call.

/// A refusal, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fault<'f> {
    /// The service's error code, such as `ThrottlingException`. The Resource Groups Tagging API
    /// has one an ARN, of whatever service is behind it.
    pub code: Option<&'f str>,
    /// The HTTP status. `None` when there was no answer.
    pub status: Option<u16>,
    /// The service's message: Storage Gateway says everything with one code.
    pub message: Option<&'f str>,
}

/// What to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It will pass: return the message to the queue.
    Retry,
    /// The resource is gone: done, nothing to do.
    Gone,
    /// Not allowed. Return the message to the queue until it reaches the dead-letter queue; it can
    /// be sent again from there when the permission is corrected.
    Denied,
    /// Too many tags: read again, plan again, drop what is over.
    Limit,
    /// One of the tags, or something else in the call, is refused: try tag by tag.
    Invalid,
    /// Anything else that will not pass. To the dead-letter queue, as [`Class::Denied`].
    Permanent,
}

/// The receive count from which a resource that cannot be found is gone. Before that it may only
/// not be visible yet everywhere.
pub const GONE_AT_RECEIVE: u32 = 3;

/// The class of a refusal of a call about the target, when its message is received for the
/// `receive_count`th time.
pub fn classify(fault: Fault<'_>, receive_count: u32) -> Class {
    let code = fault.code.unwrap_or_default();
    match (code, fault.status) {
        (_, None | Some(429 | 500..)) => Class::Retry,
        _ if code.contains("NotFound") && receive_count >= GONE_AT_RECEIVE => Class::Gone,
        _ if code.contains("NotFound") => Class::Retry,
        _ => Class::Permanent,
    }
}
