//! The kinds of mistake, each with a name that stays.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// AWS refuses the document.
    Error,
    /// AWS accepts the document, but it is documented otherwise, or will not do what it seems to.
    Warning,
}

/// Makes the enum and its names from one list, so that they cannot differ.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident;)*) => {
        /// What kind of mistake a finding is about.
        ///
        /// Its text form (`schedule-invalid`) is stable and what people search for. The
        /// [catalogue](crate::catalogue) explains each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $name, "`: see the catalogue.")] $variant,)*
        }

        impl Code {
            /// Every code: first the errors, then the warnings.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The name of the code.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How bad it is: every code has one severity.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    SyntaxInvalid "syntax-invalid" Error;
    ObjectExpected "object-expected" Error;
    PlansMissing "plans-missing" Error;
    PlanLevelMissing "plan-level-missing" Error;
    KeyUnknown "key-unknown" Error;
    KeyMissing "key-missing" Error;
    NameInvalid "name-invalid" Error;
    OperatorMissing "operator-missing" Error;
    OperatorUnknown "operator-unknown" Error;
    OperatorMisplaced "operator-misplaced" Error;
    ControlsInvalid "controls-invalid" Error;
    SingleValueExpected "single-value-expected" Error;
    ListExpected "list-expected" Error;
    ListEmpty "list-empty" Error;
    MinutesInvalid "minutes-invalid" Error;
    DaysInvalid "days-invalid" Error;
    BooleanInvalid "boolean-invalid" Error;
    ChoiceInvalid "choice-invalid" Error;
    ScheduleInvalid "schedule-invalid" Error;
    ScheduleTooFrequent "schedule-too-frequent" Error;
    ScheduleEnds "schedule-ends" Error;
    RegionInvalid "region-invalid" Error;
    VaultNameInvalid "vault-name-invalid" Error;
    VaultArnInvalid "vault-arn-invalid" Error;
    AirGappedVaultArnInvalid "air-gapped-vault-arn-invalid" Error;
    RoleArnInvalid "role-arn-invalid" Error;
    ResourceTypeUnknown "resource-type-unknown" Error;
    TagKeyInvalid "tag-key-invalid" Error;
    TagValueInvalid "tag-value-invalid" Error;
    PlanTagNameDiffers "plan-tag-name-differs" Error;
    SelectionEmpty "selection-empty" Error;
    ContinuousRetention "continuous-retention" Error;
    ContinuousColdStorage "continuous-cold-storage" Error;
    ArchiveLifecycle "archive-lifecycle" Error;
    ArchiveSchedule "archive-schedule" Error;
    DocumentTooLong "document-too-long" Error;
    TemplateInvalid "template-invalid" Error;
    PropertyInvalid "property-invalid" Error;
    VariableInvalid "variable-invalid" Error;
    RetentionOutsideLock "retention-outside-lock" Error;
    DocumentLengthUncertain "document-length-uncertain" Warning;
    RootOperator "root-operator" Warning;
    KeyLetterCase "key-letter-case" Warning;
    NamesCollide "names-collide" Warning;
    NameLikeKey "name-like-key" Warning;
    LeafEmpty "leaf-empty" Warning;
    ValueNull "value-null" Warning;
    ListWithoutEffect "list-without-effect" Warning;
    ValueRepeated "value-repeated" Warning;
    NumberTooLarge "number-too-large" Warning;
    RegionUnlisted "region-unlisted" Warning;
    PartitionsDiffer "partitions-differ" Warning;
    VaultNameShort "vault-name-short" Warning;
    VaultDefault "vault-default" Warning;
    TagKeyReserved "tag-key-reserved" Warning;
    ConditionKeyForm "condition-key-form" Warning;
    VariableLeft "variable-left" Warning;
    ScheduleDayFields "schedule-day-fields" Warning;
    ScheduleSometimesTooFrequent "schedule-sometimes-too-frequent" Warning;
    PlanIncomplete "plan-incomplete" Warning;
    RuleWithoutVault "rule-without-vault" Warning;
    RuleWithoutSchedule "rule-without-schedule" Warning;
    SelectionWithoutRole "selection-without-role" Warning;
    SelectionsExclusive "selections-exclusive" Warning;
    WindowsDisagree "windows-disagree" Warning;
    ColdStorageTooShort "cold-storage-too-short" Warning;
    CopyArchiveLifecycle "copy-archive-lifecycle" Warning;
    CopyTargetDiffers "copy-target-differs" Warning;
    PointTagNameDiffers "point-tag-name-differs" Warning;
    IndexSeveral "index-several" Warning;
    QuotaExceeded "quota-exceeded" Warning;
    VariableUnused "variable-unused" Warning;
    ContentUnknown "content-unknown" Warning;
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
