"""A report as one HTML page that needs nothing else: tables, plots as inline SVG, a contact sheet.

Pictures leave by the one door (`tasks.giving.outgoing`), marked; no name is written.
"""

import base64
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

import pandas as pd

from db.log import Log
from db.repositories import images
from tasks.amounts import exact_dollars
from tasks.errors import StorykinError
from tasks.giving.file_names import short_id
from tasks.giving.lineage import title_of
from tasks.giving.outgoing import Form, outgoing_bytes
from tasks.reports.figures import Report, words_of
from tasks.reports.plots import bars, histogram
from tasks.runtime import Runtime

log = Log("report")

USUAL_PICTURES = 24  # on the contact sheet
_TITLES = {
    "outcome": "What came of the pictures that were planned",
    "cost": "Cost by provider, model and style",
    "latency": "Seconds from request to answer",
    "failures": "What went wrong",
    "likeness": "Likeness (cosine of the faces) and skin colour (CIEDE2000)",
    "approvals": "What people decided",
}
_STYLE = (
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;"
    "padding:0 1rem}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}"
    "table{border-collapse:collapse;font-size:.9rem}"
    "td,th{padding:.3rem .8rem .3rem 0;text-align:start;border-bottom:1px solid #8884}"
    "td.n{text-align:end;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}svg{max-width:100%;height:auto}"
    ".sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:1rem}figure{margin:0}"
    "figure img{width:100%;border-radius:8px}figcaption{font-size:.8rem}"
)


def report_html(runtime: Runtime, report: Report, *, pictures: int = USUAL_PICTURES) -> tuple[str, list[str]]:
    """The page, and the ids of the characters whose pictures are on it: that they left is to be entered.

    At most `pictures` of them, the newest; what is held back or damaged is left out. StoreError.
    """
    shown = list(_sheet(runtime, report, pictures))
    parts = [
        f"<h1>{escape(report.title)}</h1>",
        f"<p>{_summary(report)}</p>",
        *(_section(report, name) for name in _TITLES if name in report.tables),
    ]
    if shown:
        parts += ["<h2>Contact sheet</h2>", '<div class="sheet">', *(html for _, html in shown), "</div>"]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">' + (
        f"<title>{escape(report.title)}</title><style>{_STYLE}</style>"
    )
    page = f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'
    return page, list(dict.fromkeys(who for who, _ in shown))


def _summary(report: Report) -> str:
    calls, drawn = len(report.calls), len(report.pictures)
    until = report.scope.until if report.batch is None else report.batch.ended_at
    time = f"From {_moment(report.scope.since)}" + (
        f" to {_moment(until)}" if until else ", and not over yet"
    )
    found = f"{drawn} pictures, {calls} calls, {exact_dollars(report.microusd)} known or reserved. {time}."
    return (
        found if report.batch is None else f"<strong>{escape(words_of(report.batch))}</strong></p><p>{found}"
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _section(report: Report, name: str) -> str:
    table = report.tables[name]
    if table.empty:
        return f"<h2>{_TITLES[name]}</h2><p>Nothing.</p>"
    return f'<h2>{_TITLES[name]}</h2>{_plot(report, name)}<div class="wide">{_table(table)}</div>'


def _plot(report: Report, name: str) -> str:
    match name:
        case "outcome":
            counted = report.tables[name].groupby("outcome", sort=False)["pictures"].sum()
            return bars([(str(way), float(count)) for way, count in counted.items()], "pictures")
        case "cost":
            summed = report.calls.groupby("style")["microusd"].sum().sort_values(ascending=False)
            found = [(str(style), float(value) / 1e6) for style, value in summed.items()]
            return bars(found, "dollars by style", digits=3)
        case "latency":
            return histogram(report.calls["seconds"].dropna().tolist(), "seconds to an answer")
        case "failures":
            counted = report.calls[report.calls["error_code"] != ""]["error_code"].value_counts()
            return bars([(str(code), float(count)) for code, count in counted.items()], "calls by reason")
        case "likeness":
            return histogram(report.pictures["identity"].dropna().tolist(), "likeness of the pictures")
    counted = report.pictures["review"].value_counts()
    return bars([(str(review), float(count)) for review, count in counted.items()], "pictures by decision")


def _table(frame: pd.DataFrame) -> str:
    heads = "".join(f"<th>{escape(_head(str(each)))}</th>" for each in frame.columns)
    names = [str(each) for each in frame.columns]
    lines = ("".join(map(_cell, names, row)) for row in frame.itertuples(index=False))
    rows = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _head(column: str) -> str:
    return column.replace("microusd", "cost").replace("_", " ")


def _cell(column: str, value: object) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    number = math.nan if value is None else float(str(value))
    if math.isnan(number):
        return '<td class="n">–</td>'
    if column.endswith("microusd"):
        told = exact_dollars(round(number))
    elif column.endswith("share"):
        told = f"{number:.0%}"
    else:
        told = f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
    return f'<td class="n">{told}</td>'


def _sheet(runtime: Runtime, report: Report, most: int) -> Iterator[tuple[str, str]]:
    """Character id and figure of each picture, the newest first."""
    newest: Sequence[tuple[str, str]] = list(
        zip(report.pictures["image_id"], report.pictures["character_id"], strict=True)
    )[::-1]
    left = most
    for image_id, character_id in newest:
        if left <= 0:
            return
        with runtime.record.reading() as session:
            variants = images.of_character(session, character_id)
        variant = next((each for each in variants if each.image.id == image_id), None)
        if variant is None:
            continue
        try:
            file = outgoing_bytes(runtime, variant, Form.SCREEN, one_of_many=True)
        except StorykinError as error:
            log.info("not on the contact sheet", code=error.code)
            continue
        left -= 1
        data = base64.b64encode(file.data).decode()
        caption = f"{escape(title_of(variant))} · {escape(short_id(character_id))}"
        yield (
            character_id,
            f'<figure><img alt="{caption}" src="data:{file.content_type};base64,{data}">'
            f"<figcaption>{caption}</figcaption></figure>",
        )
