"""pytest finds the deploy package and the stand-ins from here."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools")]


@pytest.fixture
def printed():
    """What a command printed, line by line."""
    return []


@pytest.fixture
def targets():
    from deploy.targets import Targets

    return Targets(
        organization="o-abcd123456",
        management_account="111111111111",
        home_account="222222222222",
        central_account="333333333333",
        central_region="eu-west-1",
        central_vault_arn="arn:aws:backup:eu-west-1:333333333333:backup-vault:AWSBackupSolutionCentralVault",
        units=("ou-ab12-cdefgh34",),
        regions=("eu-central-1", "eu-west-1"),
    )
