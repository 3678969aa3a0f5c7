"""Runs that Prefect believes to be under way, and that have ended as far as the record knows.

The warm worker sees to it itself that Prefect learns of every end. The stock worker does not: a run whose
process ended while the server was away stays Running there for good.
"""

from datetime import timedelta

from db.errors import NotFound
from db.ids import utc_now
from db.lifecycle import ACTIVE
from db.repositories import characters
from flows.submit import character_runs_under_way, end_run
from tasks.workshop import Workshop

ENDED_FOR = timedelta(minutes=5)  # a run says so itself within seconds
MESSAGE = "It ended, or its process was lost, while Prefect could not be told."


def end_dead_runs(workshop: Workshop, ended_for: timedelta = ENDED_FOR) -> int:
    """Mark them crashed in Prefect; returns how many. Raises PrefectUnreachable."""
    dead = [
        run.id
        for run in character_runs_under_way()
        if _has_ended(workshop, run.character_id, run.run_token, ended_for)
    ]
    for flow_run_id in dead:
        end_run(flow_run_id, MESSAGE)
    return len(dead)


def _has_ended(workshop: Workshop, character_id: str, run_token: str, ended_for: timedelta) -> bool:
    with workshop.record.reading() as session:
        try:
            character = characters.get(session, character_id)
        except NotFound:
            return True
    if character.run_token == run_token and character.status in ACTIVE:
        return False
    return character.status_at <= utc_now() - ended_for
