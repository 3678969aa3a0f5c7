"""What the decoding process knows of picture files: pure Python, and no other module of ours.

Each format is taken apart here before its decoder sees it. What the pixels need goes to the decoder; what the
colors and the orientation need is read by us; all else, broken or not, is left out.
"""
