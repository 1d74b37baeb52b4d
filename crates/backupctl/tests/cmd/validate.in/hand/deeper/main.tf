resource "aws_organizations_policy" "nightly" {
  type = "BACKUP_POLICY"
}
