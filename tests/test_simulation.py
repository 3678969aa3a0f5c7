"""The simulation of a great night says what docs/scale.md shows; each step does away with what it names."""

import math
import tomllib
from pathlib import Path

import pytest

from tests.bench.simulate import GROW, House, Measured, ladder, limits_of, night, table

ROOT = Path(__file__).parents[1]
EACH = Measured()


def test_the_page_shows_what_is_printed() -> None:
    told = (ROOT / "docs" / "scale.md").read_text("utf-8")
    assert "\n".join(table(1_000_000, 1, 8.0)) in told


def test_each_step_passes_more_by_doing_away_with_the_least() -> None:
    steps = list(ladder(House(), EACH, 1, 34.7))
    rates = [limit.a_second for _house, limit in steps]
    assert rates == sorted(rates) and rates[-1] >= 34.7 > rates[-2]
    for name, grow in GROW.items():
        before = {each.name: each.a_second for each in limits_of(House(), EACH, 1)}
        after = {each.name: each.a_second for each in limits_of(grow(House()), EACH, 1)}
        assert {each for each in after if after[each] != before[each]} == {name}


def test_a_night_takes_as_long_as_its_least_lets_it_and_what_fails_is_drawn_again() -> None:
    least = limits_of(House(), EACH, 2)[0]
    went = night(House(), EACH, 1000, 2)
    seconds = 2000 / least.a_second / (1 - EACH.failing)
    assert went.hours == pytest.approx(seconds / 3600, abs=2 / 60)
    assert went.busy[least.name] == 1.0 and max(went.busy.values()) == 1.0
    assert not math.isinf(least.a_second)


def test_the_price_is_that_of_the_usual_model() -> None:
    models = tomllib.loads((ROOT / "tasks" / "providers" / "models.toml").read_text("utf-8"))
    usual = next(each for each in models["image"] if each["slug"] == "google/nano-banana-2.1")
    assert EACH.picture_microusd == usual["price_microusd"]
