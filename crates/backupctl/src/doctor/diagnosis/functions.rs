//! Whether the two functions run, what sets them going, and who is notified of failures.

use backup_status::Seen;

use super::{Check, FUNCTIONS, HOME, Verdict, check_or};
use crate::doctor::facts::{Function, Home, Tagger};

/// The function behind the policies, and the topic of failures.
pub(super) fn home_checks(home: &Home) -> Vec<Check> {
    let region = &home.region;
    let elsewhere = "or name the Region of the home account's stacks with --home-region";
    let function = check_or(
        "function BackupOrgPolicyManager",
        &home.manager,
        || {
            (
                format!("missing in {region}"),
                format!("{FUNCTIONS}, {elsewhere}"),
            )
        },
        |function| runs(function).map(|()| "active".to_owned()),
    );
    let topic = check_or(
        "who is notified of failures",
        &home.topic,
        || {
            (
                format!("the topic aws-backup-notifications is missing in {region}"),
                format!("{HOME}, {elsewhere}"),
            )
        },
        |found| match (found.confirmed, found.pending) {
            (0, 0) => Err((
                "nobody is subscribed to aws-backup-notifications".to_owned(),
                "subscribe to the topic, or set NotificationEmail in \
                 aws-backup-notifications.json, then make deploy-home APPLY=1"
                    .to_owned(),
            )),
            (0, pending) => Err((
                format!("nobody yet: {pending} subscriptions wait to be confirmed"),
                "open the link in the letter that SNS sent".to_owned(),
            )),
            (confirmed, _) => Ok(format!("{confirmed} confirmed subscriptions")),
        },
    );
    [function, topic]
        .into_iter()
        .map(|check| Check {
            region: Some(region.clone()),
            ..check
        })
        .collect()
}

/// `TagOnRestore` and its triggers, as one line.
pub(super) fn tagger_check(tagger: &Tagger) -> Check {
    let what = "function TagOnRestore";
    let missing = || ("missing".to_owned(), FUNCTIONS.to_owned());
    // What could not be looked at decides, wherever it is.
    if let Some(why) = unknown(&tagger.rules).or_else(|| unknown(&tagger.mappings)) {
        return check_or(what, &Seen::<()>::Unknown(why), missing, |()| {
            Ok(String::new())
        });
    }
    check_or(what, &tagger.function, missing, |function| {
        runs(function)?;
        let rules = tagger.rules.there().map_or(&[][..], Vec::as_slice);
        let mappings = tagger.mappings.there().map_or(&[][..], Vec::as_slice);
        triggers(rules, mappings)
    })
}

fn triggers(rules: &[(String, bool)], mappings: &[String]) -> Verdict {
    let fail = |text: String, remedy: &str| Err((text, remedy.to_owned()));
    match rules {
        [] => return fail("no rule sends restores to its queue".to_owned(), FUNCTIONS),
        rules if !rules.iter().any(|(_, on)| *on) => {
            let names: Vec<&str> = rules.iter().map(|(name, _)| name.as_str()).collect();
            return fail(
                format!("its rule is disabled: {}", names.join(", ")),
                "aws events enable-rule --name NAME (in that account and Region)",
            );
        }
        _ => {}
    }
    match mappings {
        [] => fail(
            "nothing hands it what is in its queue".to_owned(),
            FUNCTIONS,
        ),
        mappings
            if !mappings
                .iter()
                .any(|state| matches!(state.as_str(), "Enabled" | "Enabling" | "Updating")) =>
        {
            fail(
                format!("its queue's mapping is {}", mappings.join(", ")),
                "aws lambda update-event-source-mapping --enabled --uuid UUID (in that account and \
                 Region)",
            )
        }
        _ => Ok("active, its rule and its queue are on".to_owned()),
    }
}

/// Whether Lambda can run a function.
fn runs(function: &Function) -> Result<(), (String, String)> {
    let remedy = "aws lambda get-function-configuration (in that account and Region) says why";
    let fail = |text: String| Err((text, remedy.to_owned()));
    match (function.state.as_str(), function.last_update.as_str()) {
        // An idle function is woken by the next call.
        ("Active" | "Inactive", "Successful" | "InProgress") => Ok(()),
        ("", _) | (_, "") => fail("Lambda does not say whether it runs".to_owned()),
        ("Active" | "Inactive", update) => fail(format!("its last update is {update}")),
        (state, _) => fail(format!("is {state}")),
    }
}

fn unknown<T>(seen: &Seen<T>) -> Option<String> {
    match seen {
        Seen::Unknown(why) => Some(why.clone()),
        Seen::There(_) | Seen::Missing => None,
    }
}
