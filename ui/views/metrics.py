"""The metrics page, in Prometheus' text format."""

from ui.handlers.metrics import Measures


def metrics_text(measures: Measures) -> str:
    """`measures` as Prometheus text."""
    lines = [
        "# HELP storykin_characters Characters by status.",
        "# TYPE storykin_characters gauge",
        *(
            f'storykin_characters{{status="{status}"}} {count}'
            for status, count in measures.characters.items()
        ),
        "# HELP storykin_spent_microusd_total Money spent on provider calls, in micro-dollars.",
        "# TYPE storykin_spent_microusd_total counter",
        f"storykin_spent_microusd_total {measures.spent_microusd}",
    ]
    return "\n".join(lines) + "\n"
