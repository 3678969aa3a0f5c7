"""Faults: which requests they hit, and how often."""

import json
import secrets
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tasks.errors import UsageError
from tasks.styles.packs import ORDER
from ui.rehearsal.facts import OPERATIONS, Facts
from ui.rehearsal.fault_kinds import KINDS, Point


class Fault(BaseModel):
    """One order to misbehave. What it does not name, it does not mind."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=lambda: secrets.token_hex(4))
    kind: str
    operation: str | None = None  # responses, moderations, create, get, list, cancel, model, output …
    method: str | None = None
    path: str | None = None  # a part of the path, or a pattern with *
    style: str | None = None
    nth: int | None = Field(default=None, ge=1)  # only the n-th request that fits
    skip: int = Field(default=0, ge=0)  # let so many pass first
    count: int | None = Field(default=1, ge=1)  # how often it strikes; None: until it is taken away
    when: Literal["before", "after"] = "before"  # of the acceptance, for faults at the door
    seconds: float = Field(default=0.0, ge=0)
    status: int = Field(default=500, ge=100, le=599)
    code: str = ""
    reason: Literal["max_output_tokens", "content_filter"] = "max_output_tokens"
    usage: dict[str, int] = Field(default_factory=dict)
    seen: int = 0
    struck: int = 0

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        kind = given.get("kind")
        if kind not in KINDS:
            raise ValueError(f"there is no kind of fault called {kind!r}; there are: {', '.join(KINDS)}")
        for name, choices in (("operation", OPERATIONS), ("style", ORDER)):
            if given.get(name) is not None and given[name] not in choices:
                raise ValueError(f"{name} is one of: {', '.join(choices)}")
        return KINDS[kind].defaults | given

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.nth is not None:
            self.skip, self.count = self.nth - 1, 1
        return self

    @property
    def point(self) -> Point:
        """Where it strikes."""
        return KINDS[self.kind].point

    @property
    def spent(self) -> bool:
        """Whether it has done all it was told to."""
        return self.count is not None and self.struck >= self.count

    def fits(self, facts: Facts) -> bool:
        """Whether the request is one it is aimed at."""
        return (
            self.operation in (None, facts.operation)
            and (self.method is None or self.method.upper() == facts.method)
            and (self.path is None or self.path in facts.path or fnmatch(facts.path, self.path))
            and self.style in (None, facts.style)
        )

    def strikes(self, facts: Facts) -> bool:
        """Count the request, and say whether it is hit."""
        if self.spent or not self.fits(facts):
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.struck += 1
        return True


class Faults:
    """Every fault that is set, in the order in which they were."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        self.set: list[Fault] = list(faults or [])

    def add(self, fault: Fault) -> Fault:
        """Set one more."""
        self.set.append(fault)
        return fault

    def clear(self, id: str | None = None) -> None:
        """Take one away, or all."""
        self.set = [fault for fault in self.set if id is not None and fault.id != id]

    def at_door(self, facts: Facts, when: str) -> list[Fault]:
        """What strikes at the door: any number of delays, then at most one that ends the request."""
        struck: list[Fault] = []
        for fault in self.set:
            if fault.point is Point.DOOR and fault.when == when and fault.strikes(facts):
                struck.append(fault)
                if fault.kind != "delay":
                    break
        return struck

    def in_answer(self, facts: Facts, *kinds: str) -> Fault | None:
        """The one that spoils an answer, or None."""
        return next((fault for fault in self.set if fault.kind in kinds and fault.strikes(facts)), None)

    def of_prediction(self, facts: Facts) -> dict[str, Fault]:
        """Everything that will go wrong with a prediction that is being made, by kind."""
        chosen = [fault for fault in self.set if fault.point is Point.PREDICTION and fault.strikes(facts)]
        return {fault.kind: fault.model_copy() for fault in chosen}

    def standing(self, kind: str, facts: Facts | None = None) -> Fault | None:
        """A fault that is simply true for now."""
        return next(
            (fault for fault in self.set if fault.kind == kind and (facts is None or fault.fits(facts))), None
        )


def faults_from(orders: list[str]) -> list[Fault]:
    """Faults from a command line: each order is a scenario file (TOML or JSON) or `kind,field=value,…`.

    Raises UsageError naming what is wrong.
    """
    given: list[Any] = []
    for order in orders:
        given += _scenario(Path(order)) if order.endswith((".toml", ".json")) else [_spelled(order)]
    try:
        return [Fault.model_validate(each) for each in given]
    except ValidationError as error:
        raise UsageError(f"That fault can't be set: {said_of(error)}", code="bad_fault") from None


def said_of(error: ValidationError) -> str:
    """What is wrong with a fault, in one line."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))} {each['msg']}".strip() for each in problems)


def _spelled(order: str) -> dict[str, Any]:
    kind, *rest = order.split(",")
    fields = dict(part.partition("=")[::2] for part in rest)
    return {"kind": kind, **{name: None if value == "always" else value for name, value in fields.items()}}


def _scenario(path: Path) -> list[Any]:
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text).get("fault", []) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError):
        raise UsageError(f"The scenario {path.name} can't be read.", code="bad_scenario") from None
    return content if isinstance(content, list) else [content]
