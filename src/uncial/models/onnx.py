"""Reading with onnxruntime: an ONNX file alone, without torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from uncial.errors import FormatError
from uncial.extras import explained
from uncial.formats.models.header import KEY, parsed, updated
from uncial.imaging.batch import Batch
from uncial.models.cores import cores
from uncial.models.reading import Computing, LogProbs, NetworkReader

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_REMEDY = "give a file that `uncial convert model.safetensors model.onnx` wrote"


class OnnxReader(NetworkReader):
    """A network that onnxruntime computes.

    Args:
        data: Of an ONNX file that Uncial wrote.

    Attributes:
        integer: It multiplies in 8-bit integers.

    Raises:
        FormatError: It is another kind of file, damaged, or from a newer version.
        MissingDependency: onnxruntime is not installed.
    """

    batch_area = 4 * 768
    rounds_widths = False

    def __init__(self, data: bytes) -> None:
        self._session = _session(data)
        header = _header(self._session)
        told = parsed(header)
        super().__init__(told.codec, told.preprocessing, told.normalization, told.metadata)
        self._spec = told.spec
        self._stride = int(header["stride"])
        self.integer = bool(header["integer"])

    @classmethod
    def load(cls, path: Path | str) -> OnnxReader:
        """Read an ONNX file; errors as of the class."""
        return cls(Path(path).read_bytes())

    @property
    def spec(self) -> str:
        """VGSL text of the network."""
        return self._spec

    @property
    def stride(self) -> int:
        """Columns of a prepared line for each step of the output."""
        return self._stride

    @contextmanager
    def _opened(self, threads: int) -> Iterator[Computing]:
        session = self._session

        def computed(batch: Batch) -> list[LogProbs]:
            given = {"lines": batch.data, "widths": np.array(batch.widths, np.int64)}
            with _refused("cannot compute this file"):
                log_probs, steps = session.run(["log_probs", "steps"], given)
            return [rows[:n] for rows, n in zip(log_probs, steps.tolist(), strict=True)]

        with ThreadPoolExecutor(threads or cores()) as pool:
            yield Computing(pool, computed)


def opened(data: bytes, name: str, *, dictionary: bool) -> OnnxReader:
    """The reader of an ``.onnx`` file; see `uncial.models.hub.open_model`."""
    return OnnxReader(data)


def _session(data: bytes) -> InferenceSession:
    """A session that computes each batch on the thread that asks."""
    with explained():
        import onnxruntime  # noqa: PLC0415
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    with _refused("cannot open this file"):
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """Turn what onnxruntime says of a damaged file into an error of ours."""
    try:
        yield
    except Exception as error:
        own = type(error).__module__.startswith("onnxruntime")
        if not own and not isinstance(error, UnicodeDecodeError):
            raise
        told = str(error).splitlines()[0]
        raise FormatError(f"onnxruntime {what}: {told}", remedy=_REMEDY) from error


def _header(session: InferenceSession) -> dict[str, Any]:
    with _refused("cannot open this file"):
        text = session.get_modelmeta().custom_metadata_map.get(KEY)
    if text is None or {one.name for one in session.get_inputs()} != {"lines", "widths"}:
        raise FormatError(
            "an ONNX file, but not a model of Uncial: no metadata under 'uncial'", remedy=_REMEDY
        )
    try:
        header = json.loads(text)
        int(header["stride"]), bool(header["integer"])
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError("the header of this ONNX file is damaged", remedy=_REMEDY) from error
    return updated(header)
