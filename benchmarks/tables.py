"""What the page of benchmarks shows of each: its title, what was run, and the columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Column = tuple[str, Callable[[Row], str]]


def dig(row: Row, key: str) -> Any:
    """A value by dotted path, or None."""
    value: Any = row
    for part in key.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def number(key: str, digits: int = 1, unit: str = "") -> Callable[[Row], str]:
    """A cell with a figure of the row, e.g. ``stages.train.cpu_seconds``."""

    def cell(row: Row) -> str:
        value = dig(row, key)
        return "–" if value is None else f"{value:,.{digits}f}{unit}"

    return cell


def word(key: str) -> Callable[[Row], str]:
    """A cell with a text of the row."""

    def cell(row: Row) -> str:
        value = dig(row, key)
        return {True: "yes", False: "no", None: "–"}.get(value, str(value))

    return cell


def percent(key: str) -> Callable[[Row], str]:
    """A cell with a fraction of the row in percent."""

    def cell(row: Row) -> str:
        value = dig(row, key)
        return "–" if value is None else f"{100 * value:.2f} %"

    return cell


def cer(row: Row) -> str:
    """CER in percent, with its interval where it has one."""
    text = f"{100 * row['cer']:.2f} %"
    ends = row.get("cer_ci95")
    return f"{text} ({100 * ends[0]:.2f}–{100 * ends[1]:.2f})" if ends else text


def effort(row: Row) -> str:
    """How long a training was in its engine's own measure."""
    return next(
        (f"{row[key]} {key}" for key in ("steps", "epochs", "iterations") if key in row), ""
    )


def peer_ratio(row: Row) -> str:
    """How many times the CPU-seconds the peer took in the same run."""
    if "peer_ratio" not in row:
        return "–"
    return ("over " if row.get("peer_ratio_is_bound") else "") + f"{row['peer_ratio']:.2f}"


ENGINE: Column = ("engine", word("engine"))
MEMORY: Column = ("peak MiB", number("peak_rss_mb", 0))
RACE: tuple[Column, ...] = (
    ENGINE,
    ("reached", word("reached")),
    ("CER", cer),
    ("CPU-s", number("cpu_seconds", 0)),
    ("wall s", number("wall_seconds", 0)),
    ("length", effort),
    ("lines seen", number("lines_seen", 0)),
    MEMORY,
    ("peer's CPU-s / ours", peer_ratio),
)
TABLES: dict[str, tuple[str, str, tuple[Column, ...]]] = {
    "voting": (
        "Folds that vote",
        (
            "`benchmarks/accuracy/voting.py`: `uncial train --folds 5` beside one model of as many "
            "steps as each fold, Fraktur test lines."
        ),
        (
            ENGINE,
            ("models", number("models", 0)),
            ("CER", cer),
            ("below one model", number("relative_gain", 1, " %")),
            ("steps a model", number("steps", 0)),
            ("training, CPU-s", number("stages.train.cpu_seconds", 0)),
            ("reading, CPU-ms a line", number("cpu_ms_per_line")),
        ),
    ),
    "label_errors": (
        "Planted label errors",
        (
            "`benchmarks/accuracy/label_errors.py`: 3 % of 1,150 Fraktur lines made wrong as "
            "people do; how many of as many lines that `uncial suspects` puts first are wrong."
        ),
        (
            ("lines", number("lines", 0)),
            ("planted", number("planted", 0)),
            ("precision at their number", number("precision", 2)),
            ("CER of unseen lines", cer),
            ("folds", number("folds", 0)),
            ("steps a fold", number("steps", 0)),
            ("CPU-s", number("cpu_seconds", 0)),
        ),
    ),
    "doctor": (
        "Training doctor",
        (
            "`benchmarks/robustness/doctor.py`: real runs made wrong in one way each, and sound "
            "ones; a diagnosis is right where the first one names the cause."
        ),
        (
            ("right diagnoses", number("right_diagnoses", 0)),
            ("of provoked failures", number("provoked", 0)),
            ("sound runs without one", number("sound_runs_without_diagnosis", 0)),
            ("of sound runs", number("sound_runs", 0)),
            ("CPU-s", number("cpu_seconds", 0)),
        ),
    ),
    "accuracy": (
        "Accuracy",
        (
            "`benchmarks/accuracy/run.py`: `uncial train DATA -o RUN --minutes M` with default "
            "settings, test lines never seen in training; Tesseract's models as they come."
        ),
        (
            ("set", word("set")),
            ENGINE,
            ("CER", cer),
            ("WER", lambda row: f"{100 * row['wer']:.1f} %"),
            ("lines", number("lines", 0)),
            ("training, CPU-s", number("stages.train.cpu_seconds", 0)),
            ("training, wall s", number("stages.train.wall_seconds", 0)),
            ("reading, CPU-ms a line", number("cpu_ms_per_line")),
            MEMORY,
        ),
    ),
    "language": (
        "Language",
        (
            "`benchmarks/accuracy/language.py`: character n-grams of the training text, weights "
            "tuned on the validation lines, test lines read greedily and with language."
        ),
        (
            ("set", word("set")),
            ENGINE,
            ("greedy CER", lambda row: f"{100 * row['greedy_cer']:.2f} %"),
            ("CER", cer),
            ("change", lambda row: f"{100 * row['change']:+.1f} %"),
            ("WER", lambda row: f"{100 * row['wer']:.1f} %"),
            ("lines that listen", lambda row: f"{100 * row['beamed']:.0f} %"),
            ("reading, CPU-ms a line", number("cpu_ms_per_line")),
        ),
    ),
    "beam": (
        "Beam with a 6-gram",
        (
            "`benchmarks/speed/beam.py`: made-up log-probabilities, 160 steps and 100 labels a "
            "line, beam 16, one thread."
        ),
        (
            ("set", word("set")),
            ENGINE,
            ("lines a CPU-s", number("lines_per_cpu_second", 0)),
            ("CER", cer),
            ("greedy CER", lambda row: f"{100 * row['greedy_cer']:.2f} %"),
            ("lines", number("lines", 0)),
        ),
    ),
    "to_ten_percent": (
        "From nothing to 10 % CER on Fraktur",
        (
            "`benchmarks/speed/to_ten_percent.py`: one thread each, the same lines; CPU-seconds of "
            "the whole training process, for ketos up to the first epoch that reaches the target."
        ),
        RACE,
    ),
    "rendered_lines": (
        "From nothing to 2 % CER on rendered lines",
        (
            "`benchmarks/speed/rendered_lines.py`: one thread each, the same images; CER on "
            "held-out text."
        ),
        RACE,
    ),
    "finetune_fraktur": (
        "Fine-tuning frak2021 on Fraktur",
        (
            "`benchmarks/interop/finetune_fraktur.py`: one thread each, the same lines; CER of the "
            "test lines as `tesseract` reads them."
        ),
        (
            ENGINE,
            ("CER", cer),
            ("CPU-s", number("cpu_seconds", 0)),
            ("wall s", number("wall_seconds", 0)),
            ("lines seen", number("lines_seen", 0)),
            MEMORY,
        ),
    ),
    "reading": (
        "Reading",
        (
            "`benchmarks/speed/reading.py`: 200 Fraktur lines, one thread; *whole* counts imports "
            "and model, *steady* is each further line."
        ),
        (
            ENGINE,
            ("CER", cer),
            ("steady, CPU-ms a line", number("steady_cpu_ms_per_line")),
            ("whole, CPU-ms a line", number("whole_cpu_ms_per_line")),
            ("lines/s", number("lines_per_second")),
            MEMORY,
        ),
    ),
    "ingest": (
        "Ingestion",
        "`benchmarks/speed/ingest.py`: encoded line images to a line store.",
        (
            ENGINE,
            ("lines", number("lines", 0)),
            ("lines/s", number("lines_per_second", 0)),
            ("CPU-s", number("cpu_seconds")),
            MEMORY,
        ),
    ),
    "resume": (
        "Killed and resumed",
        (
            "`benchmarks/speed/resume.py`: `kill -9` at random moments, then compared with an "
            "undisturbed run."
        ),
        (
            ENGINE,
            ("kills", number("kills", 0)),
            ("equal bit for bit", word("bitwise_equal")),
            ("steps", number("steps", 0)),
            ("wall s", number("wall_seconds", 0)),
        ),
    ),
    "memory": (
        "Memory of training",
        "`benchmarks/speed/memory.py`: from a line store, default settings.",
        (
            ENGINE,
            ("training lines", number("training_lines", 0)),
            ("lines seen", number("lines_seen", 0)),
            MEMORY,
            ("aim, MiB", number("aim_mb", 0)),
        ),
    ),
    "tesseract_guide": (
        "The four experiments of Tesseract's guide",
        (
            "`benchmarks/interop/tesseract_guide.py`: one `uncial train` each, 400 lines, one "
            "thread; 80 test lines a set, read by `tesseract`."
        ),
        (
            ("set", word("experiment")),
            ("CPU-s", number("cpu_seconds", 0)),
            ("lines seen", number("lines_seen", 0)),
            ("base set before", percent("faces_before.cer")),
            ("after", percent("faces_after.cer")),
            ("Anton before", percent("condensed_before.cer")),
            ("after", percent("condensed_after.cer")),
            ("± read, of 80", number("signs_after.signs.0", 0)),
            ("in an unseen face", number("signs-unseen_after.signs.0", 0)),
        ),
    ),
    "shipped": (
        "Models that come with the package, without training",
        (
            "`benchmarks/accuracy/shipped.py`: test lines read by models made of fonts and texts "
            "alone, beside Tesseract's on the same images."
        ),
        (
            ("set", word("set")),
            ("model", word("engine")),
            ("name", word("model")),
            ("CER", cer),
            ("CPU-ms a line", number("cpu_ms_per_line", 1)),
        ),
    ),
    "labelfree": (
        "Learning without labels",
        (
            "`benchmarks/accuracy/labelfree.py`: the training images of a set without their text, "
            "a recipe of fonts and texts, a base made of fonts and texts alone; CER of the test "
            "lines, greedily and with the recipe's language."
        ),
        (
            ("set", word("data")),
            ("rule", word("rule")),
            ("lines", number("unlabeled_lines", 0)),
            ("CPU-s", number("cpu_seconds", 0)),
            ("base", percent("cer_base")),
            ("first model", percent("cer_first")),
            ("its statistics anew", percent("cer_first_fitted")),
            ("after the rounds", cer),
            ("with language", percent("cer_with_language")),
            ("estimated by the run", percent("cer_estimated")),
        ),
    ),
    "small_data": (
        "A base of our own with few lines",
        (
            "`benchmarks/accuracy/small_data.py`: base of every second Fraktur work, going on with "
            "lines of the others (a fifth of them validates), read on other lines of those."
        ),
        (
            ("training lines", number("lines", 0)),
            ("minutes", number("minutes", 1)),
            ("threads", number("threads", 0)),
            ("CPU-s", number("cpu_seconds", 0)),
            ("CER of the base", percent("cer_base")),
            ("CER", cer),
            ("from nothing", percent("cer_from_scratch")),
            ("base set before", percent("base_set_cer.0")),
            ("after", percent("base_set_cer.1")),
        ),
    ),
    "prediction": (
        "Predicted CER",
        (
            "`benchmarks/trust/prediction.py`: CER of each work or page of the test lines, "
            "predicted without ground truth by a model calibrated on validation lines."
        ),
        (
            ("set", word("data")),
            ("CER", percent("cer")),
            ("predicted", percent("predicted_cer")),
            ("mean error over works or pages", percent("mean_error")),
            ("rank correlation", number("rank_correlation", 2)),
            ("in their interval", percent("covered")),
        ),
    ),
    "forecast": (
        "Forecast of the learning curve",
        (
            "`benchmarks/trust/forecast.py`: validation CER with all lines, forecast from runs on "
            "at most a quarter of them."
        ),
        (
            ("set", word("data")),
            ("training lines", number("training_lines", 0)),
            ("forecast", percent("forecast_cer")),
            ("from", percent("forecast_ci95.0")),
            ("to", percent("forecast_ci95.1")),
            ("true", percent("true_cer")),
            ("inside", word("inside")),
            ("CPU-s", number("cpu_seconds", 0)),
        ),
    ),
    "kraken_parity": (
        "kraken's models, read here and by kraken",
        (
            "`benchmarks/interop/kraken_parity.py`: lines by the Anthologia model, pages by "
            "kraken's bundled segmentation model, in the same run, one thread each, without "
            "imports and loading; a line found is equal where its baseline is, point for point."
        ),
        (
            ("set", word("part")),
            ("numbers", word("arithmetic")),
            ("lines", number("lines", 0)),
            ("equal", number("equal_lines", 0)),
            ("F", number("f", 4)),
            ("kraken's F", number("kraken_f", 4)),
            ("F, parts forgiven", number("f_parts", 4)),
            ("kraken's", number("kraken_f_parts", 4)),
            ("kraken's CPU-s / ours", number("times_faster", 2)),
        ),
    ),
    "segmentation": (
        "Lines found by the segmenter that comes with the package",
        (
            "`benchmarks/accuracy/segmentation.py`: baselines by cBAD. It learnt from the training "
            "pages of fondue and cremma19; all others it has never seen."
        ),
        (
            ("set", word("data")),
            ("split", word("split")),
            ("lines", number("lines", 0)),
            ("found", number("found", 0)),
            ("precision", number("precision", 3)),
            ("recall", number("recall", 3)),
            ("F", number("f", 3)),
            ("F, parts forgiven", number("f_parts", 3)),
            ("lines cut", number("splits", 0)),
            ("CPU-s a page", number("cpu_s_per_page", 2)),
        ),
    ),
    "segmentation_speed": (
        "Time to find the lines of a page",
        (
            "`benchmarks/speed/segmentation.py`: the same pages in the same run, programs started "
            "once for all of them, one thread each."
        ),
        (
            ENGINE,
            ("pages", number("pages", 0)),
            ("CPU-s a page", number("cpu_s_per_page", 2)),
            ("CPU-s / ours", number("times_ours", 1)),
            MEMORY,
        ),
    ),
    "onnx_parity": (
        "ONNX files beside their models",
        "`benchmarks/interop/onnx_parity.py`: test lines read by each, beside float32 in torch.",
        (
            ("set", word("data")),
            ENGINE,
            ("lines", number("lines", 0)),
            ("same text", number("same_texts", 0)),
            ("CER", cer),
            ("points apart", number("cer_points_apart", 2)),
        ),
    ),
    "rendering": (
        "Rendering of lines",
        "`benchmarks/speed/synthesis.py`: lines of about 55 characters, 48 px, one thread.",
        (
            ENGINE,
            ("lines a CPU-s", number("lines_per_cpu_second", 0)),
            ("load of the machine", number("load", 1)),
        ),
    ),
    "pages": (
        "Pages to text, killed and resumed",
        "`benchmarks/speed/pages.py`: copies of a page, one process and then the run killed.",
        (
            ENGINE,
            ("pages", number("pages", 0)),
            ("done once", number("pages_done_once", 0)),
            ("twice", number("pages_done_twice", 0)),
            ("half written", number("half_written", 0)),
            ("CPU-ms a page", number("cpu_ms_per_page", 0)),
            ("MiB, early", number("mib_of_all_processes_early", 0)),
            ("late", number("mib_of_all_processes_late", 0)),
        ),
    ),
    "bulk": (
        "Shards on Ray, an actor and the driver killed",
        "`benchmarks/speed/bulk.py`: copies of a page; pages for each CPU-second of the shards.",
        (
            ENGINE,
            ("pages", number("pages", 0)),
            ("done once", number("pages_done_once", 0)),
            ("twice", number("pages_done_twice", 0)),
            ("half written", number("half_written", 0)),
            ("Ray against local", number("ratio", 2)),
        ),
    ),
}
APART = {
    "tesseract_guide": ("experiment",),
    "small_data": ("lines",),
    "labelfree": ("data", "rule"),
    "prediction": ("data",),
    "forecast": ("data",),
    "kraken_parity": ("part", "arithmetic"),
    "onnx_parity": ("data",),
    "segmentation": ("data", "split"),
}
"""What tells rows of one benchmark and engine apart, where it is not the set."""
