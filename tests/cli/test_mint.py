"""`crdb-sso mint`: tokens that a key of your own signs."""

import json
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import import_key

from crdb_sso.cli import main
from crdb_sso.tokens.private_keys import made_key

KEY = made_key("ES256")
ISSUER = "https://id.example.com/shop"
WHOSE = ("mint", "--issuer", ISSUER, "--subject", "orders", "--audience", "crdb")


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    file = tmp_path / "key.pem"
    file.write_text(KEY)
    return str(file)


def claims(token: str) -> dict[str, object]:
    read = jwt.decode(token.strip(), import_key(KEY, "EC"))
    assert read.header["kid"] == import_key(KEY, "EC").thumbprint()
    return dict(read.claims)


def test_it_prints_a_token_of_five_minutes_and_nothing_else(
    key_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*WHOSE, "--key-file", key_file]) == 0

    printed = capfd.readouterr()
    made = claims(printed.out)
    assert (made.pop("exp"), printed.err) == (pytest.approx(time.time() + 300, abs=60), "")
    assert made.pop("iat") == pytest.approx(time.time() - 30, abs=60)
    assert made == {"iss": ISSUER, "sub": "orders", "aud": "crdb"}


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["plain", "json"])
def test_a_terminal_is_told_that_it_is_a_secret(
    key_file: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    how: tuple[str, ...],
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert main([*WHOSE, "--key-file", key_file, *how]) == 0

    printed = capfd.readouterr()
    told = "crdb-sso: this is a secret: anybody who has it can log in until 20"
    assert printed.err.startswith(told)
    assert claims(json.loads(printed.out)["token"] if how else printed.out)["sub"] == "orders"


def test_the_key_comes_from_a_variable_or_a_command_too(
    key_file: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEY", KEY)
    for source in ("env:KEY", f"command:cat {key_file}"):
        assert main([*WHOSE, "--key-from", source]) == 0
        assert claims(capfd.readouterr().out)["sub"] == "orders"


@pytest.mark.parametrize("algorithm", ["ES384", "RS256", "EdDSA"])
def test_no_algorithm_is_warned_of(
    algorithm: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text(made_key(algorithm))

    assert main([*WHOSE, "--key-file", str(tmp_path / "key")]) == 0  # a warning would be an error

    assert capfd.readouterr().err == ""


def test_lifetime_and_claims_are_as_asked(key_file: str, capfd: pytest.CaptureFixture[str]) -> None:
    more = ["--lifetime", "1h", "--claim", "team=a=b", "--claim", 'groups:=["ops"]', "--json"]
    assert main([*WHOSE, "--key-file", key_file, *more]) == 0

    printed = json.loads(capfd.readouterr().out)
    made = claims(printed["token"])
    assert (made["team"], made["groups"]) == ("a=b", ["ops"])
    assert int(str(made["exp"])) - int(str(made["iat"])) == 3630
    assert printed.keys() == {"token", "expires_at"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param([], "give one place where the private key is", id="no key"),
        pytest.param(["--key-file", "k", "--key-from", "env:K"], "give one place", id="two keys"),
        pytest.param(["--key-from", "vault:k"], "does not name where", id="an unknown place"),
        pytest.param(["--key-file", "k", "--lifetime", "soon"], "is not a time", id="no time"),
        pytest.param(
            ["--key-file", "k", "--lifetime", "0"],
            "crdb-sso: --lifetime '0' is not between 1 and 86400 seconds",
            id="no life",
        ),
        pytest.param(
            ["--key-file", "k", "--lifetime", "25h"], "--lifetime '25h' is not between", id="long"
        ),
        pytest.param(["--key-file", "k", "--claim", "sub=x"], "claim 'sub' can't", id="own claim"),
        pytest.param(["--key-file", "k", "--claim", "exp:=1"], "claim 'exp' can't", id="own time"),
        pytest.param(
            ["--key-file", "k", "--claim", "team"], "does not name a claim", id="no value"
        ),
        pytest.param(["--key-file", "k", "--claim", "g:=[x"], "is not JSON", id="broken JSON"),
        pytest.param(["--key-file", "k", "--claim", "g:=NaN"], "is not JSON", id="no number"),
        pytest.param(
            ["--key-file", "k", "--claim", "a=1", "--claim", "a=2"], "given twice", id="twice"
        ),
        pytest.param(["--key-file", "k", "--subject", "\udcff"], "claim 'sub' holds", id="bytes"),
        pytest.param(["--key-file", "k", "--audience", "\udcff"], "claim 'aud' holds", id="in aud"),
        pytest.param(
            ["--key-file", "k", "--claim", "x=\udcff"], "claim 'x' holds", id="in a claim"
        ),
        pytest.param(["--key-file", "k", "--claim", "\udcff=x"], "holds half", id="in a name"),
        pytest.param(["--key-file", "k", "--claim", 'x:=["\\ud800"]'], "'x' holds", id="escaped"),
        pytest.param(["--key-file", "k", "--subject", ""], "the subject is empty", id="nobody"),
        pytest.param(["--key-file", "k", "--issuer", "a b"], "contains ' '", id="issuer"),
    ],
)
def test_wrong_arguments_end_with_2(
    options: list[str], reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*WHOSE, *options]) == 2

    printed = capfd.readouterr()
    assert reason in printed.err
    assert printed.out == ""


def test_a_key_that_is_not_there_or_too_weak_ends_with_1_and_is_not_repeated(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
    text = weak.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "weak").write_text(text)
    (tmp_path / "broken").write_text(KEY[:90])

    said = []
    for name, reason in {"absent": "No such file", "weak": "1024 bits", "broken": "read"}.items():
        assert main([*WHOSE, "--key-file", str(tmp_path / name)]) == 1
        said.append(capfd.readouterr())
        assert reason in said[-1].err

    assert all(printed.out == "" for printed in said)
    assert text.splitlines()[1] not in str(said)
    assert KEY.splitlines()[1][:20] not in str(said)
