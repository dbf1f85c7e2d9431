"""Uncial: train text recognition for your own material.

Everything public is here and loads on first use: importing the package imports nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.errors import UncialError
    from uncial.models.hub import open_model
    from uncial.models.onnx import OnnxReader
    from uncial.models.reading import Reading
    from uncial.models.recognizer import Recognizer
    from uncial.models.segmenter import Segmenter
    from uncial.tasks.bulk import BulkConfig, bulk
    from uncial.tasks.calibrate import CalibrateConfig, calibrate
    from uncial.tasks.charset import CharsetConfig, charset
    from uncial.tasks.compare import CompareConfig, compare
    from uncial.tasks.components import ComponentsConfig, components
    from uncial.tasks.convert import ConvertConfig, convert
    from uncial.tasks.demo import DemoConfig, demo
    from uncial.tasks.doctor import DoctorConfig, doctor
    from uncial.tasks.drift import DriftConfig, drift
    from uncial.tasks.evaluate import EvaluateConfig, evaluate
    from uncial.tasks.forecast import ForecastConfig, forecast
    from uncial.tasks.ingest import IngestConfig, ingest
    from uncial.tasks.inspect import InspectConfig, inspect
    from uncial.tasks.listening import LanguageConfig
    from uncial.tasks.lm import LmConfig, lm
    from uncial.tasks.recognize import RecognizeConfig, recognize
    from uncial.tasks.score import ScoreConfig, score
    from uncial.tasks.segment import SegmentConfig, segment
    from uncial.tasks.segtrain import SegtrainConfig, segtrain
    from uncial.tasks.suspects import SuspectsConfig, suspects
    from uncial.tasks.tesstrain import TesstrainConfig, tesstrain
    from uncial.tasks.train import TrainConfig, train
    from uncial.tasks.tune import TuneConfig, tune
    from uncial.text.charset import Charset
    from uncial.text.codec import Codec
    from uncial.text.normalize import Normalization

_HOMES = {
    "BulkConfig": "uncial.tasks.bulk",
    "CalibrateConfig": "uncial.tasks.calibrate",
    "Charset": "uncial.text.charset",
    "CharsetConfig": "uncial.tasks.charset",
    "Codec": "uncial.text.codec",
    "CombineConfig": "uncial.tasks.combine",
    "CompareConfig": "uncial.tasks.compare",
    "ComponentsConfig": "uncial.tasks.components",
    "ConvertConfig": "uncial.tasks.convert",
    "DemoConfig": "uncial.tasks.demo",
    "DoctorConfig": "uncial.tasks.doctor",
    "DriftConfig": "uncial.tasks.drift",
    "EvaluateConfig": "uncial.tasks.evaluate",
    "ForecastConfig": "uncial.tasks.forecast",
    "IngestConfig": "uncial.tasks.ingest",
    "InspectConfig": "uncial.tasks.inspect",
    "LanguageConfig": "uncial.tasks.listening",
    "LineStore": "uncial.data.store",
    "LmConfig": "uncial.tasks.lm",
    "Normalization": "uncial.text.normalize",
    "OnnxReader": "uncial.models.onnx",
    "Reading": "uncial.models.reading",
    "RecognizeConfig": "uncial.tasks.recognize",
    "Recognizer": "uncial.models.recognizer",
    "ScoreConfig": "uncial.tasks.score",
    "SegmentConfig": "uncial.tasks.segment",
    "Segmenter": "uncial.models.segmenter",
    "SegtrainConfig": "uncial.tasks.segtrain",
    "SuspectsConfig": "uncial.tasks.suspects",
    "TesstrainConfig": "uncial.tasks.tesstrain",
    "TrainConfig": "uncial.tasks.train",
    "TuneConfig": "uncial.tasks.tune",
    "UncialError": "uncial.errors",
    "bulk": "uncial.tasks.bulk",
    "calibrate": "uncial.tasks.calibrate",
    "combine": "uncial.tasks.combine",
    "compare": "uncial.tasks.compare",
    "charset": "uncial.tasks.charset",
    "components": "uncial.tasks.components",
    "convert": "uncial.tasks.convert",
    "demo": "uncial.tasks.demo",
    "doctor": "uncial.tasks.doctor",
    "drift": "uncial.tasks.drift",
    "evaluate": "uncial.tasks.evaluate",
    "forecast": "uncial.tasks.forecast",
    "ingest": "uncial.tasks.ingest",
    "inspect": "uncial.tasks.inspect",
    "lm": "uncial.tasks.lm",
    "open_model": "uncial.models.hub",
    "recognize": "uncial.tasks.recognize",
    "score": "uncial.tasks.score",
    "segment": "uncial.tasks.segment",
    "segtrain": "uncial.tasks.segtrain",
    "suspects": "uncial.tasks.suspects",
    "tesstrain": "uncial.tasks.tesstrain",
    "train": "uncial.tasks.train",
    "tune": "uncial.tasks.tune",
}

__all__ = [
    "BulkConfig",
    "CalibrateConfig",
    "Charset",
    "CharsetConfig",
    "Codec",
    "CombineConfig",
    "CompareConfig",
    "ComponentsConfig",
    "ConvertConfig",
    "DemoConfig",
    "DoctorConfig",
    "DriftConfig",
    "EvaluateConfig",
    "ForecastConfig",
    "IngestConfig",
    "InspectConfig",
    "LanguageConfig",
    "LineStore",
    "LmConfig",
    "Normalization",
    "OnnxReader",
    "Reading",
    "RecognizeConfig",
    "Recognizer",
    "ScoreConfig",
    "SegmentConfig",
    "Segmenter",
    "SegtrainConfig",
    "SuspectsConfig",
    "TesstrainConfig",
    "TrainConfig",
    "TuneConfig",
    "UncialError",
    "bulk",
    "calibrate",
    "charset",
    "combine",
    "compare",
    "components",
    "convert",
    "demo",
    "doctor",
    "drift",
    "evaluate",
    "forecast",
    "ingest",
    "inspect",
    "lm",
    "open_model",
    "recognize",
    "score",
    "segment",
    "segtrain",
    "suspects",
    "tesstrain",
    "train",
    "tune",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  (slow, seldom asked for)

        return version("uncial")
    if name not in _HOMES:
        raise AttributeError(f"module 'uncial' has no attribute {name!r}")
    from uncial.extras import explained  # noqa: PLC0415

    with explained():
        value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
