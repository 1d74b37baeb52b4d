//! The plan's promises: as tables where the exact changes matter, as laws where every case does.

use proptest::prelude::*;

use super::*;

fn live() -> Live {
    Live {
        arn: "arn".into(),
        id: "p-example123".into(),
        name: "daily".into(),
        description: "d".into(),
        content: r#"{"plans":{}}"#.into(),
        targets: vec!["ou-a".into(), "ou-b".into()],
        tags: BTreeMap::from([
            ("owner".into(), "us".into()),
            ("by-hand".into(), "x".into()),
        ]),
    }
}

fn as_live() -> Desired {
    Desired {
        name: "daily".into(),
        description: "d".into(),
        content: Some(r#"{"plans":{}}"#.into()),
        targets: vec!["ou-a".into(), "ou-b".into()],
        tags: BTreeMap::from([("owner".into(), "us".into())]),
        without_tags: BTreeSet::from(["gone".into()]),
    }
}

#[test]
fn nothing_is_planned_when_everything_is_as_wanted() {
    assert_eq!(plan(&as_live(), &live()), []);
}

#[test]
fn white_space_and_the_order_of_keys_are_no_difference() {
    let mut was = live();
    was.content = r#"{ "a": 1, "b": 2 }"#.into();
    let desired = Desired {
        content: Some(r#"{"b":2,"a":1}"#.into()),
        ..as_live()
    };
    assert_eq!(plan(&desired, &was), []);
}

#[test]
fn contents_that_say_something_else_or_cannot_be_read_are_different() {
    let same = |one, other| same_content(one, other) && same_content(other, one);
    assert!(same(r#"{"a": [1, 2]}"#, r#"{"a":[1,2]}"#));
    assert!(same("no JSON", "no JSON"));
    for other in [r#"{"a":[2,1]}"#, r#"{"a":[1,2],"b":1}"#, "no JSON"] {
        assert!(!same_content(r#"{"a":[1,2]}"#, other), "{other}");
        assert!(!same_content(other, r#"{"a":[1,2]}"#), "{other}");
    }
    assert!(!same_content("no JSON", "none either"));
    let content = Some(r#"{"plans":{"daily":{}}}"#.to_string());
    let desired = Desired {
        content: content.clone(),
        ..as_live()
    };
    let update = Change::Update {
        name: None,
        description: None,
        content,
    };
    assert_eq!(plan(&desired, &live()), [update]);
}

#[test]
fn a_policy_is_unanswered_while_it_bears_the_mark() {
    let mark = (TAG_UNANSWERED.to_string(), "true".to_string());
    assert!(is_unanswered(&BTreeMap::from([mark])));
    assert!(!is_unanswered(&live().tags));
}

#[test]
fn the_order_is_update_tag_attach_detach_untag() {
    let desired = Desired {
        name: "nightly".into(),
        description: "d".into(),
        content: None,
        targets: vec!["ou-c".into(), "ou-b".into()],
        tags: BTreeMap::from([("owner".into(), "them".into())]),
        without_tags: BTreeSet::from(["by-hand".into(), "gone".into()]),
    };
    assert_eq!(
        plan(&desired, &live()),
        [
            Change::Update {
                name: Some("nightly".into()),
                description: None,
                content: None
            },
            Change::Tag(BTreeMap::from([("owner".into(), "them".into())])),
            Change::Attach("ou-c".into()),
            Change::Detach("ou-a".into()),
            Change::Untag(BTreeSet::from(["by-hand".into()])),
        ]
    );
}

#[test]
fn targets_that_were_attached_by_hand_are_detached() {
    let mut was = live();
    was.targets.push("by-hand".into());
    assert_eq!(plan(&as_live(), &was), [Change::Detach("by-hand".into())]);
}

#[test]
fn an_undo_leaves_alone_what_others_changed_meanwhile() {
    let tried = [Change::Attach("ou-c".into())];
    let mut now = live();
    now.targets = vec!["ou-a".into(), "ou-c".into(), "ou-others".into()];
    now.name = "renamed by others".into();
    assert_eq!(undo(&tried, &live(), &now), [Change::Detach("ou-c".into())]);
}

#[test]
fn changes_that_do_not_fit_are_refused_with_the_remedy() {
    let changes: Vec<Change> = (0..400)
        .map(|n| Change::Attach(format!("ou-{n}")))
        .collect();
    let error = fits(&changes, WRITE_COST, Duration::from_secs(296)).unwrap_err();
    assert!(
        error.to_string().contains("parent organizational unit"),
        "{error}"
    );
    assert!(fits(&changes[..280], WRITE_COST, Duration::from_secs(296)).is_ok());
}

#[test]
fn changes_fit_when_making_and_undoing_them_and_the_reading_between_take_the_time_left_exactly() {
    let changes = [
        Change::Attach("ou-a".into()),
        Change::Detach("ou-b".into()),
        Change::Tag(BTreeMap::new()),
        Change::Untag(BTreeSet::new()),
        Change::Update {
            name: None,
            description: None,
            content: None,
        },
    ];
    // Three at 2 a second and two at 4 a second, made and undone; 8 s for reading; a policy created
    // and deleted.
    let needed = Duration::from_millis(2 * 2_000 + 8_000 + 2 * 500);
    assert_eq!(fits(&changes, WRITE_COST, needed), Ok(()));
    let left = needed - Duration::from_millis(1);
    let error = fits(&changes, WRITE_COST, left).unwrap_err();
    assert_eq!((error.changes, error.needed, error.left), (5, 13, 12));
    assert_eq!(undo_cost(&changes), Duration::from_secs(10));
}

#[test]
fn a_changes_text_has_no_content_and_no_tag_value() {
    let update = Change::Update {
        name: None,
        description: Some("secret".into()),
        content: Some("secret".into()),
    };
    let tag = Change::Tag(BTreeMap::from([("key".into(), "secret".into())]));
    assert_eq!(update.to_string(), "change the description, content");
    assert_eq!(tag.to_string(), "set the tags key");
    let renamed = Change::Update {
        name: Some("nightly".into()),
        description: None,
        content: None,
    };
    assert_eq!(renamed.to_string(), "change the name");
    let untag = Change::Untag(BTreeSet::from(["a".into(), "b".into()]));
    assert_eq!(untag.to_string(), "remove the tags a, b");
    assert_eq!(Change::Attach("ou-a".into()).to_string(), "attach to ou-a");
    assert_eq!(
        Change::Detach("ou-a".into()).to_string(),
        "detach from ou-a"
    );
}

/// What AWS does with a change.
fn apply(live: &mut Live, change: &Change) {
    match change {
        Change::Update {
            name,
            description,
            content,
        } => {
            live.name = name.clone().unwrap_or(live.name.clone());
            live.description = description.clone().unwrap_or(live.description.clone());
            live.content = content.clone().unwrap_or(live.content.clone());
        }
        Change::Tag(tags) => live.tags.extend(tags.clone()),
        Change::Untag(keys) => live.tags.retain(|key, _| !keys.contains(key)),
        Change::Attach(target) => {
            if !live.targets.contains(target) {
                live.targets.push(target.clone());
            }
        }
        Change::Detach(target) => live.targets.retain(|t| t != target),
    }
}

fn sorted(live: &Live) -> Live {
    let mut live = live.clone();
    live.targets.sort();
    live
}

fn targets() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[a-f]", 0..5).prop_map(|set| set.into_iter().collect())
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[a-d]", "[xy]", 0..4)
}

prop_compose! {
    fn any_live()(
        name in "[ab]", description in "[ab]", content in "[12]", targets in targets(), tags in tags()
    ) -> Live {
        Live { arn: "arn".into(), id: "p-1".into(), name, description, content, targets, tags }
    }
}

prop_compose! {
    fn any_desired()(
        name in "[ab]", description in "[ab]", content in prop::option::of("[12]"),
        targets in targets(), tags in tags(), without in prop::collection::btree_set("[a-f]", 0..4)
    ) -> Desired {
        let without_tags = without.into_iter().filter(|key| !tags.contains_key(key)).collect();
        Desired { name, description, content, targets, tags, without_tags }
    }
}

proptest! {
    #[test]
    fn a_plan_leads_to_what_is_wanted_and_then_there_is_nothing_to_do(
        was in any_live(), desired in any_desired()
    ) {
        let mut live = was.clone();
        let changes = plan(&desired, &was);
        for change in &changes {
            apply(&mut live, change);
            for target in was.targets.iter().filter(|t| desired.targets.contains(t)) {
                prop_assert!(live.targets.contains(target), "{target} was without the policy");
            }
        }
        prop_assert_eq!(plan(&desired, &live), vec![]);
        prop_assert_eq!(&live.name, &desired.name);
        prop_assert_eq!(&live.description, &desired.description);
        prop_assert_eq!(&live.content, desired.content.as_ref().unwrap_or(&was.content));
        for (key, value) in &desired.tags {
            prop_assert_eq!(live.tags.get(key), Some(value));
        }
        for key in &desired.without_tags {
            prop_assert!(!live.tags.contains_key(key), "{key} is still there");
        }
        let mut wanted = desired.targets.clone();
        wanted.sort();
        prop_assert_eq!(sorted(&live).targets, wanted);
        for (key, value) in &was.tags {
            let ours = desired.tags.contains_key(key) || desired.without_tags.contains(key);
            prop_assert!(ours || live.tags.get(key) == Some(value), "a foreign tag was touched");
        }
    }

    #[test]
    fn an_undo_restores_the_state_wherever_it_stopped_and_whether_or_not_the_last_change_took_effect(
        was in any_live(), desired in any_desired(), stop in 0usize..8, effect: bool
    ) {
        let changes = plan(&desired, &was);
        let tried = &changes[..stop.min(changes.len())];
        let mut now = was.clone();
        let done = if effect { tried.len() } else { tried.len().saturating_sub(1) };
        for change in &tried[..done] {
            apply(&mut now, change);
        }
        for change in undo(tried, &was, &now) {
            apply(&mut now, &change);
        }
        prop_assert_eq!(sorted(&now), sorted(&was));
    }
}
