//! What the organization is, and whom it lets do what.

use std::collections::BTreeSet;

use aws_sdk_organizations::types::OrganizationFeatureSet;

use super::Organizations;
use crate::failure::Failure;

impl Organizations {
    /// The organization's id, and whether all its features are on.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn describe(&self) -> Result<(String, bool), Failure> {
        self.paces.roots.turn().await;
        match self.client.describe_organization().send().await {
            Ok(output) => {
                let organization = output.organization;
                let all = |it: &aws_sdk_organizations::types::Organization| {
                    it.feature_set == Some(OrganizationFeatureSet::All)
                };
                let is_whole = organization.as_ref().is_some_and(all);
                let id = organization.and_then(|it| it.id).unwrap_or_default();
                Ok((id, is_whole))
            }
            Err(error) => {
                let failure = Failure::new("organizations", "DescribeOrganization", error);
                Err(failure.of(&self.caller.arn))
            }
        }
    }

    /// The services that have trusted access.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn trusted_services(&self) -> Result<BTreeSet<String>, Failure> {
        let services = pages!(
            self,
            roots,
            "ListAWSServiceAccessForOrganization",
            self.client.list_aws_service_access_for_organization(),
            enabled_service_principals
        );
        let names = services.into_iter().filter_map(|it| it.service_principal);
        Ok(names.collect())
    }

    /// The accounts that administer a service for the organization.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn administrators(&self, service: &str) -> Result<BTreeSet<String>, Failure> {
        let request = || self.client.list_delegated_administrators();
        let accounts = pages!(
            self,
            roots,
            "ListDelegatedAdministrators",
            request().service_principal(service),
            delegated_administrators
        );
        Ok(accounts.into_iter().filter_map(|it| it.id).collect())
    }
}
