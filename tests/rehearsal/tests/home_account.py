"""The deploy commands called by themselves, on an emulator, with the guide's target values."""

import contextlib
from unittest import mock

from deploy import accounts, cloudformation, targets
from deploy.pipeline import source
from kit.clients import client
from kit.names import ORGANIZATION

from rehearsal.names import (
    CENTRAL,
    CENTRAL_REGION,
    CENTRAL_VAULT,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    WORKLOADS,
)


class Session:
    """The home account's root, as the deploy commands want it."""

    region_name, profile_name = HOME_REGION, "home"

    def __init__(self, emulator):
        self._emulator = emulator

    def client(self, service, region_name=None):
        return client(self._emulator.url, service, HOME, region_name or HOME_REGION)


def deploy(emulator, account, region, name, template, **values):
    """Deploy a template's text."""
    cloud = client(emulator.url, "cloudformation", account, region)
    cloudformation.deploy(cloud, name, template, values, silent)


def silent(_):
    """Nobody is to read what a command reports."""


@contextlib.contextmanager
def quick():
    """Commands look at what is under way more often than people need."""
    with mock.patch.object(cloudformation, "POLL_SECONDS", 0.05):
        yield


# The guide's target values, for one unit.
VALUES = targets.Targets(
    organization=ORGANIZATION,
    management_account=MANAGEMENT,
    home_account=HOME,
    central_account=CENTRAL,
    central_region=CENTRAL_REGION,
    central_vault_arn=CENTRAL_VAULT,
    units=(WORKLOADS,),
    regions=(HOME_REGION, CENTRAL_REGION),
)


def deploy_home(emulator):
    """`make deploy-home APPLY=1`, but for the look whether everything is committed."""
    with mock.patch.object(source, "require_committed", lambda: None):
        accounts.deploy_home(Session(emulator), VALUES, True, silent)
