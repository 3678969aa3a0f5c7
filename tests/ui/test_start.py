"""A new character, from the form to the first run."""

from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from db.models import AssetKind, CharacterStatus
from db.repositories import assets, characters, events
from flows.request_run import AskedRun
from tasks.create_character import CONSENT_VERSION
from tasks.errors import DecoderBusy, PhotoRefused, StoreError, StorykinError, UsageError
from tasks.intake.normalize import NormalizedPhoto
from tests.support.studio import StandInStudio, photo_bytes, stand_in_normalize
from ui.handlers.start import start_character
from ui.pages.frame import ui_event
from ui.views.new import WhichPerson


def nothing_is_on_record(studio: StandInStudio) -> bool:
    with studio.services.record.reading() as session:
        return characters.page(session).total == 0


def test_a_character_is_kept_with_its_photo_its_consent_and_its_run(studio: StandInStudio) -> None:
    form = studio.form(name="  Maya \n Łukasz ", styles=("anime",))
    asked = start_character(studio.services, form)
    assert isinstance(asked, AskedRun) and asked.problem is None
    with studio.services.record.reading() as session:
        character = characters.get(session, asked.character_id)
        assert character.name == "Maya Łukasz"
        assert character.consent_version == CONSENT_VERSION
        assert character.consent_at is not None and character.consent_by is not None
        assert character.run_token == asked.run_token
        assert character.status is CharacterStatus.READY
        assert character.photo_asset_id is not None
        photo = assets.get(session, character.photo_asset_id)
        assert photo.kind is AssetKind.PHOTO and photo.storage_key.startswith("photos/")
    assert studio.services.store.head(photo.storage_key) is not None


def test_the_uploaded_file_is_deleted_once_the_photo_is_kept(studio: StandInStudio) -> None:
    form = studio.form()
    start_character(studio.services, form)
    assert studio.services.store.head(form.photo_key) is None


def test_the_run_is_asked_for_with_the_styles_in_their_order(studio: StandInStudio) -> None:
    start_character(studio.services, studio.form(styles=("anime", "watercolor", "anime")))
    assert studio.prefect.orders[0].styles == ("watercolor", "anime")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": ""}, "no_name"),
        ({"name": " \t\u200b"}, "no_name"),
        ({"name": "x" * 121}, "name_too_long"),
        ({"gender": "other"}, "unknown_gender"),
        ({"gender": ""}, "unknown_gender"),
        ({"styles": ()}, "no_style"),
        ({"styles": ("oil",)}, "unknown_style"),
        ({"consent": False}, "no_consent"),
        ({"photo_key": "photos/someone-elses.jpg"}, "bad_photo_key"),
        ({"photo_key": "incoming/gone"}, "photo_gone"),
    ],
)
def test_a_form_that_makes_no_sense_changes_nothing(
    studio: StandInStudio, changed: dict[str, Any], code: str
) -> None:
    with pytest.raises(UsageError) as refused:
        start_character(studio.services, studio.form(**changed))
    assert refused.value.code == code
    assert refused.value.sentence
    assert nothing_is_on_record(studio)


@pytest.mark.parametrize("key", ["incoming/../photos/x.jpg", "incoming/UPPER", "incoming/"])
def test_a_key_that_is_none_is_refused_by_the_store(studio: StandInStudio, key: str) -> None:
    with pytest.raises(StoreError):
        start_character(studio.services, studio.form(photo_key=key))


def test_a_form_without_a_photo_asks_for_one_first(studio: StandInStudio) -> None:
    from ui.handlers.start import NewCharacter

    with pytest.raises(UsageError, match="Add a photo first"):
        start_character(studio.services, NewCharacter("", "", "", (), False))


@pytest.mark.parametrize(
    ("data", "code"), [(photo_bytes("black"), "no_face"), (b"no picture", "not_an_image")]
)
def test_a_photo_that_can_t_be_used_is_refused_and_nothing_is_recorded(
    studio: StandInStudio, data: bytes, code: str
) -> None:
    with pytest.raises(PhotoRefused) as refused:
        start_character(studio.services, studio.form(photo_key=studio.upload(data)))
    assert refused.value.code == code
    assert nothing_is_on_record(studio)
    assert list(studio.services.store.iterate("photos/")) == []


def test_a_refused_photo_may_be_sent_again_with_another_choice(studio: StandInStudio) -> None:
    key = studio.upload(photo_bytes("black"))
    with pytest.raises(PhotoRefused):
        start_character(studio.services, studio.form(photo_key=key))
    assert studio.services.store.head(key) is not None


def test_several_people_become_a_question_and_nothing_is_recorded(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.handlers.start.face_thumbnails", lambda data: ())
    key = studio.upload(photo_bytes("white"))
    question = start_character(studio.services, studio.form(photo_key=key))
    assert isinstance(question, WhichPerson)
    assert "Several people" in question.sentence
    assert nothing_is_on_record(studio)
    answered = start_character(studio.services, studio.form(photo_key=key, face=2))
    assert isinstance(answered, AskedRun)


def test_when_prefect_is_away_the_run_is_kept_and_says_so(studio: StandInStudio) -> None:
    studio.prefect.away = "Prefect does not answer."
    asked = start_character(studio.services, studio.form())
    assert isinstance(asked, AskedRun)
    assert asked.problem == "Prefect does not answer."
    with studio.services.record.reading() as session:
        assert characters.get(session, asked.character_id).status is CharacterStatus.QUEUED
        kinds = [event.kind for event in events.of_run(session, asked.run_token)]
    assert kinds == ["run.asked", "character.queued"]


def test_a_store_that_is_full_is_told_and_nothing_is_recorded(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = studio.form()

    def full(*_args: object) -> None:
        raise StoreError("The disk is full.", code="store_full")

    monkeypatch.setattr(studio.services.store, "put", full)
    with pytest.raises(StorykinError, match="full"):
        start_character(studio.services, form)
    assert nothing_is_on_record(studio)


def test_what_there_is_to_say_of_the_photo_is_told_and_kept_on_the_timeline(studio: StandInStudio) -> None:
    notice = "Part of this photo is missing."

    def worried(data: bytes, *, face: int | str | None = None) -> NormalizedPhoto:
        return replace(stand_in_normalize(data, face=face), warnings=[notice])

    asked = start_character(replace(studio.services, normalize=worried), studio.form())

    assert isinstance(asked, AskedRun) and asked.notices == (notice,)
    with studio.services.record.reading() as session:
        kept = events.timeline(session, asked.character_id)
        created = next(each for each in kept if each.kind == "character.created")
    assert notice in created.message
    assert created.data["warnings"] == [notice]


def test_while_others_are_being_opened_the_photo_stays_and_the_page_says_so(studio: StandInStudio) -> None:
    def busy(data: bytes, *, face: int | str | None = None) -> NormalizedPhoto:
        raise DecoderBusy

    form = studio.form()
    with pytest.raises(gr.Error) as toast:
        ui_event(start_character)(replace(studio.services, normalize=busy), form)
    assert "Many photos are being opened just now. Please try again in a moment." in toast.value.message
    assert nothing_is_on_record(studio)

    asked = start_character(studio.services, form)
    assert isinstance(asked, AskedRun) and asked.problem is None
