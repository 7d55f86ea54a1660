"""`crdb-sso explain` on every version that is imitated, and where the nodes fetch keys."""

import json
import time
from pathlib import Path

import psycopg
import pytest

from crdb_sso.cli import main
from dev.emulator.versions import VERSIONS
from tests.cli.test_explain import COMMAND, USER, minted, trusting
from tests.support.provider_calls import AUDIENCE, ISSUER
from tests.support.servers import (
    EmbeddedCluster,
    cluster_that_trusts,
    embedded_cluster,
    local_issuer,
)
from tests.support.servers import minted as minted_by
from tests.support.versions import is_since

JWT = "server.jwt_authentication"


@pytest.mark.parametrize("version", VERSIONS)
def test_on_every_version_it_says_what_the_client_is_told(
    version: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with embedded_cluster(tmp_path, "--version", version) as cluster:
        monkeypatch.setenv("CRDB_SSO_CLUSTER_URL", cluster.admin_url)
        monkeypatch.setenv("TOKEN", minted())
        trusting(cluster, licence="")
        if not is_since("24.3", version):
            assert main([*COMMAND, "--json"]) == 7, "whether it needs a licence is not known"
            assert "before November 2024" in capfd.readouterr().out
            cluster.set("enterprise.license", "crl-0-licence")
        sent = {
            "good": minted(),
            "slash": minted(iss=f"{ISSUER}/"),
            "expired": minted(exp=int(time.time()) - 60),
            "somebody else": minted(sub="o-2"),
            "audience": minted(aud="other"),
            "not a token": "hunter2-hunter2-hunter2-hunter2",
        }
        for name, text in sent.items():
            monkeypatch.setenv("TOKEN", text)
            code = main([*COMMAND, "--json"])
            found = json.loads(capfd.readouterr().out)
            told = refusal(cluster, text)
            assert (code, found["outcome"]) == ((6, "refused") if told else (0, "accepted")), name
            if told:
                error = found["error"]
                assert told[0] == error["message"], name
                assert told[1].startswith(error["detail"].removesuffix("...")), name
                assert found["fix"]


def refusal(cluster: EmbeddedCluster, token: str) -> tuple[str, str] | None:
    """What the cluster tells the client, message and DETAIL; None if it lets it in."""
    try:
        cluster.login(USER, token)
    except psycopg.OperationalError as exc:
        message, _, rest = str(exc).partition("ERROR:  ")[2].partition("\n")
        return message, rest.removeprefix("DETAIL:  ").partition("\n")[0]
    return None


def test_keys_that_nodes_fetch_are_fetched_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with (
        local_issuer(tmp_path) as issuer,
        cluster_that_trusts(issuer, tmp_path, "25.2") as cluster,
    ):
        monkeypatch.setenv("CRDB_SSO_CLUSTER_URL", cluster.admin_url)
        cluster.set(f"{JWT}.jwks_auto_fetch.enabled", "true")
        cluster.set(f"{JWT}.issuers.custom_ca", Path(issuer.ca_cert).read_text())
        cluster.set(f"{JWT}.issuers", issuer.issuer)
        cluster.set(f"{JWT}.audience", AUDIENCE)
        cluster.set(f"{JWT}.enabled", "true")
        cluster.execute("CREATE USER kyle")
        monkeypatch.setenv("TOKEN", minted_by(issuer, sub="kyle", aud=AUDIENCE))
        asked = ["explain", "--user", "kyle", "--token-from", "env:TOKEN"]

        assert main(asked) == 0
        cluster.set(f"{JWT}.issuers.custom_ca", "")
        assert main(asked) == 7
        assert "could not be asked from this machine: " in capfd.readouterr().out
