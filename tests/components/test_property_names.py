"""`ClusterSso` sends exactly the names of the provider's rows."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pulumi

from crdb_sso.provider import inputs
from crdb_sso.provider.rows import Input
from tests.components.mockrun import run
from tests.components.programs import LOGINS, facts, issuer, sso
from tests.unit.standard_certificates import CA

FROM_A_REFRESH = {"leftovers", "trusted"}


PROOF = {"prove": {"app": {"kind": "file", "path": "token"}}, "on_failed_proof": "restore"}


def sent(logins: Mapping[str, Any], **args: Any) -> Mapping[str, Any]:
    """Return what the engine gets for one `ClusterSso`."""
    given = run(lambda: {"connect": sso(logins, **args).connect}).only(LOGINS).inputs
    return {name: value for name, value in given.items() if not name.startswith("__")}


def all_sent(folder: Path) -> list[Mapping[str, Any]]:
    """Return what two programs send that together use every argument."""
    (folder / "ca.pem").write_text(CA)
    where = {"jwks_uri": "https://keys.example.com", "ca_file": str(folder / "ca.pem")}
    me = facts(**where, close_passthrough=True)
    full = {
        "identities": [me],
        "roles": ["readers"],
        "login": False,
        "on_delete": "disable",
        "allow_privileged": True,
    }

    def by_subject() -> Mapping[str, Any]:
        connect = sso(
            {},
            subject_is_username=[issuer().facts],
            sso_only={"keep": [{"user": "ops", "method": "cert"}]},
            auto_provisioning=True,
            group_sync={
                "group_claim": "teams",
                "userinfo_group_key": "roles",
                "allow_privileged": True,
            },
            claim=pulumi.Output.secret("email"),
            take_over=True,
            accept={"CRDB-SSO-014": "one team runs the issuer"},
        ).connect
        return {"connect": connect}

    return [sent({"app": full}, keys="fetched", **PROOF), run(by_subject).only(LOGINS).inputs]


def names(rows: Iterable[Input[Any]]) -> set[str]:
    return {row.name for row in rows}


def test_the_component_sends_exactly_the_names_of_the_rows(tmp_path: Path) -> None:
    bags = all_sent(tmp_path)
    sources = [source for bag in bags for source in bag["sources"].values()]
    logins = [login for bag in bags for login in bag["logins"].values()]
    identities = [one for login in logins for one in login["identities"].values()]
    groups = [bag["group_sync"] for bag in bags if "group_sync" in bag]

    assert used(bags) == names(inputs.INPUTS) - FROM_A_REFRESH
    assert used(sources) == names(inputs.SOURCE) - FROM_A_REFRESH
    assert used(logins) == names(inputs.LOGIN)
    assert used(identities) == names(inputs.IDENTITY)
    assert used(groups) == names(inputs.GROUP_SYNC)


def used(bags: Iterable[Mapping[str, Any]]) -> set[str]:
    engines = {"__provider", *names(inputs.OUTPUTS)}
    return {name for bag in bags for name in bag} - engines
