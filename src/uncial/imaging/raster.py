"""What preparing a line needs of an image library: OpenCV where it is installed, else NumPy."""

from importlib.util import find_spec

if find_spec("cv2"):
    from uncial.imaging.opencv import (
        averaged,
        dilated,
        gray_of,
        histogram,
        lifted,
        linear_resized,
        looked_up,
        mean_narrowed,
        mean_resized,
        remapped,
        smoothed,
        smoothed_row,
    )
else:
    from uncial.imaging.plain import (
        averaged,
        dilated,
        gray_of,
        histogram,
        lifted,
        linear_resized,
        looked_up,
        mean_narrowed,
        mean_resized,
        remapped,
        smoothed,
        smoothed_row,
    )

__all__ = [
    "averaged",
    "dilated",
    "gray_of",
    "histogram",
    "lifted",
    "linear_resized",
    "looked_up",
    "mean_narrowed",
    "mean_resized",
    "remapped",
    "smoothed",
    "smoothed_row",
]
