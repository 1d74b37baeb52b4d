//! Single values and names: what AWS makes of the text.

use super::cursor::{Cursor, is_unknown};
use super::report::Report;
use super::{number, suggest, timing};
use crate::code::Code;
use crate::grammar::{Kind, Name, names};
use crate::{arn, regions};

/// Judges one value.
pub(super) fn check(kind: Kind, text: &str, at: &Cursor<'_>, report: &mut Report) {
    if is_unknown(text) {
        return;
    }
    if at.value.is_null() {
        let message = "null stands where a value should".to_owned();
        report.value(
            Code::ValueNull,
            at,
            message,
            "write the value, or take the key out".into(),
        );
    }
    if kind == Kind::TagKey && text.to_lowercase().starts_with("aws:") {
        let message = format!("`{text}` begins with `aws:`, which is reserved");
        report.value(
            Code::TagKeyReserved,
            at,
            message,
            "choose a tag of your own".into(),
        );
    }
    let before = report.len();
    match kind {
        Kind::Region => region(text, at, report),
        Kind::Schedule => timing::check(text, at, report),
        Kind::VaultName => vault_name(text, at, report),
        Kind::CopyVaultArn => copy_vault(text, at, report),
        Kind::AirGappedVaultArn => wrong(
            Code::AirGappedVaultArnInvalid,
            arn::check_air_gapped_vault(text),
            "write `arn:aws:backup:$region:$account:backup-vault:NAME`",
            (text, at, report),
        ),
        Kind::RoleArn => wrong(
            Code::RoleArnInvalid,
            arn::check_role(text),
            "write `arn:aws:iam::$account:role/NAME`: AWS puts in each account's own id",
            (text, at, report),
        ),
        Kind::Minutes => number::check(Code::MinutesInvalid, 60, "minutes", (text, at, report)),
        Kind::Days => number::check(Code::DaysInvalid, 1, "days", (text, at, report)),
        Kind::Boolean => one_of(Code::BooleanInvalid, &["true", "false"], text, at, report),
        Kind::OneOf(values) => one_of(Code::ChoiceInvalid, values, text, at, report),
        Kind::TagKey | Kind::SelectedTagKey => tag_text(text, 1..=128, "key", at, report),
        Kind::TagValue => tag_text(text, 0..=256, "value", at, report),
        Kind::ResourceType => resource_type(text, at, report),
        Kind::ConditionKey => condition_key(text, at, report),
        Kind::SelectedTagValue | Kind::ConditionValue => {}
    }
    if report.len() == before {
        variables_left(kind, text, at, report);
    }
}

/// Judges a name that the author chose; `at` is what the name is for.
pub(super) fn check_name(name: Name, text: &str, at: &Cursor<'_>, report: &mut Report) {
    if is_unknown(text) {
        return;
    }
    let what = match name {
        Name::Plan => "plan",
        Name::Rule => "rule",
        Name::Selection => "selection",
        Name::Condition => "condition",
        Name::Tag => return,
        Name::CopyVault => {
            if let Err(reason) = arn::check_copy_vault(text) {
                let message = format!("`{text}` is not a vault that copies can go to: {reason}");
                report.key(Code::VaultArnInvalid, at, message, VAULT_HELP.into());
            }
            return;
        }
    };
    if !names::is_name(text) {
        let message = format!("`{text}` cannot be the name of a {what}");
        let help = "names have 1 to 50 of the characters A-Z, a-z, 0-9, `_`, `.` and `-`";
        report.key(Code::NameInvalid, at, message, help.into());
    }
}

const VAULT_HELP: &str = "write `arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME`, where ACCOUNT \
                          is 12 digits, or `$account` for each account itself";

fn wrong(
    code: Code,
    result: Result<(), String>,
    help: &str,
    (text, at, report): (&str, &Cursor<'_>, &mut Report),
) {
    if let Err(reason) = result {
        report.value(
            code,
            at,
            format!("`{text}` cannot stand here: {reason}"),
            help.into(),
        );
    }
}

fn region(text: &str, at: &Cursor<'_>, report: &mut Report) {
    if !regions::is_well_formed(text) {
        let help = match suggest::nearest(text, regions::names()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "write the code of one Region, such as `eu-west-1`".into(),
        };
        let message = format!("`{text}` is not the code of a Region");
        report.value(Code::RegionInvalid, at, message, help);
    } else if regions::partition(text).is_none() {
        let message = format!("`{text}` is not a Region that was known when this was made");
        let help = match suggest::nearest(text, regions::names()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "AWS refuses it unless it is new".into(),
        };
        report.value(Code::RegionUnlisted, at, message, help);
    }
}

fn vault_name(text: &str, at: &Cursor<'_>, report: &mut Report) {
    if !names::is_vault_name(text) {
        let message = format!("`{text}` cannot be the name of a vault");
        let help = if text.starts_with("arn:") {
            "write the vault's name, not its ARN"
        } else {
            "names of vaults have 1 to 50 of the characters A-Z, a-z, 0-9, `_` and `-`"
        };
        report.value(Code::VaultNameInvalid, at, message, help.into());
    } else if text.len() == 1 {
        let message = format!("a vault cannot be created with the name `{text}`");
        let help = "AWS Backup wants at least two characters".into();
        report.value(Code::VaultNameShort, at, message, help);
    } else if text == "Default" {
        let message = "the vault `Default` exists only where somebody opened the AWS Backup \
                       console once, in each account and Region"
            .to_owned();
        let help = "create a vault of your own in every account and Region, and name it".into();
        report.value(Code::VaultDefault, at, message, help);
    }
}

fn copy_vault(text: &str, at: &Cursor<'_>, report: &mut Report) {
    let result = arn::check_copy_vault(text);
    wrong(
        Code::VaultArnInvalid,
        result,
        VAULT_HELP,
        (text, at, report),
    );
}

fn one_of(code: Code, values: &[&str], text: &str, at: &Cursor<'_>, report: &mut Report) {
    if !values.contains(&text) {
        let message = format!("`{text}` cannot stand here");
        report.value(
            code,
            at,
            message,
            suggest::among(text, values.iter().copied()),
        );
    }
}

fn tag_text(
    text: &str,
    range: std::ops::RangeInclusive<usize>,
    what: &str,
    at: &Cursor<'_>,
    report: &mut Report,
) {
    let length = text.chars().count();
    if !range.contains(&length) {
        let code = if what == "key" {
            Code::TagKeyInvalid
        } else {
            Code::TagValueInvalid
        };
        let message = format!("a tag's {what} of {length} characters cannot be");
        let help = format!("write {} to {} characters", range.start(), range.end());
        report.value(code, at, message, help);
    }
}

fn resource_type(text: &str, at: &Cursor<'_>, report: &mut Report) {
    if !names::is_resource_type(text) {
        let mut known = names::RESOURCE_TYPES.iter().copied().chain(["*"]);
        let message = format!("`{text}` is not a resource type of AWS Backup");
        let help = match suggest::nearest(text, known.clone()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => match known.rfind(|known| suggest::same_service(text, known)) {
                Some(similar) => format!("write a whole resource type, such as `{similar}`"),
                None => "write `*`, or a type such as `arn:aws:ec2:*:*:volume/*`".into(),
            },
        };
        report.value(Code::ResourceTypeUnknown, at, message, help);
    }
}

fn condition_key(text: &str, at: &Cursor<'_>, report: &mut Report) {
    if text
        .strip_prefix("aws:ResourceTag/")
        .is_none_or(str::is_empty)
    {
        let message = format!("`{text}` is not a condition key that is documented");
        let help = format!(
            "write `aws:ResourceTag/{}`",
            text.rsplit('/').next().unwrap_or(text)
        );
        report.value(Code::ConditionKeyForm, at, message, help);
    }
}

/// `$name` and `${name}`: most often left by a template engine that did not replace them.
fn variables_left(kind: Kind, text: &str, at: &Cursor<'_>, report: &mut Report) {
    let replaced: &[&str] = match kind {
        Kind::RoleArn | Kind::CopyVaultArn => &["account"],
        Kind::AirGappedVaultArn => &["account", "region"],
        _ => &[],
    };
    for after in text.split('$').skip(1) {
        let bare = after.trim_start_matches('{');
        let end = bare
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(bare.len());
        let Some(name) = bare
            .get(..end)
            .filter(|name| name.starts_with(char::is_alphabetic))
        else {
            continue;
        };
        if bare.len() == after.len() && replaced.contains(&name) {
            continue;
        }
        let shown = if bare.len() == after.len() {
            format!("${name}")
        } else {
            format!("${{{name}}}")
        };
        let message = format!("AWS does not replace `{shown}` here: it stays as it is");
        let help = "replace it before the policy is sent, or write the value";
        report.value(Code::VariableLeft, at, message, help.into());
    }
}
