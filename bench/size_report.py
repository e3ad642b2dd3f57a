"""What sizes.py has measured as tables, and what a machine like that carries, reckoned from the same figures."""

from __future__ import annotations

import math
from typing import Any

from bench.steps import DONE, FAILED, LIMIT

#: Of the processor time of all cores, what pages may take before people wait for each other.
BUSY = 0.7
#: 95 of 100 answers within so many ms: nobody looks up from the screen.
SOON_MS = 1_000
#: A person at work reads: a click in so many seconds.
SECONDS_A_CLICK = 10
#: Cores that something else may keep busy without a word.
QUIET = 0.3
#: The part of the machine's memory that one command may fill, and the hours of a night in which a year's commands run.
MEMORY, NIGHT_HOURS = 0.75, 8


def size_tables(found: dict[str, Any]) -> str:
    """Machine, steps and load of one size, in Markdown."""
    machine, tables = found["machine"], found["tables"]
    parts = [
        f"**{found['firms']:,} firms**, {tables['rows']:,} rows of returns in {tables['megabytes']:,} MB of csv. "
        f"{machine['cores']} cores of {machine['processor']}, {machine['memory_mb'] / 1e3:.0f} GB, "
        f"Python {machine['python']}; {machine['load']} cores were busy with something else when it began. "
        f"A command may take {found['limit']:,.0f} s."
    ]
    if found["trained_on"] is not None:
        parts[0] += f" The model was trained on {found['trained_on']:,} firms of a reference cohort, not on these."
    parts += [f"{name} was not measured: {why}." for name, why in found["left_out"].items()]
    parts.append(_steps_table(found["databases"]))
    loads = {name: on["load"] for name, on in found["databases"].items() if "load" in on}
    parts += [
        f"Nobody could click on {name}: {_plain(load.get('said') or ended(load))}"
        for name, load in loads.items()
        if load["ended"] != DONE
    ]
    loads = {name: load for name, load in loads.items() if load["ended"] == DONE}
    if loads:
        parts.append(_load_table(loads))
    return "\n\n".join(parts)


def _steps_table(databases: dict[str, Any]) -> str:
    names = list(databases)
    heads = [f"{name}: time | processor | memory" for name in names]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---:|" * (3 * len(names))]
    for step in dict.fromkeys(step for on in databases.values() for step in on["steps"]):
        lines.append(f"| {step} | " + " | ".join(_cells(on["steps"][step]) for on in databases.values()) + " |")
    stored = " | ".join(_cells(on["to_sql"]) for on in databases.values())
    lines.append(f"| for comparison, the same returns by pandas.read_csv and to_sql alone | {stored} |")
    sizes = ", ".join(f"{on['megabytes']:,} MB on {name}" for name, on in databases.items())
    return "\n".join([*lines, "", f"The database has {sizes}."])


def _cells(step: dict[str, Any]) -> str:
    if step["ended"] != DONE:
        return f"{ended(step)} | |"
    return f"{step['seconds']:,.1f} s | {step['processor']:,.1f} s | {step['peak_mb']:,.0f} MB"


def ended(step: dict[str, Any]) -> str:
    """How a step ended that has no figures to compare."""
    if step["ended"] == LIMIT:
        return f"stopped at its limit, after {step['seconds']:,.0f} s"
    if step["ended"] == FAILED:
        return f"failed: {_plain(step['said'])}"
    return f"left out, for it rests on: {step['rests_on']}"


def _plain(said: str) -> str:
    """The last line of a letter, fit for a cell of a table."""
    lines = said.strip().splitlines() or ["nothing was said"]
    return lines[-1].replace("|", "/")[:160]


def _load_table(loads: dict[str, Any]) -> str:
    lines = [
        "| | clicks a second | median | 95 of 100 | unanswered | processor a click | memory of the workers: "
        "at first | at the end | peak |",
        "|---|" + "---:|" * 8,
    ]
    for name, load in loads.items():
        for people, found in load["people"].items():
            memory = found["memory"]
            shown = (
                f"{memory[0][1]:,.0f} MB | {memory[-1][1]:,.0f} MB | {max(peak for *_, peak in memory):,.0f} MB"
                if memory
                else "- | - | -"
            )
            waits = f"{found['median_ms']:,} ms | {found['p95_ms']:,} ms" if found["clicks"] else "- | -"
            click = f"{processor_ms(found):.0f} ms" if found["clicks"] else "-"
            lines.append(
                f"| {people} people, {load['workers']} workers on {name} | {found['clicks_a_second']} | {waits} "
                f"| {len(found['unanswered'])} | {click} | {shown} |"
            )
    return "\n".join(lines)


def processor_ms(people: dict[str, Any]) -> float:
    """Processor time of the workers for one click, in ms."""
    return 1e3 * people["processor"] / people["clicks"]


def capacity(sizes: list[dict[str, Any]]) -> str:
    """How many people and firms a machine like the one measured carries, from its figures alone; "" without any."""
    ordered = sorted(sizes, key=lambda size: size["firms"])
    said = []
    for database in dict.fromkeys(name for size in ordered for name in size["databases"]):
        on = [(size, size["databases"][database]) for size in ordered if database in size["databases"]]
        people, firms = [text for size, found in on if (text := _people(size, found))], _firms(on)
        parts = [*people, firms or "No size came to the end of all its commands."]
        if people or firms:
            if database == "PostgreSQL":
                parts.append("The work and the memory of the database's own server come on top.")
            parts += _busy([size for size, _ in on])
        said.append(f"*{database}.* {' '.join(parts)}")
    return "\n\n".join(said)


def _people(size: dict[str, Any], on: dict[str, Any]) -> str:
    load = on.get("load", {})
    crowds = {int(count): found for count, found in load.get("people", {}).items() if found["clicks"]}
    if not crowds:
        return ""
    good = [count for count, found in crowds.items() if found["p95_ms"] <= SOON_MS and not found["unanswered"]]
    most = max(crowds)
    seen = (
        f"up to {max(good)} people who click once a second get 95 of 100 answers within {SOON_MS / 1e3:g} s"
        if good
        else f"{min(crowds)} people who click once a second already wait longer than {SOON_MS / 1e3:g} s "
        "for more than 5 of 100 answers"
    )
    cost = processor_ms(crowds[most])
    if not cost:
        return f"With {size['firms']:,} firms {seen}."
    cores = size["machine"]["cores"]
    clicks = cores * BUSY / cost * 1e3
    return (
        f"With {size['firms']:,} firms {seen}. A click costs the workers {cost:.0f} ms, so that {cores} cores that are "
        f"{BUSY:.0%} busy answer {clicks:.0f} clicks a second: {_about(clicks * SECONDS_A_CLICK)} people who click "
        f"every {SECONDS_A_CLICK} seconds."
    )


def _firms(on: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    whole = [(size, found["steps"]) for size, found in on if all(s["ended"] == DONE for s in found["steps"].values())]
    if not whole:
        return ""
    size, steps = whole[-1]
    seconds, largest = _seconds(steps), max(steps, key=lambda name: steps[name]["peak_mb"])
    text = (
        f"{size['firms']:,} firms come through all commands of a year in {_long(seconds)}; the largest memory is "
        f"{steps[largest]['peak_mb']:,.0f} MB ({largest.partition(':')[0]})."
    )
    if len(whole) < 2:
        return text
    before, earlier = whole[-2]
    memory = size["machine"]["memory_mb"] * MEMORY
    filled = _reaches(before["firms"], _peak(earlier), size["firms"], _peak(steps), memory)
    night = _reaches(before["firms"], _seconds(earlier), size["firms"], seconds, NIGHT_HOURS * 3600)
    text += f" On a straight line through {before['firms']:,} and {size['firms']:,} firms"
    bounds = []
    if filled is not None:
        bounds.append(f"{_about(filled)} firms fill {MEMORY:.0%} of {size['machine']['memory_mb'] / 1e3:.0f} GB")
    if night is not None:
        bounds.append(f"{_about(night)} firms take a night of {NIGHT_HOURS} hours")
    return f"{text}, {' and '.join(bounds)}." if bounds else f"{text} neither time nor memory grows."


def _busy(sizes: list[dict[str, Any]]) -> list[str]:
    most = max(size["machine"]["load"] or 0.0 for size in sizes)
    if most < QUIET:
        return []
    return [f"Up to {most} cores were busy with something else meanwhile: a quiet machine carries more than this."]


def _seconds(steps: dict[str, Any]) -> float:
    return sum(step["seconds"] for step in steps.values())


def _peak(steps: dict[str, Any]) -> float:
    return max(step["peak_mb"] for step in steps.values())


def _reaches(x1: float, y1: float, x2: float, y2: float, y: float) -> float | None:
    """Where a straight line through two points comes to y; None for a line that does not rise."""
    if y2 <= y1:
        return None
    return max(x1 + (y - y1) * (x2 - x1) / (y2 - y1), 0.0)


def _about(number: float) -> str:
    """Two digits of it, rounded down: more is not known."""
    if number < 10:
        return f"{number:.1f}"
    step = 10 ** (len(str(round(number))) - 2)
    return f"about {math.floor(number / step + 1e-6) * step:,}"


def _long(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 600 else f"{seconds / 60:,.0f} minutes"
