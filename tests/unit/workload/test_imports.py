"""What importing costs: nothing that only some workloads need, and no Pulumi."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crdb_sso.errors import MissingPackage
from crdb_sso.workload import tokens

HEAVY = (
    *("pulumi", "google.auth", "azure.core", "azure.identity", "msal", "id", "spiffe", "grpc"),
    *("boto3", "botocore"),
    *("authlib", "requests", "httpx", "psycopg", "psycopg_pool", "sqlalchemy", "asyncpg", "typer"),
)

LOADED = f"""
import sys
import crdb_sso.workload
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_importing_loads_no_pulumi_no_cloud_sdk_and_no_driver() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "[]\n"


class Absent:
    """Makes a package look as if it was not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == self._package or name == self._package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


INSTALL = "  Next step: Install crdb-sso with the extra: pip install"
"""No public index has crdb-sso: a stranger could take the name there."""


@pytest.mark.parametrize(
    ("package", "make", "sentence"),
    [
        pytest.param(
            "google.auth",
            lambda: tokens.gcp("crdb"),
            "tokens.gcp needs the package google-auth: No module named 'google.auth'\n"
            f"{INSTALL} '<folder of crdb-sso>[workload-gcp]'.",
            id="gcp",
        ),
        pytest.param(
            "azure",
            lambda: tokens.azure("app"),
            "tokens.azure needs the package azure-identity: No module named 'azure'\n"
            f"{INSTALL} '<folder of crdb-sso>[workload-azure]'.",
            id="azure",
        ),
        pytest.param(
            "boto3",
            lambda: tokens.aws("crdb"),
            "tokens.aws needs the package boto3: No module named 'boto3'\n"
            f"{INSTALL} '<folder of crdb-sso>[workload-aws]'.",
            id="aws",
        ),
        pytest.param(
            "id",
            lambda: tokens.github("crdb"),
            "tokens.github needs the package id: No module named 'id'\n"
            f"{INSTALL} '<folder of crdb-sso>[workload-ci]'.",
            id="github",
        ),
        pytest.param(
            "spiffe",
            lambda: tokens.spiffe("crdb"),
            "tokens.spiffe needs the package spiffe: No module named 'spiffe'\n"
            f"{INSTALL} '<folder of crdb-sso>[workload-spiffe]'.",
            id="spiffe",
        ),
        pytest.param(
            "authlib",
            lambda: tokens.client_credentials("https://idp/token", "o", client_secret="s"),
            "tokens.client_credentials needs the package authlib: No module named 'authlib'\n"
            f"{INSTALL} '<folder of crdb-sso>[workload-oauth]'.",
            id="oauth",
        ),
    ],
)
def test_a_missing_package_is_one_sentence_and_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    make: Callable[[], tokens.Source],
    sentence: str,
) -> None:
    for name in list(sys.modules):
        if name == package or name.startswith(f"{package}."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(package), *sys.meta_path])

    with pytest.raises(MissingPackage) as caught:
        make().token()

    assert str(caught.value) == sentence


def test_every_source_that_text_can_name_is_called_as_it_is_named() -> None:
    for kind, source in tokens.KINDS.items():
        assert getattr(tokens, kind) is source
        assert kind in tokens.__all__


def test_no_source_reads_the_clock_or_starts_a_thread_when_it_is_made(tmp_path: Path) -> None:
    def no_clock() -> float:
        raise AssertionError

    for make in (tokens.gcp, tokens.azure, tokens.github, tokens.spiffe, tokens.gitlab):
        make("crdb", clock=no_clock)
    tokens.kubernetes(tmp_path / "absent", clock=no_clock)
