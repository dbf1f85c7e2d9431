"""Read images of lines with an ONNX model; nothing but the runtime is needed.

pip install "uncial[runtime]"
python read_line.py model.onnx line.png another.png
"""

import sys
from pathlib import Path

import uncial
from uncial.data.images import decode_image


def main() -> None:
    """Print confidence and text of each line."""
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    reader = uncial.open_model(sys.argv[1])
    images = [decode_image(Path(name).read_bytes(), where=name) for name in sys.argv[2:]]
    for reading in reader.read(images):
        print(f"{reading.confidence:.3f}  {reading.text}")


if __name__ == "__main__":
    main()
