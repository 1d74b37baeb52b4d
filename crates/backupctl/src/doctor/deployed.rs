//! Whether the policies of a deployed stack are still what its resources declare: a second
//! deployment of the same would change nothing.

use backup_policy::Instant;

use crate::check::parse;
use crate::parameters::Parameters;
use crate::plan::present::Present;
use crate::plan::steps::{Step, steps};
use crate::plan::wanted::{Sources, reasons, wanted};
use crate::targets::Targets;
use crate::template;

/// The stack of the policies, as the pipeline names it.
pub const STACK: &str = "aws-backup-org-policy";

/// A template with the values that it was deployed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The template as it was sent.
    pub template: String,
    /// Its parameters' values, those that SSM holds under their names there.
    pub parameters: Parameters,
}

/// What a deployment of the stack as it is would do to each of its policies.
///
/// # Errors
/// Why that is not known.
pub fn again(
    stack: &Stack,
    targets: &Targets,
    present: &Present,
    now: Instant,
) -> Result<Vec<Step>, String> {
    let document = parse(STACK, &stack.template).map_err(|error| error.to_string())?;
    let mut parameters = stack.parameters.clone();
    targets.complete(&mut parameters);
    parameters.complete("AWS::StackName", STACK);
    let sources = Sources {
        parameters: parameters.clone(),
        stack: STACK.to_owned(),
        ..Sources::default()
    };
    let (mut wants, mut unknown) = (Vec::new(), Vec::new());
    for found in &template::policies(&document, &parameters) {
        match wanted(found, &sources, now) {
            Ok(wanted) => wants.push(wanted),
            Err(missing) => unknown.extend(missing),
        }
    }
    match unknown.is_empty() {
        true => Ok(steps(present, &wants, STACK)),
        false => Err(reasons(&unknown)),
    }
}
