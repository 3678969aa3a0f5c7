"""Searches of the list that are kept under a name."""

from urllib.parse import parse_qsl

from db.names import displayable
from db.repositories import saved_views
from db.told import told
from tasks.errors import UsageError
from ui.handlers.characters import filter_of_address
from ui.services import StudioServices


def keep_view(services: StudioServices, name: str, address: str, by: str | None = None) -> None:
    """Keep the list at `address` ("q=maya&sort=name") as `name`, for `by`, a user's id.

    The page that is shown is not part of it. Raises UsageError without a name, or with too many views.
    """
    shown = displayable(name)[:80].strip()
    if not shown:
        raise UsageError("Give the view a name.", code="no_name")
    wanted = filter_of_address(dict(parse_qsl(address)))
    with services.record.writing() as session:
        if len(saved_views.every(session)) >= saved_views.MOST:
            raise UsageError(
                told(
                    "There are %(most)s views already. Forget one that nobody uses first.",
                    most=saved_views.MOST,
                ),
                code="too_many_views",
            )
        saved_views.keep(session, name=shown, address=wanted.other(), created_by=by)


def forget_view(services: StudioServices, view_id: str) -> None:
    """Keep the view no longer."""
    with services.record.writing() as session:
        saved_views.forget(session, view_id)
