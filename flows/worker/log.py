"""What Prefect's workers log with."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Log = logging.Logger | logging.LoggerAdapter[logging.Logger]
else:
    Log = object
