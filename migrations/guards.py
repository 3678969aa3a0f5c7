"""Guards: rules that the database itself keeps, as triggers, whoever writes.

A migration says them as data, in SQL that both databases read: `broken` is true of a row that breaks the
rule, with NEW and OLD as in any trigger. Triggers and not CHECKs, since SQLite adds a CHECK only by copying
the table, which would stop a live studio; and since most rules look at what a row was before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic import op

from db.errors import MigrationFailed
from migrations.online import reading_rows

WRITTEN = ("INSERT", "UPDATE")
CHANGED = ("UPDATE",)
DELETED = ("DELETE",)
NAMED = 5  # rows that a refusal names


@dataclass(frozen=True)
class Guard:
    """One rule of one table: the sentence it refuses with, and what breaks it."""

    sentence: str
    broken: str
    on: tuple[str, ...] = WRITTEN
    only: str | None = None  # the one dialect that needs it


def changed(*columns: str) -> str:
    """True when one of `columns` is about to change; NULL is a value like any other."""
    null = "(NEW.{0} IS NULL) <> (OLD.{0} IS NULL)"
    each = (f"coalesce(NEW.{name} <> OLD.{name}, {null.format(name)})" for name in columns)
    return f"({' OR '.join(each)})"


def not_a_move(column: str, moves: dict[str, tuple[str, ...]]) -> str:
    """True when `column` goes from one word to another that may not follow it."""
    legal = (f"(OLD.{column} = '{old}' AND NEW.{column} IN ({words(new)}))" for old, new in moves.items())
    return f"NEW.{column} <> OLD.{column} AND NOT ({' OR '.join(legal)})"


def words(values: Iterable[str]) -> str:
    """SQL's list of `values`."""
    return ", ".join(f"'{value}'" for value in values)


def documents(*, objects: str = "", arrays: str = "") -> list[Guard]:
    """JSON of the right shape: `objects` are {…}, `arrays` are […]."""
    guards = []
    shapes = [(name, "object") for name in objects.split()] + [(name, "array") for name in arrays.split()]
    for name, shape in shapes:
        sentence = f"{name} is a JSON {shape}"
        one_line = f"NEW.{name} IS NOT NULL AND "
        lite = f"CASE WHEN json_valid(NEW.{name}) THEN json_type(NEW.{name}) <> '{shape}' ELSE 1 END"
        guards.append(Guard(sentence, one_line + lite, only="sqlite"))
        guards.append(Guard(sentence, f"{one_line}jsonb_typeof(NEW.{name}) <> '{shape}'", only="postgresql"))
    return guards


def types(
    *,
    integers: str = "",
    numbers: str = "",
    booleans: str = "",
    texts: str = "",
    moments: str = "",
) -> list[Guard]:
    """What Postgres holds by its column types, held on SQLite, which takes any value in any column.

    Each kind names its columns, by spaces.
    """
    digits = "[0-9][0-9]"
    form = f"{digits}{digits}-{digits}-{digits} {digits}:{digits}:{digits}*"
    kinds = [
        (integers, "a whole number", "typeof(NEW.{0}) <> 'integer'"),
        (numbers, "a number", "typeof(NEW.{0}) NOT IN ('integer', 'real')"),
        (booleans, "true or false", "NOT (typeof(NEW.{0}) = 'integer' AND NEW.{0} IN (0, 1))"),
        (texts, "text", "typeof(NEW.{0}) <> 'text'"),
        (
            moments,
            "a moment in UTC",
            f"NOT (typeof(NEW.{{0}}) = 'text' AND NEW.{{0}} GLOB '{form}' "
            "AND substr(NEW.{0}, 20) NOT GLOB '*[^.0-9]*' AND datetime(NEW.{0}) IS NOT NULL)",
        ),
    ]
    return [
        Guard(f"{name} is {what}", f"NEW.{name} IS NOT NULL AND {rule.format(name)}", only="sqlite")
        for names, what, rule in kinds
        for name in names.split()
    ]


def install(table: str, guards: Sequence[Guard], part: str = "") -> None:
    """Make `table` keep `guards`, instead of those it was given before as the same `part`, of its columns."""
    remove(table, part)
    name = _name(table, part)
    fitting = [guard for guard in guards if guard.only in (None, _dialect())]
    fitting.sort(key=lambda guard: guard.only is None)  # types and shapes first: the other rules rely on them
    if _dialect() == "sqlite":
        for event in ("INSERT", "UPDATE", "DELETE"):
            rules = [guard for guard in fitting if event in guard.on]
            if rules:
                op.execute(_sqlite_trigger(name, table, event, rules))
    elif fitting:
        op.execute(_postgres_function(name, fitting))
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def remove(table: str, part: str = "") -> None:
    """Take the guards of `table` away, or those of a `part` of it."""
    name = _name(table, part)
    if _dialect() == "sqlite":
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS {name}_{event}")
        return
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.execute(f"DROP FUNCTION IF EXISTS {name}()")


def _name(table: str, part: str) -> str:
    return f"guard_{table}_{part}" if part else f"guard_{table}"


def check_rows(table: str, guards: Sequence[Guard], *, key: str = "id") -> None:
    """Raise MigrationFailed, naming them, if rows that are there already break a rule of `guards`."""
    with reading_rows() as connection:
        for guard in guards:
            if connection is None or "INSERT" not in guard.on or guard.only not in (None, _dialect()):
                continue
            query = f"SELECT {key} FROM {table} AS NEW WHERE {guard.broken} ORDER BY {key} LIMIT {NAMED + 1}"  # noqa: S608
            found = [str(each) for each in connection.exec_driver_sql(query).scalars()]
            if found:
                raise MigrationFailed(_told(table, guard, found))


def _told(table: str, guard: Guard, found: Sequence[str]) -> str:
    more = " and more" if len(found) > NAMED else ""
    return (
        f"Rows of {table} that are there already break a rule of this version ({guard.sentence}): "
        f"{', '.join(found[:NAMED])}{more}. They are as they were. Correct them by hand, or ask for help "
        "with these ids, then start again: it goes on from here."
    )


def _dialect() -> str:
    return op.get_context().dialect.name


def _sqlite_trigger(name: str, table: str, event: str, guards: Sequence[Guard]) -> str:
    cases = " ".join(f"WHEN {guard.broken} THEN RAISE(ABORT, {_quoted(guard.sentence)})" for guard in guards)
    return (
        f"CREATE TRIGGER {name}_{event.lower()} BEFORE {event} ON {table} BEGIN SELECT CASE {cases} END; END"
    )


def _postgres_function(name: str, guards: Sequence[Guard]) -> str:
    def rules(event: str) -> str:
        return " ".join(
            f"IF ({guard.broken}) THEN RAISE EXCEPTION USING MESSAGE = {_quoted(guard.sentence)}, "
            "ERRCODE = 'integrity_constraint_violation'; END IF;"
            for guard in guards
            if event in guard.on
        )

    body = (
        f"IF TG_OP = 'DELETE' THEN {rules('DELETE')} RETURN OLD; END IF; "
        f"IF TG_OP = 'UPDATE' THEN {rules('UPDATE')} ELSE {rules('INSERT')} END IF; RETURN NEW;"
    )
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT "
        f"AS $$ BEGIN {body} END $$"
    )


def _quoted(sentence: str) -> str:
    return "'" + sentence.replace("'", "''") + "'"
