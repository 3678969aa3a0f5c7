"""What a body wears: garments and colors as data."""

from dataclasses import dataclass

from tasks.perception.analysis import Lab


@dataclass(frozen=True)
class Outfit:
    """Words are those of SheetTraits where they have one."""

    garment: str = "t-shirt"  # t-shirt, jumper, shirt, hoodie, jacket, dress, top
    neckline: str = "crew"  # crew, scoop, v, collar, turtleneck, open
    long_sleeves: bool = False
    bottom: str = "trousers"  # trousers, shorts, skirt; a dress has none
    long_hem: bool = False  # of a skirt or dress: to the ankles
    pattern: str = "plain"  # plain, stripes, checks, dots; or a print on the chest: star, heart, sun
    tie: bool = False
    shoes: str = "sneakers"  # sneakers, leather, booties
    socks: bool = False  # are seen: above the shoes of bare legs
    covered: bool = False  # neck and shoulders under a veil's own cloth


@dataclass(frozen=True)
class Palette:
    """The colors of one figure, Lab."""

    skin: Lab
    main: Lab  # of the garment
    trim: Lab  # its pattern's other color, ribs and cords
    bottom: Lab
    inner: Lab  # a shirt under a jacket
    tie: Lab
    shoes: Lab
    socks: Lab
    veil: Lab
    book: Lab


@dataclass(frozen=True)
class Cut:
    """How a garment is cut: loose factors of torso and sleeves, and where its hem is (1: at the hips)."""

    body: float
    sleeve: float
    hem: float


CUTS = {
    "t-shirt": Cut(1.04, 1.25, 0.98),
    "top": Cut(1.03, 1.22, 0.97),
    "jumper": Cut(1.09, 1.28, 0.98),
    "shirt": Cut(1.05, 1.20, 0.99),
    "hoodie": Cut(1.14, 1.36, 0.98),
    "jacket": Cut(1.11, 1.27, 1.04),
    "dress": Cut(1.00, 1.24, 0.60),
}
SOLE: Lab = (93.0, 0.0, 4.0)
WHITE: Lab = (94.0, 0.0, 3.0)
BRASS: Lab = (72.0, 6.0, 42.0)
