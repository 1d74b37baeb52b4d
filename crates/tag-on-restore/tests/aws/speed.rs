//! How long a mass restore takes until all of it has its tags, in virtual time at the published rate
//! of the Resource Groups Tagging API, beside what that rate allows at most. `make bench` prints it,
//! with more restores.

use serde_json::json;
use tokio::time::Instant;

use crate::lambda::{Lambda, event};
use crate::world::{Behaviour, World, tags};

const ACCOUNT: &str = "111122223333";

/// TagResources takes five requests a second, and five at once.
fn limit(restores: usize) -> f64 {
    (restores as f64 - 5.0).max(0.0) / 5.0
}

#[tokio::test(start_paused = true)]
#[expect(clippy::print_stdout, reason = "`make bench` shows it")]
async fn a_mass_restore_is_tagged_about_as_fast_as_aws_allows() {
    let restores = std::env::var("RESTORES").ok();
    let restores: usize = restores.and_then(|it| it.parse().ok()).unwrap_or(300);
    let world = World::behaving(Behaviour {
        enforce_rates: true,
        ..Behaviour::default()
    });
    let arn = |rest: &str, n: usize| format!("arn:aws:rds:eu-west-1:{ACCOUNT}:{rest}{n:06}");
    for n in 0..restores {
        world.put(&arn("db:restored-", n), tags(&[]));
        world.put(&arn("db:source-", n), tags(&[("team", "shop")]));
        let point = arn("snapshot:awsbackup:job-", n);
        world.put(&point, tags(&[("owner", "team"), ("cost-centre", "7")]));
        let job = json!({
            "CreatedResourceArn": arn("db:restored-", n), "ResourceType": "RDS",
            "RecoveryPointArn": point, "SourceResourceArn": arn("db:source-", n),
        });
        world.put_job(&format!("job-{n:06}"), job);
    }
    let bodies: Vec<String> = (0..restores)
        .map(|n| event(&format!("job-{n:06}")).to_string())
        .collect();
    // Two at a time, as the template has it.
    let (even, odd) = bodies.split_at(restores / 2);
    let (first, second) = (Lambda::new(&world), Lambda::new(&world));
    let began = Instant::now();
    let (dead, also_dead) =
        tokio::join!(first.deliver(even.to_vec()), second.deliver(odd.to_vec()));
    let taken = began.elapsed().as_secs_f64();
    let limit = limit(restores);
    assert_eq!((dead.len(), also_dead.len()), (0, 0));
    for n in 0..restores {
        let found = world.tags_of(&arn("db:restored-", n));
        assert_eq!(found["owner"], "team", "restore {n}");
        assert_eq!(found["team"], "shop", "restore {n}");
    }
    println!(
        "\n| restores | all tagged after, s | AWS's rate allows, s | ratio |\n|--:|--:|--:|--:|\n\
         | {restores} | {taken:.0} | {limit:.0} | {:.2} |\n",
        taken / limit
    );
    assert!(taken < limit * 2.0 + 400.0, "{taken} of {limit}");
}
