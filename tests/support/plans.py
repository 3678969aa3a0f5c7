"""Query plans: the steps by which a database would find what is asked of it."""

from collections.abc import Callable, Sequence

from sqlalchemy import event, text

from db.engine import Record, Session

GROWING = (
    *("provider_calls", "events", "generated_assets"),
    *("characters", "character_words", "character_tags", "character_images"),
)
# Not bitmap scans: they are the only way into a GIN index, and with all three off the cheaper one wins,
# which depends on whether autovacuum has passed by.
NOT_IN_ORDER = ("enable_seqscan", "enable_sort")
Ask = Callable[[Session], object]


def explained(record: Record, ask: Ask, off: Sequence[str] = NOT_IN_ORDER) -> list[str]:
    """The steps of the plan of every statement that `ask` sends; on Postgres with `off` switched off."""
    sent: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            sent.append((statement, values))

    event.listen(record.engine, "before_cursor_execute", note)
    with record.writing() as session:
        ask(session)
    event.remove(record.engine, "before_cursor_execute", note)
    with record.reading() as session:
        return [each for statement, values in sent for each in explain(session, statement, values, off)]


def explain(session: Session, statement: str, values: object, off: Sequence[str] = NOT_IN_ORDER) -> list[str]:
    """The steps of the plan. On Postgres with reading through forbidden, as an empty table always would be:
    it is there only where nothing else is possible.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
        return [str(row[3]) for row in rows]
    for setting in off:
        session.execute(text(f"SET LOCAL {setting} = off"))
    rows = connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", values)  # type: ignore[arg-type]
    return [str(row[0]).strip(" ->") for row in rows]


def reads_through(step: str) -> bool:
    """Whether a table that grows is read from its beginning to its end."""
    for beginning, place in (("SCAN ", 1), ("Seq Scan on ", 3)):
        if step.startswith(beginning):
            return step.split()[place] in GROWING and " USING " not in step
    return False


def sorts(step: str) -> bool:
    """Whether what is asked for is put in order by sorting it."""
    return "TEMP B-TREE FOR ORDER BY" in step or "Sort" in step
