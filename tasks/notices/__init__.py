"""Notices: what people are told of without asking, by webhook and by mail; the outbox is the record's."""
