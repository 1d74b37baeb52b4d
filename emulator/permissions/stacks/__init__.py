"""What CloudFormation needs for each resource of a stack."""
