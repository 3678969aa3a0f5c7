"""Entering an act in the audit log, for the use cases."""

from db.audit.append import COMMAND_LINE, SYSTEM, append, who_of

__all__ = ["COMMAND_LINE", "SYSTEM", "append", "who_of"]
