"""A style sheet that hides what somebody's role does not allow, written from `ui.permissions` itself.

Elements say what they need, as routes do (`data-needs="spend"`), and <html> what its person may (`data-may`).
A button of a Gradio event (`data-event`) needs what its event needs. The server refuses in any case.
"""

from ui.permissions import EVENTS, ROLES, Permission

_HELD = sorted(frozenset().union(*ROLES.values()))
_GONE = "{ display: none !important; }"


def role_css() -> str:
    """The rules; pages without `data-may` (nobody signs in here) hide nothing."""
    hidden = [f'{_without(each)} [data-needs="{each}"]' for each in _HELD]
    hidden += [f'{_without(needed)} [data-event="{name}"]' for name, needed in sorted(_event_needs().items())]
    return f"{', '.join(hidden)} {_GONE}\n"


def _without(needed: Permission) -> str:
    return f'html[data-may]:not([data-may~="{needed}"])'


def _event_needs() -> dict[str, Permission]:
    return {key.partition(".")[2]: needed for key, needed in EVENTS.items()}
