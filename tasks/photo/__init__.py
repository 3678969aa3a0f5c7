"""Bytes of pictures: formats, decoding in a sandboxed process, and the photo on record."""
