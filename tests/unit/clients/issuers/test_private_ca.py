"""Which certificates an identity provider's server is believed with."""

import ssl
from pathlib import Path

import pytest

from crdb_sso.clients.issuers.discovery import fetch_jwks, is_of_unknown_ca
from crdb_sso.errors import DiscoveryFailed, InvalidInput
from tests.unit.scripted_https_server import (
    HttpsServer,
    https_server,
    text,
)
from tests.unit.standard_certificates import BROKEN_CA, CA

PATIENT_S = 60.0
"""For tests of anything but the deadline: a busy machine may take long over a handshake."""


def test_a_ca_file_may_be_a_bundle(server: HttpsServer, tmp_path: Path) -> None:
    server.answers["/keys"] = text("found")
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(f"# two of them\n{CA}{Path(server.ca_file).read_text()}")

    found = fetch_jwks(f"{server.url}/keys", ca_file=str(bundle), timeout_s=PATIENT_S)

    assert found.text == "found"


@pytest.mark.parametrize("path", ["a\0b", "\ud800", "", "/", "/dev/null"])
def test_a_ca_file_that_can_not_be_one_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match=r"the CA file .* can't be used"):
        fetch_jwks("https://127.0.0.1:1/keys", ca_file=path)


def test_a_ca_that_is_named_is_believed_as_it_is_on_every_version_of_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_before_3_13 = ssl.create_default_context

    def as_from_3_13_on(**given: str) -> ssl.SSLContext:
        context = as_before_3_13(**given)  # type: ignore[arg-type] # what the product gives
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    with https_server(tmp_path, has_ca=True) as server:
        server.answers["/keys"] = text("found")
        for of_python in (as_before_3_13, as_from_3_13_on):
            monkeypatch.setattr(ssl, "create_default_context", of_python)
            found = fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)
            assert found.text == "found"


def test_a_private_ca_has_to_be_named(server: HttpsServer) -> None:
    with pytest.raises(DiscoveryFailed, match="CERTIFICATE_VERIFY_FAILED") as caught:
        fetch_jwks(f"{server.url}/keys")
    assert "name it as `ca_file`" in caught.value.hint
    assert is_of_unknown_ca(caught.value)


def test_another_private_ca_than_the_named_one_is_an_unknown_ca_too(tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_text(CA)
    with (
        https_server(tmp_path, has_ca=True) as server,
        pytest.raises(DiscoveryFailed, match="CERTIFICATE_VERIFY_FAILED") as caught,
    ):
        fetch_jwks(f"{server.url}/keys", ca_file=str(tmp_path / "other.pem"), timeout_s=PATIENT_S)
    assert is_of_unknown_ca(caught.value)


@pytest.mark.parametrize(
    ("has_expired", "host", "reason"),
    [
        pytest.param(True, "127.0.0.1", "certificate has expired", id="expired"),
        pytest.param(False, "localhost", "Hostname mismatch", id="of another host"),
    ],
)
@pytest.mark.parametrize("has_ca", [True, False])
def test_a_certificate_that_is_bad_itself_is_not_blamed_on_its_ca(
    tmp_path: Path, host: str, reason: str, *, has_expired: bool, has_ca: bool
) -> None:
    with (
        https_server(tmp_path, has_ca=has_ca, has_expired=has_expired) as server,
        pytest.raises(DiscoveryFailed, match=reason) as caught,
    ):
        fetch_jwks(
            f"{server.url.replace('127.0.0.1', host)}/keys",
            ca_file=server.ca_file,
            timeout_s=PATIENT_S,
        )
    assert not is_of_unknown_ca(caught.value)
    assert "ca_file" not in caught.value.hint
    assert "replace its certificate" in caught.value.hint


def test_no_connection_at_all_is_not_blamed_on_a_ca() -> None:
    with pytest.raises(DiscoveryFailed) as caught:
        fetch_jwks("https://127.0.0.1:1/keys", timeout_s=PATIENT_S)
    assert not is_of_unknown_ca(caught.value)
    assert "reach it" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param("no PEM", "can't be used: it holds no certificate", id="not PEM"),
        pytest.param(CA + BROKEN_CA, "used: its certificate number 2 is broken", id="a broken one"),
    ],
)
def test_an_unusable_ca_file_is_named(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "ca.crt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InvalidInput, match=reason) as caught:
        fetch_jwks("https://127.0.0.1:1/keys", ca_file=str(path))
    assert str(path) in caught.value.what
