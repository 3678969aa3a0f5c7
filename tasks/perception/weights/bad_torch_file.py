"""What a torch file may be refused with, apart from what reads one: that needs numpy."""


class BadTorchFile(ValueError):
    """The bytes are no torch file of tensors, or one that asks for more than tensors."""
