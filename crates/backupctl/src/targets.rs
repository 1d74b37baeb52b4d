//! The solution's own target values, typed once in `aws-backup-ssm-targets.json`.

use anyhow::{Context as _, bail};

use crate::parameters::Parameters;

/// The keys of the file, and the SSM parameters that the pipeline writes their values to.
const PARAMETERS: [(&str, &str); 7] = [
    ("OrganizationId", "/backup/org-id"),
    ("OrgManagementAccount", "/backup/org-management-account"),
    ("TargetHomeAccount", "/backup/home-account"),
    ("CentralBackupVaultArn", "/backup/central-vault-arn"),
    ("TargetOUs", "/backup/target/organizational-units"),
    ("TargetRegions", "/backup/target/regions"),
    ("TargetGlobalRegion", "/backup/target/global-region"),
];

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// `o-...`
    pub organization: String,
    /// The management account.
    pub management_account: String,
    /// The account with the pipeline and the policy manager.
    pub home_account: String,
    /// The vault that gets every copy.
    pub central_vault: VaultArn,
    /// Units, or the root, whose accounts are backed up.
    pub units: Vec<String>,
    /// Regions in which backups are made.
    pub regions: Vec<String>,
    parameters: Parameters,
}

/// The parts of a vault's ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultArn {
    /// The whole.
    pub arn: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    /// Where it is.
    pub region: String,
    /// Whose it is.
    pub account: String,
    /// Its name.
    pub name: String,
}

impl Targets {
    /// Reads the file: `{"Parameters": {...}}`. `make targets-check` looks closer.
    ///
    /// # Errors
    /// A value is missing, or is not what its key says.
    pub fn parse(text: &str) -> anyhow::Result<Targets> {
        let parameters = Parameters::parse(text)?;
        let value = |key: &str| match parameters.get(key).map(str::trim) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => bail!("`{key}` is missing: write it in the file, and run `make targets-check`"),
        };
        let list = |key: &str| -> anyhow::Result<Vec<String>> {
            let text = value(key)?;
            Ok(text.split(',').map(|item| item.trim().to_owned()).collect())
        };
        let vault = value("CentralBackupVaultArn")?;
        let central_vault = VaultArn::parse(&vault).with_context(|| {
            format!("`CentralBackupVaultArn` is `{vault}`, which is not the ARN of a backup vault")
        })?;
        Ok(Targets {
            organization: value("OrganizationId")?,
            management_account: value("OrgManagementAccount")?,
            home_account: value("TargetHomeAccount")?,
            central_vault,
            units: list("TargetOUs")?,
            regions: list("TargetRegions")?,
            parameters,
        })
    }

    /// Gives the values under the names that the pipeline gives them in SSM, where nothing else
    /// was given.
    pub fn complete(&self, parameters: &mut Parameters) {
        for (key, name) in PARAMETERS {
            if let Some(value) = self.parameters.get(key) {
                parameters.complete(name, value);
            }
        }
        parameters.complete("AWS::Partition", &self.central_vault.partition);
    }
}

impl VaultArn {
    fn parse(arn: &str) -> Option<VaultArn> {
        let parts: Vec<&str> = arn.split(':').collect();
        let [
            "arn",
            partition,
            "backup",
            region,
            account,
            "backup-vault",
            name,
        ] = parts.as_slice()
        else {
            return None;
        };
        Some(VaultArn {
            arn: arn.to_owned(),
            partition: (*partition).to_owned(),
            region: (*region).to_owned(),
            account: (*account).to_owned(),
            name: (*name).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: &str = "arn:aws-cn:backup:cn-north-1:333333333333:backup-vault:Central";

    fn file(ous: &str) -> String {
        format!(
            r#"{{"Parameters": {{"OrganizationId": "o-rehearsal01",
            "OrgManagementAccount": "111111111111", "TargetHomeAccount": "222222222222",
            "CentralBackupVaultArn": "{VAULT}", "TargetOUs": "{ous}",
            "TargetRegions": "cn-north-1, cn-northwest-1", "TargetGlobalRegion": "cn-north-1"}}}}"#
        )
    }

    #[test]
    fn the_values_stand_in_for_ssm_parameters_that_nobody_gave() {
        let targets = Targets::parse(&file("ou-a, ou-b")).unwrap();
        assert_eq!(targets.units, ["ou-a", "ou-b"]);
        assert_eq!(targets.central_vault.account, "333333333333");
        let mut parameters = Parameters::parse(r#"{"/backup/org-id": "o-given"}"#).unwrap();
        targets.complete(&mut parameters);
        assert_eq!(parameters.get("/backup/org-id"), Some("o-given"));
        assert_eq!(
            parameters.get("/backup/target/organizational-units"),
            Some("ou-a, ou-b")
        );
        assert_eq!(parameters.get("/backup/central-vault-arn"), Some(VAULT));
        assert_eq!(parameters.get("AWS::Partition"), Some("aws-cn"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Targets::parse(&file("")).unwrap_err().to_string();
        assert!(error.starts_with("`TargetOUs` is missing"), "{error}");
        let error = Targets::parse(&file("x").replace("backup-vault", "vault"));
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("not the ARN of a backup vault")
        );
    }
}
