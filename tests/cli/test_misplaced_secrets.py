"""A secret that somebody puts where its place should be named is not repeated."""

import json
import shlex
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from crdb_sso.cli import main
from crdb_sso.errors import TokenUnavailable
from crdb_sso.tokens.private_keys import made_key
from crdb_sso.workload import tokens
from tests.unit.workload.token_texts import NEVER_SHOWN, jwt

KEY = made_key("ES256")
JWT = jwt(sub="orders", exp=4e9)
OPAQUE = "hvs.CAESIJ0p6kWq7hXo8s3wQyZ4"
CONNECT = ("connect", "app_orders", "--host", "db.example.com")
MINT = ("mint", "--issuer", "https://i.example", "--subject", "orders", "--audience", "crdb")
SECRETS = (NEVER_SHOWN, JWT.split(".")[1], OPAQUE, KEY.splitlines()[1], KEY.splitlines()[2][:16])


@pytest.mark.parametrize(
    "arguments",
    [
        *((*CONNECT, "--token-from", f"{kind}{JWT}") for kind in ("", "environment:", "command:")),
        (*CONNECT, "--token-from", f"file:{JWT}"),
        (*CONNECT, "--token-from", f"file:{KEY}"),
        (*CONNECT, "--token-from", OPAQUE),
        (*CONNECT, "--token-from", "gcp", "--token-option", JWT),
        (*CONNECT, "--token-from", "gcp", "--token-option", f"{OPAQUE}=x"),
        (*CONNECT, "--token-from", "aws", "--audience", "x", "--token-option", f"algorithm={JWT}"),
        (*CONNECT, "--token-from", "aws", "--audience", "x", "--token-option", f"lifetime_s={JWT}"),
        (*CONNECT, "--port", JWT),
        (*CONNECT, f"--{JWT}"),
        ("connect", "app_orders", "--connect", JWT),
        ("token-file", "--out", "t", "--once", "--token-from", f"environment:{JWT}"),
        ("token-file", "--out", "t", "--once", "--token-from", f"file:{JWT}"),
        ("token", JWT),
        ("token", "--from", JWT),
        ("explain", "--user", "u", "--token-file", JWT),
        (JWT,),
        (*MINT, "--key-file", KEY),
        (*MINT, "--key-from", f"env:{KEY}"),
        (*MINT, "--key-from", f"command:{shlex.quote(KEY)}"),
        (*MINT, "--lifetime", JWT, "--key-file", "x"),
    ],
    ids=lambda arguments: " ".join(arguments)[:70].partition("ey")[0].partition("--BEGIN")[0],
)
def test_no_complaint_repeats_it(
    arguments: tuple[str, ...],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(arguments) in (1, 2)

    printed = capfd.readouterr()
    assert printed.err
    assert not any(secret in printed.out + printed.err for secret in SECRETS)


def test_a_jwk_with_its_secret_in_the_wrong_member_is_not_repeated(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    members = ECKey.generate_key("P-256").as_dict(private=True)
    file = tmp_path / "key.jwk"
    file.write_text(json.dumps({**members, "alg": members["d"]}))

    assert main([*MINT, "--key-file", str(file)]) == 1

    said = capfd.readouterr().err
    assert "its `alg` is not a signature algorithm that CockroachDB supports" in said
    assert str(members["d"]) not in said


@pytest.mark.parametrize("make", [tokens.environment, tokens.file, tokens.command])
@pytest.mark.parametrize("secret", [JWT, KEY])
def test_no_source_shows_it(
    make: type[tokens.environment | tokens.file | tokens.command], secret: str
) -> None:
    source = make(f"'{secret}'" if make is tokens.command else secret)

    with pytest.raises(TokenUnavailable) as caught:
        source.token()

    assert "[secret]" in repr(source)
    assert not any(one in repr(source) + str(caught.value) for one in SECRETS)
