"""The house as it is: `python -m tests.architecture` prints its rooms with files, lines, circles and imports.

`--write` puts the table into docs/architecture.md, between the marks; test_architecture.py holds the two together. All
imports count, those inside functions and those for types alone included.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import grimp
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from pipeline.settings import ROOT

PACKAGES = ("pipeline", "scoring", "dashboard", "commands")
#: Folders that are divided into rooms; every other folder is a room.
DIVIDED = ("pipeline", "pipeline.intake", "pipeline.rules", "scoring", "dashboard", "dashboard.pages")
DOCUMENT = ROOT / "docs" / "architecture.md"
_BEGIN, _END = "<!-- begin: make architecture -->", "<!-- end: make architecture -->"


@dataclass(frozen=True)
class Room:
    """A folder of the code. `lines` of all its files, the folders below not counted; `circles`: groups of its files
    that import each other; `imports`: the rooms it imports, by their names."""

    name: str
    files: int
    lines: int
    largest: int
    circles: int
    imports: tuple[str, ...]


def graph() -> grimp.ImportGraph:
    """Every import between the modules of the four packages."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def file_of(module: str) -> Path:
    """The file of a module."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def room_of(module: str) -> str:
    """The folder a module lives in; of a package itself that very folder."""
    return module if file_of(module).name == "__init__.py" else module.rpartition(".")[0]


def circles(imports: grimp.ImportGraph, modules: list[str] | None = None) -> list[list[str]]:
    """The groups of modules that import each other, directly or through each other."""
    names = sorted(imports.modules) if modules is None else sorted(modules)
    place = {name: number for number, name in enumerate(names)}
    pairs = [
        (place[name], place[other])
        for name in names
        for other in imports.find_modules_directly_imported_by(name)
        if other in place
    ]
    rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
    matrix = csr_array((np.ones(len(pairs)), (rows, columns)), shape=(len(names), len(names)))
    count, group = connected_components(matrix, directed=True, connection="strong")
    groups = [[name for name in names if group[place[name]] == number] for number in range(count)]
    return [members for members in groups if len(members) > 1]


def rooms() -> list[Room]:
    """Every room, the packages in the order of the imports and the rooms of each by name."""
    imports = graph()
    members: dict[str, list[str]] = {}
    for module in sorted(imports.modules):
        members.setdefault(room_of(module), []).append(module)
    found = []
    for name, modules in members.items():
        lines = [len(file_of(module).read_text(encoding="utf-8").splitlines()) for module in modules]
        below = {
            room_of(other) for module in modules for other in imports.find_modules_directly_imported_by(module)
        } - {name}
        found.append(
            Room(
                name,
                len(modules),
                sum(lines),
                max(lines),
                len(circles(imports, modules)),
                tuple(sorted(below)),
            )
        )
    return sorted(found, key=lambda room: (PACKAGES.index(room.name.split(".")[0]), room.name))


def table() -> str:
    """The rooms as a table of Markdown."""
    found = rooms()
    lines = ["| room | files | lines | largest | circles | imports |", "|---|---|---|---|---|---|"]
    for room in found:
        below = ", ".join(f"`{name}`" for name in room.imports)
        lines.append(f"| `{room.name}` | {room.files} | {room.lines} | {room.largest} | {room.circles} | {below} |")
    files, all_lines = sum(room.files for room in found), sum(room.lines for room in found)
    lines.append(f"| all | {files} | {all_lines} | {max(room.largest for room in found)} | {len(circles(graph()))} | |")
    return "\n".join(lines)


def documented() -> str:
    """The table that stands in docs/architecture.md."""
    return DOCUMENT.read_text(encoding="utf-8").partition(_BEGIN)[2].partition(_END)[0].strip()


def main() -> None:
    """Print the table, or with --write put it into docs/architecture.md."""
    if "--write" in sys.argv[1:]:
        before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(_BEGIN)
        after = rest.partition(_END)[2]
        DOCUMENT.write_text(f"{before}{_BEGIN}\n{table()}\n{_END}{after}", encoding="utf-8")
    else:
        print(table())


if __name__ == "__main__":
    main()
