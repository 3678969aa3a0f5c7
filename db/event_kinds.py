"""What may stand in the timeline: every kind of event with its sentence, and the steps of a run in order.

The values are stored: they never change. A `{style}` in a sentence is filled in by whoever writes or shows
it.
"""

from collections.abc import Mapping
from enum import StrEnum

from db.models import BatchState, CharacterStatus, Review


class EventKind(StrEnum):
    """A kind of event, and its sentence for people where that is always the same."""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> "EventKind":  # noqa: D102
        kind = str.__new__(cls, value)
        kind._value_, kind.sentence = value, sentence
        return kind

    CHARACTER_CREATED = "character.created", "Character created from one photo"
    CHARACTER_DRAFT = "character.draft"
    CHARACTER_QUEUED = "character.queued", "Waiting for a worker"
    CHARACTER_PROFILING = "character.profiling", "Looking at the photo"
    CHARACTER_ILLUSTRATING = "character.illustrating", "Drawing"
    CHARACTER_READY = "character.ready", "Ready"
    CHARACTER_NEEDS_ATTENTION = "character.needs_attention", "A person has to look at this"
    CHARACTER_FAILED = "character.failed", "The run failed"
    CHARACTER_ERASED = "character.erased", "Erased"
    CHARACTER_RENAMED = "character.renamed", "Renamed"
    CHARACTER_GENDER = "character.gender", "Gender changed"
    CHARACTER_STYLES = "character.styles"
    CHARACTER_NOTES = "character.notes", "Notes changed"
    CHARACTER_TAGS = "character.tags", "Tags changed"

    PROFILE_CORRECTED = "profile.corrected", "Profile corrected, version {version}: {what}"

    RUN_ASKED = "run.asked", "Asked for {style}"
    RUN_SUBMITTED = "run.submitted", "Handed to Prefect"
    RUN_BEGAN = "run.began", "A worker has taken the run"
    RUN_RESUMED = "run.resumed"
    RUN_CANCELLED = "run.cancelled", "The run was cancelled"

    STEP_STARTED = "step.started"
    STEP_FINISHED = "step.finished"
    STEP_FAILED = "step.failed"
    STEP_SKIPPED = "step.skipped"

    VARIANT_RECORDED = "variant.recorded", "New picture: {style}"
    VARIANT_SELECTED = "variant.selected", "Favourite chosen: {style}"
    VARIANT_PROPOSED = "variant.proposed", "Picture proposed: {style}"
    VARIANT_APPROVED = "variant.approved", "Picture approved: {style}"
    VARIANT_REJECTED = "variant.rejected", "Picture rejected: {style}"
    VARIANT_LOCKED = "variant.locked", "Picture locked: {style}"
    VARIANT_UNSELECTED = "variant.unselected", "No longer the favourite: {style}"
    VARIANT_UNDONE = "variant.undone", "Decision taken back: {style}"

    CALL_FOUND = (
        "call.found",
        "This picture was found in the store: it was made before, and is not bought again.",
    )
    CALL_ASSUMED_PAID = "call.assumed_paid"
    CALL_FETCHED = "call.fetched"
    CALL_GIVEN_UP = (
        "call.given_up",
        "What became of a request is still not known, and is not looked for any more: a person has to decide",
    )
    CALL_REOPENED = "call.reopened"
    CALL_SETTLED = "call.settled"

    BATCH_STARTED = "batch.started"
    BATCH_RESUMED = "batch.resumed", "Batch taken up again"
    BATCH_PAUSED = "batch.paused", "Batch paused"
    BATCH_BUDGET = "batch.budget"
    BATCH_REFUSED = "batch.refused"
    BATCH_DONE = "batch.done"
    BATCH_FAILED = "batch.failed"
    BATCH_CANCELLED = "batch.cancelled"

    CONSENT_GIVEN = "consent.given", "Consent recorded"
    CONSENT_WITHDRAWN = "consent.withdrawn", "Consent withdrawn: nothing more is made"
    CONSENT_REFUSED = "consent.refused", "The customer does not consent"
    LINK_MADE = "link.made", "Link for the customer made: waiting for the answer"
    LINK_RENEWED = "link.renewed", "New link for the customer made: waiting for the answer"
    LINK_WITHDRAWN = "link.withdrawn", "Link for the customer withdrawn"
    LINK_OPENED = "link.opened", "The customer has opened the link"
    CUSTOMER_APPROVED = "customer.approved", "Approved by the customer: {style}"
    CUSTOMER_CHANGE = "customer.change", "The customer asks for a change: {reason}"
    HOLD_PLACED = "hold.placed", "Legal hold: nothing is erased until it is lifted"
    HOLD_LIFTED = "hold.lifted", "Legal hold lifted"
    PHOTO_ERASED = "photo.erased", "The photo was erased: its time was over"
    PICTURE_ERASED = "picture.erased", "A rejected picture was erased: its time was over"

    OBJECT_DAMAGED = "object.damaged"
    OBJECT_RESTORED = "object.restored"

    @classmethod
    def of_status(cls, status: CharacterStatus) -> "EventKind":
        """A character has come to `status`."""
        return cls(f"character.{status}")

    @classmethod
    def of_review(cls, review: Review) -> "EventKind":
        """A person has said `review` of a variant."""
        return cls(f"variant.{review}")

    @classmethod
    def of_batch_end(cls, state: BatchState) -> "EventKind":
        """A batch has ended in `state`."""
        return cls(f"batch.{state}")


STATUS_OF_KIND: Mapping[str, CharacterStatus] = {
    EventKind.of_status(status): status for status in CharacterStatus
}
STEP_KINDS = frozenset(
    {EventKind.STEP_STARTED, EventKind.STEP_FINISHED, EventKind.STEP_FAILED, EventKind.STEP_SKIPPED}
)


class RunStep(StrEnum):
    """A step of a run, in the order of the progress, as `data["step"]` of its events names it.

    `label` is its line in the progress of a run. `style_label`, of a step that happens once for every style,
    is its line in the timeline of one style.
    """

    label: str
    style_label: str

    def __new__(cls, value: str, label: str, style_label: str = "") -> "RunStep":  # noqa: D102
        step = str.__new__(cls, value)
        step._value_, step.label, step.style_label = value, label, style_label
        return step

    PHOTO = "photo", "Check the photo"
    PROFILE = "profile", "Look at the person"
    PROMPTS = "prompts", "Write the prompts"
    DRAW = "draw", "Draw the pictures", "Draw {style}"
    LIKENESS = "likeness", "Compare with the photo", "Compare {style} with the photo"
    SAVE = "save", "Save the pictures", "Save {style}"

    @property
    def is_per_style(self) -> bool:
        """Whether it happens once for every style."""
        return bool(self.style_label)


COMMON_STEPS = tuple(step for step in RunStep if not step.is_per_style)
STYLE_STEPS = tuple(step for step in RunStep if step.is_per_style)
