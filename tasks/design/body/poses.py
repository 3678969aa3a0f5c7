"""How a figure may stand: joint angles as data."""

from dataclasses import dataclass

Pair = tuple[float, float]


@dataclass(frozen=True)
class Pose:
    """Degrees from hanging straight down, outward positive. The first of each pair is the picture's left."""

    arms: tuple[Pair, Pair]  # (upper arm, forearm)
    legs: tuple[Pair, Pair]  # (thigh, shin)
    hands: tuple[str, str] = ("relaxed", "relaxed")  # relaxed, open, hip, pocket, hold, hidden
    reach: tuple[Pair, Pair] = ((1, 1), (1, 1))  # foreshortening of (upper arm, forearm)
    stride: tuple[Pair, Pair] = ((1, 1), (1, 1))  # foreshortening of (thigh, shin)
    sway: float = 0.0  # of the hips to the side, heads
    shoulders: float = 0.0  # slope, clockwise
    hips: float = 0.0  # slope, clockwise
    toes: Pair = (1.0, 1.0)  # where they point: 1 outward, -1 inward, 0 to us
    heels: Pair = (0.0, 0.0)  # the foot's turn: the heel is lifted when positive, the toe when negative
    behind: tuple[bool, bool] = (False, False)  # arms behind the back
    sitting: bool = False


STANDING = "standing"
READING = "reading"

POSES = {
    STANDING: Pose(
        ((17, 7), (13, 16)), ((3, 0), (12, 5)), sway=-0.05, shoulders=3, hips=-4, toes=(0.75, 0.9)
    ),
    "waving": Pose(
        ((21, 3), (112, 172)), ((10, 4), (4, 2)), ("relaxed", "open"), sway=0.05, shoulders=-5, hips=3
    ),
    "pockets": Pose(
        ((26, -12), (26, -12)), ((12, 5), (2, 1)), ("pocket", "pocket"), sway=0.05, shoulders=-3, hips=4
    ),
    "hips": Pose(((44, -52), (44, -52)), ((11, 5), (8, 3)), ("hip", "hip"), sway=0.02, shoulders=2, hips=-2),
    "cheering": Pose(
        ((118, 168), (110, 174)),
        ((14, 8), (11, 22)),
        ("open", "open"),
        stride=((1, 1), (0.97, 0.93)),
        sway=0.02,
        shoulders=-2,
        hips=-3,
        heels=(0, 16),
    ),
    "walking": Pose(
        ((26, 12), (20, 48)),
        ((22, 30), (22, 10)),
        ("relaxed", "relaxed"),
        reach=((1, 0.95), (1, 0.9)),
        stride=((0.98, 0.92), (1, 1)),
        sway=0.02,
        shoulders=3,
        hips=-3,
        toes=(-0.95, 1.0),
        heels=(30, -10),
    ),
    "behind": Pose(
        ((22, -18), (22, -18)),
        ((3, 0), (10, 5)),
        ("hidden", "hidden"),
        sway=-0.04,
        shoulders=3,
        hips=-3,
        toes=(0.8, 0.9),
        behind=(True, True),
    ),
    READING: Pose(((22, -30), (22, -30)), ((0, 0), (0, 0)), ("hold", "hold"), sitting=True),
}

BUST = Pose(((9, 3), (9, 3)), ((3, 2), (3, 2)), ("hidden", "hidden"))
