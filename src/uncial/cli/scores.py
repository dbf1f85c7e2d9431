"""Scores as a person reads them: tables of error rates, intervals and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Result = Mapping[str, Any]
_PAGES = 10  # of a segmenter's table


def percent(fraction: float | None) -> str:
    """A fraction as percent with two decimals; a dash for a number that was not measured."""
    return "–" if fraction is None else f"{100 * fraction:.2f} %"


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


def show_evaluation(result: Result, console: Console) -> None:
    """Error rates of a model, or what a segmenter found."""
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


def show_comparison(result: Result, console: Console) -> None:
    """Models side by side on the same lines."""
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


def show_page_scores(result: Result, console: Console) -> None:
    """Error rates of whole pages."""
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


def show_forecast(result: Result, console: Console) -> None:
    """A learning curve, and what more lines would bring."""
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


def show_drift(result: Result, console: Console) -> None:
    """What a model reads worse than its base."""
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


def show_models(result: Result, console: Console) -> None:
    """Models ranked by how they read some lines."""
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
