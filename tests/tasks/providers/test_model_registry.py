"""The registry of paid models: dated prices, sunsets, adapters as data, and the day-one schema check."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tasks.describe_photo import describe_photo
from tasks.errors import UsageError
from tasks.providers.model_registry import (
    image_model,
    image_models,
    larger_of,
    refuse_after_sunset,
    sunset_warning,
    vision_model,
    vision_models,
)
from tasks.providers.openai.answer import Usage
from tasks.providers.openai.image_models import openai_image_models
from tasks.providers.replicate.inputs import check_schema, input_for, nearest_aspect
from tasks.runtime import Runtime
from tasks.write_prompt import write_prompt
from tests.contract.replicate_answers import request
from tests.flows.conftest import runtime
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import new_character
from tests.support.shared import shared

__all__ = ["runtime"]

BANANA = image_model("google/nano-banana")


def test_a_model_past_its_sunset_is_refused_with_its_successors_name() -> None:
    with pytest.raises(UsageError, match=r"google/nano-banana-2\.1") as caught:
        refuse_after_sunset(BANANA, date(2026, 10, 2))
    assert caught.value.code == "model_sunset"
    refuse_after_sunset(BANANA, date(2026, 10, 1))


@pytest.mark.parametrize(
    ("day", "warned"), [(date(2026, 8, 2), False), (date(2026, 8, 3), True), (date(2026, 12, 1), True)]
)
def test_sixty_days_before_it_warns(day: date, warned: bool) -> None:
    assert (sunset_warning(BANANA, day) is not None) is warned


def test_a_model_without_an_end_is_never_warned_of() -> None:
    assert sunset_warning(image_model("bytedance/seedream-4"), date(2100, 1, 1)) is None


def test_every_successor_is_a_model_that_we_know_and_that_lives() -> None:
    for model in image_models().values():
        if model.successor:
            refuse_after_sunset(image_model(model.successor))


def test_unknown_models_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="seedream-4"):
        image_model("somebody/something")
    with pytest.raises(UsageError, match=r"gpt-5\.6-luna"):
        vision_model("gpt-2")


def test_a_bill_is_explained_by_the_prices_of_its_day() -> None:
    usage = Usage(input=1_000_000, cached=200_000, cache_write=100_000, output=1_000_000, reasoning=400_000)
    luna = vision_model("gpt-5.6-luna")
    assert usage.cost_microusd(luna.price(date(2026, 7, 29))) == 700_000 + 20_000 + 125_000 + 6_000_000
    assert usage.cost_microusd(luna.price(date(2026, 7, 30))) == 140_000 + 4_000 + 25_000 + 1_200_000


def test_a_fraction_of_a_micro_dollar_is_rounded_up() -> None:
    assert Usage(input=1).cost_microusd(vision_model("gpt-5.6-luna").price()) == 1


def test_before_a_models_first_price_the_first_one_holds() -> None:
    for model in vision_models().values():
        assert model.price(date(2020, 1, 1)) == model.prices[0]


def test_each_adapter_sends_the_prompt_the_photo_and_nothing_it_does_not_know() -> None:
    for model in image_models().values():
        sent = input_for(model, request(), ["https://photo.example/x.jpg"])
        assert sent["prompt"] == "Redraw the person in the photo."
        photo = sent[model.photo_field]
        assert photo == (
            ["https://photo.example/x.jpg"] if model.photo_is_list else "https://photo.example/x.jpg"
        )
        assert sent.get("aspect_ratio") in model.aspects
        assert check_schema(model, schema_of(model.slug)) == []


def test_a_picture_for_print_is_larger_and_has_its_price_and_a_draft_is_what_it_was() -> None:
    for slug, field, draft, large, price in (
        ("google/nano-banana-2.1", "resolution", "1K", "2K", 50_400),
        ("google/nano-banana-pro", "resolution", "1K", "2K", 150_000),
        ("bytedance/seedream-4", "size", "1K", "2K", 30_000),
    ):
        model = image_model(slug)
        for_print = request(resolution="print")
        assert input_for(model, request(), ["u"])[field] == draft
        assert input_for(model, request(resolution="draft"), ["u"])[field] == draft
        assert input_for(model, for_print, ["u"])[field] == large
        larger = larger_of(model, for_print.parameters)
        assert larger is not None and larger.price_microusd == price
    assert image_model("black-forest-labs/flux-kontext-pro").print is None


def test_openais_pictures_for_print_are_within_what_is_not_experimental() -> None:
    for model in openai_image_models().values():
        assert (model.size("4:5"), model.size("4:5", for_print=True)) == ("1024x1280", "1696x2112")
        for aspect, size in model.print_sizes.items():
            width, height = map(int, size.split("x"))
            across, down = map(int, aspect.split(":"))
            assert width % 16 == height % 16 == 0 and width * height <= 2560 * 1440
            assert abs(width / height / (across / down) - 1) < 0.01


def test_a_shape_that_a_model_does_not_draw_becomes_the_nearest() -> None:
    assert nearest_aspect(image_model("bytedance/seedream-4"), "4:5") == "3:4"
    assert nearest_aspect(BANANA, "4:5") == "4:5"


def schema_of(slug: str) -> dict[str, Any]:
    """A schema that takes just what the adapter of `slug` sends, as Replicate publishes one."""
    model = image_model(slug)
    fields: dict[str, Any] = {"prompt": {"type": "string"}}
    picture = {"type": "string", "format": "uri"}
    fields[model.photo_field] = {"type": "array", "items": picture} if model.photo_is_list else picture
    choices: dict[str, Any] = {}
    for name, values in ((model.aspect_field, model.aspects), (model.format_field, model.formats)):
        if name:
            choices[name] = {"type": "string", "enum": ["match_input_image", *values]}
            fields[name] = {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "default": values[0]}
    if model.seed_field:
        fields[model.seed_field] = {"type": "integer", "nullable": True}
    kinds = {bool: "boolean", int: "integer", str: "string"}
    fields |= {name: {"type": kinds[type(value)]} for name, value in model.fixed.items()}
    whole = {"type": "object", "required": ["prompt"], "properties": fields}
    return {"components": {"schemas": {"Input": whole, **choices}}}


def test_a_changed_schema_is_told_field_by_field() -> None:
    published = schema_of("black-forest-labs/flux-kontext-pro")
    fields = published["components"]["schemas"]["Input"]["properties"]
    fields["image"] = fields.pop("input_image")
    fields["safety_tolerance"] = {"type": "integer", "minimum": 0, "maximum": 1}
    fields["seed"] = {"type": "string"}
    published["components"]["schemas"]["Input"]["required"] = ["prompt", "licence_key"]
    published["components"]["schemas"]["output_format"]["enum"] = ["webp", "png"]
    told = "\n".join(check_schema(image_model("black-forest-labs/flux-kontext-pro"), published))
    for word in (
        "licence_key",
        "input_image",
        "output_format no longer takes jpg",
        "safety_tolerance",
        "seed",
    ):
        assert word in told


def test_a_list_that_became_one_photo_is_told() -> None:
    published = schema_of("google/nano-banana-2.1")
    published["components"]["schemas"]["Input"]["properties"]["image_input"] = {"type": "string"}
    assert check_schema(image_model("google/nano-banana-2.1"), published) == [
        "The field image_input is now of type string."
    ]


def test_nano_bananas_adapter_fits_the_schema_that_was_published() -> None:
    import json

    path = shared("specs/replicate/nano-banana.input-output.schema.json")
    assert check_schema(BANANA, json.loads(path.read_text("utf-8"))["Input"]) == []


def test_the_sizes_that_are_sent_are_those_that_nano_banana_2_1_takes() -> None:
    model = image_model("google/nano-banana-2.1")
    assert model.fixed["resolution"] in ("1K", "2K", "4K")  # "512" is answered with 400
    assert len(set(model.aspects)) == 14


def test_what_the_registry_says_of_a_model_is_in_no_work_key(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A price or a list of aspects that is corrected must not have pictures bought again."""
    slug = "google/nano-banana-2.1"
    runtime = replace(runtime, image=BookkeepingImage(name="replicate", model=slug))
    character_id = new_character(runtime)
    profile_id = describe_photo(runtime, character_id)

    def key() -> str:
        asked = {"character_id": character_id, "profile_id": profile_id, "style": "flat", "ordinal": 1}
        return write_prompt(runtime, **asked).work_key  # type: ignore[arg-type]

    before = key()
    model = image_model(slug)
    other = model.model_copy(
        update={"price_microusd": 1, "aspects": ("1:1",), "fixed": {}, "formats": ("jpg",)}
    )
    monkeypatch.setitem(image_models(), slug, other)
    assert image_model(slug).price_microusd == 1 and key() == before
