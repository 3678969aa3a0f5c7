"""The local engine: real computer vision and a real illustrator, on the CPU, with no key and no network."""

import os

# OpenCV reads this once, when cv2 is first imported: its warnings about targets are noise to an operator.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
