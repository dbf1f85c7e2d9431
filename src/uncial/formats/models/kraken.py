"""kraken's models ↔ `ModelArchive`: the same network under our names.

A recognition model becomes an archive whose lines are prepared in kraken's style. A network that
finds lines becomes one whose codec is empty, see `is_segmenter`. What kraken keeps of a model is
kept under ``kraken`` in the archive's metadata and goes back with it.

Layouts: `uncial.formats.kraken.coreml`, `uncial.formats.kraken.bundle`.

Source: kraken 7.1.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, FormatError
from uncial.formats.kraken import bundle, writing
from uncial.formats.kraken.coreml import is_coreml
from uncial.formats.kraken.coreml import unpack as coreml_models
from uncial.formats.kraken.model import NETWORK, KrakenModel
from uncial.formats.kraken.spec import Network, from_kraken, to_kraken
from uncial.formats.kraken.tensors import Tensors, to_ours, to_theirs
from uncial.formats.models.base import Loss
from uncial.imaging.prepare import Preprocessing
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

KEY = "kraken"
"""Of an archive's metadata: what kraken keeps of a model."""
_AS_IT_IS = "read with the model in kraken; it cannot be converted or trained on here"
_FORMS = {"NFC": "nfc", "NFD": "nfd", "NFKC": "nfkc", "NFKD": "nfkd"}
_HEAD = ("weight", "bias")
_PRESENT: dict[str, Any] = {
    "accuracy": [],
    "metrics": [],
    "seg_type": None,
    "one_channel_mode": None,
}


def models_of(data: bytes, name: str = "model") -> tuple[KrakenModel, ...]:
    """All models of a file of either kind.

    Raises:
        FormatError: It is damaged, or no file of kraken.
    """
    if is_coreml(data):
        return coreml_models(data, name)
    return bundle.unpack(data, name)


def unpack(data: bytes, name: str = "model") -> tuple[ModelArchive, tuple[Loss, ...]]:
    """Read a file's bytes: its first model that reads text, else its first that finds lines.

    Raises:
        FormatError: It is damaged, no file of kraken, or holds neither.
        SpecError, ConfigError, CharsetError: The model has no counterpart here.
    """
    models = models_of(data, name)
    networks = [model for model in models if model.architecture == NETWORK]
    networks.sort(key=lambda model: "recognition" not in model.tasks)
    if not networks:
        found = ", ".join(model.architecture for model in models) or "nothing"
        raise FormatError(
            f"{name}: holds {found}, which is no network written as VGSL", remedy=_AS_IT_IS
        )
    archive, losses = to_archive(networks[0], name)
    others = [" ".join(model.tasks) for model in models if model is not networks[0]]
    if others:
        note = f"left out, one is taken: {', '.join(others)}"
        losses = (Loss("models", note), *losses)
    return archive, losses


def to_archive(model: KrakenModel, name: str = "model") -> tuple[ModelArchive, tuple[Loss, ...]]:
    """One of kraken's networks as an archive of ours.

    Args:
        model: Reads text or finds lines.
        name: Of its file, for messages.

    Returns:
        The archive, and what differs when it reads.

    Raises:
        SpecError: A layer has no counterpart here.
        ConfigError: It reads colour, or lines of one width only.
        CharsetError: Its codec has no counterpart.
        FormatError: Weights and text do not belong together.
    """
    network = from_kraken(model.vgsl)
    weights = to_ours(network, model.tensors, name)
    kept = {"kraken": {"tasks": list(model.tasks), "vgsl": model.vgsl, **model.metadata}}
    if "recognition" not in model.tasks:
        archive = ModelArchive(
            spec=network.ours,
            codec=Codec(()),
            preprocessing=Preprocessing.kraken(max(1, network.input[1]), centre=False, pad=0),
            normalization=Normalization.DEFAULT,
            weights=weights,
            metadata=kept,
        )
        return archive, ()
    if not model.codec:
        raise FormatError(f"{name}: a model that reads text, without a codec", remedy=_AS_IT_IS)
    codec = Codec(tuple((text, tuple(labels)) for text, labels in model.codec.items()))
    spec, weights, losses = _fitted(network, weights, codec, name)
    archive = ModelArchive(
        spec=spec,
        codec=codec,
        preprocessing=_preprocessing(network, model.metadata),
        normalization=_normalization(model),
        weights=weights,
        metadata=kept,
    )
    if model.metadata.get("one_channel_mode") == "1":
        losses = (*losses, Loss("lines", "it learnt from black and white, give it such lines"))
    return archive, losses


def is_segmenter(archive: ModelArchive) -> bool:
    """Whether an archive holds a network of kraken that finds lines."""
    known = archive.metadata.get(KEY)
    return isinstance(known, dict) and "segmentation" in (known.get("tasks") or ())


def to_kraken_model(archive: ModelArchive) -> tuple[KrakenModel, tuple[Loss, ...]]:
    """An archive as one of kraken's models.

    Args:
        archive: Its lines are prepared in kraken's style.

    Returns:
        The model, and what it cannot hold.

    Raises:
        ConfigError: Lines are prepared in another style.
        SpecError: The network has an op that kraken lacks.
        FormatError: Weights and spec do not belong together.
    """
    if archive.preprocessing.style != "kraken":
        raise ConfigError(
            "this model's lines are prepared in another way than kraken prepares them; there it "
            "would read next to nothing",
            remedy="train one with the preset kraken",
        )
    network = to_kraken(archive.spec)
    known = archive.metadata.get(KEY)
    kept: dict[str, Any] = {**_PRESENT, **(known if isinstance(known, dict) else {})}
    tasks = tuple(map(str, kept.pop("tasks", ["recognition"])))
    kept.pop("vgsl", None)
    segmenter = is_segmenter(archive)
    if not isinstance(known, dict):
        kept |= {"seg_type": "bbox" if archive.preprocessing.centre else "baselines"}
        kept |= {"hyper_params": {}, "legacy_polygons": False}
    model = KrakenModel(
        tasks=tasks,
        vgsl=network.theirs,
        codec=None if segmenter else {text: list(code) for text, code in archive.codec.codes},
        tensors=_checked(network, to_theirs(network, archive.weights, "the model")),
        metadata=kept,
    )
    return model, _writing_losses(archive)


def pack(archive: ModelArchive, *, coreml: bool = False) -> tuple[bytes, tuple[Loss, ...]]:
    """The bytes of a file.

    Args:
        archive: As for `to_kraken_model`.
        coreml: Write ``.mlmodel``, which every kraken reads, not ``.safetensors`` of kraken 7.

    Raises:
        ConfigError, SpecError, FormatError: As `to_kraken_model`.
    """
    model, losses = to_kraken_model(archive)
    return (writing.pack(model) if coreml else bundle.pack([model])), losses


def rewritten(
    data: bytes, name: str = "model", *, coreml: bool = False
) -> tuple[bytes, tuple[Loss, ...]]:
    """The models of a file of kraken in a file of the other kind; of the same kind, unchanged.

    Raises:
        FormatError: It is damaged, or an ``.mlmodel`` is to hold no network.
    """
    models = models_of(data, name)
    if is_coreml(data) == coreml:
        return data, ()
    if not coreml:
        return bundle.pack(models), ()
    networks = [model for model in models if model.architecture == NETWORK]
    if not networks:
        raise FormatError(f"{name}: holds no network written as VGSL", remedy=_AS_IT_IS)
    left = [" ".join(model.tasks) for model in models if model is not networks[0]]
    losses = (
        [Loss("models", f"left out, there is place for one: {', '.join(left)}")] if left else []
    )
    return writing.pack(networks[0]), tuple(losses)


def _fitted(
    network: Network, weights: Tensors, codec: Codec, name: str
) -> tuple[str, Tensors, tuple[Loss, ...]]:
    """Spec and weights with as many outputs as the codec has labels."""
    head = network.layers[-1]
    key = f"{head.path}.lin.weight"
    if key not in weights:
        raise ConfigError(f"{name}: the network does not end in an output", remedy=_AS_IT_IS)
    outputs = len(weights[key])
    if codec.width > outputs:
        raise FormatError(
            f"{name}: the codec has {codec.width} labels, the network {outputs} outputs",
            remedy="give an unchanged file; its codec and its network do not belong together",
        )
    digits = str(outputs)
    if codec.width == outputs or not network.ours.endswith(f"{digits}]"):
        return network.ours, weights, ()
    spec = f"{network.ours[: -len(digits) - 1]}{codec.width}]"
    cut = {f"{head.path}.lin.{part}": weights[f"{head.path}.lin.{part}"] for part in _HEAD}
    fitting = weights | {key: array[: codec.width] for key, array in cut.items()}
    note = f"{outputs - codec.width} without a character left out"
    return spec, fitting, (Loss("outputs", note),)


def _preprocessing(network: Network, metadata: Mapping[str, Any]) -> Preprocessing:
    _, height, width, depth = network.input
    columns = height == 1 and not width and depth > 3
    if not columns and (depth != 1 or width or not height):
        shown = f"{height} x {width} px with {depth} channels"
        raise ConfigError(f"this network reads lines of {shown}", remedy=_AS_IT_IS)
    size = depth if columns else height
    return Preprocessing.kraken(size, centre=metadata.get("seg_type") != "baselines")


def _normalization(model: KrakenModel) -> Normalization:
    """The form that its training told, else the one that its characters are in."""
    settings = model.metadata.get("hyper_params")
    told = settings.get("normalization") if isinstance(settings, dict) else None
    if isinstance(told, str) and told.upper() in _FORMS:
        return Normalization.named(f"{_FORMS[told.upper()]}+spaces")
    apart = Normalization.named("nfd+spaces")
    characters = list(model.codec or ())
    composed = any(apart(text) != text for text in characters)
    marks = any(map(unicodedata.combining, filter(lambda text: len(text) == 1, characters)))
    return apart if marks and not composed else Normalization.DEFAULT


def _checked(network: Network, tensors: Tensors) -> Tensors:
    """The tensors, if the head sees one row only, for kraken does not fold what is left."""
    *below, head = network.layers
    under = next((layer for layer in reversed(below) if layer.kind not in ("Do", "I")), head)
    lin = tensors.get(f"{head.name}.lin.weight")
    cell = tensors.get(f"{under.name}.layer.weight_hh_l0")
    if lin is not None and cell is not None:
        ways = 2 if f"{under.name}.layer.weight_hh_l0_reverse" in tensors else 1
        folds = lin.shape[1] != ways * cell.shape[1]
    else:
        folds = (
            lin is not None
            and under.kind == "C"
            and lin.shape[1] != len(tensors[f"{under.name}.co.weight"])
        )
    if folds:
        raise ConfigError(
            "this network's output sees several rows at once, which kraken's cannot",
            remedy="train one whose height is folded before, as by S1(1x0)1,3",
        )
    return tensors


def _writing_losses(archive: ModelArchive) -> tuple[Loss, ...]:
    losses = []
    others = sorted(archive.metadata.keys() - {KEY})
    if others:
        losses.append(
            Loss("provenance", f"left out, there is no place for it: {', '.join(others)}")
        )
    if archive.components:
        losses.append(Loss("components", f"left out: {', '.join(sorted(archive.components))}"))
    return tuple(losses)
