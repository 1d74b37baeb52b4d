//! Create: makes the policy, or finds the one that an earlier attempt made, and attaches it.

use aws_client::CallError;
use policy_resource::identity::{Ownership, PolicyArn, TAG_REQUEST_ID, TAG_UNANSWERED};
use policy_resource::plan::{Change, Live, WRITE_COST, fits, is_unanswered};
use tracing::info;

use crate::apply::make;
use crate::attempt::Attempt;
use crate::enable::enable_if_asked;
use crate::find::{Unseen, made_by, wait_until_listed};
use crate::not_made::NotMade;
use crate::organizations::{Listed, Organizations};
use crate::remove::discard;
use crate::settle::Settled;
use crate::spec::{Ready, Spec};
use crate::waiting::{Waiting, nobody_waits, unanswerable};

/// A policy that already has the specified name.
enum Existing {
    /// An earlier attempt of this very request made it, and attached it to these targets.
    Unfinished(Listed, Vec<String>),
    /// It is this resource's from before, or `AdoptExisting` lets it be taken over.
    Taken(Box<Live>),
}

impl Attempt<'_> {
    /// Makes the specified policy and attaches it. When that fails, what was made is removed again.
    pub(crate) async fn create(&self, spec: &Spec) -> Result<Settled, NotMade> {
        let ready = self.content(spec).await.map_err(NotMade::untouched)?;
        let account = &spec.properties.management_account;
        // Side by side: each opens a connection first, which takes longer than its call.
        let (organizations, waiting) = tokio::join!(self.organizations(account), self.waiting());
        let organizations = organizations.map_err(|error| match error.is_refusal() {
            // It would have stopped an earlier attempt of this request too.
            true => NotMade::untouched(error),
            false => NotMade::may_appear(error),
        })?;

        let mut desired = spec.fresh(&ready);
        let mut tags = desired.tags.clone();
        tags.insert(TAG_REQUEST_ID.to_string(), self.request.request_id.clone());
        tags.insert(TAG_UNANSWERED.to_string(), "true".to_string());
        desired.tags = tags;
        let targets = desired.targets.iter().cloned();
        let attach: Vec<Change> = targets.map(Change::Attach).collect();
        if let Some(settled) = self.before_making(waiting, &organizations, spec).await? {
            return Ok(settled);
        }
        fits(&attach, WRITE_COST, self.time_left()).map_err(NotMade::untouched)?;
        enable_if_asked(&organizations, spec, self.deadline).await?;

        let name = &desired.name;
        let created = organizations
            .create(name, &desired.description, &ready.content, &desired.tags)
            .await;
        let (policy, attached) = match created {
            Ok(policy) => {
                info!(policy.id = %policy.id, "policy created");
                (policy, Vec::new())
            }
            Err(error) if error.is("DuplicatePolicyException") => {
                match self.resolve_duplicate(&organizations, spec).await? {
                    Existing::Unfinished(policy, attached) => (policy, attached),
                    Existing::Taken(live) => {
                        return self.apply_spec(&organizations, spec, *live).await;
                    }
                }
            }
            Err(error) => self.recover_created(&organizations, name, &error).await?,
        };
        // CloudFormation may have given up meanwhile, and its Delete come before there was a policy.
        if let Err(nobody) = self.before_changing().await {
            return Err(discard(&organizations, &policy.id, nobody.reason, self.deadline).await);
        }
        self.finish(&organizations, spec, &ready, policy, &attached)
            .await
    }

    /// Before a policy is made. When CloudFormation no longer waits for the request, nothing is: a
    /// policy would belong to no stack. `Some` is the policy that CloudFormation has from an earlier
    /// attempt of this request; one that an earlier attempt left and CloudFormation does not know is
    /// removed. Without an answer nothing is made either: a Create can be repeated by its user, a
    /// policy of no stack is seen by nobody.
    async fn before_making(
        &self,
        waiting: Result<Waiting, CallError>,
        organizations: &Organizations,
        spec: &Spec,
    ) -> Result<Option<Settled>, NotMade> {
        let resource = match waiting {
            Ok(Waiting::Yes) => return Ok(None),
            Ok(Waiting::No(resource)) => resource,
            // An earlier attempt may have left a policy: its Delete must look for it.
            Err(error) => return Err(NotMade::may_appear(unanswerable(&error))),
        };
        let reason = nobody_waits(resource.as_ref());
        let known = resource.and_then(|resource| resource.physical_id);
        let live = self.find_owned(organizations, spec).await;
        let live =
            live.map_err(|error| NotMade::perhaps(reason.clone(), &spec.properties.name, &error))?;
        let Some(live) = live else {
            return Err(NotMade::untouched(reason));
        };
        let unanswered = is_unanswered(&live.tags);
        match live.arn.parse::<PolicyArn>() {
            Ok(arn) if known.as_ref() == Some(&live.arn) => Ok(Some(Settled {
                arn,
                content: live.content,
                unanswered: unanswered.then(|| self.unanswered(organizations, &live.id)),
            })),
            _ if made_by(&live, self.request) => {
                Err(discard(organizations, &live.id, reason, self.deadline).await)
            }
            _ => Err(NotMade::untouched(reason)),
        }
    }

    /// The policy that a failed CreatePolicy made all the same, because its answer was lost or an
    /// earlier attempt of this request succeeded, with its targets. Going on with it, instead of
    /// removing it, is right in both cases: after the second, CloudFormation may know of it.
    async fn recover_created(
        &self,
        organizations: &Organizations,
        name: &str,
        error: &CallError,
    ) -> Result<(Listed, Vec<String>), NotMade> {
        let reason = format!("could not create the policy `{name}`: {error}");
        let found = async {
            let id = Some(self.request.request_id.as_str());
            let Some(policy) = self.find_unanswered(organizations, id, name).await? else {
                return Ok::<_, Unseen>(None);
            };
            let targets = policy.read(organizations.targets(&policy.id).await)?;
            Ok(targets.map(|targets| (policy, targets)))
        };
        match found.await {
            Ok(Some(found)) => Ok(found),
            // Without an answer, the policy may yet appear in the list.
            Ok(None) if error.code.is_none() => Err(NotMade::may_appear(reason)),
            Ok(None) => Err(NotMade::untouched(reason)),
            // The same refusal again: AWS did not let us in at all. One that passes says nothing of
            // the attempts before it.
            Err(again) if error.is_refusal() && again.error.code == error.code => {
                Err(NotMade::untouched(reason))
            }
            Err(again) => Err(NotMade::perhaps(reason, name, &again)),
        }
    }

    /// Finds the policy that has the name already, and decides whether to go on with it.
    async fn resolve_duplicate(
        &self,
        organizations: &Organizations,
        spec: &Spec,
    ) -> Result<Existing, NotMade> {
        let name = &spec.properties.name;
        let taken = || format!("AWS says that there is a policy `{name}` already");
        let unseen = |unseen: Unseen| NotMade::perhaps(taken(), name, &unseen);
        let listed = wait_until_listed(organizations, name).await;
        let Some(policy) = listed.map_err(|error| unseen(error.into()))? else {
            return Err(NotMade::may_appear(format!(
                "{}, but does not list it: try again later",
                taken()
            )));
        };
        let live = policy.read(organizations.live(&policy.id).await);
        let live = live.map_err(unseen)?;
        let Some(live) = live else {
            return Err(NotMade::untouched(format!(
                "the policy `{name}` ({}) was just deleted by somebody else: try again",
                policy.id
            )));
        };
        if made_by(&live, self.request) {
            info!(policy.id = %policy.id, "an earlier attempt of this request created the policy");
            return Ok(Existing::Unfinished(policy, live.targets));
        }
        let ours = self.owner().of(&live.tags) == Ownership::Ours;
        if ours || spec.properties.adopt_existing {
            info!(policy.id = %policy.id, ours, "taking the existing policy over");
            return Ok(Existing::Taken(Box::new(live)));
        }
        Err(NotMade::untouched(format!(
            "a policy `{name}` ({}) exists already and is not this resource's: choose another \
             PolicyName, or set AdoptExisting: true to take it over",
            policy.id
        )))
    }

    /// Attaches a policy that was just created, or whose Create is being repeated. What is attached
    /// already needs no call that could fail: CloudFormation may know of the policy.
    async fn finish(
        &self,
        organizations: &Organizations,
        spec: &Spec,
        ready: &Ready,
        policy: Listed,
        attached: &[String],
    ) -> Result<Settled, NotMade> {
        let id = &policy.id;
        let arn = match policy.arn.parse::<PolicyArn>() {
            Ok(arn) if arn.management_account == spec.properties.management_account => arn,
            _ => {
                let reason = format!(
                    "`OrgManagementAccount` is `{}`, but the policy was created as {}: expected the \
                     management account of this organization",
                    spec.properties.management_account, policy.arn
                );
                return Err(discard(organizations, id, reason, self.deadline).await);
            }
        };
        let targets = spec.targets.iter();
        let missing = targets.filter(|target| !attached.contains(target));
        let changes: Vec<Change> = missing.cloned().map(Change::Attach).collect();
        match make(organizations, id, &changes, WRITE_COST, self.deadline).await {
            Ok(()) => Ok(Settled {
                arn,
                content: ready.content.clone(),
                unanswered: Some(self.unanswered(organizations, id)),
            }),
            Err(stopped) => Err(discard(organizations, id, stopped.reason, self.deadline).await),
        }
    }
}
