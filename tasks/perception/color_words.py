"""Words for colors: the nearest entry of a table, by how different colors look."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tasks.perception.analysis import Lab, Reading
from tasks.perception.lab import color_difference

CLOTHES: Mapping[str, Lab] = {
    "black": (8, 0, 0),
    "charcoal": (25, 0, -2),
    "grey": (53, 0, 0),
    "light grey": (78, 0, 0),
    "white": (96, 0, 1),
    "navy": (16, 8, -26),
    "dark blue": (25, 14, -38),
    "blue": (40, 12, -46),
    "sky blue": (70, -10, -26),
    "teal": (45, -22, -9),
    "turquoise": (72, -32, -8),
    "dark green": (26, -20, 14),
    "green": (48, -40, 32),
    "light green": (78, -30, 28),
    "olive": (42, -5, 28),
    "lime": (84, -40, 66),
    "yellow": (88, -4, 72),
    "mustard": (67, 10, 58),
    "orange": (60, 44, 52),
    "rust": (41, 32, 34),
    "red": (44, 62, 42),
    "dark red": (26, 40, 22),
    "burgundy": (22, 30, 8),
    "pink": (74, 32, 2),
    "hot pink": (54, 70, -4),
    "magenta": (48, 68, -30),
    "purple": (34, 36, -34),
    "lavender": (70, 16, -24),
    "plum": (28, 26, -12),
    "brown": (33, 15, 22),
    "dark brown": (18, 9, 11),
    "tan": (66, 9, 22),
    "beige": (82, 3, 14),
    "cream": (92, 0, 10),
}
HAIR: Mapping[str, Lab] = {
    "black": (9, 1, 1),
    "very dark brown": (17, 4, 5),
    "dark brown": (25, 8, 9),
    "medium brown": (36, 10, 15),
    "light brown": (48, 10, 21),
    "dark blonde": (57, 8, 25),
    "blonde": (69, 6, 30),
    "light blonde": (80, 3, 25),
    "auburn": (32, 22, 20),
    "red": (42, 32, 34),
    "ginger": (54, 26, 38),
    "grey": (52, 0, 1),
    "silver grey": (70, 0, 2),
    "white": (88, 0, 3),
    "dark grey": (32, 0, 0),
}
GRAY_HAIR = frozenset({"grey", "silver grey", "white", "dark grey"})
SKIN: Mapping[str, Lab] = {
    "very fair": (84, 7, 12),
    "fair": (77, 11, 15),
    "light": (71, 13, 18),
    "light olive": (66, 11, 22),
    "medium": (61, 15, 22),
    "tan": (54, 16, 24),
    "brown": (44, 17, 23),
    "deep brown": (34, 14, 18),
    "very deep brown": (24, 10, 12),
}
EYES: Mapping[str, Lab] = {
    "dark brown": (14, 6, 6),
    "brown": (27, 12, 14),
    "hazel": (36, 6, 18),
    "amber": (42, 16, 30),
    "green": (42, -8, 10),
    "grey": (46, -1, -2),
    "blue": (45, -3, -13),
    "light blue": (58, -5, -14),
}


def nearest_word(lab: NDArray[np.floating] | Lab, table: Mapping[str, Lab]) -> Reading:
    """The table's nearest word, surer the nearer it is and the farther the runner-up."""
    names = list(table)
    distances = color_difference(np.array(lab), np.array([table[name] for name in names]))
    first, second = np.argsort(distances, kind="stable")[:2]
    near = float(np.clip(1 - distances[first] / 28, 0.05, 1))
    clear = float(np.clip((distances[second] - distances[first]) / 6, 0, 1))
    return Reading(names[int(first)], 0.6 * near + 0.4 * clear)
