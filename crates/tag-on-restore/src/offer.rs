//! What the recovery point and the live source offer together, when reading one of them may fail.

use crate::Tags;
use crate::failure::Class;

/// What came of reading the tags of one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Its tags; perhaps none.
    Tags(Tags),
    /// There is nothing to read: no source of ours, a recovery point that cannot have tags.
    Nothing,
    /// AWS refused.
    Refused(Class),
}

/// The tags on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The recovery point's.
    pub recovery_point: Tags,
    /// The live source's.
    pub source: Tags,
}

/// What both offer together.
///
/// What will pass is waited for even when the other one answered: tags that are written now keep
/// better ones from being written later. What will not pass is done without if the other one
/// answered. What is gone (a deleted source, an expired recovery point) offers nothing.
///
/// # Errors
/// The class of the refusal when there is something to wait for, or when neither answered and at
/// least one was refused for good.
///
/// ```
/// use tag_on_restore::{Tags, failure::Class, offer::{Answer, offer}};
/// let tags = Answer::Tags(Tags::new());
/// assert!(offer(tags.clone(), Answer::Refused(Class::Denied)).is_ok());
/// assert_eq!(offer(tags, Answer::Refused(Class::Retry)), Err(Class::Retry));
/// ```
pub fn offer(recovery_point: Answer, source: Answer) -> Result<Offer, Class> {
    let answered = [&recovery_point, &source]
        .iter()
        .any(|answer| matches!(answer, Answer::Tags(_)));
    let refusals = [&recovery_point, &source];
    let refusals = refusals.iter().filter_map(|answer| match answer {
        Answer::Refused(Class::Gone) | Answer::Tags(_) | Answer::Nothing => None,
        Answer::Refused(class) => Some(*class),
    });
    let refusals: Vec<Class> = refusals.collect();
    if refusals.contains(&Class::Retry) {
        return Err(Class::Retry);
    }
    match refusals.first() {
        Some(class) if !answered => Err(*class),
        _ => Ok(Offer {
            recovery_point: tags(recovery_point),
            source: tags(source),
        }),
    }
}

fn tags(answer: Answer) -> Tags {
    match answer {
        Answer::Tags(tags) => tags,
        Answer::Nothing | Answer::Refused(_) => Tags::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(key: &str) -> Answer {
        Answer::Tags(Tags::from([(key.to_string(), String::new())]))
    }

    fn keys(offer: &Offer) -> Vec<&str> {
        let keys = offer.recovery_point.keys().chain(offer.source.keys());
        keys.map(String::as_str).collect()
    }

    #[test]
    fn what_will_pass_is_waited_for_even_when_the_other_answered() {
        let retry = || Answer::Refused(Class::Retry);
        assert_eq!(offer(some("a"), retry()), Err(Class::Retry));
        assert_eq!(offer(retry(), some("a")), Err(Class::Retry));
        assert_eq!(
            offer(Answer::Refused(Class::Denied), retry()),
            Err(Class::Retry)
        );
    }

    #[test]
    fn one_that_is_refused_for_good_is_done_without() {
        let denied = || Answer::Refused(Class::Denied);
        assert_eq!(keys(&offer(some("a"), denied()).unwrap()), ["a"]);
        assert_eq!(keys(&offer(denied(), some("b")).unwrap()), ["b"]);
    }

    #[test]
    fn a_refusal_is_not_swallowed_when_nothing_else_answered() {
        for other in [Answer::Nothing, Answer::Refused(Class::Gone)] {
            let denied = Answer::Refused(Class::Denied);
            assert_eq!(offer(denied, other), Err(Class::Denied));
        }
    }

    #[test]
    fn what_is_gone_offers_nothing() {
        let gone = || Answer::Refused(Class::Gone);
        assert_eq!(keys(&offer(gone(), gone()).unwrap()), [""; 0]);
        assert_eq!(
            keys(&offer(Answer::Nothing, Answer::Nothing).unwrap()),
            [""; 0]
        );
        assert_eq!(keys(&offer(some("a"), gone()).unwrap()), ["a"]);
    }
}
