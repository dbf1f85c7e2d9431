"""Results as a person reads them: short tables and plain text on standard output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from uncial.cli.console import sample_text
from uncial.progress import Sample

Result = Mapping[str, Any]
_CHARACTERS = 40  # of a charset's table
_PAGES = 10  # of a segmenter's table


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


def _show_segmentation(result: Result, console: Console) -> None:
    console.print(
        f"{result['pages']} pages of the split {result['split']}: {result['lines']} lines, "
        f"{result['found']} found ({result['missed']} missed, {result['extra']} extra, "
        f"{result['splits']} split, {result['merges']} merged)\n"
        f"baselines: precision {result['precision']:.4f}, recall {result['recall']:.4f}, "
        f"F {result['f']:.4f}; F that forgives parts "
        f"{result['f_parts']:.4f}; at 10 px F {result['f_fixed']:.4f}",
        highlight=False,
    )
    if result["order"] is not None:
        console.print(f"{percent(result['order'])} of pairs of lines in order", highlight=False)
    for name, iou in result["regions"].items():
        console.print(f"region {name}: IoU {iou:.3f}", highlight=False)
    table = Table(title="worst pages", title_justify="left")
    for heading in ("page", "lines", "found", "precision", "recall", "F"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for page in result["worst"][:_PAGES]:
        table.add_row(
            Text(str(page["page"]).rpartition("/")[2]),
            str(page["lines"]),
            str(page["found"]),
            *(f"{page[name]:.3f}" for name in ("precision", "recall", "f")),
        )
    console.print(table)
    console.print(f"{result['cpu_s_per_page']:.2f} CPU s a page", highlight=False)


def _show_evaluation(result: Result, console: Console) -> None:
    if "f_fixed" in result:
        _show_segmentation(result, console)
        return
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
    _show_profiles(result["profiles"], console)
    if result["predicted_cer"] is not None:
        low, high = result["predicted_ci95"]
        error = result["prediction_error"]
        over = f"; mean error over pages or documents {percent(error)}" if error else ""
        console.print(
            f"predicted from confidences alone: CER {percent(result['predicted_cer'])} "
            f"({percent(low)} – {percent(high)}){over}",
            highlight=False,
        )
    _show_report(result, console)


def _show_profiles(profiles: Sequence[Result], console: Console) -> None:
    if not profiles:
        return
    table = Table(title="by strict and relaxed rules", title_justify="left")
    for name in ("profile", "CER", "WER", "rules"):
        table.add_column(name, justify="right" if name.endswith("ER") else "left")
    for row in profiles:
        table.add_row(row["name"], percent(row["cer"]), percent(row["wer"]), row["rules"])
    console.print(table)


def _show_report(result: Result, console: Console) -> None:
    if result.get("report"):
        console.print(f"Report: {result['report']}", highlight=False, soft_wrap=True)


def _show_comparison(result: Result, console: Console) -> None:
    table = Table(title=f"{result['lines']} lines of {result['split']}", title_justify="left")
    table.add_column("model")
    for name in ("CER", "WER", "difference of CER", "95 % interval", "p"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for row in result["models"]:
        score, against = row["score"], row["against"]
        told = ["", "", "", ""]
        if against is not None:
            low, high = against["cer_ci95"]
            told = [
                percent(against["cer_difference"]),
                f"{percent(low)} – {percent(high)}",
                f"{against['cer_p']:.4f}",
                f"{row['verdict']}; {row['better']} documents better, {row['worse']} worse",
            ]
        table.add_row(row["name"], percent(score["cer"]), percent(score["wer"]), *told)
    console.print(table)
    console.print(
        f"differences are against the first; interval over {result['interval_unit']}s; "
        f"text compared as {result['normalization']}",
        highlight=False,
    )
    _show_report(result, console)


def _show_page_scores(result: Result, console: Console) -> None:
    table = Table(title=f"{len(result['pages'])} pages", title_justify="left")
    for name in ("", "rate", "95 % interval"):
        table.add_column(name, justify="right" if name else "left")
    for row in result["rates"]:
        low, high = row["ci95"]
        name = row["name"].replace("_", " ").replace("cer", "CER").replace("wer", "WER")
        table.add_row(name, percent(row["rate"]), f"{percent(low)} – {percent(high)}")
    console.print(table)
    console.print(
        f"{percent(result['order_share'])} of the WER is the fault of order alone; "
        f"text compared as {result['normalization']}",
        highlight=False,
    )
    _show_report(result, console)


def _show_forecast(result: Result, console: Console) -> None:
    low, high = result["gain_ci95"]
    console.print(
        f"{result['more']} more lines ≈ {100 * result['gain']:+.2f} points of CER "
        f"({100 * low:+.2f} to {100 * high:+.2f} in 19 cases of 20)",
        highlight=False,
    )
    table = Table()
    for name in ("training lines", "CER", "95 % interval"):
        table.add_column(name, justify="right")
    for point in (result["now"], *result["later"]):
        low, high = point["ci95"]
        table.add_row(
            str(point["lines"]), percent(point["cer"]), f"{percent(low)} – {percent(high)}"
        )
    console.print(table)
    _show_report(result, console)


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


def _show_models(result: Result, console: Console) -> None:
    table = Table(title=f"{result['lines']} lines read as they are", title_justify="left")
    table.add_column("model", overflow="fold")
    for name in ("CER", "95 % interval", "WER", "unwritable lines", "CPU ms a line"):
        table.add_column(name, justify="right", no_wrap=name != "unwritable lines")
    for one in result["models"]:
        if one["problem"]:
            table.add_row(Text(f"{one['model']}: {one['problem']}"))
            continue
        low, high = one["cer_ci95"]
        table.add_row(
            Text(one["model"]),
            percent(one["cer"]),
            f"{percent(low)} – {percent(high)}",
            percent(one["wer"]),
            str(one["missing"]),
            f"{one['cpu_ms_per_line']:.1f}",
        )
    console.print(table)


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


_SHOWN: dict[str, Callable[[Result, Console], None]] = {
    "compare": _show_comparison,
    "charset": _show_charset,
    "demo": _show_demo,
    "doctor": _show_doctor,
    "drift": _show_drift,
    "evaluate": _show_evaluation,
    "forecast": _show_forecast,
    "recognize": _show_reading,
    "score": _show_page_scores,
    "fonts": _show_fonts,
    "models": _show_models,
    "suspects": _show_suspects,
}
