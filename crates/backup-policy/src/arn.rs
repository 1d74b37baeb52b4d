//! The three kinds of ARN in a backup policy, and why one is not what it should be.

use crate::grammar::names;
use crate::regions;

/// An ARN taken apart; `resource` is everything behind the fifth colon.
struct Arn<'t> {
    partition: &'t str,
    service: &'t str,
    region: &'t str,
    account: &'t str,
    resource: &'t str,
}

/// Why a text is not the ARN it should be.
type Reason = String;

impl<'t> Arn<'t> {
    fn parse(text: &'t str) -> Result<Arn<'t>, Reason> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().unwrap_or_default();
        let (scheme, partition, service, region, account, resource) =
            (next(), next(), next(), next(), next(), next());
        if scheme != "arn" || resource.is_empty() {
            return Err("it is not an ARN".into());
        }
        let is_partition = partition == "aws" || partition.starts_with("aws-");
        if !is_partition || !is_word(partition) {
            return Err(format!(
                "`{partition}` is not a partition (`aws`, `aws-cn`, ...)"
            ));
        }
        Ok(Arn {
            partition,
            service,
            region,
            account,
            resource,
        })
    }
}

/// The partition in an ARN, if it is one.
pub(crate) fn partition(text: &str) -> Option<&str> {
    Arn::parse(text).ok().map(|arn| arn.partition)
}

/// The Region in an ARN, if there is one.
pub(crate) fn region(text: &str) -> Option<&str> {
    Arn::parse(text)
        .ok()
        .map(|arn| arn.region)
        .filter(|region| !region.is_empty())
}

/// The account in an ARN, if there is one.
pub(crate) fn account(text: &str) -> Option<&str> {
    Arn::parse(text)
        .ok()
        .map(|arn| arn.account)
        .filter(|account| !account.is_empty())
}

/// What is behind `role/` in the ARN of a role: its path and name.
pub(crate) fn role_path(text: &str) -> Option<&str> {
    Arn::parse(text).ok()?.resource.strip_prefix("role/")
}

/// The role that AWS Backup assumes in each account: `arn:aws:iam::$account:role/NAME`.
pub(crate) fn check_role(text: &str) -> Result<(), Reason> {
    let arn = Arn::parse(text)?;
    if arn.service != "iam" || !arn.region.is_empty() {
        return Err("it is not the ARN of an IAM role".into());
    }
    if arn.account != "$account" {
        let given = arn.account;
        return Err(format!(
            "its account is `{given}` where only `$account` is allowed"
        ));
    }
    match arn.resource.strip_prefix("role/") {
        Some(path) if !path.is_empty() && !path.contains(char::is_whitespace) => Ok(()),
        _ => Err("it does not end in `role/` and the role's name".into()),
    }
}

/// A vault that copies go to: a Region, and `$account` or an account id.
pub(crate) fn check_copy_vault(text: &str) -> Result<(), Reason> {
    let arn = Arn::parse(text)?;
    if arn.region == "$region" {
        return Err("`$region` is not replaced here: it takes one Region's code".into());
    }
    if arn.service == "backup" && !regions::is_well_formed(arn.region) {
        return Err(format!("`{}` is not the code of a Region", arn.region));
    }
    if arn.service == "backup" && arn.account != "$account" && !is_account(arn.account) {
        let given = arn.account;
        return Err(format!(
            "its account is `{given}`, neither `$account` nor 12 digits"
        ));
    }
    check_vault(&arn)
}

/// A logically air-gapped vault: both `$region` and `$account`.
pub(crate) fn check_air_gapped_vault(text: &str) -> Result<(), Reason> {
    let arn = Arn::parse(text)?;
    if arn.service == "backup" && (arn.region != "$region" || arn.account != "$account") {
        return Err("it must have `$region` and `$account` for Region and account".into());
    }
    check_vault(&arn)
}

fn check_vault(arn: &Arn<'_>) -> Result<(), Reason> {
    match (arn.service, arn.resource.strip_prefix("backup-vault:")) {
        ("backup", Some(name)) if names::is_vault_name(name) => Ok(()),
        ("backup", Some(name)) => Err(format!("`{name}` is not the name of a vault")),
        _ => Err("it is not the ARN of a backup vault".into()),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles() {
        for right in [
            "arn:aws:iam::$account:role/R",
            "arn:aws-cn:iam::$account:role/a/b/R",
        ] {
            assert_eq!(check_role(right), Ok(()), "{right}");
        }
        for wrong in [
            "bad",
            "arn:aws:iam::111111111111:role/Test",
            "arn:aws:iam::$$account:role/Test",
            "arn:aws:iam::$account:user/Test",
            "arn:aws:iam::$account:role/",
            "arn:aws:iam:eu-west-1:$account:role/R",
            "arn:AWS:iam::$account:role/R",
        ] {
            assert!(check_role(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn vaults() {
        for right in [
            "arn:aws:backup:us-east-1:$account:backup-vault:Vault",
            "arn:aws-us-gov:backup:us-gov-west-1:111122223333:backup-vault:v_1-x",
        ] {
            assert_eq!(check_copy_vault(right), Ok(()), "{right}");
            assert!(check_air_gapped_vault(right).is_err(), "{right}");
        }
        for wrong in [
            "arn:aws:backup:$region:$account:backup-vault:Vault",
            "arn:aws:backup:us-east-1:1234:backup-vault:Vault",
            "arn:aws:backup:us-east-1:$account:backup-vault:with.dot",
            "arn:aws:backup:us-east-1:$account:vault:Vault",
            "arn:aws:s3:us-east-1:$account:backup-vault:Vault",
            "arn:aws:backup:...",
        ] {
            assert!(check_copy_vault(wrong).is_err(), "{wrong}");
        }
        let air_gapped = "arn:aws:backup:$region:$account:backup-vault:Vault";
        assert_eq!(check_air_gapped_vault(air_gapped), Ok(()));
    }

    #[test]
    fn what_is_wrong_with_an_arn_is_said() {
        type Check = fn(&str) -> Result<(), Reason>;
        let (role, copy, air_gapped) = (
            check_role as Check,
            check_copy_vault as Check,
            check_air_gapped_vault as Check,
        );
        for (check, text, reason) in [
            (role, "urn:aws:iam::$account:role/R", "it is not an ARN"),
            (role, "arn:aws:iam::$account:", "it is not an ARN"),
            (
                role,
                "arn:azure:iam::$account:role/R",
                "`azure` is not a partition (`aws`, `aws-cn`, ...)",
            ),
            (
                role,
                "arn:aws-CN:iam::$account:role/R",
                "`aws-CN` is not a partition (`aws`, `aws-cn`, ...)",
            ),
            (
                copy,
                "arn:aws:backup:Ireland:$account:backup-vault:V",
                "`Ireland` is not the code of a Region",
            ),
            (
                copy,
                "arn:aws:s3:::bucket",
                "it is not the ARN of a backup vault",
            ),
            (
                copy,
                "arn:aws:backup:eu-west-1:$account:backup-vault:with.dot",
                "`with.dot` is not the name of a vault",
            ),
            (
                air_gapped,
                "arn:aws:backup:$region:$account:backup-vault:with.dot",
                "`with.dot` is not the name of a vault",
            ),
            (
                air_gapped,
                "arn:aws:backup:$region:$account:vault:V",
                "it is not the ARN of a backup vault",
            ),
        ] {
            assert_eq!(check(text), Err(reason.to_owned()), "{text}");
        }
    }
}
