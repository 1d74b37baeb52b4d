//! The home account: roles, function and topic, and what deploying the policies' stack again would
//! change.

use backup_status::Seen;

use super::{EXECUTION_ROLE, Question, TOPIC, Work};
use crate::doctor::deployed::{STACK, again};
use crate::doctor::diagnosis::{POLICY_MANAGER, STACK_SET_ADMINISTRATION};
use crate::doctor::facts::{Home, Purpose, Role};
use crate::plan::present::Present;
use crate::plan::steps::Step;

/// The home account, and what deploying the policies' stack again would change.
pub(super) async fn home(work: &Work, present: &Seen<Present>) -> (Home, Seen<Vec<Step>>) {
    let Question {
        targets,
        home_region,
        ..
    } = &*work.question;
    let account = &targets.home_account;
    let mut home = Home {
        closed: None,
        region: home_region.clone(),
        roles: Vec::new(),
        manager: Seen::Missing,
        topic: Seen::Missing,
    };
    let adapter = match work.adapter(account).await {
        Ok(adapter) => adapter,
        Err(why) => {
            home.closed = Some(why);
            let why = "the home account cannot be looked into".to_owned();
            return (home, Seen::Unknown(why));
        }
    };
    for (purpose, name) in [
        (Purpose::PolicyManager, POLICY_MANAGER),
        (Purpose::StackSetAdministration, STACK_SET_ADMINISTRATION),
        (Purpose::StackSetExecution, EXECUTION_ROLE),
    ] {
        home.roles.push(Role {
            purpose,
            account: account.clone(),
            name: name.to_owned(),
            trust: adapter.role(name).await,
        });
    }
    home.manager = adapter.function(home_region, POLICY_MANAGER).await;
    let partition = work.connection.caller.partition();
    let topic = format!("arn:{partition}:sns:{home_region}:{account}:{TOPIC}");
    home.topic = adapter.subscriptions(home_region, &topic).await;
    let deployed = match (adapter.stack(home_region, STACK).await, present) {
        (Seen::There(stack), Seen::There(present)) => {
            match again(&stack, targets, present, work.now) {
                Ok(steps) => Seen::There(steps),
                Err(why) => Seen::Unknown(why),
            }
        }
        (Seen::Missing, _) => Seen::Missing,
        (Seen::Unknown(why), _) => Seen::Unknown(why),
        (_, Seen::Unknown(why)) => Seen::Unknown(why.clone()),
        (_, Seen::Missing) => Seen::Unknown("the organization cannot be read".to_owned()),
    };
    (home, deployed)
}
