//! The tags that tell where a resource came from.

use chrono::SecondsFormat;

use crate::keys::PROVENANCE_KEYS;
use crate::{Config, Job, Tags};

/// The provenance tags of a job's resource: none unless the configuration wants them. The time is
/// the job's end, so that every attempt has the same.
pub fn provenance(job: &Job, config: &Config) -> Tags {
    if !config.provenance_tags {
        return Tags::new();
    }
    let [job_key, recovery_point_key, time_key] = PROVENANCE_KEYS;
    let time = job.completion_date;
    [
        (job_key, Some(job.id.clone())),
        (recovery_point_key, job.recovery_point_arn.clone()),
        (
            time_key,
            time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
        ),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_string(), value?)))
    .collect()
}
