//! What is looked at, what is left out of it, and what is reported once.

use super::*;

#[test]
fn the_same_reason_is_reported_once_in_an_account() {
    let mut facts = healthy();
    let why = || "iam:GetRole is denied".to_owned();
    facts.members[0].role = Seen::Unknown(why());
    facts.members[0].linked_role = Seen::Unknown(why());
    let found = wrong(&facts);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].what, "service role, service-linked role");
}

#[test]
fn what_is_known_stays_apart_from_a_reason_that_has_the_same_words() {
    let trusts = Seen::Unknown("trusts AWS Backup".to_owned());
    let there = Seen::Unknown("there".to_owned());
    for (what, change) in [
        (
            "service role",
            Box::new(|it: &mut Account| it.role = there) as Box<dyn FnOnce(&mut Account)>,
        ),
        (
            "service-linked role",
            Box::new(|it: &mut Account| it.linked_role = trusts),
        ),
    ] {
        let mut facts = healthy();
        change(&mut facts.members[0]);
        let found: Vec<String> = wrong(&facts).into_iter().map(|it| it.what).collect();
        assert_eq!(found, [what]);
    }
}

#[test]
fn a_home_account_in_a_target_unit_is_reported_once_if_nobody_may_look_into_it() {
    let mut facts = healthy();
    let why = || Some("sts:AssumeRole is denied".to_owned());
    facts.home.closed = why();
    facts.members = vec![Account {
        closed: why(),
        ..account("222222222222", "home")
    }];
    let found = wrong(&facts);
    let of_home: Vec<&Check> = found.iter().filter(|it| it.account.is_some()).collect();
    assert_eq!(of_home.len(), 1, "{found:#?}");
    assert_eq!(of_home[0].what, "home account");
}

#[test]
fn only_the_closed_account_itself_is_left_out_of_the_accounts_of_the_targets() {
    let says_it = |facts: &Facts| wrong(facts).iter().any(|it| it.what == "service role");
    let mut facts = healthy();
    facts.members[0].role = Seen::Missing;
    // The home account is closed, and this is another.
    facts.home.closed = Some("sts:AssumeRole is denied".to_owned());
    assert!(says_it(&facts));
    // This is the home account, and it is open.
    facts.home.closed = None;
    facts.members[0].id = "222222222222".to_owned();
    assert!(says_it(&facts));
}

#[test]
fn an_answer_says_what_it_rests_on_and_nothing_to_look_at_is_not_well() {
    let mut facts = healthy();
    facts.scope.suspended = vec![("444444444449".to_owned(), "old".to_owned())];
    facts.scope.not_asked_for = 2;
    let lines = |facts: &Facts| -> Vec<String> {
        diagnose(facts, &targets(), None)
            .into_iter()
            .filter(|it| it.what.ends_with("looked at"))
            .map(|it| it.detail)
            .collect()
    };
    assert_eq!(
        lines(&facts),
        [
            "1 of 4 accounts of the targets, 1 of 3 Regions of theirs (eu-west-1), 1 organizational \
             units and 1 backup policies, as of 2026-01-31 12:00 UTC",
            "1 accounts are closed or suspended: 444444444449 (old); 2 accounts by --account",
        ]
    );
    facts.members.clear();
    let of_members = |facts: &Facts| {
        let mut found = wrong(facts);
        found.retain(|it| it.what == "accounts of the targets");
        found
    };
    let [none] = of_members(&facts).try_into().unwrap();
    assert_eq!(none.state, State::Failed);
    assert_eq!(none.detail, "there are none: nothing is backed up");
    let mends = none.remedy.unwrap();
    assert!(mends.contains("make targets-check"), "{mends}");
    // Nobody could look: that is not the targets' fault.
    facts.strangers = Seen::Unknown("denied".to_owned());
    let [unknown] = of_members(&facts).try_into().unwrap();
    assert_eq!((unknown.state, unknown.remedy), (State::Unknown, None));
}
