//! What the tags of a kind of resource may look like, from the services' models.
//!
//! Every service takes keys of 1 to 128 characters and values of up to 256. Where a service is not
//! known to refuse something it is let through: a refused tag costs a call, a dropped one is lost.

use std::fmt;

use super::Kind;
use crate::tags::has_prefix;

/// The most characters in a key.
const LONGEST_KEY: usize = 128;

/// The most characters in a value.
const LONGEST_VALUE: usize = 256;

/// What a service takes.
#[derive(Debug, PartialEq, Eq)]
pub struct Limits {
    keys: Characters,
    values: Characters,
    value_may_be_empty: bool,
    /// A prefix that no value may have, besides `aws:` where `values` is not `Any`.
    value_prefixes: &'static [&'static str],
}

/// The characters that a service takes.
#[derive(Debug, PartialEq, Eq)]
enum Characters {
    /// Any.
    Any,
    /// Letters, digits and spaces of every script, and `_.:/=+-@`.
    Usual,
    /// ASCII letters, digits and spaces, and `_.:/=+-@`.
    Ascii,
    /// SAP's keys: `[a-zA-Z+-=._:/]`, in which `+-=` is the range from `+` to `=`.
    Sap,
}

/// Why a service would refuse a tag. Displayed without the tag's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyInvalid {
    /// The key is empty.
    EmptyKey,
    /// The key is longer than 128 characters.
    LongKey,
    /// The key has a character that the service does not take.
    KeyCharacter(char),
    /// The value is empty, which the service does not take.
    EmptyValue,
    /// The value is longer than 256 characters.
    LongValue,
    /// The value has a character that the service does not take.
    ValueCharacter,
    /// The value begins with a prefix that is reserved there.
    ValuePrefix,
}

impl fmt::Display for WhyInvalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyKey => f.write_str("the key is empty"),
            Self::LongKey => write!(f, "the key has more than {LONGEST_KEY} characters"),
            Self::KeyCharacter(character) => {
                write!(f, "the key has `{}`", character.escape_default())
            }
            Self::EmptyValue => f.write_str("the value is empty"),
            Self::LongValue => write!(f, "the value has more than {LONGEST_VALUE} characters"),
            Self::ValueCharacter => f.write_str("the value has a character that is not allowed"),
            Self::ValuePrefix => f.write_str("the value begins with a reserved prefix"),
        }
    }
}

impl Limits {
    /// Why the service would refuse a tag. `None` if it is not known to.
    pub fn why_invalid(&self, key: &str, value: &str) -> Option<WhyInvalid> {
        if key.is_empty() {
            return Some(WhyInvalid::EmptyKey);
        }
        if key.chars().count() > LONGEST_KEY {
            return Some(WhyInvalid::LongKey);
        }
        if let Some(character) = key.chars().find(|c| !self.keys.take(*c)) {
            return Some(WhyInvalid::KeyCharacter(character));
        }
        if value.is_empty() && !self.value_may_be_empty {
            return Some(WhyInvalid::EmptyValue);
        }
        if value.chars().count() > LONGEST_VALUE {
            return Some(WhyInvalid::LongValue);
        }
        if value.chars().any(|c| !self.values.take(c)) {
            return Some(WhyInvalid::ValueCharacter);
        }
        let reserved = |prefix: &&str| has_prefix(value, prefix);
        if self.value_prefixes.iter().any(reserved) {
            return Some(WhyInvalid::ValuePrefix);
        }
        None
    }
}

impl Characters {
    fn take(&self, character: char) -> bool {
        let sign = "_.:/=+-@".contains(character);
        match self {
            Self::Any => true,
            Self::Usual => {
                // The models' [\p{L}\p{Z}\p{N}]. `is_alphabetic` has marks that \p{L} has not:
                // better asked of the service than dropped.
                let space = character.is_whitespace() && !character.is_control();
                sign || space || character.is_alphabetic() || character.is_numeric()
            }
            Self::Ascii => sign || character == ' ' || character.is_ascii_alphanumeric(),
            Self::Sap => {
                character.is_ascii_alphabetic()
                    || ('+'..='=').contains(&character)
                    || character == '_'
            }
        }
    }
}

const ANY: Limits = Limits {
    keys: Characters::Any,
    values: Characters::Any,
    value_may_be_empty: true,
    value_prefixes: &[],
};

const USUAL: Limits = Limits {
    keys: Characters::Usual,
    values: Characters::Usual,
    ..ANY
};

/// The documentation asks for values of 1 to 256 characters, but tags without a value exist on RDS.
const RDS: Limits = Limits {
    value_prefixes: &["aws:", "rds:"],
    ..USUAL
};

const USUAL_KEYS: Limits = Limits {
    keys: Characters::Usual,
    ..ANY
};

const DSQL: Limits = Limits {
    keys: Characters::Ascii,
    values: Characters::Ascii,
    ..ANY
};

const SAP: Limits = Limits {
    keys: Characters::Sap,
    value_may_be_empty: false,
    ..ANY
};

/// What a kind's service takes.
pub(super) fn of(kind: Kind) -> &'static Limits {
    match kind {
        Kind::RdsInstance | Kind::RdsCluster => &RDS,
        Kind::DsqlCluster => &DSQL,
        Kind::EfsFileSystem | Kind::FsxFileSystem | Kind::FsxVolume | Kind::S3Bucket => &USUAL,
        Kind::StorageGatewayVolume | Kind::VirtualMachine => &USUAL_KEYS,
        Kind::SapHana => &SAP,
        Kind::Ec2Instance
        | Kind::EbsVolume
        | Kind::NetworkInterface
        | Kind::DynamoDbTable
        | Kind::EksCluster
        | Kind::RedshiftCluster
        | Kind::RedshiftServerless
        | Kind::TimestreamTable
        | Kind::CloudFormationStack
        | Kind::Unknown => &ANY,
    }
}
