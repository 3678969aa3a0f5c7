"""The local engine: real computer vision and a real illustrator, on the CPU, with no key and no network."""
