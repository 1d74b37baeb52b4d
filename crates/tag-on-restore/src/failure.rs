//! What it means when AWS refuses a call.
//!
//! Error codes are compared by their telling part, because the same refusal is
//! `ThrottlingException`, `Throttling` or `ThrottledException`, and `DBInstanceNotFound` or
//! `DBClusterNotFoundFault`. A code that is not known is [`Class::Permanent`]: it is repeated as
//! often as the queue allows and then seen in the dead-letter queue, never swallowed.

use crate::tags::has_prefix;

/// A refusal, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fault<'f> {
    /// The service's error code, such as `ThrottlingException`. The Resource Groups Tagging API
    /// has one an ARN, of whatever service is behind it.
    pub code: Option<&'f str>,
    /// The HTTP status. `None` when there was no answer, or none that could be read.
    pub status: Option<u16>,
    /// The service's message: Storage Gateway reports everything with one code.
    pub message: Option<&'f str>,
}

/// What to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// It will pass: return the message to the queue.
    Retry,
    /// The resource is gone: done, nothing to do.
    Gone,
    /// Not allowed, by a policy of any kind. Return the message to the queue until it reaches the
    /// dead-letter queue; it can be sent again from there when the permission is corrected.
    Denied,
    /// Too many tags: read again, plan again, drop what is over.
    Limit,
    /// Too many of something. Of tags, if the resource has no room for these: as [`Class::Limit`].
    /// If it has, of what ends, such as DynamoDB's simultaneous operations: as [`Class::Retry`].
    Busy,
    /// One of the tags, or something else in the call, is refused, or there is no room for the tags,
    /// for which many services have no other code: read and plan again, then try tag by tag and drop
    /// those that are refused alone. When all are, the tags are not the reason:
    /// [`Class::Permanent`].
    Invalid,
    /// Anything else that will not pass. To the dead-letter queue, as [`Class::Denied`].
    Permanent,
}

/// The receive count from which a resource that cannot be found is gone. Before that it may only
/// not be visible yet everywhere.
pub const GONE_AT_RECEIVE: u32 = 3;

/// Throttling that has "limit" or "exceeded" in its name, which elsewhere means too many tags.
const THROTTLED: [&str; 7] = [
    "Throttl",
    "TooManyRequests",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "ThroughputExceeded",
    "SlowDown",
    "RequestRateTooHigh",
];

/// Faults of the service, and states that end.
const PASSING: [&str; 20] = [
    "InternalService",
    "InternalServer",
    "InternalError",
    "InternalFailure",
    "Unavailable",
    "DependencyFailure",
    "RequestTimeout",
    "RequestExpired",
    // Timestream's endpoints are discovered, and change.
    "InvalidEndpoint",
    "ExpiredToken",
    // States: DynamoDB, RDS and its relatives, Redshift, EC2, S3, Systems Manager for SAP.
    "ResourceInUse",
    "InvalidDBInstanceState",
    "InvalidDBCluster",
    "InvalidClusterState",
    "IncorrectState",
    "IncorrectInstanceState",
    "OperationAborted",
    "Conflict",
    // Of several callers at once, above all about tags: EC2's `ConcurrentTagAccess` ("allow
    // sufficient wait time", EC2's API reference), SNS's, CloudWatch's and others'; Systems Manager.
    "Concurrent",
    "TooManyUpdates",
];

const MISSING: [&str; 2] = ["NotFound", "NoSuchBucket"];

const DENIED: [&str; 9] = [
    "AccessDenied",
    "Unauthorized",
    "NotAuthorized",
    "AuthFailure",
    "TagPolicy",
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "OptInRequired",
];

/// TagResource of the services that have "QuotaExceeded" (Aurora DSQL, Timestream) has no other quota.
const LIMIT: [&str; 6] = [
    "TagLimitExceeded",
    "TagsLimitExceeded",
    "TooManyTags",
    "TagsPerResource",
    "TagQuota",
    "QuotaExceeded",
];

/// DynamoDB's model has `LimitExceededException` for operations at the same time, not for tags.
const BUSY: [&str; 1] = ["LimitExceeded"];

const INVALID: [&str; 6] = [
    "InvalidTag",
    "Validation",
    "InvalidParameter",
    "InvalidRequest",
    "BadRequest",
    "MalformedXML",
];

/// The one error code of Storage Gateway.
const STORAGE_GATEWAY: &str = "InvalidGatewayRequest";

/// The class of a refusal, when its message is received for the `receive_count`th time.
///
/// ```
/// use tag_on_restore::failure::{Class, Fault, classify};
/// let fault = Fault { code: Some("InvalidDBClusterStateFault"), status: Some(400), message: None };
/// assert_eq!(classify(fault, 1), Class::Retry);
/// ```
pub fn classify<'f>(fault: impl Into<Fault<'f>>, receive_count: u32) -> Class {
    let fault = fault.into();
    let code = fault.code.unwrap_or_default();
    let message = fault.message.unwrap_or_default().to_ascii_lowercase();
    let code_has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    let missing = match receive_count >= GONE_AT_RECEIVE {
        true => Class::Gone,
        false => Class::Retry,
    };

    if has_prefix(code, STORAGE_GATEWAY) {
        // No codes to go by: the words are those of the documented operation error codes, such as
        // `VolumeNotFound` and `GatewayNotConnected`. Not verified against the service.
        return match () {
            () if says(&["not found", "notfound", "does not exist"]) => missing,
            () if says(&["connect", "unavailable", "internal", "busy", "timed out"]) => {
                Class::Retry
            }
            () => Class::Invalid,
        };
    }
    // A state that is in the way has a 4xx status and a missing resource may have a 5xx of the
    // tagging API in front: the code says more than the status.
    match fault.status {
        Some(429) => Class::Retry,
        _ if code_has(&THROTTLED) || code_has(&PASSING) => Class::Retry,
        _ if code_has(&MISSING) => missing,
        _ if code_has(&DENIED) || says(&["tag policy", "tag policies"]) => Class::Denied,
        _ if code_has(&LIMIT) => Class::Limit,
        _ if code_has(&BUSY) => Class::Busy,
        _ if code_has(&INVALID) => Class::Invalid,
        // The service has no such operation, or not for this resource.
        Some(501) => Class::Permanent,
        None | Some(408 | 409 | 500..) => Class::Retry,
        Some(401 | 403) => Class::Denied,
        Some(404) if code.is_empty() => missing,
        Some(_) => Class::Permanent,
    }
}

#[cfg(test)]
mod tests;
