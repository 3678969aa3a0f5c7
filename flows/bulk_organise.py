"""Tagging, cancelling and erasing many characters: each told first, then done, as in `flows.bulk`."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from db.engine import Session
from db.labels import searchable_tag, tag_text
from db.lifecycle import ACTIVE
from db.log import Log
from db.models import Batch, Character, CharacterStatus
from db.names import is_blank
from db.repositories import characters, tags
from db.told import told
from flows.bulk import ERASED, BulkDone, BulkPlan, checked, each_of
from flows.cancel_run import CancelInPrefect, cancel_run
from flows.erasure import go_on_with
from tasks.correction.details import change_tags
from tasks.erasure.ask import ask_erasure, preview_erasure
from tasks.errors import StorykinError, UsageError
from tasks.runtime import Runtime

TAGGED = "Has this tag already."
NOT_TAGGED = "Does not have this tag."
NOT_UNDER_WAY = "No run is under way."
OF_A_BATCH = "The run is part of a batch: cancel the batch."
HELD = "A legal hold keeps it."
OF_ANOTHER = "Made by someone else: an administrator can erase it."
DELETED_AT_ONCE = 50  # whose bytes are deleted while the person waits; the others' are housekeeping's

log = Log("bulk")

WhyNot = Callable[[Session, Character], str]


def plan_tagging(
    runtime: Runtime, *, character_ids: Sequence[str], tag: str, remove: bool = False
) -> BulkPlan:
    """Who would be given `tag`, or lose it. UsageError (`bad_tags`) where there is none."""
    wanted = searchable_tag(tag)
    if is_blank(tag_text(tag)):
        raise UsageError("Write the tag first.", code="bad_tags")

    def why_not(session: Session, character: Character) -> str:
        own = {searchable_tag(each) for each in tags.of_character(session, character.id)}
        if remove:
            return "" if wanted in own else NOT_TAGGED
        return TAGGED if wanted in own else ""

    return _plan(runtime, character_ids, why_not)


def tag_each(
    runtime: Runtime,
    *,
    character_ids: Sequence[str],
    tag: str,
    remove: bool = False,
    by: str | None = None,
) -> BulkDone:
    """Give each the tag, or take it off. Raises as `plan_tagging`."""
    added, removed = ([], [tag]) if remove else ([tag], [])

    def tag_one(character_id: str) -> None:
        change_tags(runtime, character_id=character_id, added=added, removed=removed, by=by)

    return each_of(plan_tagging(runtime, character_ids=character_ids, tag=tag, remove=remove), tag_one)


def plan_cancelling(runtime: Runtime, *, character_ids: Sequence[str]) -> BulkPlan:
    """Whose run would be cancelled: those that are under way by themselves."""

    def why_not(session: Session, character: Character) -> str:
        if character.status not in ACTIVE or character.run_token is None:
            return NOT_UNDER_WAY
        return OF_A_BATCH if session.get(Batch, character.run_token) is not None else ""

    return _plan(runtime, character_ids, why_not)


def cancel_each(
    runtime: Runtime, *, character_ids: Sequence[str], in_prefect: CancelInPrefect, by: str | None = None
) -> BulkDone:
    """Cancel the run of each on record, and in Prefect unless that is away: then it is asked only once."""
    problems: list[str] = []
    away: list[StorykinError] = []

    def tell_prefect(run_token: str) -> bool:
        if away:
            raise away[0]
        try:
            return in_prefect(run_token)
        except StorykinError as error:
            away.append(error)
            raise

    def cancel_one(character_id: str) -> None:
        done = cancel_run(runtime, character_id=character_id, in_prefect=tell_prefect, by=by)
        problems.extend([done.problem] if done.problem else [])

    done = each_of(plan_cancelling(runtime, character_ids=character_ids), cancel_one)
    return replace(done, problem=problems[0]) if problems else done


def plan_erasing(runtime: Runtime, *, character_ids: Sequence[str], made_by: str | None = None) -> BulkPlan:
    """Who would be erased, and what would be gone; with `made_by`, of those alone that this user made."""
    left_out: Counter[str] = Counter()
    ids, photos, pictures = [], 0, 0
    processors: set[str] = set()
    for character_id in checked(character_ids):
        with runtime.record.reading() as session:
            character = characters.get(session, character_id)
        told = preview_erasure(runtime, character_id=character_id)
        reason = HELD if told.held else ""
        if made_by is not None and character.created_by != made_by:
            reason = OF_ANOTHER
        if character.status is CharacterStatus.ERASED:
            reason = ERASED
        if reason:
            left_out[reason] += 1
            continue
        ids.append(character_id)
        photos, pictures = photos + told.photos, pictures + told.pictures
        processors.update(told.processors)
    return BulkPlan(
        tuple(ids), left_out, photos=photos, pictures=pictures, processors=tuple(sorted(processors))
    )


def erase_each(
    runtime: Runtime,
    *,
    character_ids: Sequence[str],
    confirmed: int,
    by: str | None = None,
    made_by: str | None = None,
) -> BulkDone:
    """Erase each that `plan_erasing` names now: all are gone from the record, then their bytes are deleted.

    `confirmed` is the number that the person has written down. Raises UsageError (`not_confirmed`) where that
    is another one. `unfinished` counts those whose bytes housekeeping goes on to delete.
    """
    plan = plan_erasing(runtime, character_ids=character_ids, made_by=made_by)
    if confirmed != len(plan.ids):
        raise UsageError(
            told(
                "Nothing was erased: it would be %(ids)s characters. Write this number to confirm it.",
                ids=len(plan.ids),
            ),
            code="not_confirmed",
        )
    jobs: list[str] = []
    done = each_of(plan, lambda each: jobs.append(ask_erasure(runtime, character_id=each, by=by)))
    return replace(done, unfinished=len(jobs) - _deleted(runtime, jobs[:DELETED_AT_ONCE]))


def _deleted(runtime: Runtime, jobs: Sequence[str]) -> int:
    """Of how many the bytes are gone as well. They are gone from the record: a failure is housekeeping's."""
    try:
        return go_on_with(runtime, jobs)
    except Exception as error:
        log.error("erasures are not finished yet", error=error)
        return 0


def _plan(runtime: Runtime, character_ids: Sequence[str], why_not: WhyNot) -> BulkPlan:
    left_out: Counter[str] = Counter()
    ids = []
    for character_id in checked(character_ids):
        with runtime.record.reading() as session:
            character = characters.get(session, character_id)
            erased = character.status is CharacterStatus.ERASED
            reason = ERASED if erased else why_not(session, character)
        if reason:
            left_out[reason] += 1
        else:
            ids.append(character_id)
    return BulkPlan(tuple(ids), left_out)
