"""The outside world behind three protocols: vision, image, store."""
