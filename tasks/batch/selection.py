"""What a person chooses for a batch. The deployment takes it as a parameter, and the batch keeps it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from db.engine import Session
from db.repositories import batch_selection, batches
from db.repositories.batches import Candidate, Conditions
from db.told import told
from tasks.batch.named_ids import checked_ids
from tasks.errors import UsageError
from tasks.providers.model_order import models_before, retired_models
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tasks.styles.packs import chosen_styles, style_names, style_pack


class Selection(BaseModel):
    """Which pictures. Without anything: what was ordered and is missing or failed, of everyone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    styles: tuple[str, ...] = Field(default=(), description="only these styles; none: all")
    order: bool = Field(default=False, description="also what nobody has ordered, in each of the styles")
    failed: bool = Field(default=False, description="only characters whose last run failed")
    reasons: tuple[str, ...] = Field(default=(), description="only those that failed so: codes of errors")
    older_style: bool = Field(default=False, description="draw anew what another style version has drawn")
    models: tuple[str, ...] = Field(default=(), description="draw anew what these models have drawn")
    older_model: bool = Field(default=False, description="draw anew what any model but today's has drawn")
    retired_model: bool = Field(default=False, description="draw anew what models switched off have drawn")
    before_model: str = Field(default="", description="draw anew what models before this one have drawn")
    drawn_before: date | None = Field(default=None, description="draw anew what is older than this day")
    likeness_below: float | None = Field(default=None, description="draw anew what is less alike (cosine)")
    unreviewed: bool = Field(default=False, description="draw anew also what waits for a decision")
    created_from: date | None = Field(default=None, description="only characters made on this day or later")
    created_to: date | None = Field(default=None, description="only characters made on this day or earlier")
    tag: str = Field(default="", description="only characters with this tag")
    ids: tuple[str, ...] | None = Field(default=None, description="only these characters")

    @property
    def is_anew(self) -> bool:
        """Whether pictures that are there are to be drawn anew: that orders them."""
        return bool(
            self.older_style
            or self.older_model
            or self.names_models
            or self.drawn_before
            or self.likeness_below is not None
        )

    @property
    def names_models(self) -> bool:
        """Whether models are named whose pictures are meant."""
        return bool(self.models or self.retired_model or self.before_model)

    @property
    def orders(self) -> bool:
        """Whether something is drawn that nobody has ordered yet."""
        return self.order or self.is_anew

    def digest(self, limit: int) -> str:
        """Tells whether the same is chosen, and at the most as many pictures: SHA-256, in hex."""
        return sha256(f"{limit} {self.model_dump_json()}".encode()).hexdigest()

    def checked(self) -> "Selection":
        """The same with its styles by their names and its ids as they are written. UsageError for what
        can't be meant.
        """
        if self.order and self.is_anew:
            raise UsageError("Order what is missing, or draw anew what is there: one of them.")
        if self.ids is not None and len(self.ids) > batch_selection.MOST_IDS:
            raise UsageError(
                told(
                    "Name at most %(most_ids)s characters; these are %(ids)s. A tag chooses any number.",
                    most_ids=f"{batch_selection.MOST_IDS:,}",
                    ids=f"{len(self.ids):,}",
                ),
                code="too_many_chosen",
            )
        if self.order and not self.styles:
            raise UsageError("Say which styles are to be ordered, or all.")
        if self.created_from and self.created_to and self.created_from > self.created_to:
            raise UsageError("No day is between these two: the first one is after the last one.")
        if self.likeness_below is not None and not 0 <= self.likeness_below <= 1:
            raise UsageError("Likeness is a number from 0 to 1, such as 0.35.")
        return self.model_copy(
            update={
                "styles": tuple(chosen_styles(list(self.styles))) if self.styles else (),
                "ids": None if self.ids is None else checked_ids(self.ids),
            }
        )

    def who(self) -> Conditions:
        """Conditions on whom it is about."""
        return batch_selection.who(
            ids=self.ids,
            tag=self.tag,
            created_from=_beginning(self.created_from),
            created_to=_beginning(self.created_to, days=1),
            failed=self.failed,
            reasons=self.reasons,
        )

    def in_pieces(self, session: Session, runtime: Runtime, size: int) -> Iterator[list[Candidate]]:
        """The pictures that are meant, oldest character first; whether they can be drawn is not asked."""
        last = ("", "")
        for piece in self._found(session, runtime, size):
            kept = []
            for each in piece:
                if (each.character_id, each.style) != last and (not self.styles or each.style in self.styles):
                    last = (each.character_id, each.style)  # of its framings the first: the others follow
                    kept.append(each)
            yield kept

    def _found(self, session: Session, runtime: Runtime, size: int) -> Iterator[list[Candidate]]:
        if self.is_anew:
            models = self._models(runtime)
            if self.names_models and not models:
                return  # none is switched off
            yield from batch_selection.to_draw_anew(
                session,
                self.who(),
                size,
                style_versions=_style_versions() if self.older_style else None,
                models=models,
                but_model=runtime.image.model if self.older_model else "",
                drawn_before=_beginning(self.drawn_before),
                likeness_below=self.likeness_below,
                unreviewed=self.unreviewed,
            )
            return
        ordered = self.styles if self.order else None
        only: Conditions = [*self.who(), ~batch_selection.on_hold()]
        yield from batches.candidates_in_pieces(session, ordered, size, only=only)

    def _models(self, runtime: Runtime) -> tuple[str, ...]:
        """The models that are meant by name. UsageError (`unknown_model`)."""
        before = models_before(self.before_model, runtime.images) if self.before_model else ()
        return (*self.models, *(retired_models() if self.retired_model else ()), *before)


def check_at_least_one(*counts: int) -> None:
    """UsageError for a batch of no pictures, of chunks without a character, or that draws none at once."""
    if min(counts) < 1:
        raise UsageError("A batch needs a limit, a chunk and pictures at once of 1 or more.")


def _style_versions() -> dict[str, str]:
    return {name: style_pack(name).version for name in style_names()}


def _beginning(day: date | None, *, days: int = 0) -> datetime | None:
    """The first moment of the day (or so many after it), where days are those of the setting."""
    if day is None:
        return None
    zone = provider_settings().zone
    return datetime.combine(day + timedelta(days=days), datetime.min.time(), zone)


def everything(styles: Sequence[str] | None) -> Selection:
    """What was ordered and is missing; with `styles` those are ordered for everyone who has none."""
    return Selection(styles=tuple(styles or ()), order=styles is not None)
