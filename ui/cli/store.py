"""`storykin store`: whose the picture store is, and how it becomes this database's."""

import json

from db.engine import record
from db.migrate import is_current
from tasks.binding import Binding, BindingState, Pair, adopt, look_at_binding
from tasks.errors import StorykinError
from tasks.named_objects import Inventory, take_inventory
from tasks.providers.registry import store

DONE, FAILED = 0, 1


class NotConfirmed(StorykinError):
    """Nothing was changed: the person has not said yes."""

    code = "not_confirmed"


def status(*, as_json: bool) -> int:
    """Say whether the database and the store belong together; 0 if they do. Changes nothing."""
    found = look_at_binding(_pair())
    if as_json:
        told = {
            "state": found.state.value,
            "installation": found.installation_id,
            "store": found.store_id,
            "sentence": found.sentence,
        }
        print(json.dumps(told, indent=2))
    else:
        print(found.sentence)
    return DONE if found.ok else FAILED


def adopt_store(*, confirmed: bool) -> int:
    """Make the store this database's own. Without the yes it only says what that would mean."""
    pair = _pair()
    found = look_at_binding(pair)
    if found.state is BindingState.BOUND:
        print(f"{found.sentence} Nothing had to be changed.")
        return DONE
    print(_meaning(found, take_inventory(pair)))
    if not confirmed:
        raise NotConfirmed("Nothing was changed. If that is what you want, run it again with --yes.")
    adopt(pair)
    print("The store is this database's now.")
    return DONE


def _meaning(found: Binding, there: Inventory) -> str:
    of_another = (
        "Another installation's mark is replaced: if that one still runs, it stops writing and deleting. "
        if found.state is BindingState.FOREIGN
        else ""
    )
    return (
        f"The store holds {there.objects} photos and pictures, of which this database names {there.named}. "
        f"{of_another}The {there.objects - there.named} others are not touched at once: housekeeping moves "
        "what no row names into quarantine, where it stays a month (`storykin quarantine list`). "
        f"The database names {there.missing} objects that this store does not hold."
    )


def _pair() -> Pair:
    if not is_current():
        raise StorykinError("The database's tables are not up to date. Run `storykin up`.", code="record")
    return Pair(record(), store())
