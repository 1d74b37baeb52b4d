use super::*;

fn organization() -> Organization {
    let text = r#"{"policy_type": "BACKUP_POLICY",
        "root": {"id": "r-abcd", "name": "Root", "organizational_units": [
            {"id": "ou-abcd-11111111", "name": "Europe", "organizational_units": [
                {"id": "ou-abcd-33333333", "name": "Test / a=b"},
                {"id": "ou-abcd-44444444", "name": "Production",
                 "accounts": [{"id": "111111111111", "name": "shop"}]}]},
            {"id": "ou-abcd-22222222", "name": "Production"}]},
        "policies": {"p-11111111": {"name": "a=b", "content": {}}}}"#;
    Organization::parse(text).unwrap()
}

#[test]
fn a_target_is_named_by_id_name_or_the_end_of_its_path() {
    let organization = organization();
    for (given, id) in [
        ("r-abcd", "r-abcd"),
        ("Root", "r-abcd"),
        ("111111111111", "111111111111"),
        ("shop", "111111111111"),
        ("Production / shop", "111111111111"),
        ("Europe/Production", "ou-abcd-44444444"),
        ("Root/Production", "ou-abcd-22222222"),
        ("Test / a=b", "ou-abcd-33333333"),
    ] {
        assert_eq!(target(&organization, given).as_deref(), Ok(id), "{given}");
    }
    assert_eq!(
        target(&organization, "Production").unwrap_err(),
        "`Production` can be ou-abcd-44444444 (Root/Europe/Production) or ou-abcd-22222222 \
         (Root/Production): give the id, or a longer path"
    );
    let error = target(&organization, "Root/Europ/Production").unwrap_err();
    assert!(
        error.ends_with("did you mean `Root/Europe/Production`?"),
        "{error}"
    );
}

#[test]
fn a_policys_name_may_hold_the_sign_behind_which_the_target_stands() {
    let organization = organization();
    for given in ["a=b=Root", "p-11111111=Root"] {
        let found = policy_and(&organization, given);
        assert_eq!(found, Ok(("p-11111111".to_owned(), "Root")), "{given}");
    }
    assert!(policy_and(&organization, "a=Root").is_err());
}

#[test]
fn who_names_no_policy_is_told_which_there_are() {
    let mut organization = organization();
    for (given, help) in [
        ("a-b=Root", "did you mean `a=b`?"),
        ("weekly=Root", "there are `a=b`"),
    ] {
        let error = policy_and(&organization, given).unwrap_err();
        assert!(error.ends_with(help), "{error}");
    }
    organization.policies.clear();
    let error = policy_and(&organization, "weekly=Root").unwrap_err();
    assert!(error.ends_with("it has none"), "{error}");
}
