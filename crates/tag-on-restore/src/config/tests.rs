use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::read(|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_string())
    })
}

#[test]
fn nothing_set_is_the_default() {
    assert_eq!(read(&[]).unwrap(), Config::default());
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let empty: Vec<(&str, &str)> = VARIABLES.iter().map(|name| (*name, " ")).collect();
    assert_eq!(read(&empty).unwrap(), Config::default());
}

#[test]
fn every_default_can_be_said_in_words() {
    let config = read(&[
        (EXCLUDE_KEYS, &DEFAULT_EXCLUDED.join(", ")),
        (INCLUDE_KEYS, "*"),
        (PREFER, "recovery-point"),
        (TAG_RESTORE_TESTS, "false"),
        (TAG_EXISTING, "never"),
        (TAG_VOLUMES, "true"),
        (TAG_NETWORK_INTERFACES, "true"),
        (TAG_SAP_HANA, "false"),
        (PROVENANCE_TAGS, "false"),
        (DRY_RUN, "false"),
        (RECONCILE_HOURS, "24"),
    ]);
    assert_eq!(config.unwrap(), Config::default());
}

#[test]
fn every_setting_has_another_value_of_its_own() {
    let config = read(&[
        (EXCLUDE_KEYS, "cost:*,,tmp "),
        (INCLUDE_KEYS, "c*"),
        (PREFER, "source"),
        (TAG_RESTORE_TESTS, "true"),
        (TAG_EXISTING, "fill-missing"),
        (TAG_VOLUMES, "false"),
        (TAG_NETWORK_INTERFACES, "false"),
        (TAG_SAP_HANA, "true"),
        (PROVENANCE_TAGS, "true"),
        (DRY_RUN, "true"),
        (RECONCILE_HOURS, "720"),
        (
            QUEUE_URL,
            "https://sqs.eu-west-1.amazonaws.com/111122223333/TagOnRestore",
        ),
    ]);
    let expected = Config {
        exclude: Globs::new(["cost:*", "tmp"]),
        include: Globs::new(["c*"]),
        prefer: Prefer::Source,
        tag_restore_tests: true,
        fill_existing: true,
        tag_volumes: false,
        tag_network_interfaces: false,
        tag_sap_hana: true,
        provenance_tags: true,
        dry_run: true,
        look_back: Duration::from_secs(30 * 24 * 3600),
        queues: Some(Queues(
            "https://sqs.eu-west-1.amazonaws.com/111122223333/TagOnRestore".into(),
        )),
    };
    assert_eq!(config.unwrap(), expected);
}

#[test]
fn a_setting_that_is_turned_round_alone_turns_nothing_else_round() {
    let default = Config::default;
    let turned = [
        (
            TAG_RESTORE_TESTS,
            "true",
            Config {
                tag_restore_tests: true,
                ..default()
            },
        ),
        (
            TAG_EXISTING,
            "fill-missing",
            Config {
                fill_existing: true,
                ..default()
            },
        ),
        (
            TAG_VOLUMES,
            "false",
            Config {
                tag_volumes: false,
                ..default()
            },
        ),
        (
            TAG_NETWORK_INTERFACES,
            "false",
            Config {
                tag_network_interfaces: false,
                ..default()
            },
        ),
        (
            TAG_SAP_HANA,
            "true",
            Config {
                tag_sap_hana: true,
                ..default()
            },
        ),
        (
            PROVENANCE_TAGS,
            "true",
            Config {
                provenance_tags: true,
                ..default()
            },
        ),
        (
            DRY_RUN,
            "true",
            Config {
                dry_run: true,
                ..default()
            },
        ),
        (
            PREFER,
            "source",
            Config {
                prefer: Prefer::Source,
                ..default()
            },
        ),
        (
            RECONCILE_HOURS,
            "1",
            Config {
                look_back: Duration::from_secs(3600),
                ..default()
            },
        ),
    ];
    for (name, value, expected) in turned {
        assert_eq!(read(&[(name, value)]).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_dash_excludes_nothing_but_cannot_be_all_that_is_included() {
    let config = read(&[(EXCLUDE_KEYS, "-")]).unwrap();
    assert!(!config.exclude.match_key("eks:cluster"));
    for nothing in ["-", ",", " , "] {
        assert!(read(&[(INCLUDE_KEYS, nothing)]).is_err(), "{nothing}");
    }
}

#[test]
fn every_wrong_variable_is_reported_at_once() {
    let wrong: Vec<(&str, &str)> = VARIABLES
        .iter()
        .filter(|name| **name != EXCLUDE_KEYS)
        .map(|name| (*name, if *name == INCLUDE_KEYS { "-" } else { "yes" }))
        .collect();
    let error = read(&wrong).unwrap_err();
    expect_test::expect![[r#"
        `TAG_RESTORE_TESTS` is `yes`: expected `false` or `true`
        `TAG_EXISTING` is `yes`: expected `never` or `fill-missing`
        `TAG_VOLUMES` is `yes`: expected `false` or `true`
        `TAG_NETWORK_INTERFACES` is `yes`: expected `false` or `true`
        `TAG_SAP_HANA` is `yes`: expected `false` or `true`
        `PROVENANCE_TAGS` is `yes`: expected `false` or `true`
        `DRY_RUN` is `yes`: expected `false` or `true`
        `PREFER` is `yes`: expected `recovery-point` or `source`
        `RECONCILE_HOURS` is `yes`: expected a whole number from 1 to 720
        `INCLUDE_KEYS` lets no key through: name globs, or `*` for all keys
        `QUEUE_URL` is `yes`: expected the address of a queue, https://..."#]]
    .assert_eq(&error.0.join("\n"));
    assert!(!error.to_string().contains('\n'));
}

#[test]
fn the_look_back_is_bounded() {
    for hours in ["0", "721", "-1", "1.5", "day"] {
        assert!(read(&[(RECONCILE_HOURS, hours)]).is_err(), "{hours}");
    }
}

#[test]
fn the_queues_of_dead_letters_are_found_by_the_first_ones_address() {
    let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/TagOnRestore";
    let queues = read(&[(QUEUE_URL, url)]).unwrap().queues.unwrap();
    assert_eq!(queues.name(), "TagOnRestore");
    assert_eq!(queues.dead_letters(), format!("{url}-DeadLetters"));
    let unstarted = queues.reconcile_dead_letters();
    assert_eq!(unstarted, format!("{url}-ReconcileDeadLetters"));
    let slash = format!("{url}/");
    for no_address in ["TagOnRestore", "http", "sqs://x/TagOnRestore", &slash] {
        let read = read(&[(QUEUE_URL, no_address)]);
        assert!(read.is_err(), "{no_address}");
    }
}

#[test]
fn the_variables_named_are_those_that_are_read() {
    let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let config = Config::read(|name| {
        asked.borrow_mut().insert(name.to_string());
        None
    });
    assert!(config.is_ok());
    let named = VARIABLES.iter().map(|name| (*name).to_string()).collect();
    assert_eq!(asked.into_inner(), named);
}
