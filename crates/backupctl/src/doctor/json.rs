//! The diagnosis for programs.

use serde_json::{Value, json};

use super::diagnosis::Check;

/// `[{"account", "name", "region", "check", "state", "detail", "remedy"}]`
pub fn json(checks: &[Check]) -> Value {
    let each = |check: &Check| {
        let account = check.account.as_ref();
        json!({
            "account": account.map(|(id, _)| id),
            "name": account.map(|(_, name)| name).filter(|name| !name.is_empty()),
            "region": check.region,
            "check": check.what,
            "state": check.state.name().to_ascii_lowercase(),
            "detail": check.detail,
            "remedy": check.remedy,
        })
    };
    checks.iter().map(each).collect()
}
