use super::*;

fn locks(text: &[&str]) -> Locks {
    Locks::default().first(
        &text
            .iter()
            .map(|it| it.parse().unwrap())
            .collect::<Vec<Lock>>(),
    )
}

#[test]
fn days_are_held_against_the_lock_of_their_vault() {
    let central = "arn:aws:backup:eu-west-1:1:backup-vault:Central";
    let locks = locks(&["Vault=7-3660", &format!("{central}=30-"), "Short=-10"]);
    for (vault, days, fits) in [
        ("Vault", Some(6), false),
        ("Vault", Some(7), true),
        ("Vault", Some(3660), true),
        ("Vault", Some(3661), false),
        ("Vault", None, false),
        (
            "arn:aws:backup:eu-west-1:$account:backup-vault:Vault",
            Some(6),
            false,
        ),
        (
            "arn:aws:backup:eu-west-1:2:backup-vault:Vault",
            Some(6),
            true,
        ),
        (central, Some(29), false),
        (central, None, true),
        ("Short", Some(11), false),
        ("Other", Some(1), true),
    ] {
        let problem = locks.problem(vault, days);
        assert_eq!(problem.is_none(), fits, "{vault} {days:?} {problem:?}");
    }
}

#[test]
fn what_is_no_lock_says_the_form() {
    for text in ["Vault", "Vault=7", "Vault=a-b", "7-10"] {
        assert!(
            text.parse::<Lock>().unwrap_err().contains("`Vault=7-3660`"),
            "{text}"
        );
    }
}
