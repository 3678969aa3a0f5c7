"""The style packs: which there are, and what is wrong with those that can't be used."""

from collections.abc import Iterator

from db.told import told
from tasks.styles.packs import style_catalog
from ui.diagnosis.check_result import CheckResult, ok, problem


def packs() -> Iterator[CheckResult]:
    """One line for the styles that can be drawn, and one for every pack that can't be used."""
    catalog = style_catalog()
    yield ok("styles", told("These styles can be chosen: %(styles)s.", styles=", ".join(catalog.packs)))
    for refused in catalog.refused.values():
        yield problem("styles", refused.sentence)
