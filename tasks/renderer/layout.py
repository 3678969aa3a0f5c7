"""How a style likes its people on the sheet. Numbers alone: nothing heavy is imported to read them."""

from pydantic import BaseModel, ConfigDict, Field


class StyleLayout(BaseModel):
    """Face size and place on the sheet, and how far features may grow. All are plain ratios.

    The defaults are what looked right on the demo photos at 820x1024.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    face: float = Field(default=0.29, gt=0, le=1)  # face height, of the sheet's
    eyes: float = Field(default=1.1, gt=0, le=2)  # magnification of the eyes; 1 leaves them as they are
    head: float = Field(default=1.0, gt=0, le=2)  # magnification of the head
    tallest_face: float = Field(default=0.50, gt=0, le=1)  # height a face-only photo may fill, of the sheet's
    center: float = Field(default=0.42, gt=0, lt=1)  # from the top to the middle of the face, of the height
