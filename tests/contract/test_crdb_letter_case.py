"""Letter case in the identity map: since 26.1 identities match whatever their case.

Sources: pkg/sql/pgwire/identmap/ident_map.go and its test (#155531, release notes of
26.1.0-alpha.1); package regexp of Go, whose folding goes beyond ASCII. That `(?-i)` brings letter
case back is inferred from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = every_version

WITH_CASE, WITHOUT_CASE = holds(before="26.1"), holds(since="26.1")
INVALID_PRINCIPAL = "JWT authentication: invalid principal"


def verdict(cluster: Cluster, sso: Sso, lines: str, principal: str) -> str:
    """Log in as `person`, USER; ISS is the issuer, LOUD is it in capitals."""
    words = {
        "ISS": sso.issuer,
        "LOUD": sso.issuer.upper(),
        "USER": sso.person,
        "UPPER": sso.person.upper(),
    }
    for word, text in words.items():
        lines, principal = lines.replace(word, text), principal.replace(word, text)
    sso.trust(identity_map=lines)
    return cluster.verdict(sso.person, sso.token(sub=principal))


@pytest.mark.parametrize(
    ("lines", "principal"),
    [
        pytest.param("ISS Svc USER", "svc", id="a literal"),
        pytest.param("ISS svc USER", "SVC", id="a literal, the other way"),
        pytest.param("ISS /SVC USER", "svc", id="a pattern"),
        pytest.param("ISS /^a$|^SVC$ USER", "svc", id="each alternative of a pattern"),
        pytest.param("ISS /^[A-S]+$ USER", "abc", id="a class of characters"),
        pytest.param("ISS ÖL USER", "öl", id="letters beyond ASCII"),
        pytest.param("ISS kind USER", "\u212aind", id="the Kelvin sign is a k"),
        pytest.param("ISS /^kind$ USER", "\u212aind", id="in a pattern too"),
        pytest.param("ISS service USER", "\u017fervice", id="the long s is an s"),
    ],
)
@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(INVALID_PRINCIPAL, id="counts", marks=WITH_CASE),
        pytest.param(ADMITTED, id="does not count", marks=WITHOUT_CASE),
    ],
)
def test_letter_case_of_an_identity(
    cluster: Cluster, sso: Sso, lines: str, principal: str, expected: str
) -> None:
    assert verdict(cluster, sso, lines, principal) == expected


@pytest.mark.parametrize(
    ("lines", "principal", "expected"),
    [
        pytest.param("ISS Svc USER", "Svc", ADMITTED, id="the same case"),
        pytest.param("ISS a.c USER", "ABC", INVALID_PRINCIPAL, id="a literal is not a pattern"),
        pytest.param("ISS svc USER", "SVC-2", INVALID_PRINCIPAL, id="a literal is anchored"),
        pytest.param("ISS strasse USER", "straße", INVALID_PRINCIPAL, id="one letter is not two"),
        pytest.param("ISS /(?i)^SVC$ USER", "svc", ADMITTED, id="a flag ignores it"),
        pytest.param("ISS /(?-i)^AbC$ USER", "AbC", ADMITTED, id="a flag minds it"),
        pytest.param("ISS /(?-i)^AbC$ USER", "abc", INVALID_PRINCIPAL, id="and refuses another"),
        pytest.param("LOUD svc USER", "USER", ADMITTED, id="the issuer in capitals has no map"),
        pytest.param("LOUD svc USER", "svc", INVALID_PRINCIPAL, id="so its lines do not count"),
        pytest.param("", "UPPER", ADMITTED, id="without a map a principal is folded"),
        pytest.param("ISS /^x-(.*)$ \\1", "x-UPPER", ADMITTED, id="a name is folded"),
    ],
)
def test_these_never_depended_on_it(
    cluster: Cluster, sso: Sso, lines: str, principal: str, expected: str
) -> None:
    assert verdict(cluster, sso, lines, principal) == expected


@pytest.mark.parametrize(
    "allowed",
    [
        pytest.param(["TWO"], id="one of them fits", marks=WITH_CASE),
        pytest.param(["ONE", "TWO"], id="both fit", marks=WITHOUT_CASE),
    ],
)
def test_lines_that_differ_in_letter_case_only(
    cluster: Cluster, sso: Sso, users: Users, allowed: list[str]
) -> None:
    names = {"ONE": users.create(), "TWO": users.create()}
    lines = f"{sso.issuer} Svc {names['ONE']}\n{sso.issuer} svc {names['TWO']}"
    sso.trust(identity_map=lines)
    verdicts = {word: cluster.verdict(user, sso.token(sub="svc")) for word, user in names.items()}
    assert [word for word, said in verdicts.items() if said == ADMITTED] == allowed
