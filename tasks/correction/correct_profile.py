"""A person's correction of a profile: a new version, by name, on top of the one it was made from."""

from dataclasses import dataclass

from db.event_kinds import EventKind
from db.models import HUMAN
from db.repositories import assets, events, profiles
from tasks.correction.profile_changes import ProfileChanges, changed_profile
from tasks.correction.profile_diff import Change, differences
from tasks.correction.who import NOBODY_KNOWN, actor_of, held_character
from tasks.errors import StorykinError, UsageError
from tasks.profile_rows import profile_from_row
from tasks.runtime import Runtime


class ProfileMovedOn(StorykinError):
    """The correction was made from a version that is not the newest any more: nothing was written."""

    code = "profile_moved_on"

    def __init__(self, based_on: int, newest: int) -> None:
        super().__init__(
            f"You corrected version {based_on}, and version {newest} is there by now. Nothing was saved and "
            "nothing is lost: see what is different, then save again on top of it."
        )
        self.based_on, self.newest = based_on, newest


@dataclass(frozen=True)
class Corrected:
    """The version there is now. `changes` is empty where it says what was said before: then it is not new."""

    profile_id: str
    version: int
    changes: tuple[Change, ...]


def correct_profile(
    runtime: Runtime,
    *,
    character_id: str,
    based_on: int,
    changes: ProfileChanges,
    by: str | None = None,
    via: str = NOBODY_KNOWN,
) -> Corrected:
    """Write the next version, with source HUMAN. Later runs draw from it.

    Raises NotFound, IllegalStep (erased), UsageError (`bad_profile`; `no_profile` before a run has looked at
    the photo), ProfileMovedOn where `based_on` is not the newest version.
    """
    with runtime.record.writing() as session:
        character = held_character(session, character_id)
        newest = profiles.latest(session, character_id)
        if newest is None:
            raise UsageError(
                "There is no profile yet: a run has to look at the photo first.", code="no_profile"
            )
        if newest.version != based_on:
            raise ProfileMovedOn(based_on, newest.version)
        before = profile_from_row(newest)
        after = changed_profile(before, changes)
        found = differences(before, after)
        if not found:
            return Corrected(newest.id, newest.version, ())
        # The photo that is drawn from, not the one the version before was of: a run asks for that.
        photo_id = character.photo_asset_id
        row = profiles.add(
            session,
            character_id=character_id,
            source=HUMAN,
            content=after.model_dump(mode="json"),
            photo_sha256=assets.get(session, photo_id).sha256 if photo_id else newest.photo_sha256,
            model=newest.model,
            corrected_by=by,
        )
        events.add(
            session,
            kind=EventKind.PROFILE_CORRECTED,
            actor=actor_of(by, via),
            message=EventKind.PROFILE_CORRECTED.sentence.format(
                version=row.version, what=", ".join(each.label.lower() for each in found)
            ),
            character_id=character_id,
            data={"profile_id": row.id, "version": row.version, "changed": [each.name for each in found]},
        )
        return Corrected(row.id, row.version, found)
