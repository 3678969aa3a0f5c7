"""Gathers what the panels for corrections show, and hands over what a person corrects there."""

from collections.abc import Mapping, Sequence
from typing import Any

from db.engine import Session
from db.lifecycle import ACTIVE
from db.models import HUMAN, CharacterProfile, Gender, Review
from db.repositories import characters, images, orders, profiles, tags, users
from db.repositories.images import Variant
from flows.cancel_run import cancel_run
from flows.request_run import AskedRun
from tasks.correction.choices import COLORED, choices_of, swatches_of
from tasks.correction.correct_profile import ProfileMovedOn, correct_profile
from tasks.correction.details import change_gender, rename, set_tags, write_notes
from tasks.correction.ordered_styles import change_styles
from tasks.correction.profile_changes import ProfileChanges, changed_profile
from tasks.correction.profile_diff import LABELS, differences
from tasks.correction.undo_favourite import undo_favourite
from tasks.correction.who_said import Said, Source, who_said
from tasks.errors import UsageError
from tasks.pricing import drawers_of
from tasks.profile import CHOOSE_SKIN, Profile
from tasks.profile_rows import profile_from_row
from tasks.styles.packs import style_names, style_packs
from ui.acting import acting_id
from ui.handlers.estimate import estimate_for_more
from ui.handlers.profile import source_words, sureness
from ui.handlers.runs import ask_for_run
from ui.i18n import N_, _
from ui.services import StudioServices
from ui.views.correction import (
    Comparison,
    DetailsPanel,
    EditRow,
    EditSwatch,
    ProfileConflict,
    ProfilePanel,
    Redraw,
    StyleChoice,
    VersionLine,
)
from ui.views.pictures import style_label
from ui.views.words import GENDER_WORDS

DRAWS_FROM_THE_PHOTO = "local"  # measures the photo, and takes corrections alone from the profile
_SAID = {
    Said.PIXELS: N_("measured in the photo"),
    Said.MODEL: N_("described by a model"),
    Said.HUMAN: N_("corrected"),
}


def profile_panel(
    services: StudioServices, character_id: str, *, compare: str = "", saved: str = ""
) -> ProfilePanel | None:
    """The profile of a character, with its history; None where there is none yet. NotFound.

    `compare` names two versions, "2-4"; what names none is left alone.
    """
    with services.record.reading() as session:
        character = characters.get(session, character_id)
        versions = profiles.history(session, character_id)
        if not versions:
            return None
        newest, profile = versions[0], profile_from_row(versions[0])
        names = _names(session, versions)
        told = who_said(versions)
        outdated = _outdated(images.of_character(session, character_id), versions)
        referenced = images.favourite(session, character_id) is not None
        drawers = drawers_of(session, services.runtime, character_id)
    redraws = tuple(
        Redraw(
            style,
            style_label(style),
            version,
            estimate_for_more(services.runtime, [style], referenced=referenced, drawers=drawers),
        )
        for style, version in outdated
    )
    return ProfilePanel(
        character_id=character_id,
        version=newest.version,
        who=_who(newest, names),
        at=newest.created_at,
        rows=tuple(_row(name, profile, told[name], names) for name in LABELS),
        palette=tuple(EditSwatch(each.part, each.name, each.hex) for each in profile.palette),
        do_not_change=tuple(profile.do_not_change),
        notes=tuple(profile.notes),
        monochrome=profile.monochrome,
        skin_choices=swatches_of("skin") if CHOOSE_SKIN in profile.notes else (),
        history=_history(versions, names),
        comparison=_comparison(versions, compare),
        redraws=redraws,
        redraw_all=estimate_for_more(
            services.runtime, [each.style for each in redraws], referenced=referenced, drawers=drawers
        )
        if len(redraws) > 1
        else None,
        under_way=character.status in ACTIVE,
        from_photo=all(each.name == DRAWS_FROM_THE_PHOTO for each in services.runtime.images),
        saved=saved,
    )


def save_profile(
    services: StudioServices, character_id: str, document: Mapping[str, Any]
) -> ProfilePanel | ProfileConflict:
    """Correct the profile as `document` says (`based_on`, `attributes`, `do_not_change`, `palette`).

    Raises NotFound, IllegalStep, UsageError.
    """
    based_on, changes = document.get("based_on"), _changes(document)
    if not isinstance(based_on, int):
        raise UsageError("Say which version this corrects.", code="bad_profile")
    try:
        found = correct_profile(
            services.runtime,
            character_id=character_id,
            based_on=based_on,
            changes=changes,
            by=_operator(services),
        )
    except ProfileMovedOn as late:
        return _conflict(services, character_id, late, changes)
    saved = f"Saved as version {found.version}." if found.changes else "Nothing was changed."
    panel = profile_panel(services, character_id, saved=saved)
    assert panel is not None  # there is the version just written
    return panel


def draw_corrected(services: StudioServices, character_id: str, styles: Sequence[str]) -> AskedRun:
    """New pictures in these styles, from the profile as it is now, beside those there are."""
    return ask_for_run(services, character_id, styles, another=True)


def take_favourite_back(services: StudioServices, character_id: str) -> None:
    """Leave the character without a favourite. NotFound, IllegalStep."""
    undo_favourite(services.runtime, character_id=character_id, by=_operator(services))


def cancel_run_of(services: StudioServices, character_id: str) -> str | None:
    """Cancel the run under way; what Prefect could not be told, if so. NotFound, UsageError."""
    done = cancel_run(
        services.runtime, character_id=character_id, in_prefect=services.cancel, by=_operator(services)
    )
    return done.problem


def details_panel(services: StudioServices, character_id: str, *, saved: str = "") -> DetailsPanel:
    """What is said of a character beside its profile. NotFound."""
    with services.record.reading() as session:
        character = characters.get(session, character_id)
        ordered = {row.style for row in orders.of_character(session, character_id)}
        drawn = {each.image.style for each in images.of_character(session, character_id)}
        own, known = tags.of_character(session, character_id), tags.counts(session)
    return DetailsPanel(
        character_id=character_id,
        name=character.name,
        gender=character.gender.value,
        genders=tuple((each.value, GENDER_WORDS[each.value] or N_("not said")) for each in Gender),
        styles=tuple(
            StyleChoice(name, style_packs()[name].label, name in ordered, name in drawn)
            for name in style_names()
        ),
        notes=character.notes,
        tags=tuple(own),
        known_tags=tuple(tag for tag, _count in known if tag not in own),
        under_way=character.status in ACTIVE,
        saved=saved,
    )


def save_details(services: StudioServices, character_id: str, document: Mapping[str, Any]) -> DetailsPanel:
    """Change what `document` names: `name`, `gender`, `notes`, `tags`, `styles`, in this order.

    Raises NotFound, IllegalStep, UsageError; what stands before the one that is wrong is saved then.
    """
    runtime, by = services.runtime, _operator(services)
    if "name" in document:
        rename(runtime, character_id=character_id, name=_text(document, "name"), by=by)
    if "gender" in document:
        change_gender(runtime, character_id=character_id, gender=_text(document, "gender"), by=by)
    if "notes" in document:
        write_notes(runtime, character_id=character_id, notes=_text(document, "notes"), by=by)
    if "tags" in document:
        set_tags(runtime, character_id=character_id, wanted=_texts(document, "tags"), by=by)
    if "styles" in document:
        change_styles(runtime, character_id=character_id, styles=_texts(document, "styles"), by=by)
    return details_panel(services, character_id, saved="Saved.")


def _operator(services: StudioServices) -> str:
    """Whoever is signed in, or works here as long as nobody does."""
    signed_in = acting_id()
    if signed_in is not None:
        return signed_in
    with services.record.writing() as session:
        return users.ensure_operator(session).id


def _changes(document: Mapping[str, Any]) -> ProfileChanges:
    attributes = document.get("attributes") or {}
    palette = document.get("palette")
    if not isinstance(attributes, dict) or not all(isinstance(each, dict) for each in attributes.values()):
        raise UsageError("This correction can't be read.", code="bad_profile")
    if palette is not None and not (
        isinstance(palette, list) and all(isinstance(each, dict) for each in palette)
    ):
        raise UsageError("This palette can't be read.", code="bad_profile")
    phrases = _texts(document, "do_not_change") if "do_not_change" in document else None
    return ProfileChanges(attributes, phrases, palette)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise UsageError("This form can't be read.", code="usage")
    return value


def _texts(document: Mapping[str, Any], name: str) -> list[str]:
    value = document[name]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UsageError("This form can't be read.", code="usage")
    return value


def _conflict(
    services: StudioServices, character_id: str, late: ProfileMovedOn, changes: ProfileChanges
) -> ProfileConflict:
    with services.record.reading() as session:
        versions = profiles.history(session, character_id)
        by_number = {each.version: each for each in versions}
        newest = profile_from_row(versions[0])
        base = by_number.get(late.based_on)
        return ProfileConflict(
            based_on=late.based_on,
            newest=versions[0].version,
            who=_who(versions[0], _names(session, versions)),
            theirs=differences(profile_from_row(base), newest) if base else (),
            mine=differences(newest, changed_profile(newest, changes)),
        )


def _names(session: Session, versions: Sequence[CharacterProfile]) -> Mapping[str, str]:
    """The names of those who corrected, by id."""
    wanted = {each.corrected_by for each in versions if each.corrected_by}
    return {each.id: each.name for each in users.by_ids(session, wanted)}


def _who(row: CharacterProfile, names: Mapping[str, str]) -> str:
    if row.source == HUMAN:
        return _("corrected by %(who)s", who=names.get(row.corrected_by or "") or _("hand"))
    return source_words(row.source)


def _row(name: str, profile: Profile, source: Source, names: Mapping[str, str]) -> EditRow:
    trait = getattr(profile.attributes, name)
    who = _(_SAID[source.said])
    if source.said is Said.HUMAN:
        by = names.get(source.by or "") or _("hand")
        who = _("corrected by %(who)s, version %(number)s", who=by, number=source.version)
    return EditRow(
        name=name,
        label=LABELS[name],
        value=trait.value,
        hex=trait.hex,
        colored=name in COLORED,
        confidence=trait.confidence,
        sureness=N_("certain") if source.said is Said.HUMAN and trait.value else sureness(trait),
        said=source.said.value if trait.value or source.said is Said.HUMAN else "",
        who=who,
        choices=choices_of(name),
        words_only=name == "age_band",
    )


def _history(versions: Sequence[CharacterProfile], names: Mapping[str, str]) -> tuple[VersionLine, ...]:
    lines = []
    for row, before in zip(versions, [*versions[1:], None], strict=True):
        changes = differences(profile_from_row(before), profile_from_row(row)) if before else ()
        lines.append(VersionLine(row.version, _who(row, names), row.created_at, changes, before is None))
    return tuple(lines)


def _comparison(versions: Sequence[CharacterProfile], compare: str) -> Comparison | None:
    by_number = {str(each.version): each for each in versions}
    chosen = [by_number[part] for part in compare.split("-") if part in by_number]
    if len(chosen) != 2:
        return None
    older, newer = sorted(chosen, key=lambda each: each.version)
    changes = differences(profile_from_row(older), profile_from_row(newer))
    return Comparison(older.version, newer.version, changes)


def _outdated(
    variants: Sequence[Variant], versions: Sequence[CharacterProfile]
) -> tuple[tuple[str, int], ...]:
    """The styles whose newest portrait was drawn from something else, and from which version."""
    by_id = {each.id: each for each in versions}
    newest_of = {
        each.image.style: each
        for each in variants
        if not each.image.framing and each.image.review is not Review.REJECTED
    }
    found = []
    for style in style_names():
        variant = newest_of.get(style)
        drawn_from = by_id.get(variant.prompt.profile_id or "") if variant else None
        if drawn_from is not None and drawn_from.digest != versions[0].digest:
            found.append((style, drawn_from.version))
    return tuple(found)
