"""What is said of a person reads well aloud."""

import pytest

from tasks.noun_phrases import do_not_change, phrases, with_article
from tasks.profile import Attributes, Trait


def known(**words: str) -> Attributes:
    unknown = Trait()
    told = {name: Trait(value=word, confidence=0.9) for name, word in words.items()}
    return Attributes.model_validate(dict.fromkeys(Attributes.model_fields, unknown) | told)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("red|stripes|T-shirt|crew neck|short", "a red striped crew-neck T-shirt with short sleeves"),
        ("orange|plain|dress|V-neck|none", "a sleeveless orange V-neck dress"),
        ("orange||T-shirt||", "an orange T-shirt"),
        ("black|plain|jacket|collar|long", "a black jacket with a collar"),
        ("blue|checks|shirt|open collar|long", "a blue checked shirt with an open collar and long sleeves"),
        ("teal|print|||", "teal printed clothes"),
        ("teal|||crew neck|long", "teal clothes with a crew neck and long sleeves"),
        ("||||short", "clothes with short sleeves"),
        ("grey|plain|hoodie||long", "a grey hoodie"),
        ("green|plain|turtleneck|turtleneck|", "a green turtleneck"),
        ("red striped T-shirt|stripes|T-shirt|crew neck|", "a crew-neck red striped T-shirt"),
        (
            "pink|polka dots|dress|boat neck|short",
            "a pink dress with polka dots, a boat neck and short sleeves",
        ),
        ("blue||dungarees||", "blue dungarees"),
        ("||||", ""),
        ("|plain|||", ""),
        ("red||top|strapless|", "a red top"),  # no picture of a child is asked to be bare
    ],
)
def test_clothes_are_named_as_people_name_them(words: str, said: str) -> None:
    names = ("clothes", "clothes_pattern", "garment", "neckline", "sleeves")
    seen = known(**{name: word for name, word in zip(names, words.split("|"), strict=True) if word})
    assert with_article(phrases(seen).get("clothes", "")) == said


def test_what_must_not_change_is_told_from_head_to_clothes() -> None:
    seen = known(
        headwear="cap",
        hair_length="short",
        hair_texture="curly",
        hair_colour="auburn",
        glasses="glasses",
        glasses_shape="round",
        facial_hair="none",
        clothes="blue",
        garment="T-shirt",
    )
    assert do_not_change(seen) == ["cap", "short curly auburn hair", "round glasses", "blue T-shirt"]
    assert do_not_change(known(glasses="none", glasses_shape="round")) == []
