"""c2pa-python, which reads and writes content credentials; most machines have a wheel of it."""

import importlib
from types import ModuleType

from tasks.marks.errors import MarksUnusable


def c2pa_library() -> ModuleType:
    """The package. Raises MarksUnusable in words where it is not there, or does not run here."""
    try:
        return importlib.import_module("c2pa")
    except (ImportError, OSError, RuntimeError) as error:
        raise MarksUnusable(
            "Content credentials can't be written or read here: the package c2pa-python is not installed, or "
            f"does not run on this machine ({type(error).__name__}). Install it, or set STORYKIN_MARKS=false "
            "to give pictures out without marks."
        ) from None
