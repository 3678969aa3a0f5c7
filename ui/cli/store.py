"""`storykin store`: whose the picture store is, and how it becomes this database's."""

import json

from db.engine import record
from db.record_state import require_current
from tasks.errors import StorykinError
from tasks.providers.registry import store
from tasks.storage.binding import Binding, BindingState, Pair, adopt, look_at_binding
from tasks.storage.generations import BEHIND, follow_store, is_behind
from tasks.storage.named_objects import Inventory, take_inventory

DONE, FAILED = 0, 1


class NotConfirmed(StorykinError):
    """Nothing was changed: the person has not said yes."""

    code = "not_confirmed"


def status(*, as_json: bool) -> int:
    """Say whether the database and the store belong together and are of one age; 0 if so. Changes nothing."""
    pair = opened_pair()
    found = look_at_binding(pair)
    behind = found.ok and is_behind(pair)
    if as_json:
        document = {
            "state": found.state.value,
            "installation": found.installation_id,
            "store": found.store_id,
            "record_behind_store": behind,
            "sentence": found.sentence,
        }
        print(json.dumps(document, indent=2))
    else:
        print(found.sentence)
        if behind:
            print(BEHIND)
    return DONE if found.ok and not behind else FAILED


def adopt_store(*, confirmed: bool) -> int:
    """Make the store this database's own. Without the yes it only says what that would mean."""
    pair = opened_pair()
    found = look_at_binding(pair)
    if found.state is BindingState.BOUND and not is_behind(pair):
        print(f"{found.sentence} Nothing had to be changed.")
        return DONE
    print(_meaning(found, take_inventory(pair)))
    confirm(confirmed)
    adopt(pair)
    follow_store(pair)
    print("The store is this database's now.")
    return DONE


def confirm(confirmed: bool) -> None:
    """Raise NotConfirmed unless the person has said yes."""
    if not confirmed:
        raise NotConfirmed("Nothing was changed. If that is what you want, run it again with --yes.")


def opened_pair() -> Pair:
    """This installation's record and store. RecordError when the record's tables are not up to date."""
    require_current()
    return Pair(record(), store())


def _meaning(found: Binding, there: Inventory) -> str:
    of_another = (
        "Another installation's mark is replaced: if that one still runs, it stops writing and deleting. "
        if found.state is BindingState.FOREIGN
        else ""
    )
    return (
        f"The store holds {there.objects} photos and pictures, of which this database names {there.named}; "
        f"it names {there.missing} that this store does not hold. {of_another}From then on the database "
        "is the latest one for this store, and housekeeping moves what it does not name into quarantine, bit "
        "by bit, where it stays a month (`storykin quarantine list`). Nothing is deleted at once."
    )
