//! People who change our policies by hand.

use std::time::Duration;

use fastrand::Rng;

use crate::world::World;

/// A tag that is theirs: nobody else may touch it.
pub const TAG: &str = "by-hand";
/// The value of any tag that people give.
pub const VALUE: &str = "by hand";

/// Changes one of our policies, and says how. While the function is at work nobody renames one: what
/// an unfinished Create made is found by its name.
pub fn meddle(world: &World, random: &mut Rng, at_work: bool) -> Option<String> {
    let target = format!("ou-mod1-{:08}", random.usize(0..7));
    let (which, what) = (random.usize(0..3), random.u8(0..8));
    world.somebody(|it| {
        let ours = it
            .policies
            .values()
            .filter(|it| !it.name.starts_with("somebody's"));
        let ids: Vec<String> = ours.map(|it| it.id.clone()).collect();
        let id = ids.get(which % ids.len().max(1))?.clone();
        let attached = it.targets_of(&id).contains(&target);
        let policy = it.policies.get_mut(&id)?;
        let story = match what {
            0 => {
                policy.content = r#"{"plans":{}}"#.to_owned();
                "edits".to_owned()
            }
            1 => {
                policy.description = "by hand".to_owned();
                "describes anew".to_owned()
            }
            2 if !at_work => {
                policy.name = format!("by hand {id}");
                "renames".to_owned()
            }
            3 => {
                policy.tags.insert(TAG.to_owned(), VALUE.to_owned());
                "tags".to_owned()
            }
            4 => {
                policy.tags.insert("team".to_owned(), VALUE.to_owned());
                "changes a tag of".to_owned()
            }
            5 => {
                it.delete(&id);
                "deletes".to_owned()
            }
            _ if attached => {
                it.detach(&id, &target);
                format!("detaches from {target}")
            }
            _ => {
                it.attach(&id, &target);
                format!("attaches to {target}")
            }
        };
        Some(format!("somebody {story} {id}"))
    })
}

/// Changes something now and then, for a minute.
pub async fn keep_meddling(world: World, seed: u64) -> Vec<(Duration, String)> {
    let mut random = Rng::with_seed(seed);
    let mut told = Vec::new();
    for _ in 0..random.usize(1..4) {
        tokio::time::sleep(Duration::from_millis(random.u64(0..20_000))).await;
        let story = meddle(&world, &mut random, true);
        told.extend(story.map(|it| (world.now(), it)));
    }
    told
}
