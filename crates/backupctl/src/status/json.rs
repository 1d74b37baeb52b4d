//! The status for programs.

use backup_status::ledger::{Kind, Place};
use serde_json::{Map, Value, json};

use super::Report;

/// `{"as_of", "since", "regions", "jobs", "late": [...], "failed": [...], "last": [...], "not_looked_at": [...]}`;
/// `late` is `null` if it could not be judged.
pub fn json(report: &Report<'_>) -> Value {
    let place = |(account, region): &Place| {
        let name = report.names.get(account).filter(|name| !name.is_empty());
        Map::from_iter([
            ("account".to_owned(), json!(account)),
            ("name".to_owned(), json!(name)),
            ("region".to_owned(), json!(region)),
        ])
    };
    let with = |at: &Place, more: Value| {
        let mut entry = place(at);
        if let Value::Object(more) = more {
            entry.extend(more);
        }
        Value::Object(entry)
    };
    let late = report.judged.as_ref().ok().map(|judged| {
        let each = judged.late.iter().map(|late| {
            let more = json!({
                "kind": late.kind.name(), "rule": late.rule, "vault": late.vault,
                "run": late.run, "newest": late.newest,
            });
            with(&late.place, more)
        });
        each.collect::<Vec<Value>>()
    });
    let failed = report.ledger.failed().into_iter().map(|failed| {
        let more = json!({
            "kind": failed.kind.name(), "resource_type": failed.resource_type,
            "category": failed.category, "message": failed.message,
            "resources": failed.resources, "example": failed.example, "newest": failed.newest,
        });
        with(&failed.place, more)
    });
    let last = report.ledger.last().map(|last| {
        let mut more = Map::from_iter([("resource_type".to_owned(), json!(last.resource_type))]);
        for kind in Kind::ALL {
            more.insert(kind.name().to_owned(), json!(last.ended.get(&kind)));
        }
        with(last.place, Value::Object(more))
    });
    json!({
        "as_of": report.window.now,
        "since": report.window.from,
        "regions": report.regions,
        "jobs": report.ledger.jobs(),
        "late": late,
        "failed": failed.collect::<Vec<Value>>(),
        "last": last.collect::<Vec<Value>>(),
        "not_looked_at": report.not_looked_at(),
    })
}
