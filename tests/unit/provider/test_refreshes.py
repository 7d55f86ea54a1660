"""Only the diff right after a read belongs to a refresh."""

from crdb_sso.provider.refreshes import is_of_refresh, note_check, note_read


def test_a_diff_after_a_read_belongs_to_a_refresh_and_the_next_does_not() -> None:
    note_read("a")
    assert not is_of_refresh("b")
    assert is_of_refresh("a")
    assert not is_of_refresh("a")


def test_a_diff_after_a_check_belongs_to_a_program() -> None:
    note_read("a")
    note_check("a")
    assert not is_of_refresh("a")
