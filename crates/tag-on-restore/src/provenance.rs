//! The tags that record where a resource came from.

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

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job {
            id: "job-1".into(),
            recovery_point_arn: Some("arn:aws:ec2:eu-west-1::snapshot/snap-1".into()),
            completion_date: chrono::DateTime::from_timestamp_millis(1_594_782_893_128),
            ..Job::default()
        }
    }

    fn wanted() -> Config {
        Config {
            provenance_tags: true,
            ..Config::default()
        }
    }

    #[test]
    fn a_resource_tells_its_job_recovery_point_and_time() {
        let tags = provenance(&job(), &wanted());
        let expected = [
            ("restored-by:job", "job-1"),
            (
                "restored-by:recovery-point",
                "arn:aws:ec2:eu-west-1::snapshot/snap-1",
            ),
            ("restored-by:time", "2020-07-15T03:14:53Z"),
        ];
        let expected = expected.map(|(key, value)| (key.to_string(), value.to_string()));
        assert_eq!(tags, expected.into());
    }

    #[test]
    fn it_tells_nothing_unless_that_is_wanted() {
        assert_eq!(provenance(&job(), &Config::default()), Tags::new());
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let job = Job {
            id: "job-1".into(),
            ..Job::default()
        };
        assert_eq!(provenance(&job, &wanted()).len(), 1);
    }
}
