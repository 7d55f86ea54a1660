"""What people are told about the identity map that ignores case from 26.1 on."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, OnDelete, Source
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.planner import plan_context, plan_of
from crdb_sso.preview.on_cluster.letter_case import kept_open_lines, wide_lines, widened_lines
from crdb_sso.preview.on_cluster.notes import notes, warnings
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.cluster_versions import BEFORE_26_1
from tests.unit.request_strategies import wanted

IDP = "https://idp.example.com"
OLD, NEW = Cluster(version=BEFORE_26_1), Cluster()


def logins(**subjects: str) -> Desired:
    """Return a wish with one login a user, and the subject of each."""
    return Desired(
        {"idp": Source(IDP)},
        {
            user: Login({"me": Identity("idp", "crdb", subject)})
            for user, subject in subjects.items()
        },
    )


def context(cluster: Cluster, wish: Desired, owner: str = "me") -> PlanContext:
    known = cluster.known(wanted(owner, wish))
    return plan_context(cluster.live_for(known), known)


def with_lines(cluster: Cluster, *lines: str) -> Cluster:
    """Return the cluster after somebody added lines of the issuer by hand."""
    before = cluster.text(Setting.IDENTITY_MAP)
    added = "".join(f"{IDP} {line}\n" for line in lines)
    return cluster.edited(Setting.IDENTITY_MAP, before + added)


def wide(cluster: Cluster, wish: Desired) -> list[str]:
    return list(wide_lines(context(cluster, wish)))


def widened(cluster: Cluster, wish: Desired) -> list[str]:
    return list(widened_lines(context(cluster, wish)))


def kept_open(cluster: Cluster, wish: Desired, owner: str = "me") -> list[str]:
    looked = context(cluster, wish, owner)
    return list(kept_open_lines(looked, plan_of(looked)))


# lines of ours that let in more


def test_where_case_does_not_count_two_subjects_of_a_program_are_one_principal() -> None:
    assert wide(NEW, logins(a="Ab", b="aB")) == [
        (
            f"map line {IDP} Ab a: case does not count on this cluster, so aB logs in as a too"
            f" (it has the line {IDP} aB b). If the two subjects are not the same workload, write"
            " /(?-i)^Ab$"
        ),
        (
            f"map line {IDP} aB b: case does not count on this cluster, so Ab logs in as b too"
            f" (it has the line {IDP} Ab a). If the two subjects are not the same workload, write"
            " /(?-i)^aB$"
        ),
    ]


def test_before_that_version_a_line_says_what_the_upgrade_will_change() -> None:
    assert wide(with_lines(OLD, "SVC-1 theirs"), logins(a=r"/^svc-\d$")) == [
        (
            rf"map line {IDP} /^svc-\d$ a: from CockroachDB 26.1 on, case does not count in the"
            f" identity map, so SVC-1 will log in as a too (it has the line {IDP} SVC-1 theirs)."
            r" If the two subjects are not the same workload, write /(?-i)^svc-\d$ before you"
            " upgrade"
        )
    ]


@pytest.mark.parametrize("cluster", [OLD, NEW])
@pytest.mark.parametrize(
    "subjects",
    [
        pytest.param({"a": "Ab", "b": "cd"}, id="different subjects"),
        pytest.param({"a": "Ab", "b": "Ab"}, id="one subject opens two users on every version"),
        pytest.param({"a": "/(?-i)^Ab$", "b": "/(?-i)^aB$"}, id="written to count case"),
        pytest.param({"a": "/^[a-z]+$", "b": "ab"}, id="one that matches on every version"),
        pytest.param({"a": "/^Batch-[a-z]+$"}, id="an expression that no other line meets"),
    ],
)
def test_nothing_is_said_where_case_makes_no_difference(
    cluster: Cluster, subjects: Mapping[str, str]
) -> None:
    up = carried_out(cluster, wanted("me", logins(**subjects)))
    for looked in (context(cluster, logins(**subjects)), context(up, logins(**subjects))):
        assert not [line for line in warnings(looked) if "case" in line]
        assert not [line for line in notes(looked, plan_of(looked)) if "case" in line]


def test_what_a_line_of_this_stack_lets_in_is_a_warning_at_each_change() -> None:
    up = carried_out(NEW, wanted("me", logins(a="Ab", b="aB")))

    said = list(warnings(context(up, logins(a="Ab", b="aB"))))

    assert [line.partition(":")[0] for line in said] == ["map line https", "map line https"]
    assert said == wide(NEW, logins(a="Ab", b="aB"))


def test_the_way_out_that_the_line_names_ends_it() -> None:
    up = carried_out(NEW, wanted("me", logins(a="Ab", b="aB")))

    assert wide(up, logins(a="/(?-i)^Ab$", b="/(?-i)^aB$")) == []


def test_a_subject_that_is_one_principal_in_one_spelling_is_not_spoken_of() -> None:
    up = carried_out(NEW, wanted("me", logins(a="Ab", b="aB")))

    assert wide(up, logins(a="Ab", b="Ab")) == []


def test_many_subjects_are_counted() -> None:
    many = with_lines(OLD, *(f"SVC-{n:02} theirs" for n in range(23)))

    said = wide(many, logins(a=r"/^svc-\d+$"))

    assert len(said) == 21
    assert said[-1] == "case: 3 more subjects get in this way"


# lines of others that let in more


def test_a_new_subject_of_ours_that_a_line_of_another_stack_lets_in_is_a_line() -> None:
    theirs = carried_out(NEW, wanted("you", logins(theirs="aB")))

    assert widened(theirs, logins(a="Ab")) == [
        (
            "subject Ab logs in as theirs too: case does not count on this cluster, so the line of"
            f" you lets it in: {IDP} aB theirs"
        )
    ]
    assert widened(carried_out(theirs, wanted("me", logins(a="Ab"))), logins(a="Ab")) == []


def test_a_line_that_no_stack_put_there_is_named_so() -> None:
    assert widened(with_lines(NEW, "/^a theirs"), logins(a="Ab")) == [
        (
            "subject Ab logs in as theirs too: case does not count on this cluster, so a line that"
            f" no stack put there lets it in: {IDP} /^a theirs"
        )
    ]


def test_lines_of_others_that_an_upgrade_will_widen_are_said_before_it() -> None:
    found = with_lines(OLD, "Ab one", "aB two", "cd three", "CD three")

    assert widened(found, logins(a="ef")) == [
        (
            f"map line {IDP} Ab one, not of this stack: from CockroachDB 26.1 on, case does not"
            " count in the identity map, so aB will log in as one too (it has the line"
            f" {IDP} aB two). The owner of the line can write /(?-i)^Ab$ before the upgrade"
        ),
        (
            f"map line {IDP} aB two, not of this stack: from CockroachDB 26.1 on, case does not"
            " count in the identity map, so Ab will log in as two too (it has the line"
            f" {IDP} Ab one). The owner of the line can write /(?-i)^aB$ before the upgrade"
        ),
    ]


def test_after_the_upgrade_lines_of_others_are_their_own_affair() -> None:
    assert widened(with_lines(NEW, "Ab one", "aB two"), logins(a="ef")) == []


def test_a_stack_that_leaves_is_told_nothing_about_the_lines_of_others() -> None:
    up = carried_out(with_lines(OLD, "Ab one", "aB two"), wanted("me", logins(a="ef")))

    assert widened(up, NOTHING) == []


# logins that stay open


def stays(user: str, subject: str) -> Desired:
    """Return a login whose user is shut out, not dropped, when it is removed."""
    login = Login({"me": Identity("idp", "crdb", subject)}, on_delete=OnDelete.DISABLE)
    return Desired({"idp": Source(IDP)}, {user: login})


def test_a_subject_that_another_line_still_lets_in_is_said_when_ours_goes() -> None:
    up = carried_out(NEW, wanted("me", logins(a="Ab")))
    theirs = carried_out(up, wanted("you", logins(a="aB")))

    assert kept_open(theirs, logins(a="cd")) == [
        (
            f"subject Ab of {IDP} still logs in as a: case does not count on this cluster, so the"
            f" line of you lets it in: {IDP} aB a"
        )
    ]
    assert kept_open(replace(theirs, version=BEFORE_26_1), logins(a="cd")) == []


def test_a_subject_in_other_case_in_its_place_is_said_too() -> None:
    up = carried_out(NEW, wanted("me", logins(a="Ab")))

    assert kept_open(up, logins(a="aB")) == [
        (
            f"subject Ab of {IDP} still logs in as a: case does not count on this cluster, so the"
            f" line of this stack lets it in: {IDP} aB a"
        )
    ]


def test_nobody_logs_in_as_a_user_that_is_dropped() -> None:
    up = with_lines(carried_out(NEW, wanted("me", logins(a="Ab"))), "aB a")

    assert kept_open(up, NOTHING) == []


# by hand


def test_a_line_that_somebody_wrote_in_other_case_was_not_taken_away() -> None:
    line = f"{IDP} Ab a"
    for cluster in (OLD, NEW):
        up = carried_out(cluster, wanted("me", logins(a="Ab")))
        respelled = up.edited(Setting.IDENTITY_MAP, f"{IDP} aB a\n")

        looked = context(respelled, logins(a="Ab"))

        assert not plan_of(looked).writes
        again = "not put back: `pulumi refresh`, then `pulumi up` does that"
        expected = [] if cluster is NEW else [f"map line {line} was taken away by hand: {again}"]
        assert list(warnings(looked)) == expected


def test_a_line_in_other_case_is_another_entry_that_goes_neither_with_ours_nor_for_it() -> None:
    found = with_lines(NEW, "aB a")

    up = carried_out(found, wanted("me", logins(a="Ab")))
    down = carried_out(up, wanted("me", NOTHING))

    assert up.text(Setting.IDENTITY_MAP) == f"{IDP} aB a\n{IDP} Ab a\n"
    assert down.text(Setting.IDENTITY_MAP) == f"{IDP} aB a\n"


# too much


@pytest.mark.parametrize("cluster", [OLD, NEW])
def test_a_line_says_if_not_all_of_the_map_could_be_looked_at(cluster: Cluster) -> None:
    long = (f"{'ab' * 20_000}{n} theirs" for n in range(5))
    crowded = with_lines(cluster, *long, *(f"/^x{n}$ theirs" for n in range(100)))

    assert widened(crowded, NOTHING) == []
    assert widened(crowded, logins(a="Ab")) == [
        (
            "case: the identity map has too many lines, or too large expressions, to look at all of"
            " them: more subjects may get in, because another line names them in a different case"
        )
    ]


def test_a_line_says_if_too_many_lines_may_keep_a_subject_let_in() -> None:
    before = carried_out(NEW, wanted("me", logins(a="Ab" * 20_000)))
    crowded = with_lines(before, *(rf"/^(x){n}$ \1" for n in range(600)))

    assert kept_open(crowded, logins(a="cd")) == [
        (
            "case: there are too many lines to look at all of them: what this change takes away may"
            " still be let in by a line in a different case"
        )
    ]
