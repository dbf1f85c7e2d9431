"""Results as a person reads them: short tables and plain text on standard output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from uncial.cli.console import sample_text
from uncial.progress import Sample

Result = Mapping[str, Any]


def show(task: str, result: Result, console: Console) -> None:
    """Print the result of `task`, given as its JSON object."""
    _SHOWN.get(task, _show_facts)(result, console)


def percent(fraction: float | None) -> str:
    """A fraction as percent with two decimals; a dash for a number that was not measured."""
    return "–" if fraction is None else f"{100 * fraction:.2f} %"


def _show_facts(result: Result, console: Console) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in result.items():
        if value is None or value == "" or value == []:
            continue
        table.add_row(name.replace("_", " "), Text(_fact(name, value)))
    console.print(table)


def _fact(name: str, value: object) -> str:
    if name.endswith(("cer", "wer")) and isinstance(value, float):
        return percent(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_fact(str(key), item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(_fact(name, item) for item in value)
    return str(value)


def _show_evaluation(result: Result, console: Console) -> None:
    table = Table(title=f"{result['model']} on {result['split']}", title_justify="left")
    table.add_column("")
    table.add_column("micro", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("mean of lines", justify="right")
    for name in ("cer", "wer"):
        low, high = result[f"{name}_ci95"]
        table.add_row(
            name.upper(),
            percent(result[name]),
            f"{percent(low)} – {percent(high)}",
            percent(result[f"{name}_macro"]),
        )
    console.print(table)
    console.print(
        f"{result['lines']} lines, {result['characters']} characters, "
        f"{result['cpu_ms_per_line']:.1f} CPU ms a line; "
        f"interval over {result['interval_unit']}s; text compared as {result['normalization']}",
        highlight=False,
    )
    if result.get("greedy_cer") is not None:
        _show_gain(result, console)
    if result.get("oov_rate") is not None:
        console.print(
            f"{percent(result['oov_rate'])} of the words are not on the word list", highlight=False
        )
    if result.get("report"):
        console.print(f"Report: {result['report']}", highlight=False, soft_wrap=True)


def _show_gain(result: Result, console: Console) -> None:
    """Greedy reading and the other side by side."""
    table = Table(title="What decoding gains", title_justify="left")
    for name in ("", "greedy", result["decoder"], "change"):
        table.add_column(name, justify="right" if name else "left")
    for name in ("cer", "wer"):
        before, after = result[f"greedy_{name}"], result[name]
        change = f"{100 * (after / before - 1):+.1f} %" if before else "–"
        table.add_row(name.upper(), percent(before), percent(after), change)
    console.print(table)


def _show_drift(result: Result, console: Console) -> None:
    table = Table(title=f"{result['model']} beside {result['base']}", title_justify="left")
    for name in ("text", "lines", "CER of the base", "of the model", "difference, 95 % interval"):
        table.add_column(name, justify="left" if name == "text" else "right")
    for kind in result["kinds"]:
        low, high = kind["difference_ci95"]
        table.add_row(
            kind["kind"],
            str(kind["lines"]),
            percent(kind["base_cer"]),
            percent(kind["model_cer"]),
            f"{percent(low)} – {percent(high)}",
        )
    console.print(table)
    if result["uncovered"]:
        console.print(f"Not rendered, no font has them: {' '.join(result['uncovered'])}")
    if not result["shifts"]:
        console.print("No character is invented, dropped or changed more often than by the base.")
        return
    worse = Table(title="Read worse than by the base", title_justify="left")
    for name in ("", "character", "base", "model", "of", "lines"):
        worse.add_column(name, justify="right" if name in ("base", "model", "of") else "left")
    for shift in result["shifts"]:
        into = ", ".join(f"{_visible(text)} {count}" for text, count in shift["outputs"])
        worse.add_row(
            shift["what"],
            _visible(shift["character"]) + (f" → {into}" if into else ""),
            str(shift["before"]),
            str(shift["after"]),
            str(shift["occurrences"]),
            Text("\n".join(f"{line['truth']}\n{line['model']}" for line in shift["examples"])),
        )
    console.print(worse)


def _visible(text: str) -> str:
    return text.replace(" ", "␣")


def _show_reading(result: Result, console: Console) -> None:
    if result["files"]:
        count = len(result["files"])
        console.print(f"{count} files written, the last is {result['files'][-1]}", soft_wrap=True)
        return
    if result["printed"]:
        console.file.write(result["printed"])  # tabs are kept: they mean the end of a line
        return
    for line in result["lines"]:
        console.print(Text(line["text"]), soft_wrap=True)


def _show_demo(result: Result, console: Console) -> None:
    console.print("\nLines made after training, with what was misread in colour:\n")
    for line in result["fresh"]:
        sample = Sample(name=line["font"], truth=line["truth"], output=line["text"])
        console.print(sample_text(sample), soft_wrap=True)
        console.print(
            Text(f"         {line['font']}, confidence {line['confidence']:.2f}\n", style="dim")
        )
    low, high = result["cer_ci95"]
    console.print(
        f"CER on {result['lines']} test lines: {percent(result['cer'])} "
        f"(95 % interval {percent(low)} – {percent(high)}), WER {percent(result['wer'])}\n"
        f"trained {result['train_seconds']:.0f} s on {result['train_lines']} lines, "
        f"{result['cpu_seconds']:.0f} CPU seconds; "
        f"reading takes {result['cpu_ms_per_line']:.1f} CPU ms a line\n"
        f"Model:  {result['model']}\nReport: {result['report']}",
        highlight=False,
        soft_wrap=True,
    )


_SHOWN: dict[str, Callable[[Result, Console], None]] = {
    "demo": _show_demo,
    "drift": _show_drift,
    "evaluate": _show_evaluation,
    "recognize": _show_reading,
}
