//! Two places may have the tags of what was backed up: its recovery point and, if it is ours and
//! alive, the source itself. When one of them cannot be read, the other may do.

use crate::Tags;
use crate::failure::{Class, GONE_AT_RECEIVE, classify};
use aws_client::CallError;

/// What reading one of the places returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// There is nothing to read: it is gone, has no tags by its nature, or is not ours.
    Nothing,
    /// Its tags.
    Tags(Tags),
    /// It could not be read.
    Failed(CallError),
}

impl Reading {
    /// Reads the result of asking. What cannot be found is gone.
    pub fn of(result: Result<Tags, CallError>) -> Self {
        match result {
            Ok(tags) => Self::Tags(tags),
            Err(error) if classify(&error, GONE_AT_RECEIVE) == Class::Gone => Self::Nothing,
            Err(error) => Self::Failed(error),
        }
    }

    fn tags(self) -> Tags {
        match self {
            Self::Tags(tags) => tags,
            Self::Nothing | Self::Failed(_) => Tags::new(),
        }
    }

    fn failure(&self) -> Option<&CallError> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Nothing | Self::Tags(_) => None,
        }
    }
}

/// The tags of both places, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    /// The recovery point's.
    pub recovery_point: Tags,
    /// The live source's.
    pub source: Tags,
    /// A failure that the other place made up for.
    pub soft: Option<CallError>,
}

/// Joins what both places returned. A failure is soft if the other place had an answer; one that
/// another attempt may end is so only when the message has come back as often as
/// [`GONE_AT_RECEIVE`], because tags that are not written now are not missed later.
///
/// # Errors
/// With the failure, if it is not soft; with the one that another attempt may end, if both failed.
pub fn join(
    recovery_point: Reading,
    source: Reading,
    receive_count: u32,
) -> Result<Readings, CallError> {
    let passes = |error: &CallError| {
        let class = classify(error, receive_count);
        matches!(class, Class::Retry | Class::Busy)
    };
    let (failed, other) = match (recovery_point.failure(), source.failure()) {
        (Some(one), Some(two)) => {
            return Err(if passes(two) {
                two.clone()
            } else {
                one.clone()
            });
        }
        (Some(error), None) => (Some(error.clone()), &source),
        (None, Some(error)) => (Some(error.clone()), &recovery_point),
        (None, None) => (None, &source),
    };
    if let Some(error) = &failed {
        let made_up_for = matches!(other, Reading::Tags(_));
        let again = passes(error) && receive_count < GONE_AT_RECEIVE;
        if again || !made_up_for {
            return Err(error.clone());
        }
    }
    Ok(Readings {
        recovery_point: recovery_point.tags(),
        source: source.tags(),
        soft: failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, status: u16) -> CallError {
        CallError {
            code: Some(code.to_string()),
            status: Some(status),
            ..CallError::other("backup:ListTags", "")
        }
    }

    fn tagged() -> Reading {
        Reading::Tags(Tags::from([("a".into(), "1".into())]))
    }

    #[test]
    fn what_is_gone_is_no_failure() {
        let gone = Reading::of(Err(error("ResourceNotFoundException", 400)));
        assert_eq!(gone, Reading::Nothing);
        let readings = join(gone.clone(), gone, 1).unwrap();
        assert!(readings.recovery_point.is_empty() && readings.soft.is_none());
    }

    #[test]
    fn a_refusal_is_soft_when_the_other_place_had_an_answer() {
        let denied = Reading::Failed(error("AccessDeniedException", 403));
        for (recovery_point, source) in [(denied.clone(), tagged()), (tagged(), denied.clone())] {
            let readings = join(recovery_point, source, 1).unwrap();
            assert_eq!(readings.soft, Some(error("AccessDeniedException", 403)));
            let tags = readings.recovery_point.len() + readings.source.len();
            assert_eq!(tags, 1);
        }
        let alone = join(denied.clone(), Reading::Nothing, 1);
        assert_eq!(alone, Err(error("AccessDeniedException", 403)));
    }

    #[test]
    fn what_may_pass_is_waited_for_and_then_soft() {
        let throttled = Reading::Failed(error("ThrottlingException", 429));
        assert!(join(throttled.clone(), tagged(), 1).is_err());
        assert!(join(throttled.clone(), tagged(), GONE_AT_RECEIVE).is_ok());
        assert!(join(throttled, Reading::Nothing, GONE_AT_RECEIVE).is_err());
    }

    #[test]
    fn of_two_failures_the_one_that_may_pass_counts() {
        let denied = Reading::Failed(error("AccessDeniedException", 403));
        let throttled = Reading::Failed(error("ThrottlingException", 429));
        for (one, two) in [(denied.clone(), throttled.clone()), (throttled, denied)] {
            assert_eq!(join(one, two, 6), Err(error("ThrottlingException", 429)));
        }
    }
}
