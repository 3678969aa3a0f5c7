"""What was given out, and whose, as the audit log keeps it."""

from collections.abc import Sequence

from db.audit.acts import AuditAct
from db.audit.append import append
from db.engine import Record


def enter_given_out(
    record: Record,
    character_ids: Sequence[str],
    what: str,
    *,
    by: str | None = None,
    via: str = "operator",
    **told: str,
) -> None:
    """One entry for each character, so that it can be asked of any of them who has had their pictures.

    `what` is the kind of file ("picture", "sheet", "archive" …), `told` what else is known of it by id.
    """
    with record.writing() as session:
        for character_id in dict.fromkeys(character_ids):
            data = {"what": what, **told}
            append(session, AuditAct.PICTURES_GIVEN_OUT, by=by, via=via, what=character_id, data=data)
