use expect_test::expect;

use super::*;

fn kinds(health: &Health) -> Vec<&'static str> {
    troubles(health).iter().map(|it| it.kind).collect()
}

#[test]
fn a_healthy_function_reports_nothing() {
    assert_eq!(kinds(&Health::default()), Vec::<&str>::new());
    assert_eq!(after_reconciling(0, false), Vec::new());
}

#[test]
fn each_thing_that_an_alarm_saw_is_reported() {
    let one = |set: fn(&mut Health)| {
        let mut health = Health::default();
        set(&mut health);
        kinds(&health)
    };
    assert_eq!(one(|it| it.dead_letters = 1), ["dead-letters"]);
    assert_eq!(one(|it| it.longest_wait = 5400), ["events-wait"]);
    assert_eq!(one(|it| it.not_started = 1), ["not-started"]);
    assert_eq!(one(|it| it.errors = 1), ["errors"]);
    assert_eq!(one(|it| it.throttled_periods = 3), ["throttled"]);
    assert_eq!(
        one(|it| it.not_looked_at = vec!["no".into()]),
        ["not-looked-at"]
    );
    let repaired = after_reconciling(2, false);
    assert_eq!(repaired[0].kind, "repaired");
    assert_eq!(repaired[0].figures, [("repaired", json!(2))]);
}

#[test]
fn what_the_queue_bridges_is_not_reported() {
    let health = Health {
        longest_wait: 5399,
        throttled_periods: 2,
        ..Health::default()
    };
    assert_eq!(kinds(&health), Vec::<&str>::new());
}

#[test]
fn several_things_are_reported_one_by_one() {
    let health = Health {
        dead_letters: 3,
        errors: 4,
        ..Health::default()
    };
    assert_eq!(kinds(&health), ["dead-letters", "errors"]);
}

#[test]
fn the_key_names_the_trouble_and_its_place_and_no_figure() {
    let key = |dead_letters, oldest_dead_letter| {
        let health = Health {
            dead_letters,
            oldest_dead_letter,
            ..Health::default()
        };
        troubles(&health)[0].detail("111122223333", "eu-west-1")["key"].clone()
    };
    assert_eq!(key(1, None), key(9, Some(86_400)));
    assert_eq!(
        key(1, None),
        "tag-on-restore/dead-letters/111122223333/eu-west-1"
    );
}

#[test]
fn a_detail_is_flat_and_has_a_sentence_and_a_remedy() {
    let health = Health {
        dead_letters: 2,
        oldest_dead_letter: Some(90_000),
        longest_wait: 6000,
        not_started: 1,
        errors: 3,
        throttled_periods: 4,
        not_looked_at: vec!["cloudwatch:GetMetricData failed: AccessDenied: no".into()],
    };
    let after = after_reconciling(1, true);
    for trouble in troubles(&health).iter().chain(&after) {
        let detail = trouble.detail("111122223333", "eu-west-1");
        let detail = detail.as_object().unwrap();
        for (name, value) in detail {
            assert!(!value.is_object() && !value.is_array(), "{name}");
        }
        for name in ["key", "kind", "summary", "remedy"] {
            assert!(!detail[name].as_str().unwrap().is_empty(), "{name}");
        }
    }
    let detail = troubles(&health)[0].detail("111122223333", "eu-west-1");
    assert_eq!(detail["deadLetters"], 2);
    assert_eq!(detail["oldestDeadLetterSeconds"], 90_000);
}

#[test]
fn every_trouble_is_told_with_its_figures() {
    let health = Health {
        dead_letters: 2,
        oldest_dead_letter: None,
        longest_wait: 6030,
        not_started: 1,
        errors: 3,
        throttled_periods: 4,
        not_looked_at: vec!["no".into(), "neither".into()],
    };
    let mut troubles = troubles(&health);
    troubles.extend(after_reconciling(5, true));
    let lines = troubles.iter().map(|it| format!("{}\n", it.summary));
    expect![[r#"
        2 restored resource(s) have not got their tags: the events are in the dead-letter queue
        an event has waited 100 minutes for TagOnRestore
        1 reconciliation(s) of TagOnRestore could not be started
        TagOnRestore ended 3 time(s) without an answer
        Lambda throttled TagOnRestore for 20 minutes on end
        TagOnRestore could not look at its own state: no; neither
        5 restored resource(s) had been missed and have their tags now
        a reconciliation had not the time to look at all restores
    "#]]
    .assert_eq(&lines.collect::<String>());
}

#[test]
fn a_row_is_of_periods_right_after_each_other() {
    let points = |busy: &[i64]| -> Points {
        let all = (0..10).map(|it| (it * 300, f64::from(u8::from(busy.contains(&it)))));
        // CloudWatch returns the newest first, if nobody asks for another order.
        all.rev().collect()
    };
    assert_eq!(longest_row(&points(&[])), 0);
    assert_eq!(longest_row(&points(&[4])), 1);
    assert_eq!(longest_row(&points(&[1, 2, 4, 5, 6, 8])), 3);
    assert_eq!(longest_row(&vec![(0, 1.0), (600, 1.0), (900, 1.0)]), 2);
}

#[test]
fn metrics_without_data_are_nothing() {
    assert_eq!((largest(&vec![]), sum(&vec![])), (0, 0));
    let points = vec![(0, 2.0), (300, 5.0)];
    assert_eq!((largest(&points), sum(&points)), (5, 7));
}
