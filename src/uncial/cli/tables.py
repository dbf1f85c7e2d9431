"""Results as a person reads them: short tables and plain text on standard output."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from uncial.cli.catalogue import show_catalogue
from uncial.cli.console import sample_text
from uncial.cli.scores import (
    Result,
    percent,
    show_comparison,
    show_drift,
    show_evaluation,
    show_forecast,
    show_models,
    show_page_scores,
)
from uncial.progress import Sample

_CHARACTERS = 40  # of a charset's table


def show(task: str, result: Result, console: Console) -> None:
    """Print the result of `task`, given as its JSON object."""
    _SHOWN.get(task, _show_facts)(result, console)


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


def _show_reading(result: Result, console: Console) -> None:
    if result["pages"]:
        _show_pages(result, console)
        return
    if result["files"]:
        count = len(result["files"])
        console.print(f"{count} files written, the last is {result['files'][-1]}", soft_wrap=True)
        return
    if result["printed"]:
        console.file.write(result["printed"])  # tabs are kept: they mean the end of a line
        return
    for line in result["lines"]:
        console.print(Text(line["text"]), soft_wrap=True)


def _show_pages(result: Result, console: Console) -> None:
    pages = result["pages"]
    if pages["output"] is None:
        console.file.write(result["printed"])
        return
    speed = pages["lines"] / max(pages["seconds"], 1e-3)
    text = (
        f"{pages['pages']} pages, {pages['lines']} lines in {pages['seconds']:.0f} s, "
        f"{speed:.1f} lines a second, in {pages['output']}"
    )
    if pages["skipped"]:
        text += f"; {pages['skipped']} files were done before"
    if pages["problems"]:
        text += f"; {pages['problems']} lines with a doubtful place"
    if pages["failed"]:
        text += f"; {len(pages['failed'])} files failed"
    console.print(f"{text}; done.jsonl names them all", soft_wrap=True, highlight=False)


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


def _show_doctor(result: Result, console: Console) -> None:
    if not result["run"]:
        _show_facts({k: v for k, v in result.items() if k != "diagnoses"}, console)
        return
    if not result["diagnoses"]:
        console.print(f"{result['run']}: nothing found", highlight=False)
    for text in result["diagnoses"].values():
        console.print(Text(f"• {text}"), soft_wrap=True)


def _show_charset(result: Result, console: Console) -> None:
    console.print(
        f"{result['lines']} of {result['of_lines']} lines have characters that "
        f"{result['base']} cannot write",
        highlight=False,
        soft_wrap=True,
    )
    table = Table()
    for name in ("character", "times", "lines", "becomes", "example"):
        table.add_column(name, justify="right" if name in ("times", "lines") else "left")
    for one in result["characters"][:_CHARACTERS]:
        becomes = " ".join(filter(None, (one["action"], one["to"])))
        times = (str(one["count"]), str(one["lines"]))
        points = " ".join(f"U+{ord(char):04X}" for char in one["text"])
        table.add_row(Text(f"{one['text']}  {points}"), *times, Text(becomes), Text(one["example"]))
    if result["characters"]:
        console.print(table)
    if len(result["characters"]) > _CHARACTERS:
        console.print(f"and {len(result['characters']) - _CHARACTERS} rarer ones", highlight=False)
    if result["output"]:
        console.print(f"Edit {result['output']}, then train with --charset-file", soft_wrap=True)


def _show_fonts(result: Result, console: Console) -> None:
    table = Table(title=f"{len(result['fonts'])} fonts", title_justify="left")
    for name in ("font", "kind", "licence", "characters"):
        table.add_column(name, justify="right" if name == "characters" else "left")
    for font in result["fonts"]:
        table.add_row(font["name"], font["kind"], font["licence"], str(font["characters"]))
    console.print(table)
    if result["output"]:
        console.print(f"Sheet: {result['output']}", highlight=False, soft_wrap=True)


def _show_suspects(result: Result, console: Console) -> None:
    console.print(
        f"{result['differing']} of {result['lines']} lines were read otherwise than they are "
        f"transcribed (CER {percent(result['cer'])}); the most suspicious:",
        highlight=False,
    )
    for one in result["first"]:
        sample = Sample(name=one["line_id"], truth=one["truth"], output=one["output"])
        console.print(Text(f"{one['rank']}. {one['line_id']}", style="dim"), soft_wrap=True)
        console.print(sample_text(sample), soft_wrap=True)
    console.print(f"Report: {result['report']}\nTable:  {result['table']}", highlight=False)


def _show_suggestions(result: Result, console: Console) -> None:
    console.print(
        f"{len(result['lines'])} of {result['among']} lines, the most useful first:",
        highlight=False,
    )
    for place, one in enumerate(result["lines"], start=1):
        doubt = f"{place}. {one['image']}  doubt {one['doubt']:.2f}, newness {one['newness']:.2f}"
        console.print(Text(doubt, style="dim"), soft_wrap=True)
        console.print(Text(f"   {one['reading']}"), soft_wrap=True)
    if result["output"]:
        console.print(
            f"Correct the .gt.txt files in {result['output']}, then train on that folder.",
            highlight=False,
            soft_wrap=True,
        )


def _show_any_models(result: Result, console: Console) -> None:
    (show_models if "models" in result else show_catalogue)(result, console)


_SHOWN: dict[str, Callable[[Result, Console], None]] = {
    "compare": show_comparison,
    "charset": _show_charset,
    "demo": _show_demo,
    "doctor": _show_doctor,
    "drift": show_drift,
    "evaluate": show_evaluation,
    "forecast": show_forecast,
    "recognize": _show_reading,
    "score": show_page_scores,
    "fonts": _show_fonts,
    "models": _show_any_models,
    "suggest": _show_suggestions,
    "suspects": _show_suspects,
}
