//! An event to `tag-on-restore`: whoever sends what, it is an event, a batch, a wish or refused in a short
//! sentence; a plan overwrites nothing, and made again after it was carried out it is empty.
//!
//! A job of the event is followed as the function does, with the payload's own `target`, `recoveryPoint`
//! and `source` as tags, `metadata` as the job's and `variables` as settings.

use serde_json::Value;
use tag_on_restore::event::{Completed, Notice, Payload, Poison, read, read_body};
use tag_on_restore::gate::{Decision, Target, decide};
use tag_on_restore::plan::{Offered, Origin, plan};
use tag_on_restore::report::{Outcome, Report};
use tag_on_restore::tags::{MOST_USER_TAGS, user_tags, without_values};
use tag_on_restore::{Arn, Config, Tags, keys, provenance, recovery_point, source};

/// Bytes of the longest reason, which may quote the event.
const REASON: usize = 4_000;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(payload) = serde_json::from_slice::<Value>(bytes) else {
        if let Ok(text) = std::str::from_utf8(bytes) {
            assert!(read_body(text).is_err());
            text.lines().for_each(arn);
        }
        return;
    };
    match read(&payload) {
        Ok(Payload::Event(event)) => outcome(event, &payload),
        Ok(Payload::Batch(records)) => {
            for record in records {
                assert!(record.receive_count >= 1 && !record.message_id.is_empty());
                outcome(record.event, &payload);
            }
        }
        Ok(Payload::Reconcile) => {}
        Err(unknown) => assert!(unknown.to_string().len() <= REASON),
    }
}

fn arn(text: &str) {
    let Some(arn) = Arn::parse(text) else { return };
    assert_eq!(arn.to_string(), text);
    let _ = recovery_point::tags_of(&arn);
    assert!(text.ends_with(recovery_point::ec2_id(&arn)));
}

fn outcome(event: Result<Notice, Poison>, payload: &Value) {
    match event {
        Ok(Notice::Completed(completed)) => job(&completed, payload),
        Ok(Notice::Ignored(why)) => assert!(why.len() <= 2 * REASON, "{}", why.len()),
        Err(poison) => assert!(poison.to_string().len() <= REASON),
    }
}

fn job(completed: &Completed, payload: &Value) {
    let job = &completed.job;
    assert!(!job.id.is_empty());
    for text in [
        &job.created_resource_arn,
        &job.recovery_point_arn,
        &job.source_resource_arn,
    ] {
        text.iter().for_each(|text| arn(text));
    }
    let variables = tags(payload, "variables");
    let config = Config::read(|name| variables.get(name).cloned()).unwrap_or_default();
    let decision = match decide(job, None, &config) {
        Decision::AskMetadata => decide(job, Some(&tags(payload, "metadata")), &config),
        other => other,
    };
    let mut report = Report::new(job, Outcome::Tagged);
    match decision {
        Decision::Tag(target) => {
            let _ = source::readable(job, &target.arn);
            report.add(&tagged(&target, job, payload, &config));
        }
        Decision::AskMetadata => assert_eq!(job.id, "", "asked for metadata that it has"),
        Decision::NotYet(_) => {}
        Decision::Skip(skip) => report.reason = Some(skip.to_string()),
    }
    let line = report.line(crate::shown::now());
    assert!(!line.contains('\n') && serde_json::from_str::<Value>(&line).is_ok());
}

fn tagged(
    target: &Target,
    job: &tag_on_restore::Job,
    payload: &Value,
    config: &Config,
) -> tag_on_restore::plan::Plan {
    let present = tags(payload, "target");
    let (recovery_point, live) = (tags(payload, "recoveryPoint"), tags(payload, "source"));
    let provenance = provenance::provenance(job, config);
    let offered = Offered {
        from: Origin::Restored {
            recovery_point: &recovery_point,
            source: &live,
        },
        provenance: &provenance,
    };
    let made = plan(&present, offered, &target.route, config);
    for (key, _) in &made.write {
        assert!(!present.contains_key(key), "{key:?} is overwritten");
        let own = provenance.contains_key(key);
        assert!(
            own || !keys::is_reserved(key, target.route.kind),
            "{key:?} is reserved"
        );
    }
    let after = made.after(&present);
    assert!(user_tags(&after) <= MOST_USER_TAGS.max(user_tags(&present)));
    let again = plan(&after, offered, &target.route, config);
    assert!(again.write.is_empty(), "{:?}", again.write);
    let words = without_values(&target.arn.to_string(), &after);
    assert!(words.len() <= 12 * target.arn.to_string().len());
    made
}

/// A member of the payload, as keys and values.
fn tags(payload: &Value, name: &str) -> Tags {
    let members = payload.get(name).and_then(Value::as_object);
    let pairs = members.into_iter().flatten();
    pairs
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
