"""What is left of a transaction that fails, and of one that cannot even be rolled back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from midthought.memory.database.database import Database
from midthought.memory.errors import MidthoughtError


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with a table of one number, open."""
    opened = Database(tmp_path / "store")
    with opened.transaction() as connection:
        connection.execute("CREATE TABLE counted AS SELECT 1 AS number")
    yield opened
    opened.close()


def numbers(database: Database) -> list[int]:
    """What is committed."""
    with database.guarded() as connection:
        return [number for (number,) in connection.execute("SELECT number FROM counted ORDER BY 1").fetchall()]


def break_off(database: Database, act: Callable[[duckdb.DuckDBPyConnection], object]) -> None:
    """Write something, act, and raise an error, which must arrive."""

    def write() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO counted VALUES (2)")
            act(connection)
            raise KeyError

    with pytest.raises(KeyError):
        write()


def test_a_failed_transaction_leaves_nothing_and_the_connection(database: Database) -> None:
    """It is rolled back, and the same connection goes on."""
    before = database.connection
    break_off(database, lambda connection: None)
    assert numbers(database) == [1]
    assert database.connection is before


def test_a_transaction_that_has_ended_itself_costs_no_connection(database: Database) -> None:
    """As after a COMMIT that failed, there is nothing to roll back: the same connection goes on."""
    before = database.connection
    break_off(database, lambda connection: connection.execute("ROLLBACK"))
    assert numbers(database) == [1]
    assert database.connection is before


def test_after_a_rollback_that_failed_the_next_call_opens_the_file_again(database: Database) -> None:
    """The first error comes to the caller, nothing was written, and writing works again."""
    before = database.connection
    break_off(database, lambda connection: connection.close())
    assert numbers(database) == [1]
    assert database.connection is not before
    again = database.connection
    with database.transaction() as connection:
        connection.execute("INSERT INTO counted VALUES (3)")
    assert numbers(database) == [1, 3]
    assert database.connection is again, "it is opened again once"


def test_after_a_fatal_error_the_next_call_opens_the_file_again(database: Database) -> None:
    """DuckDB answers nothing more after one; the next call has all that was committed. Other errors cost nothing."""
    before = database.connection
    with pytest.raises(MidthoughtError), database.working():
        raise duckdb.FatalException("as DuckDB raises it")
    assert numbers(database) == [1]
    after = database.connection
    assert after is not before
    with pytest.raises(MidthoughtError), database.working() as connection:
        connection.execute("SELECT * FROM nowhere")
    assert numbers(database) == [1]
    assert database.connection is after
