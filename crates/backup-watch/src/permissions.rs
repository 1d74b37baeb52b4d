//! What the function may ask of AWS, for whoever writes its role.

/// Every IAM action that the code can need, one a line with its reason: `permissions.txt` of this
/// crate. The wire tests compare it with the calls that they see, the template's test with the roles.
pub const PERMISSIONS: &str = include_str!("../permissions.txt");

/// The actions alone.
///
/// ```
/// let actions: Vec<&str> = backup_watch::permissions::actions().collect();
/// assert!(actions.contains(&"sns:Publish"));
/// ```
pub fn actions() -> impl Iterator<Item = &'static str> {
    let lines = PERMISSIONS.lines();
    lines.filter_map(|line| line.split_whitespace().next())
}
