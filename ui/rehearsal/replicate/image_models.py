"""Replicate's image models: input schema, output schema and price of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_RATIOS = ["match_input_image", "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
_PHOTO_FIELDS = ("image_input", "input_image", "images")
_PICTURE = {"type": "string", "format": "uri"}


def _choice(choices: list[str], default: str) -> dict[str, Any]:
    return {"type": "string", "enum": choices, "default": default}


def _pictures(most: int | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array", "items": _PICTURE, "default": []}
    return schema if most is None else schema | {"maxItems": most}


_PROMPT = {"type": "string", "description": "A text description of the picture."}
_YES_NO = {"type": "boolean", "default": False}
_SEED = {"type": "integer"}
_BANANA: dict[str, Any] = {
    "prompt": _PROMPT,
    "image_input": _pictures(),
    "aspect_ratio": _choice(_RATIOS, "match_input_image"),
    "output_format": _choice(["jpg", "png"], "jpg"),
}
_BANANA_2 = _BANANA | {
    "image_input": _pictures(14),
    "resolution": _choice(["512px", "1K", "2K", "4K"], "1K"),
    "google_search": _YES_NO,
    "image_search": _YES_NO,
}
_BANANA_2_1 = _BANANA | {
    "image_input": _pictures(14),
    "aspect_ratio": _choice([*_RATIOS, "1:4", "4:1", "1:8", "8:1"], "match_input_image"),
    "resolution": _choice(["1K", "2K", "4K"], "1K"),  # "512" is rejected
    "google_search": _YES_NO,
    "image_search": _YES_NO,
}
_BANANA_PRO = _BANANA | {
    "image_input": _pictures(14),
    "resolution": _choice(["1K", "2K", "4K"], "2K"),
    "safety_filter_level": _choice(
        ["block_low_and_above", "block_medium_and_above", "block_only_high"], "block_only_high"
    ),
}
_SEEDREAM_4: dict[str, Any] = {
    "prompt": _PROMPT,
    "image_input": _pictures(10),
    "size": _choice(["1K", "2K", "4K", "custom"], "2K"),
    "aspect_ratio": _choice(
        ["match_input_image", "1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9"], "match_input_image"
    ),
    "width": {"type": "integer", "default": 2048, "minimum": 1024, "maximum": 4096},
    "height": {"type": "integer", "default": 2048, "minimum": 1024, "maximum": 4096},
    "sequential_image_generation": _choice(["disabled", "auto"], "disabled"),
    "max_images": {"type": "integer", "default": 1, "minimum": 1, "maximum": 15},
    "enhance_prompt": {"type": "boolean", "default": True},
}
_KONTEXT: dict[str, Any] = {
    "prompt": _PROMPT,
    "input_image": _PICTURE,
    "aspect_ratio": _choice([*_RATIOS, "9:21", "2:1", "1:2"], "match_input_image"),
    "output_format": _choice(["jpg", "png"], "png"),
    "safety_tolerance": {"type": "integer", "default": 2, "minimum": 0, "maximum": 6},
    "prompt_upsampling": _YES_NO,
    "seed": _SEED,
}


@dataclass(frozen=True)
class ImageModel:
    """A model: slug, price of one picture in micro-dollars, JSON schema of each input field."""

    slug: str
    price_microusd: int
    fields: Mapping[str, Any]
    several: bool = False  # its output is a list
    microusd_2k: int | None = None  # where a picture of 2K has a price of its own

    @property
    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of its input, as `GET model` shows it."""
        fields = {
            name: {"title": name.replace("_", " ").title(), "x-order": number, **schema}
            for number, (name, schema) in enumerate(self.fields.items())
        }
        required = [name for name in self.fields if name in ("prompt", "text")]
        return {"type": "object", "title": "Input", "required": required, "properties": fields}

    @property
    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of its output."""
        one = {"type": "string", "format": "uri"}
        return (
            {"title": "Output", "type": "array", "items": one} if self.several else {"title": "Output", **one}
        )

    def price(self, given: Mapping[str, Any]) -> int:
        """What one picture costs, in micro-dollars; the largest ones cost double."""
        if given.get("resolution") == "2K" and self.microusd_2k is not None:
            return self.microusd_2k
        return self.price_microusd * (2 if given.get("resolution") == "4K" else 1)

    def renamed(self) -> "ImageModel":
        """The same model with renamed input fields, as if its owner had changed the schema."""
        names = {"image_input": "images", "input_image": "images", "prompt": "text"}
        fields = {names.get(name, name): schema for name, schema in self.fields.items()}
        return replace(self, fields=fields)

    def without_photos(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The input without its photo fields."""
        return {name: value for name, value in given.items() if name not in _PHOTO_FIELDS}

    def photos_in(self, given: Mapping[str, Any]) -> list[str]:
        """The URLs of the photos in an input."""
        for name in _PHOTO_FIELDS:
            value = given.get(name)
            if value:
                return [value] if isinstance(value, str) else [str(each) for each in value]
        return []


_MODELS = (
    ImageModel("google/nano-banana", 39_000, _BANANA),
    ImageModel("google/nano-banana-2", 67_000, _BANANA_2, microusd_2k=101_000),
    ImageModel("google/nano-banana-2.1", 33_600, _BANANA_2_1, microusd_2k=50_400),
    ImageModel("google/nano-banana-pro", 150_000, _BANANA_PRO),
    ImageModel("bytedance/seedream-4", 30_000, _SEEDREAM_4, several=True),
    ImageModel("bytedance/seedream-4.5", 40_000, _SEEDREAM_4, several=True),
    ImageModel("black-forest-labs/flux-kontext-pro", 40_000, _KONTEXT),
    ImageModel("black-forest-labs/flux-kontext-max", 80_000, _KONTEXT),
)
MODELS = {model.slug: model for model in _MODELS}
