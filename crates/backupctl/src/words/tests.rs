use super::*;

#[test]
fn usual_schedules_have_words() {
    for (expression, words) in [
        ("cron(0 5 ? * * *)", "every day at 05:00 UTC"),
        ("cron(0 5 * * ? *)", "every day at 05:00 UTC"),
        ("cron(0 5 ? * *)", "every day at 05:00 UTC"),
        ("cron(30 1,13 ? * * *)", "every day at 01:30 and 13:30 UTC"),
        // What is written twice runs once.
        (
            "cron(30 1,13,01,13 ? * SUN,1,MON *)",
            "every Sunday and Monday at 01:30 and 13:30 UTC",
        ),
        ("cron(0 5 1,01 7 ? *)", "on day 1 of July at 05:00 UTC"),
        ("cron(0 * ? * * *)", "every hour at minute 0 UTC"),
        ("cron(15 0/8 ? * * *)", "every 8 hours from 00:15 UTC"),
        ("cron(0 5 1 * ? *)", "on day 1 of every month at 05:00 UTC"),
        (
            "cron(0 5 1,15 * ? *)",
            "on days 1 and 15 of every month at 05:00 UTC",
        ),
        (
            "cron(0 5 L * ? *)",
            "on the last day of every month at 05:00 UTC",
        ),
        (
            "cron(0 5 LW 6 ? *)",
            "on the last weekday of June at 05:00 UTC",
        ),
        ("cron(0 5 ? * 1 *)", "every Sunday at 05:00 UTC"),
        ("cron(0 5 ? * L *)", "every Saturday at 05:00 UTC"),
        (
            "cron(0 5 ? * sat,sun *)",
            "every Saturday and Sunday at 05:00 UTC",
        ),
        ("cron(0 5 ? * MON-FRI *)", "Monday to Friday at 05:00 UTC"),
        (
            "cron(0 5 ? * 2#1 *)",
            "on the first Monday of every month at 05:00 UTC",
        ),
        (
            "cron(0 5 ? * 6L *)",
            "on the last Friday of every month at 05:00 UTC",
        ),
        (
            "cron(0 5 1 JAN,7 ? *)",
            "on day 1 of January and July at 05:00 UTC",
        ),
        (
            "cron(0 5 ? 12 SUN *)",
            "every Sunday of December at 05:00 UTC",
        ),
    ] {
        assert_eq!(schedule(expression).as_deref(), Some(words), "{expression}");
        assert!(
            backup_policy::Schedule::parse(expression).is_ok(),
            "{expression}"
        );
    }
}

#[test]
fn what_would_take_long_to_say_is_not_said() {
    for expression in [
        "cron(0 5 ? * * 2030)",
        "cron(0/30 5 ? * * *)",
        "cron(0 5/2 ? * * *)",
        "cron(0 0/5 ? * * *)",
        "cron(0 * ? * MON *)",
        "cron(0 5 15W * ? *)",
        "cron(0 5 1-5 * ? *)",
        "cron(0 5 1 * MON *)",
        "cron(0 5 1 */3 ? *)",
        "rate(1 day)",
        "cron(0 99 ? * * *)",
    ] {
        assert_eq!(schedule(expression), None, "{expression}");
    }
}

#[test]
fn numbers_of_things() {
    let shown = [0, 1, 40, 1200, 1_234_567].map(|count| number(count, "account"));
    let expected = ["0 accounts", "1 account", "40 accounts", "1,200 accounts"];
    assert_eq!(shown[..4], expected);
    assert_eq!(shown[4], "1,234,567 accounts");
}

#[test]
fn long_retention_is_also_said_in_years() {
    for (days, words) in [
        (1, "1 day"),
        (35, "35 days"),
        (366, "366 days"),
        (730, "730 days (2 years)"),
        (2555, "2555 days (7 years)"),
        (2557, "2557 days (7 years)"),
        (2600, "2600 days"),
    ] {
        assert_eq!(days_of_retention(days), words);
    }
}
