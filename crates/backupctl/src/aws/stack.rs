//! A stack as CloudFormation deployed it.

use super::retries_without_quota;
use aws_types::region::Region;
use backup_reading::failure::Failure;
use backup_status::Seen;

use super::account::Account;
use crate::doctor::deployed::Stack;
use crate::parameters::Parameters;

impl Account {
    /// A stack of this account.
    pub async fn stack(&self, region: &str, name: &str) -> Seen<Stack> {
        let config = aws_sdk_cloudformation::config::Builder::from(&self.sdk)
            .region(Region::new(region.to_owned()))
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_cloudformation::Client::from_conf(config);
        let described = match client.describe_stacks().stack_name(name).send().await {
            Ok(output) => output.stacks.unwrap_or_default().into_iter().next(),
            Err(error) => {
                let failure = Failure::new("cloudformation", "DescribeStacks", error);
                // CloudFormation has no error of its own for a stack that is not there.
                let message = &failure.call.message;
                return match failure.is("ValidationError") && message.contains("does not exist") {
                    true => Seen::Missing,
                    false => self.unknown(failure),
                };
            }
        };
        let Some(stack) = described else {
            return Seen::Missing;
        };
        let template = match client.get_template().stack_name(name).send().await {
            Ok(output) => output.template_body.unwrap_or_default(),
            Err(error) => {
                return self.unknown(Failure::new("cloudformation", "GetTemplate", error));
            }
        };
        let mut parameters = Parameters::default();
        for parameter in stack.parameters.unwrap_or_default() {
            let (Some(key), Some(value)) = (parameter.parameter_key, parameter.parameter_value)
            else {
                continue;
            };
            // The value of a parameter of an SSM type is a name there; where none is resolved, the
            // value itself.
            let resolved = parameter.resolved_value.unwrap_or_else(|| value.clone());
            parameters.complete(&value, &resolved);
            parameters.complete(&key, &value);
        }
        Seen::There(Stack {
            template,
            parameters,
        })
    }
}
