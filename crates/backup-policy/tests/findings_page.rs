//! `docs/findings.md` is what the source says. `UPDATE_EXPECT=1` writes it.

use expect_test::expect_file;

#[test]
fn the_page_of_findings_is_made_from_the_source() {
    expect_file!["../../../docs/findings.md"].assert_eq(&backup_policy::catalogue_page());
}
