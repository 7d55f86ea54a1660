"""A file that is kept fresh: a day of a sidecar, by a virtual clock."""

from pathlib import Path

import pytest

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.workload import Token, tokens
from crdb_sso.workload.token_file import keep_fresh, until_renewal_s, write_token
from crdb_sso.workload.tokens.token import expiry_of
from tests.unit.workload.token_texts import NEVER_SHOWN, Issuer, VirtualClock

DAY_S = 86_400


def nothing() -> None:
    """Happens each time unless a test wants something else."""


class Day:
    """Waits by the virtual clock, and looks at the file each time."""

    def __init__(self, file: Path, clock: VirtualClock, until_s: float) -> None:
        self.file, self.clock, self.until_s = file, clock, clock() + until_s
        self.looks: list[str] = []
        self.at = nothing

    def __call__(self, seconds: float) -> bool:
        assert 0 < seconds <= 60
        self.clock.go_on(seconds)
        self.at()
        text = self.file.read_text()
        self.looks.append(text)
        return self.clock() >= self.until_s


def test_the_file_always_holds_a_valid_token_and_each_is_asked_for_once(tmp_path: Path) -> None:
    clock = VirtualClock()
    issuer = Issuer(clock, life_s=300)
    day = Day(tmp_path / "token", clock, DAY_S)
    day.at = lambda: check(day)

    def check(day: Day) -> None:
        assert (expiry_of(day.file.read_text()) or 0) > clock()

    keep_fresh(day.file, tokens.call(issuer, clock=clock), day, print, clock)

    assert issuer.asked == DAY_S / 240  # each lives for 300 s, and is renewed after 240 s
    assert day.file.stat().st_mode & 0o777 == 0o600


def test_while_the_issuer_is_down_the_file_stays_and_ends_with_its_token(tmp_path: Path) -> None:
    clock = VirtualClock()
    issuer = Issuer(clock, life_s=300)
    day = Day(tmp_path / "token", clock, DAY_S)
    source = tokens.call(issuer, clock=clock)
    day.at = lambda: setattr(issuer, "is_down", True)

    with pytest.raises(TokenUnavailable, match="the issuer is down"):
        keep_fresh(day.file, source, day, print, clock)

    assert len(set(day.looks)) == 1
    assert clock() >= (expiry_of(day.looks[0]) or 0)


def test_an_outage_that_is_shorter_than_the_margin_is_not_noticed(tmp_path: Path) -> None:
    clock = VirtualClock()
    issuer = Issuer(clock, life_s=300)
    day = Day(tmp_path / "token", clock, 600)
    began = clock()

    def outage() -> None:
        issuer.is_down = began + 235 < clock() < began + 280

    day.at = outage
    keep_fresh(day.file, tokens.call(issuer, clock=clock), day, print, clock)

    assert len(set(day.looks)) >= 2


class Flaky:
    """A source without a cache whose second answer fails."""

    def __init__(self, clock: VirtualClock) -> None:
        self.asked, self.clock = 0, clock

    def token(self) -> Token:
        self.asked += 1
        if self.asked == 2:
            raise TokenUnavailable("the vault is sealed", hint="Unseal it.")
        return Token(f"opaque-{self.asked}", self.clock() + 100)

    async def token_async(self) -> Token:
        return self.token()


def test_a_source_that_fails_once_is_asked_again_and_people_are_told(tmp_path: Path) -> None:
    clock = VirtualClock()
    day = Day(tmp_path / "token", clock, 200)
    told: list[str] = []

    keep_fresh(day.file, Flaky(clock), day, told.append, clock)

    assert told == [f"the token in {day.file} stays for now: the vault is sealed"]
    assert day.looks[-1] == "opaque-4"
    assert NEVER_SHOWN not in "".join(told)


def test_without_a_first_token_nothing_is_written(tmp_path: Path) -> None:
    clock = VirtualClock()
    issuer = Issuer(clock)
    issuer.is_down = True

    with pytest.raises(TokenUnavailable):
        keep_fresh(tmp_path / "token", tokens.call(issuer), lambda _: True, print, clock)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"can't write .*absent/token.*: No such file"):
        keep_fresh(
            tmp_path / "absent" / "token", tokens.call(lambda: "opaque"), lambda _: True, print
        )


def test_a_token_that_does_not_say_when_it_ends_is_asked_for_each_minute() -> None:
    assert until_renewal_s(Token("opaque"), 0) == 60
    assert until_renewal_s(Token("opaque", 3600), 0) == 3300
    assert until_renewal_s(Token("opaque", 1), 0.5) == 1


@pytest.mark.parametrize("name", ["a\0b", "a\ud800"])
def test_a_name_that_no_file_can_have_is_an_error(name: str) -> None:
    with pytest.raises(InvalidInput, match="not a path"):
        write_token(Path(name), Token("a.b.c"))
