"""Measurements into tables and plots: printed for a quick run, written into docs/speed.md for a full one.

In docs/speed.md the tables are between `<!-- begin NAME -->` and `<!-- end NAME -->`; the text around them is
written by people and stays as it is.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import statistics
from pathlib import Path
from typing import Any

from bench.first_call import FIRMS
from bench.reasons import LIGHTGBM, OURS
from bench.size_report import capacity, size_tables

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "speed.md"
_SIZE = "size-"


def tables(measured: dict[str, Any]) -> dict[str, str]:
    """Name to Markdown, of whatever was measured."""
    made = {}
    if "reasons" in measured:
        made["machine"] = machine_line(measured["reasons"]["machine"])
        made["reasons"] = "\n\n".join(
            reasons_table(name, model) for name, model in measured["reasons"]["models"].items()
        )
    if "first_call" in measured:
        made["first call"] = first_call_table(measured["first_call"])
    if "program" in measured:
        made["program"] = program_table(measured["program"])
    if "pages" in measured:
        made["pages"] = pages_table(measured["pages"])
    if "dashboards" in measured:
        made["dashboards"] = dashboards_table(measured["dashboards"])
    sizes = {name: found for name, found in measured.items() if name.startswith(_SIZE)}
    made |= {f"size {found['size']}": size_tables(found) for found in sizes.values()}
    if sizes:
        made["capacity"] = capacity(list(sizes.values()))
    return made


def machine_line(machine: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['cores']} cores of {machine['processor']}, {machine['system']}, Python {machine['python']}; "
        f"{machine['load']} cores were busy with something else when it began. {versions}."
    )


def reasons_table(name: str, model: dict[str, Any]) -> str:
    """Microseconds a row, and how many times as long as ours; a column per number of rows."""
    counts = list(model["seconds"])
    names = list(model["ready"])
    lines = [
        f"**{name}** (trees x leaves), microseconds a row: median, (fastest - slowest run), times ours",
        "",
        "| | " + " | ".join(f"{int(count):,} rows" for count in counts) + " | getting ready | largest difference |",
        "|---|" + "---:|" * (len(counts) + 2),
    ]
    for explainer in names:
        cells = []
        for count in counts:
            ours = model["seconds"][count][OURS]["median"]
            timing = model["seconds"][count].get(explainer)
            if timing is None:
                left_out = model["left_out"][count].get(explainer)
                cells.append("-" if left_out is None else f"about {left_out / int(count) * 1e6:,.0f}, not run")
                continue
            median, low, high = (timing[key] / int(count) * 1e6 for key in ("median", "low", "high"))
            spread = f" ({short(low)} - {short(high)})" if timing["runs"] > 1 else " (one run)"
            times = "" if explainer == OURS else f" **x {timing['median'] / ours:.3g}**"
            cells.append(short(median) + spread + times)
        shown = f"**{explainer}**" if explainer == OURS else explainer
        difference = "itself" if explainer == LIGHTGBM else f"{model['difference'][explainer]:.0e}"
        lines.append(f"| {shown} | " + " | ".join(cells) + f" | {model['ready'][explainer]:.2f} s | {difference} |")
    return "\n".join(lines)


def short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def first_call_table(measured: dict[str, Any]) -> str:
    lines = [
        "| | imports (LightGBM, numba) | first row, nothing compiled yet | first row, later processes |"
        f" first {FIRMS:,} rows, nothing compiled yet | first {FIRMS:,} rows, later processes |"
        " memory beyond rows and reasons | memory into parquet |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, model in measured.items():
        later = sorted(run["first"] for run in model["later"])
        memory = model["memory"]
        lines.append(
            f"| {name} | {min(run['imports'] for run in model['later']):.2f} s "
            f"| {model['after_install']['first']:.2f} s "
            f"| {later[len(later) // 2]:.2f} s ({later[0]:.2f} - {later[-1]:.2f}) "
            f"| {model['after_install_all']['first']:.2f} s "
            f"| {statistics.median(run['first'] for run in model['later_all']):.2f} s "
            f"| {memory['at_once_mb']:.0f} MB at {memory['rows']:,} rows ({memory['output_mb']:.0f} MB of reasons) "
            f"| {memory['parquet_mb']:.0f} MB |"
        )
    return "\n".join(lines)


def program_table(measured: dict[str, Any]) -> str:
    lines = ["| | median | fastest - slowest | runs |", "|---|---:|---:|---:|"]
    for name, timing in measured["seconds"].items():
        lines.append(
            f"| {name} | {timing['median']:.2f} s | {timing['low']:.2f} - {timing['high']:.2f} | {timing['runs']} |"
        )
    book = measured["workbook"]
    lines += ["", f"The workbook has {book['rows']:,} rows and {book['columns']} columns ({book['kilobytes']:,} kB)."]
    return "\n".join(lines)


def pages_table(measured: dict[str, Any]) -> str:
    lines = [
        f"| {measured['firms']:,} firms, {measured['many']['cases']} in tutoring | server, median | 95 of 100 "
        "| processor, median | answer |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, found in measured["questions"].items():
        server, processor = found["server"], found["processor"]
        lines.append(
            f"| {name} | {server['median']:.0f} ms | {server['p95']:.0f} ms | {processor['median']:.0f} ms "
            f"| {found['kilobytes']} kB |"
        )
    acts = [name for name in measured["many"] if name != "cases"]
    lines += ["", "| for all of these cases at once | median | slowest |", "|---|---:|---:|"]
    lines += [
        f"| {act} | {measured['many'][act]['median']:.2f} s | {measured['many'][act]['high']:.2f} s |" for act in acts
    ]
    lines += [
        "",
        f"| people, {measured['workers']} workers | clicks a second | median | 95 of 100 |",
        "|---|---:|---:|---:|",
    ]
    for people, found in measured["people"].items():
        lines.append(f"| {people} | {found['clicks_a_second']} | {found['median_ms']} ms | {found['p95_ms']} ms |")
    return "\n".join(lines)


def dashboards_table(measured: dict[str, Any]) -> str:
    lines = ["| | seconds | peak memory added | peak memory of the process |", "|---|---:|---:|---:|"]
    for who, label in (("ours", "goldseed"), ("theirs", "explainerdashboard")):
        side = measured[who]
        lines.append(f"| {label} | {side['seconds']:.2f} | {side['memory_mb']:.0f} MB | {side['process_mb']:.0f} MB |")
    return "\n".join(lines)


def plots(measured: dict[str, Any], folder: Path) -> None:
    """Cost against rows, and against trees x leaves, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "goldseed"
    import matplotlib.pyplot as plt

    folder.mkdir(exist_ok=True)
    models = measured["reasons"]["models"]
    figure, axes = plt.subplots(1, len(models), figsize=(5 * len(models), 4), sharey=True, layout="constrained")
    for axis, (name, model) in zip(axes, models.items(), strict=True):
        for explainer in model["ready"]:
            points = [
                (int(count), timings[explainer]["median"] / int(count) * 1e6)
                for count, timings in model["seconds"].items()
                if explainer in timings
            ]
            width = 3 if explainer == OURS else 1.5
            axis.loglog(*zip(*points, strict=True), marker="o", linewidth=width, label=explainer)
        axis.set(title=f"{name} (trees x leaves)", xlabel="rows explained at once")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("microseconds a row, 2 threads")
    axes[-1].legend(fontsize=8)
    figure.savefig(folder / "rows.svg", metadata={"Date": None})

    sizes = measured["reasons"]["sizes"]
    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    leaves = [int(trees) * int(each) for trees, each in (name.split(" x ") for name in sizes)]
    for explainer in (OURS, LIGHTGBM):
        costs = [size[explainer] for size in sizes.values()]
        axis.loglog(leaves, costs, marker="o", linewidth=3 if explainer == OURS else 1.5, label=explainer)
    axis.set(xlabel="trees x leaves", ylabel="microseconds a row, 2,200 rows, 2 threads")
    axis.grid(alpha=0.3)
    axis.legend()
    figure.savefig(folder / "leaves.svg", metadata={"Date": None})


def written(page: str, made: dict[str, str]) -> str:
    """The page with the tables put between their marks."""
    for name, table in made.items():
        marks = re.compile(f"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        page = marks.sub(lambda mark, table=table: f"{mark[1]}{table}\n{mark[2]}", page)
    return page


def parts_of(table: str) -> str:
    """The name of the file in which what a table shows was measured."""
    return table.replace("size ", _SIZE).replace(" ", "_") if table != "machine" else "reasons"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "bench")
    parser.add_argument("--quick", action="store_true", help="print, and leave docs/speed.md as it is")
    parser.add_argument("--only", action="append", metavar="PART", help="only the tables of what this file measured")
    arguments = parser.parse_args()
    measured = {path.stem: json.loads(path.read_text()) for path in sorted(arguments.folder.glob("*.json"))}
    if not measured:
        print(f"Nothing is measured yet in {arguments.folder}: run `make bench`.")
        return
    made = tables(measured)
    if arguments.only:
        kept = {*arguments.only, *(["capacity"] if any(part.startswith(_SIZE) for part in arguments.only) else [])}
        made = {name: table for name, table in made.items() if parts_of(name) in kept}
    for title, text in made.items():
        print(f"## {title}\n\n{text}\n")
    if arguments.quick:
        return
    PAGE.write_text(written(PAGE.read_text(), made))
    if "reasons" in made and "sizes" in measured["reasons"]:
        if importlib.util.find_spec("matplotlib"):
            plots(measured, PAGE.with_suffix(""))
        else:
            print("The plots stay as they are: there is no matplotlib in this environment.")
    print(f"Written to {PAGE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
