"""Asking for the report of a time."""

from datetime import date

from ui.views.templates import render


def report_form_html(first: date, last: date) -> str:
    """The part of the Costs page, with the days that are offered; no later one than `last` may be chosen."""
    return render("report_form.html", first=first.isoformat(), last=last.isoformat())
