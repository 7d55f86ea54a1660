"""Lines about the rights on the claim tables: what is taken over, and who may use them then."""

from collections.abc import Iterator

from crdb_sso.registry.ownership import TakeOver, ownership


def take_over_lines(database: str, what: TakeOver) -> Iterator[str]:
    """Yield what an admin is asked about.

    Args:
        database: Where the claim tables are.
        what: What belongs to somebody who is not an admin.
    """
    yield f"{database} is not ready: {ownership(what.owned)}."
    for table in sorted(what.rows):
        yield f"  kept: {_counted(what.rows[table])} in {table}"
    yield f"  From then on it belongs to admin; these can't use it any longer: {_all(what.losers)}"
    yield (
        "  A table may hold more than rows, such as a trigger. Take over"
        " what one of your operators made; if you don't know why it is there, say no, and"
        f' DROP DATABASE "{database}" CASCADE;'
    )


def rights_lines(
    database: str, writers: str, readers: str, *, is_open: bool = False
) -> Iterator[str]:
    """Yield who may use the claim tables, and what that makes of them.

    Args:
        database: Where they are.
        writers: The role whose members may claim; "" for none.
        readers: The role whose members may only list claims; "" for none.
        is_open: Whether everybody may still make tables beside them.
    """
    if writers:
        yield f'{database} is ready. For each operator: GRANT "{writers}" TO ...;'
        yield (
            f"A member of {writers} is as strong as the operators who use {database}: what it"
            " writes there, they carry out."
        )
    else:
        yield f"{database} is ready, for admins. --registry-role lets other operators use it."
    if readers:
        yield f'For each person who may only list claims: GRANT "{readers}" TO ...;'
    if is_open:
        yield f"Anybody may make tables in {database}: have an admin run this once more."


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


def _all(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nobody"
