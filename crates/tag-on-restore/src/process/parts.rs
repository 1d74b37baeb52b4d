//! What a restored resource is made of: volumes, network interfaces, members, peers. Tagged as far
//! as possible; what is not possible is the job's failure, after everything else was done.

use std::collections::BTreeMap;

use aws_client::CallError;

use super::{Done, Stop, Work};
use crate::gate::Target;
use crate::plan::{Offered, Origin, plan};
use crate::recovery_point::ec2_id;
use crate::report::{Outcome, Report};
use crate::route::{Parts, route};
use crate::{Arn, Tags};

impl Work<'_> {
    /// Tags the parts of a target that has the tags `whole`, or should have and was `refused` some.
    pub(super) async fn parts(
        &self,
        target: &Target,
        whole: &Tags,
        provenance: &Tags,
        report: &mut Report,
        refused: Option<Stop>,
    ) -> Result<(), Stop> {
        let arn = &target.arn;
        let mut ends = Ends { worst: refused };
        match target.route.parts {
            Parts::None => {}
            Parts::VolumesAndInterfaces => {
                self.instance(arn, whole, provenance, report, &mut ends)
                    .await
            }
            parts @ (Parts::ClusterMembers | Parts::PeerClusters) => {
                let found = match parts {
                    Parts::PeerClusters => self.aws.peer_clusters(arn).await,
                    _ => self.aws.cluster_members(arn).await,
                };
                match found {
                    Ok(found) => {
                        for part in found {
                            let end = self.part(&part, whole, provenance).await;
                            self.part_ends(&part, end, report, &mut ends);
                        }
                    }
                    Err(error) => ends.failed(self.stop(&error), arn),
                }
            }
        }
        match ends.worst {
            Some(stop) => Err(stop),
            None => Ok(()),
        }
    }

    /// A part that gets what the whole has.
    async fn part(&self, arn: &Arn, whole: &Tags, provenance: &Tags) -> Result<Done, CallError> {
        let route = route(arn);
        let existing = self.aws.read_tags(arn, route.read).await?;
        let from = Origin::Part { whole };
        let offered = Offered { from, provenance };
        let plan = |existing: &Tags| plan(existing, offered, &route, self.config);
        self.carry_out(arn, &route, plan(&existing), plan).await
    }

    async fn instance(
        &self,
        arn: &Arn,
        whole: &Tags,
        provenance: &Tags,
        report: &mut Report,
        ends: &mut Ends,
    ) {
        let config = self.config;
        if !config.tag_volumes && !config.tag_network_interfaces {
            return;
        }
        let found = async {
            let mut instance = self.aws.instance(arn).await?;
            if !config.tag_volumes {
                instance.volumes.clear();
            }
            if !config.tag_network_interfaces {
                instance.interfaces.clear();
            }
            let volumes = instance.volumes.iter();
            let ids = volumes.flat_map(|(volume, snapshot)| {
                [Some(ec2_id(volume).to_string()), snapshot.clone()]
            });
            let interfaces = instance.interfaces.iter().map(|it| ec2_id(it).to_string());
            let ids: Vec<String> = ids.flatten().chain(interfaces).collect();
            let tags = self.aws.ec2_tags(arn, &ids).await?;
            Ok((instance, tags))
        };
        let (instance, tags) = match found.await {
            Ok(found) => found,
            Err(error) => return ends.failed(self.stop(&error), arn),
        };
        for (volume, snapshot) in &instance.volumes {
            let route = route(volume);
            let snapshot = snapshot.as_deref().map(|id| of(&tags, id));
            let snapshot = snapshot.unwrap_or_default();
            let from = Origin::Volume {
                snapshot: &snapshot,
                instance: whole,
            };
            let offered = Offered { from, provenance };
            let plan = |existing: &Tags| plan(existing, offered, &route, config);
            let existing = of(&tags, ec2_id(volume));
            let end = self.carry_out(volume, &route, plan(&existing), plan).await;
            self.part_ends(volume, end, report, ends);
        }
        for interface in &instance.interfaces {
            let route = route(interface);
            let from = Origin::Part { whole };
            let offered = Offered { from, provenance };
            let plan = |existing: &Tags| plan(existing, offered, &route, config);
            let existing = of(&tags, ec2_id(interface));
            let end = self
                .carry_out(interface, &route, plan(&existing), plan)
                .await;
            self.part_ends(interface, end, report, ends);
        }
    }

    fn part_ends(
        &self,
        arn: &Arn,
        end: Result<Done, CallError>,
        report: &mut Report,
        ends: &mut Ends,
    ) {
        match end {
            Ok(done) => {
                self.add(report, arn, &done);
                if !done.plan.write.is_empty() && !self.config.dry_run {
                    report.sub_resources_tagged += 1;
                }
            }
            Err(error) => ends.failed(self.stop(&error), arn),
        }
    }
}

/// The tags of one of several EC2 resources.
fn of(tags: &BTreeMap<String, Tags>, id: &str) -> Tags {
    tags.get(id).cloned().unwrap_or_default()
}

/// How the whole and its parts ended: the worst counts for the job.
#[derive(Default)]
struct Ends {
    worst: Option<Stop>,
}

impl Ends {
    fn failed(&mut self, stop: Stop, arn: &Arn) {
        if stop.outcome == Outcome::TargetGone {
            tracing::info!(resource = %arn, "a part is gone: {}", stop.reason);
            return;
        }
        // What may pass is tried again, and with it what may not.
        let worse = match &self.worst {
            None => true,
            Some(worst) => worst.outcome == Outcome::Failed && stop.outcome == Outcome::Retry,
        };
        if worse {
            let reason = format!("{arn}: {}", stop.reason);
            self.worst = Some(Stop { reason, ..stop });
        }
    }
}
