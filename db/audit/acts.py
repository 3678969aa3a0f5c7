"""What is entered in the audit log: the acts of people, and of the house where it acts on a person."""

from enum import StrEnum


class AuditAct(StrEnum):
    """An act. Published in exports: a value never changes, new ones may be added."""

    SIGNED_IN = "session.signed_in"
    SIGNED_OUT = "session.signed_out"
    SIGN_IN_FAILED = "session.refused"
    LOCKED_OUT = "session.locked_out"
    SESSION_ENDED = "session.ended"  # by its owner or an administrator, from elsewhere

    USER_MADE = "user.made"
    USER_CHANGED = "user.changed"
    ROLE_CHANGED = "user.role_changed"
    PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - an act, not a password
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_LINKED = "user.linked"  # with who they are at a sign-in service
    USER_UNLINKED = "user.unlinked"
    SECOND_FACTOR_ON = "user.second_factor_on"
    SECOND_FACTOR_OFF = "user.second_factor_off"
    RECOVERY_CODE_USED = "user.recovery_code_used"
    RECOVERY_CODES_MADE = "user.recovery_codes_made"

    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_TEXT_WRITTEN = "consent.text_written"
    ERASURE_ASKED = "erasure.asked"
    ERASURE_DONE = "erasure.done"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    RETENTION_RUN = "retention.run"
    ACCESS_EXPORTED = "access.exported"

    CHARACTER_MADE = "character.made"
    CORRECTED = "character.corrected"
    DETAILS_CHANGED = "character.details_changed"
    PICTURE_REVIEWED = "picture.reviewed"
    FAVOURITE_CHANGED = "picture.favourite_changed"
    DECISION_UNDONE = "picture.decision_undone"
    PICTURES_GIVEN_OUT = "picture.given_out"

    PICTURES_ORDERED = "order.placed"
    RUN_CANCELLED = "order.cancelled"
    CALL_SETTLED = "call.settled"
    BATCH_STARTED = "batch.started"
    BATCH_CHANGED = "batch.changed"
    SCHEDULE_CHANGED = "schedule.changed"
    BUDGET_CHANGED = "budget.changed"

    LINK_MADE = "link.made"
    LINK_USED = "link.used"
    LINK_WITHDRAWN = "link.withdrawn"
    TOKEN_MADE = "token.made"  # noqa: S105 - an act, not a token
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an act, not a token

    RESTORED = "record.restored"
    AUDIT_RESUMED = "audit.resumed"
    AUDIT_EXPORTED = "audit.exported"
    KEY_TRUSTED = "audit.key_trusted"  # of another machine on the same database
