//! Whom a role trusts, as far as its trust policy says.

use serde_json::Value;

/// Whether a statement lets this service assume the role.
pub fn service(trust: &Value, service: &str) -> bool {
    allowing(trust).any(|statement| names(statement, "Service", &|one| one == service))
}

/// Whether a statement lets this account, or something in it, assume the role, with no condition
/// that names other principals than this role.
pub fn account(trust: &Value, account: &str, role: &str) -> bool {
    allowing(trust).any(|statement| {
        let of_account = |one: &str| one == account || one.contains(&format!("::{account}:"));
        names(statement, "AWS", &of_account) && fits(statement, role)
    })
}

fn allowing(trust: &Value) -> impl Iterator<Item = &Value> {
    let statements = match trust.get("Statement") {
        Some(Value::Array(several)) => several.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    statements.into_iter().filter(|statement| {
        let assumes = |action: &str| action.starts_with("sts:AssumeRole") || action == "sts:*";
        statement.get("Effect") == Some(&"Allow".into())
            && texts(statement.get("Action")).into_iter().any(assumes)
    })
}

fn names(statement: &Value, kind: &str, fits: &dyn Fn(&str) -> bool) -> bool {
    let principal = statement.get("Principal").and_then(|it| it.get(kind));
    texts(principal).into_iter().any(fits)
}

/// Whether conditions on the principal's ARN, if there are any, name the role.
fn fits(statement: &Value, role: &str) -> bool {
    let conditions = statement.get("Condition").and_then(Value::as_object);
    let mut patterns = conditions.into_iter().flatten().flat_map(|(_, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.filter(|(key, _)| key.eq_ignore_ascii_case("aws:PrincipalArn"))
            .map(|(_, value)| texts(Some(value)))
    });
    patterns.all(|arns| {
        let end = |arn: &str| arn.ends_with(&format!("/{role}")) || arn.ends_with('*');
        arns.into_iter().any(end)
    })
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_is_trusted_by_an_allowing_statement_only() {
        let trust = |effect: &str, action: Value| {
            json!({"Statement": [{"Effect": effect, "Action": action,
                                  "Principal": {"Service": ["backup.amazonaws.com"]}}]})
        };
        let backup = "backup.amazonaws.com";
        assert!(service(&trust("Allow", json!("sts:AssumeRole")), backup));
        assert!(service(
            &trust("Allow", json!(["sts:TagSession", "sts:AssumeRole"])),
            backup
        ));
        assert!(!service(&trust("Deny", json!("sts:AssumeRole")), backup));
        assert!(!service(&trust("Allow", json!("sts:TagSession")), backup));
        assert!(!service(
            &trust("Allow", json!("sts:AssumeRole")),
            "lambda.amazonaws.com"
        ));
        assert!(!service(&json!({}), backup));
    }

    #[test]
    fn an_account_is_trusted_unless_a_condition_names_somebody_else() {
        let trust = |principal: &str, condition: Value| {
            json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
                                 "Principal": {"AWS": principal}, "Condition": condition}})
        };
        let root = "arn:aws:iam::222222222222:root";
        let arn = |role: &str| json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::222222222222:role/{role}")}});
        assert!(account(&trust(root, json!({})), "222222222222", "Manager"));
        assert!(account(
            &trust("222222222222", json!({})),
            "222222222222",
            "Manager"
        ));
        assert!(account(
            &trust(root, arn("Manager")),
            "222222222222",
            "Manager"
        ));
        assert!(!account(
            &trust(root, arn("Other")),
            "222222222222",
            "Manager"
        ));
        assert!(!account(&trust(root, json!({})), "333333333333", "Manager"));
    }
}
