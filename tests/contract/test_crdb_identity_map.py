"""The identity map: its grammar, and who may log in as whom; test_crdb_letter_case.py has more."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import UNCATEGORISED, holds, refusal, says
from tests.contract.setting_names import IDENTITY_MAP

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.3")

INVALID_PRINCIPAL = "JWT authentication: invalid principal"
NO_GROUP = r"saw \1 substitution on line {}, but pattern contains no subexpressions"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("# a comment\n\n", id="a comment and a blank line"),
        pytest.param("i a b", id="one line"),
        pytest.param("i a b\ni c d\nj /^(.*)$ \\1\n", id="several lines"),
        pytest.param("  i\t a   b  ", id="blanks and tabs between"),
        pytest.param("i a b # why", id="a comment after the fields"),
        pytest.param("i a b\r\ni c d\r\n", id="line ends of Windows"),
        pytest.param("i a no-such-user", id="a user who does not exist"),
        pytest.param("i a b@c!", id="a user who cannot exist"),
        pytest.param("i a root", id="root"),
        pytest.param("i / b", id="an empty pattern"),
        pytest.param(r"i /(a)(b) \2", id="a second group is not a substitution"),
    ],
)
def test_these_texts_are_maps(settings: Settings, text: str) -> None:
    settings.put(IDENTITY_MAP, text)
    assert settings.show(IDENTITY_MAP) == text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("i", 'unable to parse line 1: "i"', id="one field"),
        pytest.param("i a", 'unable to parse line 1: "i a"', id="two fields"),
        pytest.param("i a b c", 'unable to parse line 1: "i a b c"', id="four fields"),
        pytest.param("  i a ", 'unable to parse line 1: "i a"', id="the line is shown trimmed"),
        pytest.param(
            "# one\n\ni a b\ni a", 'unable to parse line 4: "i a"', id="every line is counted"
        ),
        pytest.param(
            'i "a b" c',
            r'unable to parse line 1: "i \"a b\" c"',
            id="quotes do not protect blanks, and are escaped in the error",
        ),
        pytest.param(
            "https://i/#x a b", 'unable to parse line 1: "https://i/"', id="a # cuts a URL too"
        ),
        pytest.param(r"i a \1", NO_GROUP.format(1), id="a substitution without a pattern"),
        pytest.param("\ni /^a$ x_\\1", NO_GROUP.format(2), id="a pattern without a group"),
    ],
)
def test_other_texts_are_refused_and_nothing_changes(
    db: Connection, settings: Settings, text: str, error: str
) -> None:
    settings.put(IDENTITY_MAP, "i kept kept")
    said = refusal(db, f"SET CLUSTER SETTING {IDENTITY_MAP} = '{text}'")
    assert (said.sqlstate, said.message_primary) == (UNCATEGORISED, error)
    assert settings.show(IDENTITY_MAP) == "i kept kept"


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("/(", id="an open group"),
        pytest.param("/[", id="an open class"),
        pytest.param("/a{2,1}", id="a range that ends before it starts"),
        pytest.param("/^([9-0]*)$", id="a class that ends before it starts"),
        pytest.param("/(?=a)", id="look-ahead"),
        pytest.param("/(?<!a)b", id="look-behind"),
        pytest.param(r"/(a)\1", id="a back-reference"),
        pytest.param("/*", id="nothing to repeat"),
    ],
)
def test_patterns_are_re2(db: Connection, settings: Settings, pattern: str) -> None:
    settings.put(IDENTITY_MAP, "i kept kept")
    said = refusal(db, f"SET CLUSTER SETTING {IDENTITY_MAP} = 'i a b\ni {pattern} c'")
    error = "unable to parse line 2: error parsing regexp: .+"
    assert says(error, said.message_primary), said.message_primary
    assert said.sqlstate == UNCATEGORISED
    assert settings.show(IDENTITY_MAP) == "i kept kept"


@pytest.mark.parametrize(
    ("lines", "principal", "expected"),
    [
        # the map of the issuer
        pytest.param("ISS svc USER", "svc", ADMITTED, id="a literal"),
        pytest.param("ISS svc USER", "USER", INVALID_PRINCIPAL, id="a map ends pass-through"),
        pytest.param("ISS svc USER", "svc-2", INVALID_PRINCIPAL, id="a literal is anchored"),
        pytest.param("ISS svc USER", "my-svc", INVALID_PRINCIPAL, id="on both sides"),
        pytest.param("ISS/ svc USER", "USER", ADMITTED, id="a slash makes another issuer"),
        pytest.param("ISS/ svc USER", "svc", INVALID_PRINCIPAL, id="whose lines do not count"),
        pytest.param("other svc USER", "USER", ADMITTED, id="another issuer's map"),
        pytest.param("# ISS svc x", "USER", ADMITTED, id="a comment is not a map"),
        pytest.param("ISS svc other # USER", "USER", INVALID_PRINCIPAL, id="nor is its end"),
        pytest.param("\n# x\n\tISS  svc\tUSER # y", "svc", ADMITTED, id="blanks and comments"),
        # patterns
        pytest.param("ISS /^svc$ USER", "svc", ADMITTED, id="a pattern"),
        pytest.param("ISS /^svc$ USER", "svcs", INVALID_PRINCIPAL, id="an anchored pattern"),
        pytest.param(r"ISS /^\pL{1,1000}$ USER", "svc", ADMITTED, id="a large pattern (inferred)"),
        pytest.param("ISS /svc USER", "my-svc-2", ADMITTED, id="patterns are not anchored"),
        pytest.param("ISS /(?i)^SVC$ USER", "svc", ADMITTED, id="a flag ignores letter case"),
        pytest.param("ISS / USER", "anything", ADMITTED, id="an empty pattern matches all"),
        pytest.param("ISS /^\\d+$ USER", "12345", ADMITTED, id="a class of characters"),
        pytest.param("ISS /^a.b$ USER", "axb", ADMITTED, id="a dot is any character"),
        pytest.param("ISS /^a\\sb$ USER", "a b", ADMITTED, id="a subject with a blank"),
        pytest.param(
            "ISS /[^\\x00-\\x{10FFFF}] USER",
            "svc",
            INVALID_PRINCIPAL,
            id="one that matches nothing",
        ),
        pytest.param("ISS /^(.*)@c\\.d$ \\1", "USER@c.d", ADMITTED, id="a substitution"),
        pytest.param("ISS /^(.*)@c\\.d$ \\1", "USER@cxd", INVALID_PRINCIPAL, id="an escaped dot"),
        pytest.param(
            "ISS /(.*)@c.d \\1", "USER@cxd.evil", ADMITTED, id="an unsafe pattern is unsafe"
        ),
        pytest.param("ISS /^(.*)-\\d$ \\1", "UPPER-1", ADMITTED, id="the result is normalised"),
        pytest.param("ISS /^x-(.*)$ PREFIX\\1", "x-REST", ADMITTED, id="text before the group"),
        pytest.param("ISS /^(.*)-(.*)$ \\2", "x-USER", INVALID_PRINCIPAL, id="only group 1 counts"),
        pytest.param(
            "ISS /^USER(.*)$ \\1", "USER", INVALID_PRINCIPAL, id="an empty result is dropped"
        ),
        # several lines
        pytest.param("ISS svc other\nISS svc USER", "svc", ADMITTED, id="a later line counts too"),
        pytest.param("ISS svc USER\nISS svc other", "svc", ADMITTED, id="an earlier line as well"),
        pytest.param("ISS /.* other\nISS svc USER", "svc", ADMITTED, id="after a pattern"),
        pytest.param("ISS a x\nISS b USER", "b", ADMITTED, id="lines without a match are skipped"),
        pytest.param("ISS svc USER\nISS svc USER", "svc", ADMITTED, id="the same line twice"),
    ],
)
def test_who_may_log_in(
    cluster: Cluster, sso: Sso, lines: str, principal: str, expected: str
) -> None:
    words = {
        "ISS": sso.issuer,
        "USER": sso.person,
        "UPPER": sso.person.upper(),
        "PREFIX": sso.person[:4],
        "REST": sso.person[4:],
    }
    for word, text in words.items():
        lines, principal = lines.replace(word, text), principal.replace(word, text)
    sso.trust(identity_map=lines)
    assert cluster.verdict(sso.person, sso.token(sub=principal)) == expected


def test_a_group_reference_takes_one_digit(cluster: Cluster, sso: Sso, users: Users) -> None:
    """`\\11` is group 1 followed by a 1."""
    user = users.create(name=users.name("1"))
    sso.trust(identity_map=f"{sso.issuer} /^(.*)@x$ \\11")
    assert cluster.verdict(user, sso.token(sub=f"{user[:-1]}@x")) == ADMITTED


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        pytest.param("ISS svc ONE\nISS /^s(.*)$ TWO", ["ONE", "TWO"], id="a literal and a pattern"),
        pytest.param("ISS svc ONE\nISS svc TWO", ["ONE", "TWO"], id="two literals"),
        pytest.param("ISS svc ONE\nISS svd TWO", ["ONE"], id="one of two"),
    ],
)
def test_several_matches_are_several_users(
    cluster: Cluster, sso: Sso, users: Users, lines: str, allowed: list[str]
) -> None:
    names = {"ONE": users.create(), "TWO": users.create()}
    for word, text in {"ISS": sso.issuer, **names}.items():
        lines = lines.replace(word, text)
    sso.trust(identity_map=lines)
    verdicts = {word: cluster.verdict(user, sso.token(sub="svc")) for word, user in names.items()}
    assert [word for word, verdict in verdicts.items() if verdict == ADMITTED] == allowed


@pytest.mark.parametrize(
    ("principals", "expected"),
    [
        pytest.param(["x", "svc"], ADMITTED, id="one of them is mapped"),
        pytest.param(["x", "y"], INVALID_PRINCIPAL, id="none is mapped"),
        pytest.param([], INVALID_PRINCIPAL, id="there are none"),
    ],
)
def test_each_principal_of_a_list_is_mapped(
    cluster: Cluster, sso: Sso, principals: list[str], expected: str
) -> None:
    sso.trust(claim="groups", identity_map=f"{sso.issuer} svc {sso.person}")
    assert cluster.verdict(sso.person, sso.token(groups=principals)) == expected


def test_an_unmapped_list_is_shown_without_quotes(cluster: Cluster, sso: Sso) -> None:
    sso.trust(claim="groups", identity_map=f"{sso.issuer} svc {sso.person}")
    answer = cluster.knock(sso.person, sso.token(groups=["x", "y"]))
    assert answer.detail == f"the value [x y] for the issuer {sso.issuer} is invalid"


def test_a_refusal_shows_the_raw_principal_and_not_its_mapped_name(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    other = users.create()
    sso.trust(identity_map=f"{sso.issuer} Svc {sso.person}")
    answer = cluster.knock(other, sso.token(sub="Svc"))
    assert answer.message == INVALID_PRINCIPAL
    assert answer.detail == f"token issued for [Svc] and login was for {other}"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        pytest.param("/^([0-9A-Fa-f-]{36})$ az_\\1", "az_", id="with a prefix"),
        pytest.param("/^([0-9A-Fa-f-]{36})$ \\1", "", id="as it is"),
    ],
)
def test_a_guid_in_capitals_becomes_a_user(
    cluster: Cluster, sso: Sso, users: Users, pattern: str, name: str
) -> None:
    guid = str(uuid.uuid4())
    user = users.create(name=f"{name}{guid}")
    sso.trust(identity_map=f"{sso.issuer} {pattern}")
    assert cluster.verdict(user, sso.token(sub=guid.upper())) == ADMITTED


def test_a_number_gets_a_name(cluster: Cluster, sso: Sso, users: Users) -> None:
    number = "113794436627259432046"
    user = users.create()
    sso.trust(identity_map=f"{sso.issuer} {number} {user}")
    assert cluster.verdict(user, sso.token(sub=number)) == ADMITTED
    assert cluster.verdict(sso.person, sso.token(sub=number)) == INVALID_PRINCIPAL


def test_a_line_over_64_kib_silently_ends_the_map(cluster: Cluster, sso: Sso) -> None:
    long = f"{sso.issuer} {'x' * 70_000} {sso.person}"
    lines = [f"{sso.issuer} first {sso.person}", long, f"{sso.issuer} last {sso.person}"]
    sso.trust(identity_map="\n".join(lines))
    assert cluster.verdict(sso.person, sso.token(sub="first")) == ADMITTED
    assert cluster.verdict(sso.person, sso.token(sub="last")) == INVALID_PRINCIPAL
