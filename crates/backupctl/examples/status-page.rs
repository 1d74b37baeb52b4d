//! The page of `backupctl status` for organizations that nobody has, for its tests in a browser and to look at:
//!
//! ```console
//! $ cargo run --example status-page small > status.html
//! ```
//!
//! `well` is one in which all is well, `small` has something of everything, `large` 500 accounts in 4 Regions, and
//! `evil` names and messages that try to be more than text.

use std::collections::BTreeMap;

use backup_policy::Instant;
use backup_status::late::{Judged, Late, Window};
use backup_status::ledger::{End, Job, Kind, Ledger};
use backupctl::status::{Report, page};

const NOW: &str = "2026-01-31T12:00:00Z";
const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "eu-north-1", "us-east-1"];
const TYPES: [&str; 10] = [
    "EBS",
    "EC2",
    "RDS",
    "Aurora",
    "DynamoDB",
    "EFS",
    "S3",
    "FSx",
    "Storage Gateway",
    "SAP HANA on Amazon EC2",
];
const CENTRAL: &str = "arn:aws:backup:eu-central-1:333333333333:backup-vault:Central";
const DENIED: &str = "Access Denied trying to call AWS Backup service";

fn main() -> std::io::Result<()> {
    let which = std::env::args().nth(1).unwrap_or_default();
    let made = match which.as_str() {
        "well" => well(8),
        "small" => small(),
        "large" => large(),
        "evil" => evil(),
        _ => return Err(std::io::Error::other("which: well, small, large or evil?")),
    };
    let report = Report {
        names: &made.names,
        regions: &made.regions,
        ledger: &made.ledger,
        judged: made.judged,
        unasked: made.unasked,
        window: Window {
            from: now() - chrono::TimeDelta::days(8),
            now: now(),
        },
    };
    page::write(&report, &mut std::io::stdout().lock())
}

struct Made {
    names: BTreeMap<String, String>,
    regions: Vec<String>,
    ledger: Ledger,
    judged: Result<Judged, String>,
    unasked: Vec<String>,
}

/// Accounts with a few types in two Regions, all of which is backed up and copied every night.
fn well(accounts: u64) -> Made {
    let mut made = Made {
        names: (0..accounts).map(|it| (id(it), name(it))).collect(),
        regions: REGIONS.map(str::to_owned).to_vec(),
        ledger: Ledger::default(),
        judged: Ok(Judged::default()),
        unasked: Vec::new(),
    };
    for account in 0..accounts {
        for region in &REGIONS[..2] {
            for resource_type in &TYPES[..3] {
                made.nightly(account, region, resource_type);
            }
        }
    }
    made.completed(Kind::Restore, 1, REGIONS[0], TYPES[0], hours(75));
    made
}

fn small() -> Made {
    let mut made = well(6);
    for extra in 6..9 {
        made.names.insert(id(extra), name(extra));
    }
    made.failed(
        Kind::Copy,
        2,
        REGIONS[1],
        "EBS",
        3,
        ("AccessDenied", DENIED),
    );
    for volume in ["vol-01234567", "vol-12345678"] {
        let message = format!("Volume {volume} is encrypted with a key that cannot be used");
        made.failed(Kind::Backup, 4, REGIONS[0], "EBS", 1, ("KMS", &message));
    }
    made.late(Kind::Copy, 2, REGIONS[1], "daily/nightly", hours(100));
    made.late(Kind::Backup, 5, REGIONS[0], "weekly/sunday", hours(190));
    made.judge(|judged| {
        judged.quiet = 3;
        judged.rare = 1;
    });
    let unasked = "restore jobs in us-east-1: backup:ListRestoreJobs is denied to arn:aws:iam::111111111111:role/reader";
    made.unasked.push(unasked.to_owned());
    made
}

/// A Region whose copies stopped for all, a key that some accounts cannot use, and much that is well.
fn large() -> Made {
    let mut made = well(0);
    for account in 0..500 {
        made.names.insert(id(account), name(account));
        for region in REGIONS {
            for resource_type in TYPES {
                made.nightly(account, region, resource_type);
            }
        }
        if account % 4 == 0 {
            made.late(Kind::Copy, account, REGIONS[2], "daily/nightly", hours(100));
        }
        if account % 9 == 0 {
            made.failed(
                Kind::Copy,
                account,
                REGIONS[2],
                "EBS",
                20,
                ("AccessDenied", DENIED),
            );
        }
        if account % 31 == 0 {
            let message = format!(
                "The key arn:aws:kms:eu-west-1:{}:key/0123 cannot be used",
                id(account)
            );
            made.failed(
                Kind::Backup,
                account,
                REGIONS[1],
                "RDS",
                2,
                ("KMS", &message),
            );
        }
        if account % 125 == 0 {
            made.late(
                Kind::Backup,
                account,
                REGIONS[0],
                "weekly/sunday",
                hours(190),
            );
        }
    }
    for extra in 500..512 {
        made.names.insert(id(extra), name(extra));
    }
    made
}

fn evil() -> Made {
    let evil = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{202e}\n@data@";
    let mut made = small();
    for name in made.names.values_mut() {
        *name = format!("{evil}{}", "long".repeat(200));
    }
    made.failed(
        Kind::Backup,
        0,
        REGIONS[0],
        evil,
        1,
        (evil, &evil.repeat(100)),
    );
    made.late(Kind::Backup, 0, REGIONS[0], evil, hours(100));
    made.unasked.push(format!("backup jobs in {evil}"));
    made
}

impl Made {
    fn nightly(&mut self, account: u64, region: &str, resource_type: &str) {
        // Not all at the same minute.
        let shift = chrono::TimeDelta::minutes(i64::try_from(account % 50).unwrap_or(0));
        self.completed(
            Kind::Backup,
            account,
            region,
            resource_type,
            hours(7) - shift,
        );
        self.completed(Kind::Copy, account, region, resource_type, hours(6) - shift);
    }

    fn completed(
        &mut self,
        kind: Kind,
        account: u64,
        region: &str,
        resource_type: &str,
        ago: chrono::TimeDelta,
    ) {
        self.ledger.add(Job {
            planned: true,
            kind,
            account: id(account),
            region: region.to_owned(),
            resource_type: resource_type.to_owned(),
            resource: format!("arn:aws:any:{region}:{}:{resource_type}/1", id(account)),
            vault: "Vault".to_owned(),
            created: now() - ago - chrono::TimeDelta::minutes(12),
            ended: Some(now() - ago),
            end: End::Completed,
        });
    }

    fn failed(
        &mut self,
        kind: Kind,
        account: u64,
        region: &str,
        resource_type: &str,
        resources: usize,
        (category, message): (&str, &str),
    ) {
        for _ in 0..resources {
            let resource = self.ledger.jobs();
            self.ledger.add(Job {
                planned: true,
                kind,
                account: id(account),
                region: region.to_owned(),
                resource_type: resource_type.to_owned(),
                resource: format!(
                    "arn:aws:ec2:{region}:{}:volume/vol-0a1b{resource:08}",
                    id(account)
                ),
                vault: "Vault".to_owned(),
                created: now() - hours(7),
                ended: Some(now() - hours(6)),
                end: End::Failed {
                    category: category.to_owned(),
                    message: message.to_owned(),
                },
            });
        }
    }

    fn late(&mut self, kind: Kind, account: u64, region: &str, rule: &str, ago: chrono::TimeDelta) {
        let vault = match kind {
            Kind::Copy => CENTRAL,
            _ => "Vault",
        };
        let late = Late {
            place: (id(account), region.to_owned()),
            kind,
            rule: rule.to_owned(),
            vault: vault.to_owned(),
            run: now() - hours(55),
            newest: now() - ago,
        };
        self.judge(|judged| judged.late.push(late));
    }

    fn judge(&mut self, change: impl FnOnce(&mut Judged)) {
        if let Ok(judged) = &mut self.judged {
            change(judged);
        }
    }
}

fn id(account: u64) -> String {
    format!("{}", 100_000_000_000 + account)
}

fn name(account: u64) -> String {
    let parts = ["shop", "billing", "search", "data-lab", "website"];
    let stages = ["production", "staging", "development"];
    let at = usize::try_from(account).unwrap_or_default();
    let one_of = |all: &[&'static str]| all.get(at % all.len()).copied().unwrap_or_default();
    let (part, stage) = (one_of(&parts), one_of(&stages));
    format!("{part}-{stage}-{account:03}")
}

fn hours(hours: i64) -> chrono::TimeDelta {
    chrono::TimeDelta::hours(hours)
}

fn now() -> Instant {
    #[expect(clippy::expect_used, reason = "the moment is a constant, and one")]
    NOW.parse().expect("a moment")
}
