"""What every program of ours does before anything else, whoever started it."""

import os

from db.private_files import keep_files_private
from tasks.proxies import tidy_proxy_environment
from tasks.standard_streams import open_closed_ones


def prepare_process() -> None:
    """It has all its standard streams; files of this process and its children are their owner's alone; its
    proxies are what all read alike; nothing that a library logs by itself shows a photo."""
    open_closed_ones()
    keep_files_private()
    tidy_proxy_environment()
    os.environ.pop("OPENAI_LOG", None)  # at "debug" OpenAI's package would write the photo into our log
