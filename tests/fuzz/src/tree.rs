//! An organization that the bytes choose piece by piece: a byte decides which key, value, operator or
//! attachment comes next, so that nearly every input is merged.

use backup_policy::{Account, BACKUP_POLICY, Organization, Policy, Unit};
use serde_json::{Map, Value, json};

use crate::organization::merged;

/// Policies, and accounts of a unit, at most.
const MOST: u8 = 4;

pub(crate) fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes.iter());
    let policies = (0..1 + choices.below(MOST)).map(|number| {
        let id = format!("p-{number}policy");
        let name = format!("policy {number}");
        let content = json!({"plans": choices.object(&PLANS)});
        (id, Policy { name, content })
    });
    let policies = policies.collect();
    let mut accounts = 0;
    let organization = Organization {
        policy_type: BACKUP_POLICY.to_owned(),
        read_at: None,
        root: choices.unit("r-abcd".to_owned(), 0, &mut accounts),
        policies,
    };
    let known = organization.check();
    let written = serde_json::to_string(&organization).unwrap_or_default();
    match (known, Organization::parse(&written)) {
        (Ok(()), Ok(read)) => assert_eq!(read, organization),
        (known, read) => assert_eq!(known.is_ok(), read.is_ok(), "{written}"),
    }
    merged(&organization, choices.below(16) == 15);
}

/// What may stand at a place of a policy.
enum Place {
    /// These keys.
    Keys(&'static [(&'static str, Place)]),
    /// Names of the author's, each with this below it.
    Names(&'static [&'static str], &'static Place),
    /// One of these texts.
    Text(&'static [&'static str]),
    /// Some of these texts.
    List(&'static [&'static str]),
}

const PLANS: Place = Place::Names(&["daily", "Daily", "weekly", "@@x", "d a"], &PLAN);

const PLAN: Place = Place::Keys(&[
    (
        "regions",
        Place::List(&["eu-west-1", "us-east-1", "EU-WEST-1", "x"]),
    ),
    (
        "rules",
        Place::Names(&["nightly", "Nightly", "hourly", ""], &RULE),
    ),
    ("selections", SELECTIONS),
    ("backup_plan_tags", Place::Names(&["t", "T"], &TAG)),
    ("advanced_backup_settings", ADVANCED),
    ("Rules", Place::Text(&["x"])),
]);

const RULE: Place = Place::Keys(&[
    (
        "schedule_expression",
        Place::Text(&[
            "cron(0 5 ? * * *)",
            "cron(0 5 30 2 ? *)",
            "cron(*/5 * * * ? *)",
            "rate(1 day)",
        ]),
    ),
    (
        "schedule_expression_timezone",
        Place::Text(&["Etc/UTC", "Europe/Berlin", "x"]),
    ),
    (
        "target_backup_vault_name",
        Place::Text(&["Vault", "AWSBackupSolutionVault", "a b"]),
    ),
    (
        "start_backup_window_minutes",
        Place::Text(&["60", "59", "480", "x"]),
    ),
    (
        "complete_backup_window_minutes",
        Place::Text(&["120", "60", "99999999999999999999"]),
    ),
    ("lifecycle", LIFECYCLE),
    (
        "copy_actions",
        Place::Names(
            &[
                "arn:aws:backup:eu-west-1:$account:backup-vault:V",
                "arn:aws:backup:x:1:backup-vault:W",
            ],
            &COPY,
        ),
    ),
    (
        "enable_continuous_backup",
        Place::Text(&["true", "false", "TRUE"]),
    ),
]);

const LIFECYCLE: Place = Place::Keys(&[
    (
        "delete_after_days",
        Place::Text(&["35", "2556", "100", "-1", "0"]),
    ),
    (
        "move_to_cold_storage_after_days",
        Place::Text(&["8", "30", "11"]),
    ),
    (
        "opt_in_to_archive_for_supported_resources",
        Place::Text(&["true", "false"]),
    ),
]);

const COPY: Place = Place::Keys(&[
    (
        "target_backup_vault_arn",
        Place::Text(&[
            "arn:aws:backup:eu-west-1:$account:backup-vault:V",
            "arn:aws:backup:eu-west-1:111111111111:backup-vault:V",
        ]),
    ),
    ("lifecycle", LIFECYCLE),
]);

const SELECTIONS: Place = Place::Keys(&[
    ("tags", Place::Names(&["a", "A", "b"], &SELECTION)),
    ("resources", Place::Names(&["r"], &RESOURCES)),
]);

const ROLES: &[&str] = &["arn:aws:iam::$account:role/Backup", "x"];

const SELECTION: Place = Place::Keys(&[
    ("iam_role_arn", Place::Text(ROLES)),
    ("tag_key", Place::Text(&["backup", "aws:x", ""])),
    ("tag_value", Place::List(&["daily", "Daily", "weekly"])),
]);

const RESOURCES: Place = Place::Keys(&[
    ("iam_role_arn", Place::Text(ROLES)),
    (
        "resource_types",
        Place::List(&["arn:aws:ec2:*:*:volume/*", "*"]),
    ),
    (
        "not_resource_types",
        Place::List(&["arn:aws:ec2:*:*:volume/*", "*"]),
    ),
]);

const TAG: Place = Place::Keys(&[
    ("tag_key", Place::Text(&["owner", "Owner"])),
    ("tag_value", Place::Text(&["x", "y"])),
]);

const ADVANCED: Place = Place::Keys(&[("ec2", WINDOWS)]);

const WINDOWS: Place = Place::Keys(&[("windows_vss", Place::Text(&["enabled", "disabled", "x"]))]);

const ALLOWED: &[&str] = &[
    "@@all", "@@none", "@@assign", "@@append", "@@remove", "@@ALL",
];

/// The choices that are left. When none are, each is the first.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn below(&mut self, end: u8) -> u8 {
        self.0.next().map_or(0, |byte| byte % end.max(1))
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        let end = u8::try_from(of.len()).unwrap_or(u8::MAX);
        of.get(usize::from(self.below(end)))
            .copied()
            .unwrap_or_default()
    }

    fn list(&mut self, of: &[&str]) -> Value {
        (0..self.below(4)).map(|_| self.one(of)).collect()
    }

    fn object(&mut self, place: &Place) -> Value {
        let mut members = Map::new();
        if self.below(8) == 7 {
            let controls = self.list(ALLOWED);
            members.insert(
                "@@operators_allowed_for_child_policies".to_owned(),
                controls,
            );
        }
        match place {
            Place::Keys(keys) => {
                let end = u8::try_from(keys.len()).unwrap_or(u8::MAX);
                for _ in 0..self.below(end + 2) {
                    let chosen = keys.get(usize::from(self.below(end)));
                    if let Some((key, below)) = chosen {
                        members.insert((*key).to_owned(), self.object(below));
                    }
                }
            }
            Place::Names(names, below) => {
                for _ in 0..self.below(4) {
                    let name = self.one(names);
                    members.insert(name.to_owned(), self.object(below));
                }
            }
            Place::Text(texts) | Place::List(texts) => {
                let is_list = matches!(place, Place::List(_));
                let operators = ["@@assign", "@@assign", "@@append", "@@remove", "@@Assign"];
                for _ in 0..1 + self.below(2) {
                    let operator = self.one(&operators);
                    // Now and then a list where a text is expected, and the other way round.
                    let value = match is_list != (self.below(16) == 15) {
                        true => self.list(texts),
                        false => Value::from(self.one(texts)),
                    };
                    members.insert(operator.to_owned(), value);
                }
            }
        }
        Value::Object(members)
    }

    fn unit(&mut self, id: String, level: u8, accounts: &mut u64) -> Unit {
        let policies = self.attached();
        let below = match level {
            0..=2 => self.below(3),
            _ => 0,
        };
        let accounts_here = (0..self.below(MOST)).map(|_| {
            *accounts += 1;
            Account {
                id: format!("{:012}", *accounts),
                name: String::new(),
                policies: self.attached(),
            }
        });
        let accounts_here = accounts_here.collect();
        let unit = |number| self.unit(format!("{id}-{number}"), level + 1, accounts);
        Unit {
            organizational_units: (0..below).map(unit).collect(),
            name: id.clone(),
            policies,
            accounts: accounts_here,
            id,
        }
    }

    /// Ids of policies, of which one may not be there.
    fn attached(&mut self) -> Vec<String> {
        let mut ids: Vec<String> = (0..self.below(4))
            .map(|_| format!("p-{}policy", self.below(MOST)))
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }
}
