"""Profiles to test with."""

from tasks.profile import Attributes, Profile, Swatch, Trait


def trait(value: str | None, confidence: float = 0.9, hex: str | None = None) -> Trait:
    return Trait(value=value, confidence=confidence, hex=hex)


def a_profile(**changes: Trait) -> Profile:
    seen = {
        "hair_colour": trait("dark brown", hex="#3a2a20"),
        "hair_length": trait("shoulder-length"),
        "eyes": trait("brown"),
        "skin": trait("light", hex="#e0b090"),
        "clothes": trait("teal", hex="#207070"),
        "glasses": trait("glasses"),
        "facial_hair": trait("none"),
        "face_shape": trait("round"),
        "age_band": trait("child"),
        "expression": trait("smile"),
    } | changes
    return Profile(
        attributes=Attributes.model_validate(seen),
        palette=[
            Swatch(part="skin", name="light", hex="#e0b090"),
            Swatch(part="hair", name="dark brown", hex="#3a2a20"),
        ],
        do_not_change=["shoulder-length dark brown hair", "glasses", "round face"],
    )
