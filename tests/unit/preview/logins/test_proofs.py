"""Lines about proofs: what will be tried, who was not let in so far, and why it failed."""

from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.desired.proof import Proof
from crdb_sso.plan.proving import Failure, Helps
from crdb_sso.preview.logins.failed_proofs import failure_text, next_step
from crdb_sso.preview.logins.proofs import again_line, proof_lines, revoked_line, trying_line
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.outcome import Check, Verdict

IDENTITY = {"one": Identity("idp", "crdb", "o-1")}
WISH = Desired(
    {"idp": Source("https://idp.example.com")},
    {"app": Login(IDENTITY), "shut": Login(IDENTITY, may_login=False)},
)
COMMAND = {"kind": "command", "command": "vault --password hunter2"}
WRONG = Verdict(
    accepted=False,
    checks=(Check("audience", False, "crdb", "other"),),  # noqa: FBT003 - a table
    near_miss="almost",
    fix="Ask for the audience crdb.",
)
UNKNOWN_KEY = Verdict(accepted=False, checks=(Check("key", None, "", ""),))


def test_a_preview_names_the_logins_and_sources_but_no_parameter() -> None:
    proof = Proof({"app": COMMAND, "shut": COMMAND}, restores=True)

    assert list(proof_lines(proof, WISH)) == [
        "? app: will log in once all is written, with a token from command",
        "? shut: is shut out, so its login is not tried",
        "? if a login fails, what this update changed is put back unless it takes access away",
    ]
    assert list(proof_lines(Proof(), WISH)) == []


def test_progress_says_who_and_why() -> None:
    failures = [Failure("app", "FATAL: no\x1b[2J", Helps.ANYTHING)]

    assert trying_line(["app", "other"], 60.0) == (
        "proof: logging in as app, other, for up to 60 s"
    )
    assert again_line(failures, 12.3) == (
        "proof: not let in after 12 s, trying again: app (FATAL: no\\x1b[2J)"
    )


def test_a_refusal_is_explained_by_the_judge() -> None:
    text = failure_text([Failure("app", "invalid audience", Helps.SPREADING, WRONG)])

    assert text.splitlines() == [
        "the login of app failed: invalid audience",
        "  The login of app is refused at: audience",
        "    expected:  crdb",
        "    seen:      other",
        "    near miss: almost",
        "    what to do: Ask for the audience crdb.",
    ]


def test_a_refusal_that_the_judge_does_not_understand_says_so() -> None:
    text = failure_text([Failure("app", "invalid token", Helps.ANYTHING, UNKNOWN_KEY)])

    assert text.splitlines() == [
        "the login of app failed: invalid token",
        "    As far as could be seen, nothing in the token speaks against it.",
        "    Not looked at: key.",
    ]


def test_a_change_that_takes_access_away_says_what_it_takes() -> None:
    users = [Entry(Kind.USER, f"app_{number}") for number in range(5)]

    assert revoked_line([Entry(Kind.KEY, "k\x1b[2J"), *users]) == (
        "This update also takes access away (key k\\x1b[2J, SQL user app_0, SQL user app_1, 3"
        " more), which a failed proof never gives back: nothing was put back. What was written"
        " stays, and the next `pulumi up` tries these logins again."
    )


def test_the_next_step_is_that_of_the_first_failure_that_has_one() -> None:
    unclear = Failure("a", "no", Helps.ANYTHING, UNKNOWN_KEY)

    assert next_step([unclear, Failure("b", "no", Helps.NOTHING, WRONG)]) == (
        "Ask for the audience crdb."
    )
    assert next_step([Failure("c", "no", Helps.NOTHING, hint="Set it.")]) == "Set it."
    assert "crdb-sso explain" in next_step([unclear])
