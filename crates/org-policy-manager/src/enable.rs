//! With `EnablePolicyType: true`: enables backup policies on the organization's root.

use tokio::time::{Duration, Instant, sleep};
use tracing::info;

use crate::not_made::NotMade;
use crate::organizations::Organizations;
use crate::spec::Spec;
use crate::waiting::ends_before;

/// How long enabling backup policies may take. AWS documents only that it happens in the background;
/// our choice.
const ENABLING: Duration = Duration::from_secs(60);

/// If the template asks for it, enables backup policies and waits until they are enabled. This is
/// not undone when the request fails: other policies may rely on it by then.
pub(crate) async fn enable_if_asked(
    organizations: &Organizations,
    spec: &Spec,
    deadline: Instant,
) -> Result<(), NotMade> {
    if !spec.properties.enable_policy_type {
        return Ok(());
    }
    enable(organizations, deadline)
        .await
        .map_err(NotMade::untouched)
}

/// Enables backup policies on the root, and waits until they are.
pub(crate) async fn enable(organizations: &Organizations, deadline: Instant) -> Result<(), String> {
    let give_up = deadline.min(Instant::now() + ENABLING);
    let mut asked = false;
    loop {
        let root = organizations
            .root()
            .await
            .map_err(|error| error.to_string())?;
        let root = root.ok_or("the organization has no root")?;
        if root.enabled {
            return Ok(());
        }
        if !root.pending && !asked {
            organizations
                .enable(&root.id)
                .await
                .map_err(|error| error.to_string())?;
            asked = true;
            info!(root.id = %root.id, "backup policies enabled");
        }
        let pause = Duration::from_millis(fastrand::u64(1_000..2_000));
        if !ends_before(pause, give_up) {
            return Err(format!(
                "backup policies are still being enabled on {}: try again in a minute",
                root.id
            ));
        }
        sleep(pause).await;
    }
}
