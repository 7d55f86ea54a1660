"""The embedded cluster as SQLAlchemy's CockroachDB dialect sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import URL, ForeignKey, Text, create_engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, NotSupportedError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy_cockroachdb import run_transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.reflection import Inspector

    from tests.emulator.token_login import TokenLogin


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int | None]


class Numbered(Base):
    __tablename__ = "numbered"
    id: Mapped[int] = mapped_column(primary_key=True)


class Child(Base):
    __tablename__ = "children"
    name: Mapped[str] = mapped_column(ForeignKey("things.name"), primary_key=True)


def address(login: TokenLogin, token: str) -> URL:
    given = login.libpq()
    query = {name: given[name] for name in ("options", "sslmode", "sslrootcert")}
    where = (login.host, login.port, login.database)
    return URL.create("cockroachdb+psycopg", login.user, token, *where, query)


@pytest.fixture
def engine(login: TokenLogin) -> Iterator[Engine]:
    made = create_engine(address(login, login.token))
    Thing.__table__.create(made)  # type: ignore[attr-defined]  # it is a Table
    yield made
    made.dispose()


def test_it_connects_with_a_token_and_recognises_the_version(
    engine: Engine, login: TokenLogin
) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == login.user
        assert connection.default_isolation_level == "SERIALIZABLE"
    assert engine.dialect.default_schema_name == "public"
    assert engine.dialect._is_v252plus  # type: ignore[attr-defined]  # noqa: SLF001 - from version()
    assert not engine.dialect._is_v253plus  # type: ignore[attr-defined]  # noqa: SLF001


def test_a_token_for_another_audience_is_refused(login: TokenLogin) -> None:
    engine = create_engine(address(login, login.other_token))
    with pytest.raises(DBAPIError, match="JWT authentication: invalid audience"):
        engine.connect()


def test_objects_are_stored_changed_and_deleted(engine: Engine) -> None:
    with Session(engine) as session:
        session.add_all(Thing(name=f"thing {n}", size=n) for n in range(20))
        session.commit()
        largest = session.scalars(select(Thing).order_by(Thing.size.desc()).limit(2)).all()
        assert [thing.name for thing in largest] == ["thing 19", "thing 18"]
        largest[0].size = 0
        session.delete(largest[1])
        session.commit()
        assert session.scalar(select(func.count()).select_from(Thing)) == 19
        assert session.get_one(Thing, "thing 19").size == 0


def test_null_comes_first_as_in_cockroachdb(engine: Engine) -> None:
    with Session(engine) as session:
        session.add_all([Thing(name="a", size=1), Thing(name="b"), Thing(name="c", size=2)])
        session.flush()
        rising = session.scalars(select(Thing.name).order_by(Thing.size)).all()
        falling = session.scalars(select(Thing.name).order_by(Thing.size.desc())).all()
    assert (rising, falling) == (["b", "a", "c"], ["c", "a", "b"])


def test_a_nested_transaction_rolls_back_alone(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Thing(name="a"))
        session.flush()
        with pytest.raises(IntegrityError) as raised, session.begin_nested():
            session.execute(text("INSERT INTO things (name) VALUES ('b'), ('a')"))
        session.commit()
        assert session.scalars(select(Thing.name)).all() == ["a"]
    assert getattr(raised.value.orig, "sqlstate", None) == "23505"


def test_its_retried_transactions_run(engine: Engine) -> None:
    def add(session: Session) -> int:
        session.add(Thing(name="a"))
        session.flush()
        return session.scalar(select(func.count()).select_from(Thing)) or 0

    assert run_transaction(sessionmaker(engine), add) == 1


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("SERIALIZABLE", "SERIALIZABLE"),
        ("READ COMMITTED", "READ COMMITTED"),
        ("AUTOCOMMIT", "SERIALIZABLE"),
    ],
)
def test_it_sees_the_isolation_it_has(engine: Engine, level: str, shown: str) -> None:
    with engine.connect().execution_options(isolation_level=level) as connection:
        assert connection.get_isolation_level() == shown


def test_tables_are_found(engine: Engine) -> None:
    inspector = inspect(engine)
    assert inspector.get_table_names() == ["things"]
    assert (inspector.has_table("things"), inspector.has_table("nothing")) == (True, False)
    Base.metadata.create_all(engine, tables=[Thing.__table__])  # type: ignore[list-item]  # a Table
    Base.metadata.drop_all(engine, tables=[Thing.__table__])  # type: ignore[list-item]  # a Table
    assert inspect(engine).get_table_names() == []


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda i: i.get_columns("things"), id="columns"),
        pytest.param(lambda i: i.get_pk_constraint("things"), id="primary key"),
        pytest.param(lambda i: i.get_indexes("things"), id="indexes"),
        pytest.param(lambda i: i.get_unique_constraints("things"), id="unique constraints"),
        pytest.param(lambda i: i.get_foreign_keys("things"), id="foreign keys"),
        pytest.param(lambda i: i.get_check_constraints("things"), id="check constraints"),
        pytest.param(lambda i: i.get_table_comment("things"), id="comment"),
        pytest.param(lambda i: i.get_view_names(), id="views"),
        pytest.param(lambda i: i.get_schema_names(), id="schemas"),
    ],
)
def test_questions_about_the_inside_of_a_table_are_refused_rather_than_answered_wrongly(
    engine: Engine, ask: Callable[[Inspector], object]
) -> None:
    with pytest.raises(NotSupportedError) as raised:
        ask(inspect(engine))
    assert getattr(raised.value.orig, "sqlstate", None) == "0A000"


@pytest.mark.parametrize("model", [Numbered, Child])
def test_tables_it_cannot_make_are_refused(engine: Engine, model: type[Base]) -> None:
    with pytest.raises(NotSupportedError) as raised:
        model.__table__.create(engine)  # type: ignore[attr-defined]  # it is a Table
    assert getattr(raised.value.orig, "sqlstate", None) == "0A000"
    assert inspect(engine).get_table_names() == ["things"]
