//! The event `Backup Policy Drift`: a flat object without contents and tag values.

use serde_json::{Map, Value, json};

use super::{Cause, Difference};
use crate::identity::stack_name;

/// Differences that an event names; the others are counted. A detail may have 256 KB (EventBridge quotas) and a
/// person reads a few. Our choice.
const NAMED: usize = 20;

/// How things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The policy is not as it was deployed.
    Drifted,
    /// It was not, and was put back.
    Repaired,
    /// It is not, and could not be put back, for this reason.
    NotRepaired(String),
    /// It was not; now it is, and nobody had told it.
    Over,
    /// Nobody can say how it differs.
    Unknown,
    /// An account was moved out of one of its targets.
    Moved,
}

impl State {
    fn word(&self) -> &'static str {
        match self {
            Self::Drifted => "DRIFTED",
            Self::Repaired => "REPAIRED",
            Self::NotRepaired(_) => "NOT_REPAIRED",
            Self::Over => "OVER",
            Self::Unknown => "UNKNOWN",
            Self::Moved => "MOVED",
        }
    }
}

/// The policy that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `p-...`
    pub id: String,
    /// The policy's ARN.
    pub arn: String,
    /// The name under which it was deployed.
    pub name: String,
    /// The stack that owns it.
    pub stack_id: String,
    /// The resource of the stack.
    pub logical_id: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// How things stand.
    pub state: State,
    /// The differences' texts.
    pub differences: &'a [String],
    /// What tells this from every other report: the same for a repeated one.
    pub mark: &'a str,
    /// When the differences were first seen (ISO 8601, UTC).
    pub seen: &'a str,
    /// Who did it, if an event says so.
    pub cause: Option<&'a Cause>,
}

impl Report<'_> {
    /// The event's `detail`.
    pub fn detail(&self) -> Value {
        let Self {
            policy,
            differences,
            seen,
            ..
        } = self;
        let id = &policy.id;
        let state = self.state.word();
        let mut named: Vec<String> = differences.iter().take(NAMED).cloned().collect();
        if let more @ 1.. = differences.len().saturating_sub(NAMED) {
            named.push(format!("and {more} more"));
        }
        let mut detail = Map::new();
        let mut put = |name: &str, value: Value| _ = detail.insert(name.to_string(), value);
        put(
            "key",
            json!(format!("policy-drift/{id}/{state}/{}/{seen}", self.mark)),
        );
        put("state", json!(state));
        put("policyId", json!(id));
        put("policyArn", json!(policy.arn));
        put("policyName", json!(policy.name));
        put("stackId", json!(policy.stack_id));
        put("logicalId", json!(policy.logical_id));
        put("differences", json!(named));
        put("since", json!(seen));
        if let Some(cause) = self.cause {
            for (name, value) in [
                ("eventName", &cause.name),
                ("eventTime", &cause.time),
                ("by", &cause.by),
                ("from", &cause.from),
            ] {
                if !value.is_empty() {
                    put(name, json!(value));
                }
            }
        }
        if let State::NotRepaired(reason) = &self.state {
            put("reason", json!(reason));
        }
        put("summary", json!(self.summary(&named.join("; "))));
        put("remedy", json!(self.remedy()));
        Value::Object(detail)
    }

    fn summary(&self, named: &str) -> String {
        let Policy {
            id, name, stack_id, ..
        } = self.policy;
        let policy = format!("the backup policy `{name}` ({id})");
        let stack = stack_name(stack_id);
        let text = match &self.state {
            State::Drifted | State::NotRepaired(_) => {
                format!("{policy} is not as the stack {stack} deployed it: {named}")
            }
            State::Repaired => {
                format!(
                    "{policy} was not as the stack {stack} deployed it and was put back: {named}"
                )
            }
            State::Over => format!(
                "{policy} was not as the stack {stack} deployed it for a while, and is again: {named}"
            ),
            State::Unknown => {
                format!("{policy} of the stack {stack} cannot be compared: {named}")
            }
            State::Moved => format!("{policy} of the stack {stack}: {named}"),
        };
        let text = match &self.state {
            State::NotRepaired(reason) => format!("{text}; it could not be put back: {reason}"),
            _ => text,
        };
        match self.cause {
            Some(cause) if !cause.by.is_empty() => {
                format!("{text} ({} by {} at {})", cause.name, cause.by, cause.time)
            }
            _ => text,
        }
    }

    fn remedy(&self) -> String {
        let stack = stack_name(&self.policy.stack_id);
        let resource = &self.policy.logical_id;
        let has = |difference: Difference| self.differences.contains(&difference.to_string());
        match self.state {
            State::Repaired => {
                "nothing has to be done; ask who did it, or change the stack if it was meant".into()
            }
            State::Over => "nothing has to be done".into(),
            State::Unknown => format!(
                "update the stack {stack} with any property of {resource} changed (a first `Repair` \
                 counts): from then on it is known"
            ),
            State::Moved => {
                "see with `backupctl in-force` which plans the account has now, and attach \
                             the policy to where it is if it should keep them"
                    .into()
            }
            _ if has(Difference::Disowned) => format!(
                "if the stack {stack} is to keep the policy, update it with `AdoptExisting: true` on \
                 {resource}"
            ),
            _ if has(Difference::Deleted) => format!(
                "update the stack {stack} with any property of {resource} changed: that makes the \
                 policy anew"
            ),
            _ if has(Difference::TypeDisabled) => format!(
                "enable backup policies on the organization's root, then update the stack {stack} with \
                 any property of {resource} changed (`EnablePolicyType: true` does both)"
            ),
            _ => format!(
                "if it was meant, change the stack {stack}; if not, update it with any property of \
                 {resource} changed, or with `Repair: true`, which puts such changes back from then on"
            ),
        }
    }
}
