"""A night of very many characters, worked out: what saturates first, what to add, how long, what it costs.

`python -m tests.bench.simulate [CHARACTERS] [--pictures 1] [--hours 8]`. No clock and no chance: the same
table each time. Every constant below says where it is from; docs/scale.md tells what the table means.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

SECONDS_A_STEP = 60.0


@dataclass(frozen=True)
class Measured:
    """What one picture and one look take, on the machines of the figures' page."""

    # `make topology` with 8 characters, 12 pictures and 8 looks at them; what waited meanwhile is in it.
    worker_cpu: float = 3.1
    record_cpu: float = 0.4  # of Postgres with both databases
    # At most, as if each picture were a step that Prefect tracks: 32 to 48 ms a step.
    prefect_cpu: float = 0.05
    # Of 30 real runs: 0.9 TB and 7 GB for 912,500 pictures.
    record_bytes: float = 8_000
    bucket_bytes: float = 1_000_000
    # Providers: how long a request is under way. Published and seen; `storykin doctor --live` measures yours.
    picture_seconds: float = 12.0
    look_seconds: float = 4.0
    # A look at the day's budget under its lock, with the commit that frees it: the least of 400 on Postgres,
    # fsync on, on two cores with work for twenty. Twice a paid call; none where no day's budget is set.
    lock_seconds: float = 0.012
    # Of a worker with what it has begun: `make topology`, three of them 995 to 1,456 MB (PSS).
    process_megabytes: float = 480.0
    # List price of STORYKIN_IMAGE_MODEL's usual model; what the rehearsal cloud's tokens of a look cost.
    picture_microusd: int = 33_600
    look_microusd: int = 639
    # Of the requests that leave, so many are answered with "try again": a busy hour of the rehearsal cloud.
    failing: float = 0.02


@dataclass(frozen=True)
class House:
    """What there is of everything that can run out."""

    worker_cores: int = 2  # on the one machine that has all of it
    record_cores: int = 1
    prefect_cores: int = 1
    at_once: int = 8  # pictures under way in all processes: places × characters × pictures of one
    pictures_a_minute: int = 500  # STORYKIN_PROVIDER_PACES; what the account is good for
    looks_a_minute: int = 400
    locked: bool = True  # a day's budget is set


@dataclass(frozen=True)
class Limit:
    """One thing that can run out: the pictures a second that it lets pass, and what to do then."""

    name: str
    a_second: float
    advice: str


@dataclass(frozen=True)
class Night:
    """How it went: hours until the last picture, and how busy each thing was, from 0 to 1."""

    hours: float
    busy: dict[str, float]
    longest_queue: int


def limits_of(house: House, each: Measured, pictures: int) -> list[Limit]:
    """What every part lets pass, in pictures a second, the least first."""
    tries = 1 / (1 - each.failing)
    calls = 1 + 1 / pictures  # with the share of a look
    under_way = each.picture_seconds + each.look_seconds / pictures
    found = [
        Limit("worker CPU", house.worker_cores / each.worker_cpu, "another machine with `storykin worker`"),
        Limit(
            "pictures under way",
            house.at_once / (under_way * tries),
            "--at-once, STORYKIN_WORKER_LIMIT, STORYKIN_PICTURES_AT_ONCE: waiting costs no CPU",
        ),
        Limit(
            "the image account's pace",
            house.pictures_a_minute / 60 / tries,
            "ask the provider for more, then STORYKIN_PROVIDER_PACES",
        ),
        Limit(
            "the vision account's pace",
            house.looks_a_minute / 60 * pictures / tries,
            "ask the provider for more, then STORYKIN_PROVIDER_PACES",
        ),
        Limit(
            "the record's CPU",
            house.record_cores / (each.record_cpu * tries),
            "a larger Postgres: it is one machine, and grows upwards",
        ),
        Limit(
            "the day's budget lock",
            1 / (2 * each.lock_seconds * calls * tries) if house.locked else math.inf,
            "no STORYKIN_DAILY_BUDGET_USD for that night: the batch has a budget of its own",
        ),
        Limit(
            "Prefect's API",
            house.prefect_cores / each.prefect_cpu,
            "another `prefect server start --no-services` beside it",
        ),
    ]
    return sorted(found, key=lambda limit: limit.a_second)


def night(house: House, each: Measured, characters: int, pictures: int) -> Night:
    """Minute by minute: what is waiting passes as fast as the least lets it; what fails waits again."""
    limits = limits_of(house, each, pictures)
    least, waiting, done, minutes, longest = limits[0].a_second, float(characters * pictures), 0.0, 0, 0.0
    while waiting > 0.5:
        passed = min(waiting, least * SECONDS_A_STEP)
        failed = passed * each.failing
        waiting -= passed - failed
        done += passed - failed
        minutes += 1
        longest = max(longest, waiting)
    return Night(minutes / 60, {limit.name: least / limit.a_second for limit in limits}, round(longest))


GROW: dict[str, Callable[[House], House]] = {
    "worker CPU": lambda house: replace(house, worker_cores=house.worker_cores * 2),
    "pictures under way": lambda house: replace(house, at_once=house.at_once * 2),
    "the image account's pace": lambda house: replace(house, pictures_a_minute=house.pictures_a_minute * 2),
    "the vision account's pace": lambda house: replace(house, looks_a_minute=house.looks_a_minute * 2),
    "the record's CPU": lambda house: replace(house, record_cores=house.record_cores * 2),
    "the day's budget lock": lambda house: replace(house, locked=False),
    "Prefect's API": lambda house: replace(house, prefect_cores=house.prefect_cores * 2),
}


def ladder(house: House, each: Measured, pictures: int, wanted: float) -> Iterator[tuple[House, Limit]]:
    """Twice as much of what saturates first, again and again, until `wanted` pictures a second pass."""
    while True:
        least = limits_of(house, each, pictures)[0]
        yield house, least
        if least.a_second >= wanted:
            return
        house = GROW[least.name](house)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.simulate", description=__doc__)
    parser.add_argument("characters", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--pictures", type=int, default=1, help="of each character")
    parser.add_argument("--hours", type=float, default=8.0, help="how long the night is")
    asked = parser.parse_args(arguments)
    sys.stdout.writelines(f"{line}\n" for line in table(asked.characters, asked.pictures, asked.hours))
    return 0


def table(characters: int, pictures: int, hours: float) -> Iterator[str]:
    """The lines that are printed."""
    each = Measured()
    wanted = characters * pictures / (hours * 3600)
    drawn = f"{characters:,} characters, {characters * pictures:,} pictures"
    yield f"{drawn} in {hours:g} hours: {wanted:.1f} a second"
    yield ""
    yield f"{'hours':>8} {'a second':>9}  {'saturates first':<27} what to do then"
    last = House()
    for house, least in ladder(House(), each, pictures, wanted):
        took = night(house, each, characters, pictures).hours
        yield f"{took:8.1f} {least.a_second:9.2f}  {least.name:<27} {least.advice}"
        last = house
    yield ""
    yield from needed(last, each, characters, pictures)


def needed(house: House, each: Measured, characters: int, pictures: int) -> Iterator[str]:
    """What there is at the end of the ladder, how busy it is, and what it leaves behind."""
    went = night(house, each, characters, pictures)
    drawn = characters * pictures
    busy = went.busy
    yield f"{house.worker_cores} cores of workers, busy {busy['worker CPU']:.0%}"
    processes = math.ceil(house.at_once / 8)
    yield (
        f"{house.at_once} pictures under way, busy {busy['pictures under way']:.0%}: "
        f"{processes} processes of 8, {processes * each.process_megabytes / 1000:.0f} GB"
    )
    yield f"{house.pictures_a_minute:,} pictures a minute of the account, {house.looks_a_minute:,} looks"
    record, prefect, lock = (
        busy[name] for name in ("the record's CPU", "Prefect's API", "the day's budget lock")
    )
    yield f"{house.record_cores} cores of Postgres, busy {record:.0%}"
    yield f"{house.prefect_cores} cores of Prefect's API, busy {prefect:.0%}"
    yield f"the budget's lock, busy {lock:.0%}"
    rows, bytes_ = drawn * each.record_bytes / 1e9, drawn * each.bucket_bytes / 1e12
    yield f"record + {rows:.0f} GB, bucket + {bytes_:.2f} TB"
    price = characters * (each.look_microusd + pictures * each.picture_microusd)
    yield f"price by the providers' lists: {price / 1e6:,.0f} USD"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
