"""Imported by the process that the suite's children are forked from: what they would import one by one."""

import importlib

from PIL import Image
from sqlalchemy.orm import configure_mappers

import tests.chaos.child  # noqa: F401 - the providers' packages, and our own

LAZY = ("httpcore2", "openai._event_handler", "openai.resources.responses", "truststore", "encodings.idna")

for name in LAZY:
    importlib.import_module(name)
Image.init()
configure_mappers()
