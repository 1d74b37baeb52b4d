use super::*;

#[test]
fn reconcile_is_the_only_action() {
    let payload = serde_json::json!({"action": "sweep"});
    assert_eq!(read(&payload), Err(UnknownPayload::Action("sweep".into())));
}
