//! What holds for payloads of any content.

use proptest::prelude::*;
use proptest::sample::select;

use super::tests::completed;
use super::*;

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let names = "detail|restoreJobId|status|time|[a-z]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn fields_of_a_later_year_change_nothing(name in "x[A-Za-z]{1,9}", value in any_json()) {
        let mut event = completed();
        event[name.as_str()] = value.clone();
        event["detail"][name.as_str()] = value;
        prop_assert_eq!(read_event(&event), read_event(&completed()));
    }

    #[test]
    fn any_value_in_any_known_field_leaves_the_job_known(
        name in select(vec!["status", "createdResourceArn", "isParent", "completionDate"]),
        value in any_json(),
    ) {
        let mut event = completed();
        event["detail"][name] = value;
        prop_assert!(read_event(&event).is_ok());
    }

    #[test]
    fn any_text_is_an_event_or_poison(payload in any_json(), body in ".{0,40}") {
        let _ = read(&payload);
        let poison = matches!(read_body(&body), Err(Poison::NotJson(_) | Poison::NotAnObject));
        prop_assert!(poison || body.contains('{'), "{}", body);
    }
}
