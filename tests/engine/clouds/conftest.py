"""Imitated clouds for the engine of a stack, or real ones if the run asks for them."""

from pathlib import Path

import pytest

from dev.cloud.handle import Clouds
from tests.engine.clouds.cloud_stacks import PROGRAM
from tests.engine.clouds.places import (
    REAL_CLOUD,
    AzurePlace,
    GooglePlace,
    ImitatedAzure,
    ImitatedGoogle,
    RealAzure,
    RealGoogle,
)
from tests.support.servers import LocalIssuer
from tests.support.stacks import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "project", PROGRAM)


@pytest.fixture
def clouds(tmp_path: Path, stack: Stack) -> Clouds:
    """Clouds with one resource group, used by the stack's engine."""
    made = Clouds(tmp_path / "clouds")
    made.install(stack.folder / "home")
    made.add_resource_group("billing-rg")
    return made


@pytest.fixture
def google(request: pytest.FixtureRequest, stack: Stack, issuer: LocalIssuer) -> GooglePlace:
    """Google Cloud: the real one with `CRDB_SSO_REAL_CLOUD=gcp`."""
    if REAL_CLOUD == "gcp":
        return RealGoogle(stack)
    return ImitatedGoogle(request.getfixturevalue("clouds"), issuer)


@pytest.fixture
def azure(request: pytest.FixtureRequest, stack: Stack, issuer: LocalIssuer) -> AzurePlace:
    """Azure and its directory: the real ones with `CRDB_SSO_REAL_CLOUD=azure`."""
    if REAL_CLOUD == "azure":
        return RealAzure(stack)
    return ImitatedAzure(request.getfixturevalue("clouds"), issuer)
