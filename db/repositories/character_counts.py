"""How many characters there are in each status, and of which facets, from what the database's triggers keep.

On Postgres each change is a row of its own, so that no run waits for another one's count; `fold` adds up.
"""

from collections import Counter

from sqlalchemy import delete, func, insert, literal, select, text, union_all
from sqlalchemy.orm import Session

from db.models import Character, CharacterCount, CharacterStatus

FOLDED_AT_ONCE = 50_000


def read(session: Session) -> dict[CharacterStatus, int]:
    """How many characters there are in each status; every status is named."""
    query = select(CharacterCount.status, func.sum(CharacterCount.characters))
    counted = {row[0]: int(row[1]) for row in session.execute(query.group_by(CharacterCount.status))}
    return {status: counted.get(status.value, 0) for status in CharacterStatus}


def by_facets(session: Session) -> list[tuple[str, str, int]]:
    """How many characters there are by status and facets; what there is none of is left out."""
    number = func.sum(CharacterCount.characters)
    query = select(CharacterCount.status, CharacterCount.facets, number)
    query = query.group_by(CharacterCount.status, CharacterCount.facets).having(number != 0)
    return [(status, facets, int(characters)) for status, facets, characters in session.execute(query)]


def fold(session: Session) -> int:
    """Make one row a status and facets of FOLDED_AT_ONCE rows; how many fewer there are then."""
    chosen = select(CharacterCount.number).order_by(CharacterCount.number).limit(FOLDED_AT_ONCE)
    gone = delete(CharacterCount).where(CharacterCount.number.in_(chosen))
    sums: Counter[tuple[str, str]] = Counter()
    columns = (CharacterCount.status, CharacterCount.facets, CharacterCount.characters)
    rows = session.execute(gone.returning(*columns)).all()
    for status, facets, characters in rows:  # exactly those that are gone: nobody else can have taken them up
        sums[status, facets] += characters
    kept = [
        {"status": status, "facets": facets, "characters": number}
        for (status, facets), number in sums.items()
        if number
    ]
    if kept:
        session.execute(insert(CharacterCount), kept)
    return len(rows) - len(kept)


def count_different(session: Session) -> int:
    """For how many statuses and facets the count is not that of the characters. It reads every character."""
    counted = select(
        CharacterCount.status.label("status"),
        CharacterCount.facets.label("facets"),
        CharacterCount.characters.label("one"),
    )
    there = select(Character.status, Character.facets, literal(-1))
    both = union_all(counted, there).subquery()
    unlike = select(literal(1)).select_from(both).group_by(both.c.status, both.c.facets)
    unlike = unlike.having(func.sum(both.c.one) != 0)
    return session.scalar(select(func.count()).select_from(unlike.subquery())) or 0


def count_anew(session: Session) -> None:
    """Make every count from the characters again. Who writes one, or folds them, waits until
    the transaction ends.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE characters, character_counts IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(delete(CharacterCount))
    counted = select(Character.status, Character.facets, func.count())
    counted = counted.group_by(Character.status, Character.facets)
    session.execute(insert(CharacterCount).from_select(["status", "facets", "characters"], counted))
