"""What goes wrong with marks, as a person reads it."""

from tasks.errors import StorykinError


class MarksUnusable(StorykinError):
    """Pictures can't be marked: the certificate or its key can't be used, or the library is not there."""

    code = "marks_unusable"
