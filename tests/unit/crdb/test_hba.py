"""Host-based rules: how they are read, and the block that forced SSO adds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crdb_sso.crdb.hba import (
    BEGIN,
    END,
    Door,
    HostRule,
    block_lines,
    check_door,
    foreign_rules,
    rule_line,
    rules,
    with_block,
    without_block,
)
from crdb_sso.errors import GuardRefused, InvalidInput, InvalidUserName
from dev.emulator.setting_texts.hba_rules import validate_host_rules

CLOSED = f"{BEGIN}\nhost all all all reject\nlocal all all reject\n{END}"
MON = "host all mon 10.0.0.5/32 cert"
OPEN = "host all all all password"

FOREIGN = [
    MON,
    OPEN,
    "local all all password",
    "host all all 10.0.0.0 255.0.0.0 cert-password",
    'hostssl all "all", Ops ::1/128 scram-sha-256  # people',
    "\thost  all all 192.0.2.0/24 reject",
    "# a note",
    "",
    "host all root all cert-password\r",
]
texts = st.lists(st.sampled_from(FOREIGN)).map("\n".join) | st.lists(
    st.sampled_from(FOREIGN), min_size=1
).map(lambda lines: "\n".join(lines) + "\n")
kept = st.sets(st.sampled_from(["hostssl all ops all cert", "hostssl all app 10.0.0.0/8 password"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("# host all all all trust\n  \n", [], id="comments and blanks"),
        pytest.param(MON, [HostRule("host", ("mon",), "10.0.0.5/32", "cert", MON)], id="a user"),
        pytest.param(
            " local all a,B password # x",
            [HostRule("local", ("a", "b"), "", "password", "local all a,B password # x")],
            id="a local rule has no address",
        ),
        pytest.param(
            "host all all 10.0.0.0 255.0.0.0 cert map=x",
            [
                HostRule(
                    "host",
                    None,
                    "10.0.0.0 255.0.0.0",
                    "cert",
                    "host all all 10.0.0.0 255.0.0.0 cert map=x",
                    ("x",),
                )
            ],
            id="an address with a mask",
        ),
        pytest.param(
            "hostssl all all all oauth map=idp  # people",
            [
                HostRule(
                    "hostssl",
                    None,
                    "all",
                    "oauth",
                    "hostssl all all all oauth map=idp  # people",
                    ("idp",),
                )
            ],
            id="tokens by OAUTHBEARER",
        ),
        pytest.param(
            'host all ann all oauth map="my idp" map=b c=d',
            [
                HostRule(
                    "host",
                    ("ann",),
                    "all",
                    "oauth",
                    'host all ann all oauth map="my idp" map=b c=d',
                    ("my idp", "b"),
                )
            ],
            id="options",
        ),
        pytest.param(
            'hostssl all "all", "x y" all "reject"',
            [
                HostRule(
                    "hostssl",
                    ("all", "x y"),
                    "all",
                    "reject",
                    'hostssl all "all", "x y" all "reject"',
                )
            ],
            id="quotes",
        ),
    ],
)
def test_rules_are_read_as_the_cluster_reads_them(text: str, expected: list[HostRule]) -> None:
    assert rules(text) == expected


@pytest.mark.parametrize(
    "line",
    [
        "host",
        "host all all",
        "host all all all",
        "local all all",
        'host all "a all cert',
        "host , x",
    ],
)
def test_a_line_that_is_not_a_rule_is_refused(line: str) -> None:
    with pytest.raises(GuardRefused, match="can't be read at"):
        rules(f"{MON}\n{line}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", f"{CLOSED}\n", id="no rules of others"),
        pytest.param(MON, f"{MON}\n{CLOSED}", id="after rules for named users"),
        pytest.param(f"{MON}\n", f"{MON}\n{CLOSED}\n", id="after rules with a final line end"),
        pytest.param(
            f"{MON}\n{OPEN}\n", f"{MON}\n{CLOSED}\n{OPEN}\n", id="before a rule for everybody"
        ),
        pytest.param(
            f"host all all 192.0.2.0/24 reject\n{OPEN}",
            f"host all all 192.0.2.0/24 reject\n{CLOSED}\n{OPEN}",
            id="after a rule that rejects",
        ),
        pytest.param(
            f"{OPEN}\n{CLOSED}\n", f"{CLOSED}\n{OPEN}\n", id="after a rule added above it"
        ),
    ],
)
def test_the_block_comes_before_the_first_rule_that_lets_everybody_in(
    text: str, expected: str
) -> None:
    assert with_block(text, ()) == expected


def test_rules_for_some_addresses_come_before_those_for_all() -> None:
    lines = ["hostssl all a all cert", "hostssl all a fd00::/8 password"]

    assert block_lines(with_block("", lines)) == (lines[1], lines[0])


@given(texts, kept)
@example("", set())
def test_a_removed_block_leaves_what_others_wrote_byte_for_byte(text: str, lines: set[str]) -> None:
    written = with_block(text, lines)

    assert without_block(written) == text
    assert set(block_lines(written) or ()) == lines


@given(texts, kept, kept)
def test_a_block_is_replaced_as_if_it_had_never_been_there(
    text: str, before: set[str], after: set[str]
) -> None:
    assert with_block(with_block(text, before), after) == with_block(text, after)


@given(texts, kept)
def test_what_is_written_is_accepted_by_a_cluster(text: str, lines: set[str]) -> None:
    validate_host_rules(with_block(text, lines))


@given(texts)
def test_no_rule_above_the_block_lets_everybody_in(text: str) -> None:
    before, behind = foreign_rules(with_block(text, ()))

    assert not [rule for rule in before if rule.users is None and rule.lets_in]
    assert before + behind == rules(text)


@pytest.mark.parametrize("text", [BEGIN, END, f"{END}\n{BEGIN}", f"{CLOSED}\n{CLOSED}"])
def test_a_torn_block_is_refused(text: str) -> None:
    with pytest.raises(GuardRefused, match="have lost one of the comments"):
        without_block(text)


def test_a_text_without_a_block_has_none() -> None:
    assert block_lines(OPEN) is None


# rules for tokens by OAUTHBEARER

names = st.from_regex(r"[a-z][a-z0-9_.-]{0,9}", fullmatch=True).filter(lambda name: name != "all")
blanks = st.sampled_from([" ", "  ", "\t"])


@st.composite
def oauth_rules(draw: st.DrawFn) -> tuple[str, HostRule]:
    """Draw a line, and what it says."""
    kind = draw(st.sampled_from(["host", "hostssl", "hostnossl"]))
    users = draw(st.none() | st.lists(names, min_size=1, max_size=3))
    address = draw(st.sampled_from(["all", "10.0.0.0/8", "::1/128", "10.0.0.0 255.0.0.0"]))
    name = draw(st.none() | names)
    quote = draw(st.sampled_from(["", '"']))
    option = [] if name is None else [draw(st.sampled_from(["map={q}{n}{q}", "{q}map={n}{q}"]))]
    fields = [kind, "all", ",".join(users or ["all"]), address, "oauth"]
    text = draw(blanks).join([*fields, *(o.format(q=quote, n=name) for o in option)])
    note = draw(st.sampled_from(["", "  # people", "\t# host all all all reject"]))
    maps = () if name is None else (name,)
    whom = None if users is None else tuple(users)
    said = HostRule(kind, whom, address, "oauth", text + note, maps)
    return draw(st.sampled_from(["", " "])) + text + note, said


@given(oauth_rules())
def test_a_rule_for_tokens_is_read_with_its_map(drawn: tuple[str, HostRule]) -> None:
    line, said = drawn

    (found,) = rules(line)

    assert found == said
    assert found.is_for_tokens
    assert found.lets_in


@given(st.lists(oauth_rules().map(lambda drawn: drawn[0]) | st.sampled_from(FOREIGN)), kept)
def test_rules_for_tokens_stay_byte_for_byte(lines: list[str], inner: set[str]) -> None:
    text = "\n".join(lines)

    written = with_block(text, inner)

    assert without_block(written) == text
    before, behind = foreign_rules(written)
    assert before + behind == rules(text)
    assert not [rule for rule in before if rule.users is None and rule.lets_in]


# doors


def test_a_door_is_a_user_and_an_address() -> None:
    assert Door("ops").text == "ops all"
    assert Door.read("ops 10.0.0.0/8") == Door("ops", "10.0.0.0/8")
    assert rule_line(Door("ops", "10.0.0.0/8"), "cert") == "hostssl all ops 10.0.0.0/8 cert"
    assert rule_line(Door("all"), "cert") == 'hostssl all "all" all cert'


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "db.example.com", "10.0.0.0/33", "", "10.0.0.0/255.0.0.0", "fe80::%a/8"]
)
def test_an_address_is_a_block_of_addresses(address: str) -> None:
    with pytest.raises(InvalidInput, match="is not a block of addresses"):
        check_door(Door("ops", address), "cert")


def test_a_door_needs_a_legal_user_and_a_method_that_authenticates() -> None:
    check_door(Door("ops", "2001:db8::/32"), "password")
    with pytest.raises(InvalidUserName):
        check_door(Door("a@b"), "cert")
    with pytest.raises(InvalidInput, match="'trust' is not a supported method"):
        check_door(Door("ops"), "trust")
