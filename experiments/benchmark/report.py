"""Tables and a bar chart of the records."""

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from experiments.benchmark.cases import RIVALS, SUITES, Case
from experiments.benchmark.turns import Record
from experiments.run.results import print_table
from seqjax.plots.colors import INK, MODEL
from seqjax.training.writer import write_text

Table = dict[str, dict[str, float]]


def write(workdir: Path, records: Sequence[Record]) -> None:
    """Prints a table for each suite; writes ``benchmark.md`` and ``benchmark.png``."""
    page = []
    for suite in SUITES:
        mine = [record for record in records if record["suite"] == suite]
        if mine:
            rows, notes = table(mine), {r["note"] for r in mine if r["note"]}
            measures = sorted({measure: 0 for row in rows.values() for measure in row}, key=_place)
            print_table(suite, rows, measures)
            page.append(markdown(suite, rows, measures) + "".join(f"\n{note}\n" for note in sorted(notes)))
    write_text(workdir / "benchmark.md", "\n".join(page))
    draw(workdir / "benchmark.png", records)
    print(f"{workdir}: benchmark.json, machine.json, benchmark.md, benchmark.png")


def table(records: Sequence[Record]) -> Table:
    """A row for each case, then one for each mode and type with the geometric means of the ratios.

    Columns are the first subject's milliseconds, its time divided by each other subject's ("/ torch"; below 1 the first
    subject is faster), the quartiles of the ratio to PyTorch, and in some suites the increase of memory during a step
    in MiB, or losses.
    """
    rows: Table = {}
    ratios: dict[tuple[str, str], list[float]] = {}
    for first, *others in by_case(records):
        title = case_of(first).title
        row = rows[title] = {}
        if first["median_ms"] is not None:
            row[f"{first['subject']} ms"] = first["median_ms"]
        for other in others:
            ratio = first["ratios"].get(other["subject"])
            if ratio is not None:
                row[f"/ {other['subject']}"] = ratio
                ratios.setdefault((f"{first['mode']}, {first['dtype']}", other["subject"]), []).append(ratio)
        if first["spread"] and first["ratio"] != 1:
            row["/ torch, lower"], row["/ torch, upper"] = first["spread"]
        for record in (first, *others):
            if "peak_mib" in record:
                row[f"{record['subject']} MiB"] = record["peak_mib"] - record["base_mib"]
            if "loss" in record:
                row[f"{record['subject']} loss"] = record["loss"]
    for (kind, subject), values in ratios.items():
        mean = math.exp(math.fsum(map(math.log, values)) / len(values))
        rows.setdefault(f"geometric mean, {kind}", {})[f"/ {subject}"] = mean
    return rows


def _place(measure: str) -> int:
    """The position of a column: times, ratios in the order of the rivals, their quartiles, others."""
    order = ["", *(f"/ {name}" for name in RIVALS), "/ torch, lower", "/ torch, upper"]
    if measure.endswith(" ms"):
        return 0
    return order.index(measure) if measure in order else len(order)


def markdown(title: str, rows: Table, measures: Sequence[str]) -> str:
    """A table as Markdown."""
    lines = [f"**{title}**", "", f"| case | {' | '.join(measures)} |", "|---" * (len(measures) + 1) + "|"]
    for name, row in rows.items():
        cells = (f"{row[measure]:.3g}" if measure in row else "" for measure in measures)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(path: Path, records: Sequence[Record]) -> None:
    """Draws the first subject's time divided by each other's as bars from 1; to the right it is slower."""
    bars = []  # suite and case, rival, ratio
    for first, *others in sorted(by_case(records), key=lambda group: SUITES.index(group[0]["suite"])):
        for other in others:
            if other["subject"] in first["ratios"]:
                bars.append((str(case_of(first)), other["subject"], first["ratios"][other["subject"]]))
    figure = Figure(figsize=(10, max(2.0, 0.2 * len(bars) + 0.25 * len({name for name, *_ in bars}) + 1.2)))
    axis = figure.subplots()
    others_seen = list(dict.fromkeys(rival for _, rival, _ in bars))
    order = [name for name in RIVALS if name in others_seen] + [name for name in others_seen if name not in RIVALS]
    colors = dict(zip(order, matplotlib.color_sequences["tab10"], strict=False))
    place, places, titles, last = 0.0, [], [], ""
    for title, rival, ratio in bars:
        place += 1.0 if title == last else 1.8
        label = None if rival in axis.get_legend_handles_labels()[1] else rival
        drawn = axis.barh(place, ratio - 1, left=1, color=colors[rival], height=0.9, label=label)
        ink = MODEL if ratio > 1 else INK
        axis.bar_label(drawn, [f"{ratio:.2f}"], padding=3, color=ink, fontsize=7)
        if title != last:
            places.append(place)
            titles.append(title)
        last = title
    axis.axvline(1, color=INK, lw=1)
    axis.set_xscale("log")
    ratios = [ratio for *_, ratio in bars] or [1.0]
    axis.set_xlim(min(0.5, 0.7 * min(ratios)), max(2.0, 1.5 * max(ratios)))
    axis.xaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axis.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    axis.set_yticks(places, titles, fontsize=8)
    axis.margins(y=0.01)
    axis.invert_yaxis()
    axis.set_xlabel("time of seqjax (in associative: of the scan) / time of the other; right of 1 it is slower")
    axis.spines[["top", "right"]].set_visible(False)
    if bars:
        axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig(path, dpi=120, bbox_inches="tight")


def by_case(records: Sequence[Record]) -> list[list[Record]]:
    """The records of each case in their order; the first one is the subject that others are compared with."""
    groups: dict[object, list[Record]] = {}
    for record in records:
        groups.setdefault(case_of(record).key, []).append(record)
    return list(groups.values())


def case_of(record: Record) -> Case:
    """The case of a record."""
    return Case(record["suite"], record["cell"], record["mode"], tuple(record["shape"]), record["dtype"])
