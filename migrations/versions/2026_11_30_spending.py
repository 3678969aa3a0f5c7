"""Sums of the calls, kept by triggers in the transaction of each move; and the list of calls in its order."""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.guards import CHANGED, Guard, changed, words
from migrations.online import add_column, create_index, drop_index, step, write_in_chunks

revision = "2026_11_30_spending"
down_revision = "2026_11_30_identities"
branch_labels = None
depends_on = None

CALLS = "provider_calls"
MOMENT = sa.DateTime(timezone=True)
AMOUNTS = ("spent_microusd", "reserved_microusd", "calls")
STYLE_STAYS = [
    Guard(
        "the style of a call stays, also when its prompt is erased",
        f"OLD.style IS NOT NULL AND {changed('style')}",
        CHANGED,
    ),
    *guards.types(texts="style"),
]
NEWEST = "ix_provider_calls_newest"
NEWEST_OF_STATE = "ix_provider_calls_state_newest"
ASSUMED = "ix_provider_calls_assumed_paid"

# What a call is counted as, and on which day, where {0} is its row. An audit says it a second time, in
# `db.repositories.spending`.
RESERVES = words(("sending", "accepted", "delivered", "stored", "recorded", "unknown", "written_off"))
ENDED = words(("recorded", "refused", "failed", "unknown", "written_off"))
SPENT = "coalesce({0}.actual_microusd, 0)"
RESERVED = (
    f"CASE WHEN {{0}}.state IN ({RESERVES}) AND {{0}}.actual_microusd IS NULL "
    "THEN {0}.estimate_microusd ELSE 0 END"
)
STATE = f"CASE WHEN {{0}}.state IN ({ENDED}) THEN {{0}}.state ELSE 'open' END"
STYLE = "coalesce({0}.style, '')"
COUNTED = ["state", "sent_at", "created_at", "style", "provider", "model", "kind", "character_id"]
COUNTED += ["estimate_microusd", "actual_microusd"]
SLOT_OF = {
    # By text, as SQLite's own functions round to milliseconds, over the edge of a quarter.
    "sqlite": "substr({0}.sent_at, 1, 14) || "
    "printf('%02d:00.000000', CAST(substr({0}.sent_at, 15, 2) AS INTEGER) / 15 * 15)",
    "postgresql": "(date_trunc('hour', {0}.sent_at AT TIME ZONE 'UTC') + interval '15 minutes' "
    "* floor(extract(minute FROM {0}.sent_at AT TIME ZONE 'UTC') / 15)) AT TIME ZONE 'UTC'",
}
DAY_OF = {
    "sqlite": "substr(coalesce({0}.sent_at, {0}.created_at), 1, 10) || ' 00:00:00.000000'",
    "postgresql": "date_trunc('day', coalesce({0}.sent_at, {0}.created_at) AT TIME ZONE 'UTC') "
    "AT TIME ZONE 'UTC'",
}


@dataclass(frozen=True)
class Sums:
    """A table of sums: its key as expressions over a call, and which calls are in it."""

    table: str
    key: dict[str, str]
    counted: str = "1 = 1"
    total: bool = False  # with a column for spent and reserved together

    def amounts(self, sign: str = "") -> dict[str, str]:
        """The columns that are added up, of one call."""
        found = {"spent_microusd": SPENT, "reserved_microusd": RESERVED, "calls": "1"}
        if self.total:
            found["total_microusd"] = f"{SPENT} + {RESERVED}"
        return {name: f"{sign}({each})" for name, each in found.items()}


def _sums() -> list[Sums]:
    """In the order in which each move writes them: two moves never wait for each other crosswise."""
    day = {
        "day_at": DAY_OF[_dialect()],
        "provider": "{0}.provider",
        "model": "{0}.model",
        "kind": "{0}.kind",
        "style": STYLE,
        "state": STATE,
    }
    return [
        Sums(
            "budget_slots",
            {"began_at": SLOT_OF[_dialect()], "provider": "{0}.provider"},
            "{0}.sent_at IS NOT NULL",
        ),
        Sums("call_day_sums", day),
        Sums(
            "character_spending",
            {"character_id": "{0}.character_id"},
            "{0}.character_id IS NOT NULL",
            total=True,
        ),
    ]


def upgrade() -> None:
    with step("sums of the calls"):
        _make_tables()
        add_column(CALLS, sa.Column("style", sa.String(32)))
        guards.install(CALLS, STYLE_STAYS, "style")
        _drop_triggers()
        _style_by_itself()
    style = "(SELECT style FROM prompt_artifacts WHERE id = provider_calls.prompt_artifact_id)"
    write_in_chunks(
        "the styles of the calls", CALLS, f"style IS NULL AND {style} IS NOT NULL", f"style = {style}"
    )
    with step("the calls, counted"):  # who writes a call waits for this step
        if _dialect() == "postgresql":
            op.execute(f"LOCK TABLE {CALLS} IN SHARE ROW EXCLUSIVE MODE")
        for sums in _sums():
            op.execute(f"DELETE FROM {sums.table}")  # noqa: S608
            op.execute(_counted_anew(sums))
        _count_by_itself()
    create_index(NEWEST, CALLS, ["coalesce(sent_at, created_at)", "id"])
    create_index(NEWEST_OF_STATE, CALLS, ["state", "coalesce(sent_at, created_at)", "id"])
    create_index(ASSUMED, CALLS, ["ended_at"], where="error_code = 'assumed_paid'")


def downgrade() -> None:
    for name in (ASSUMED, NEWEST_OF_STATE, NEWEST):
        drop_index(name, CALLS)
    with step("sums of the calls"):
        _drop_triggers()
        guards.remove(CALLS, "style")
        for table in TABLES:
            guards.remove(table)
            op.drop_table(table)
        op.drop_column(CALLS, "style")


def _counted_anew(sums: Sums) -> str:
    keys = ", ".join(each.format(CALLS) for each in sums.key.values())
    amounts = sums.amounts()
    added = ", ".join(f"sum({each.format(CALLS)})" for each in amounts.values())
    names = ", ".join((*sums.key, *amounts))
    where = sums.counted.format(CALLS)
    group = ", ".join(str(place + 1) for place in range(len(sums.key)))
    return (
        f"INSERT INTO {sums.table} ({names}) SELECT {keys}, {added} FROM {CALLS} "  # noqa: S608
        f"WHERE {where} GROUP BY {group}"
    )


def _style_by_itself() -> None:
    """The style of its prompt is written into a call as it is made: the prompt may be erased one day."""
    style = "(SELECT style FROM prompt_artifacts WHERE id = NEW.prompt_artifact_id)"
    missing = "NEW.style IS NULL AND NEW.prompt_artifact_id IS NOT NULL"
    if _dialect() == "postgresql":
        op.execute(_function("style_of_call", f"NEW.style := {style}; RETURN NEW;"))
        op.execute(
            f"CREATE TRIGGER style_of_call BEFORE INSERT OR UPDATE OF prompt_artifact_id ON {CALLS} "
            f"FOR EACH ROW WHEN ({missing}) EXECUTE FUNCTION style_of_call()"
        )
        return
    for event in ("INSERT", "UPDATE OF prompt_artifact_id"):
        op.execute(
            f"CREATE TRIGGER style_of_call_{event.split()[0].lower()} AFTER {event} ON {CALLS} "  # noqa: S608
            f"WHEN {missing} BEGIN UPDATE {CALLS} SET style = {style} "
            f"WHERE id = NEW.id AND {style} IS NOT NULL; END"
        )


def _count_by_itself() -> None:
    if _dialect() == "postgresql":
        made = " ".join(_add(sums, _rows(sums, {"new_rows": ""})) for sums in _sums())
        op.execute(_function("count_new_calls", f"{made} RETURN NULL;"))
        op.execute(
            f"CREATE TRIGGER count_new_calls AFTER INSERT ON {CALLS} REFERENCING NEW TABLE AS new_rows "
            "FOR EACH STATEMENT EXECUTE FUNCTION count_new_calls()"
        )
        moved = " ".join(_add(sums, _rows(sums, {"OLD": "-", "NEW": ""})) for sums in _sums())
        op.execute(_function("count_moved_call", f"{moved} RETURN NULL;"))
        old, new = (", ".join(f"{row}.{name}" for name in COUNTED) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER count_moved_call AFTER UPDATE ON {CALLS} FOR EACH ROW "
            f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION count_moved_call()"
        )
        return
    made = " ".join(_sqlite_add(sums, "NEW", "+") for sums in _sums())
    op.execute(f"CREATE TRIGGER count_new_calls AFTER INSERT ON {CALLS} BEGIN {made} END")
    moved = " ".join(f"{_sqlite_add(sums, 'OLD', '-')} {_sqlite_add(sums, 'NEW', '+')}" for sums in _sums())
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in COUNTED)
    op.execute(f"CREATE TRIGGER count_moved_call AFTER UPDATE ON {CALLS} WHEN {differs} BEGIN {moved} END")


def _rows(sums: Sums, sources: dict[str, str]) -> str:
    """What calls add to `sums` or, with a "-", take away: of a transition table, or of a trigger's row."""
    parts = []
    for source, sign in sources.items():
        values = ", ".join(
            f"{each.format(source)} AS {name}" for name, each in (sums.key | sums.amounts(sign)).items()
        )
        table = "" if source in ("OLD", "NEW") else f"FROM {source} "
        parts.append(f"SELECT {values} {table}WHERE {sums.counted.format(source)}")
    return " UNION ALL ".join(parts)


def _add(sums: Sums, rows: str) -> str:
    """One statement for all of them, in the order of the key: two of them never wait crosswise."""
    keys, amounts = ", ".join(sums.key), tuple(sums.amounts())
    added = ", ".join(f"sum({name})" for name in amounts)
    adding = ", ".join(f"{name} = kept.{name} + EXCLUDED.{name}" for name in amounts)
    some = " OR ".join(f"sum({name}) <> 0" for name in amounts)
    return (
        f"INSERT INTO {sums.table} AS kept ({keys}, {', '.join(amounts)}) "  # noqa: S608
        f"SELECT {keys}, {added} FROM ({rows}) AS moved GROUP BY {keys} HAVING {some} ORDER BY {keys} "
        f"ON CONFLICT ({keys}) DO UPDATE SET {adding};"
    )


def _sqlite_add(sums: Sums, row: str, sign: str) -> str:
    """Plain statements: the conflict clause of what fires a trigger would be put upon an upsert in it."""
    key = {name: each.format(row) for name, each in sums.key.items()}
    here = " AND ".join(f"{name} = {each}" for name, each in key.items())
    amounts = {name: each.format(row) for name, each in sums.amounts().items()}
    adding = ", ".join(f"{name} = {name} {sign} {each}" for name, each in amounts.items())
    zeros = ", ".join("0" for _ in amounts)
    return (
        f"INSERT INTO {sums.table} ({', '.join((*key, *amounts))}) SELECT {', '.join(key.values())}, {zeros} "  # noqa: S608
        f"WHERE {sums.counted.format(row)} AND NOT EXISTS (SELECT 1 FROM {sums.table} WHERE {here}); "
        f"UPDATE {sums.table} SET {adding} WHERE {here};"
    )


TRIGGERS = {
    "style_of_call": ("style_of_call_insert", "style_of_call_update"),
    "count_new_calls": ("count_new_calls",),
    "count_moved_call": ("count_moved_call",),
}


def _drop_triggers() -> None:
    for function, triggers in TRIGGERS.items():
        if _dialect() == "sqlite":
            for name in triggers:
                op.execute(f"DROP TRIGGER IF EXISTS {name}")
            continue
        op.execute(f"DROP TRIGGER IF EXISTS {function} ON {CALLS}")
        op.execute(f"DROP FUNCTION IF EXISTS {function}()")


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT "
        f"AS $$ BEGIN {body} END $$"
    )


def _dialect() -> str:
    return op.get_context().dialect.name


TABLES = ("budget_slots", "budget_days", "call_day_sums", "character_spending", "sum_audits")


def _make_tables() -> None:
    integers = " ".join(AMOUNTS)
    _table("budget_slots", _moment("began_at"), _text("provider", 32), *_amounts())
    guards.install("budget_slots", guards.types(integers=integers, texts="provider", moments="began_at"))
    _table("budget_days", _moment("began_at"))
    guards.install("budget_days", guards.types(moments="began_at"))
    texts = [
        _text(name, 120 if name == "model" else 32)
        for name in ("provider", "model", "kind", "style", "state")
    ]
    _table("call_day_sums", _moment("day_at"), *texts, *_amounts())
    guards.install(
        "call_day_sums",
        guards.types(integers=integers, texts="provider model kind style state", moments="day_at"),
    )
    _table(
        "character_spending",
        _text("character_id", 36),
        *_amounts(),
        sa.Column("total_microusd", sa.BigInteger(), nullable=False),
    )
    guards.install(
        "character_spending", guards.types(integers=f"{integers} total_microusd", texts="character_id")
    )
    op.create_index(
        "ix_character_spending_dearest",
        "character_spending",
        ["total_microusd", "character_id"],
        if_not_exists=True,
    )
    _table(
        "sum_audits",
        _text("id", 36),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("different", sa.Integer(), nullable=False),
    )
    guards.install("sum_audits", guards.types(integers="calls different", texts="id", moments="created_at"))


def _table(name: str, *columns: sa.Column) -> None:  # type: ignore[type-arg]
    keys = [column.name for column in columns if column.primary_key]
    for column in columns:
        column.primary_key = False
    key = sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}"))
    op.create_table(name, *columns, key, if_not_exists=True)


def _moment(name: str) -> sa.Column:  # type: ignore[type-arg]
    return sa.Column(name, MOMENT, primary_key=True, nullable=False)


def _text(name: str, length: int) -> sa.Column:  # type: ignore[type-arg]
    return sa.Column(name, sa.String(length), primary_key=True, nullable=False)


def _amounts() -> list[sa.Column]:  # type: ignore[type-arg]
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in AMOUNTS]
