//! The functions of an account and Region, what sets them going, and who is notified of failures.

use super::super::retries_without_quota;
use aws_types::SdkConfig;
use backup_reading::failure::Failure;
use backup_status::Seen;
use backup_status::due::Expected;

use super::Account;
use crate::doctor::facts::{Function, Subscriptions, Tagger};

impl Account {
    /// A function's state.
    pub async fn function(&self, region: &str, name: &str) -> Seen<Function> {
        let client = lambda(&self.in_region(region));
        let described = client.get_function_configuration().function_name(name);
        match described.send().await {
            Ok(output) => Seen::There(Function {
                state: output.state.map_or_else(String::new, |it| it.to_string()),
                last_update: output
                    .last_update_status
                    .map_or_else(String::new, |it| it.to_string()),
            }),
            Err(error) => {
                let failure = Failure::new("lambda", "GetFunctionConfiguration", error);
                match failure.is("ResourceNotFoundException") {
                    true => Seen::Missing,
                    false => self.unknown(failure),
                }
            }
        }
    }

    /// A function with a queue of its own name, and what fills and empties the queue.
    pub async fn tagger(&self, region: &str, name: &str, queue: &str) -> Tagger {
        let function = self.function(region, name).await;
        if function.there().is_none() {
            // What is missing has no trigger, and who may not see the one may not see the other.
            return Tagger {
                function,
                rules: Seen::Missing,
                mappings: Seen::Missing,
            };
        }
        Tagger {
            function,
            rules: self.rules_to(region, queue).await,
            mappings: self.mappings(region, name, queue).await,
        }
    }

    /// The states of the mappings from a queue to a function.
    async fn mappings(&self, region: &str, name: &str, queue: &str) -> Seen<Vec<String>> {
        let client = lambda(&self.in_region(region));
        let (mut states, mut marker) = (Vec::new(), None);
        loop {
            let request = client
                .list_event_source_mappings()
                .function_name(name)
                .event_source_arn(queue)
                .set_marker(marker);
            let page = match request.send().await {
                Ok(page) => page,
                Err(error) => {
                    let operation = "ListEventSourceMappings";
                    return self.unknown(Failure::new("lambda", operation, error));
                }
            };
            let found = page.event_source_mappings.unwrap_or_default();
            states.extend(found.into_iter().filter_map(|it| it.state));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Seen::There(states);
            }
        }
    }

    /// The rules of the default bus that send to a target, with whether each is enabled.
    async fn rules_to(&self, region: &str, target: &str) -> Seen<Vec<(String, bool)>> {
        let config = aws_sdk_eventbridge::config::Builder::from(&self.in_region(region))
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_eventbridge::Client::from_conf(config);
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let request = client.list_rule_names_by_target().target_arn(target);
            let page = match request.set_next_token(token).send().await {
                Ok(page) => page,
                Err(error) => {
                    let operation = "ListRuleNamesByTarget";
                    return self.unknown(Failure::new("events", operation, error));
                }
            };
            names.extend(page.rule_names.unwrap_or_default());
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        let mut rules = Vec::new();
        for name in names {
            match client.describe_rule().name(&name).send().await {
                Ok(rule) => {
                    let state = rule.state.map(|it| it.to_string()).unwrap_or_default();
                    rules.push((name, state.starts_with("ENABLED")));
                }
                Err(error) => return self.unknown(Failure::new("events", "DescribeRule", error)),
            }
        }
        Seen::There(rules)
    }

    /// Who is subscribed to a topic.
    pub async fn subscriptions(&self, region: &str, topic: &str) -> Seen<Subscriptions> {
        let config = aws_sdk_sns::config::Builder::from(&self.in_region(region))
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_sns::Client::from_conf(config);
        let (mut found, mut token) = (Subscriptions::default(), None);
        loop {
            let request = client.list_subscriptions_by_topic().topic_arn(topic);
            let page = match request.set_next_token(token).send().await {
                Ok(page) => page,
                Err(error) => {
                    let failure = Failure::new("sns", "ListSubscriptionsByTopic", error);
                    return match failure.is("NotFound") {
                        true => Seen::Missing,
                        false => self.unknown(failure),
                    };
                }
            };
            // Instead of an ARN SNS writes what a subscription waits for, or that it is deleted.
            for subscription in page.subscriptions.unwrap_or_default() {
                match subscription.subscription_arn.unwrap_or_default().as_str() {
                    "PendingConfirmation" => found.pending += 1,
                    arn if arn.starts_with("arn:") => found.confirmed += 1,
                    _ => {}
                }
            }
            token = page.next_token;
            if token.is_none() {
                return Seen::There(found);
            }
        }
    }

    /// Whether anything in a Region bears a tag that a rule selects. Backups do not count: AWS Backup
    /// gives them the tags of what they are of. `Missing` if the rule selects in another way.
    pub async fn has_selected(&self, region: &str, rule: &Expected) -> Seen<bool> {
        let Some(tags) = &rule.tags else {
            return Seen::Missing;
        };
        let config = aws_sdk_resourcegroupstagging::config::Builder::from(&self.in_region(region))
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_resourcegroupstagging::Client::from_conf(config);
        for (key, values) in tags {
            let filter = aws_sdk_resourcegroupstagging::types::TagFilter::builder()
                .key(key)
                .set_values(Some(values.clone()))
                .build();
            let mut token = None;
            loop {
                let request = client.get_resources().tag_filters(filter.clone());
                let page = match request.set_pagination_token(token).send().await {
                    Ok(page) => page,
                    Err(error) => return self.unknown(Failure::new("tag", "GetResources", error)),
                };
                let found = page.resource_tag_mapping_list.unwrap_or_default();
                let mut arns = found.iter().filter_map(|it| it.resource_arn());
                if arns.any(|arn| !is_backup(arn)) {
                    return Seen::There(true);
                }
                token = page.pagination_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Seen::There(false)
    }
}

/// Whether an ARN names what AWS Backup makes: a recovery point, or the snapshot or image that is one.
fn is_backup(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let service = parts.nth(2).unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    service == "backup"
        || [
            "snapshot/",
            "snapshot:",
            "image/",
            "cluster-snapshot:",
            "backup/",
        ]
        .iter()
        .any(|kind| resource.starts_with(kind))
        || resource.contains("/backup/")
}

fn lambda(sdk: &SdkConfig) -> aws_sdk_lambda::Client {
    let config =
        aws_sdk_lambda::config::Builder::from(sdk).retry_partition(retries_without_quota());
    aws_sdk_lambda::Client::from_conf(config.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_backup_made_is_nothing_to_back_up() {
        for (arn, made) in [
            ("arn:aws:backup:eu-west-1:4:recovery-point:1", true),
            ("arn:aws:ec2:eu-west-1::snapshot/snap-1", true),
            ("arn:aws:ec2:eu-west-1::image/ami-1", true),
            ("arn:aws:rds:eu-west-1:4:snapshot:awsbackup:1", true),
            ("arn:aws:rds:eu-west-1:4:cluster-snapshot:awsbackup:1", true),
            ("arn:aws:dynamodb:eu-west-1:4:table/t/backup/1", true),
            ("arn:aws:fsx:eu-west-1:4:backup/backup-1", true),
            ("arn:aws:dynamodb:eu-west-1:4:table/t", false),
            ("arn:aws:ec2:eu-west-1:4:volume/vol-1", false),
            ("arn:aws:s3:::snapshots", false),
        ] {
            assert_eq!(is_backup(arn), made, "{arn}");
        }
    }
}
