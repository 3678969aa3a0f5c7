"""The profile as a table: every trait, how sure we are, and what must not change."""

from db.models import HUMAN, CharacterProfile
from tasks.correction.profile_diff import LABELS
from tasks.profile import Trait
from tasks.profile_rows import profile_from_row
from tasks.providers.specs import find_spec, label_of
from ui.i18n import _
from ui.views.detail import ProfileTable, Swatch, TraitRow

SURE, FAIRLY_SURE = 0.75, 0.45  # from which confidence a word is used


def profile_table(row: CharacterProfile) -> ProfileTable:
    """The profile in `row` as a table."""
    profile = profile_from_row(row)
    return ProfileTable(
        version=row.version,
        source=source_words(row.source),
        model=row.model or "",
        rows=tuple(_trait_row(label, getattr(profile.attributes, name)) for name, label in LABELS.items()),
        palette=tuple(Swatch(each.part, each.name, each.hex) for each in profile.palette),
        do_not_change=tuple(profile.do_not_change),
        notes=tuple(profile.notes),
        monochrome=profile.monochrome,
    )


def source_words(source: str) -> str:
    """Where a profile comes from: "measured on this machine", "described by OpenAI", "corrected by hand"."""
    if source == HUMAN:
        return _("corrected by hand")
    spec = find_spec(source)
    described = spec.described if spec else ""
    return _(described) if described else _("described by %(who)s", who=label_of(source))


def _trait_row(label: str, trait: Trait) -> TraitRow:
    return TraitRow(label, trait.value, trait.confidence, sureness(trait), trait.hex)


def sureness(trait: Trait) -> str:
    """How sure we are of a trait, in words; "" when it is unknown."""
    if trait.value is None:
        return ""
    if trait.confidence >= SURE:
        return "sure"
    return "fairly sure" if trait.confidence >= FAIRLY_SURE else "a guess"
