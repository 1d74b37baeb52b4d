//! AWS's own merge of the policies that reach an account, and what it finds wrong with it.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::EffectivePolicyType;
use backup_status::Seen;
use backup_status::merge::{InForce, Invalid};
use serde_json::Value;

use super::Organizations;
use crate::failure::Failure;
use crate::instant;

impl Organizations {
    /// What AWS has in force for an account; none if backup policies are not enabled.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn in_force(&self, account: &str) -> Result<Option<InForce>, Failure> {
        self.paces.effective.turn().await;
        let operation = "DescribeEffectivePolicy";
        let described = self
            .client
            .describe_effective_policy()
            .policy_type(EffectivePolicyType::BackupPolicy)
            .target_id(account)
            .send()
            .await;
        let policy = match described {
            Ok(output) => output.effective_policy,
            Err(error) => {
                let failure = Failure::new("organizations", operation, error);
                return match failure.is("EffectivePolicyNotFoundException") {
                    true => Ok(None),
                    false => Err(failure.of(&self.caller.arn)),
                };
            }
        };
        let text = policy.as_ref().and_then(|policy| policy.policy_content());
        match text.map(serde_json::from_str::<Value>) {
            Some(Ok(document)) => Ok(Some(InForce {
                document,
                updated: policy
                    .and_then(|policy| policy.last_updated_timestamp)
                    .and_then(instant),
            })),
            _ => Err(super::odd(operation, "the answer has no policy")),
        }
    }

    /// The accounts whose merged policy AWS calls invalid, with its reasons as far as it gives them.
    ///
    /// # Errors
    /// As AWS answers about the accounts.
    pub async fn invalid(&self) -> Result<Invalid, Failure> {
        let mut all = BTreeMap::new();
        // Who does not answer is not asked about each account.
        let mut silent = None;
        for account in self.invalid_accounts().await? {
            let reasons = match &silent {
                Some(why) => Err(String::clone(why)),
                None => self.reasons(&account).await.map_err(|failure| {
                    let why = failure.to_string();
                    if failure.call.code.is_none() {
                        silent = Some(why.clone());
                    }
                    why
                }),
            };
            let reasons = match reasons {
                Ok(reasons) => Seen::There(reasons),
                Err(why) => Seen::Unknown(why),
            };
            all.insert(account, reasons);
        }
        Ok(all)
    }

    async fn invalid_accounts(&self) -> Result<Vec<String>, Failure> {
        let request = || self.client.list_accounts_with_invalid_effective_policy();
        let accounts = pages!(
            self,
            effective,
            "ListAccountsWithInvalidEffectivePolicy",
            request().policy_type(EffectivePolicyType::BackupPolicy),
            accounts
        );
        Ok(accounts.into_iter().filter_map(|it| it.id).collect())
    }

    async fn reasons(&self, account: &str) -> Result<Vec<String>, Failure> {
        let request = || self.client.list_effective_policy_validation_errors();
        let errors = pages!(
            self,
            effective,
            "ListEffectivePolicyValidationErrors",
            request()
                .account_id(account)
                .policy_type(EffectivePolicyType::BackupPolicy),
            effective_policy_validation_errors
        );
        let reason = |error: aws_sdk_organizations::types::EffectivePolicyValidationError| {
            let [code, message, path] =
                [error.error_code, error.error_message, error.path_to_error]
                    .map(Option::unwrap_or_default);
            format!("{code}: {message} (in {path})")
        };
        Ok(errors.into_iter().map(reason).collect())
    }
}
