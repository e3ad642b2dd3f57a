"""The house is what its documents say: rooms, circles, flow pictures and names of files.

`make check` holds the order of the rooms (import-linter, in pyproject.toml); what it cannot say is held here.
"""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.settings import ROOT
from tests import architecture

MOST_FILES_IN_A_ROOM = 14
#: A file of Python named in a docstring, with the folders that may stand before it.
_FILE = re.compile(r"(?<![\w/*.])((?:\w+/)*\w+\.py)\b")
_ARROW = re.compile(r"\s*(?:─+►|◄─+|-+>|<-+)\s*")


@pytest.fixture(scope="module")
def imports():
    return architecture.graph()


def sources() -> list[Path]:
    folders = [*architecture.PACKAGES, "bench", "tests"]
    return [ROOT / "cli.py", *(file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))]


ALL_FILES = {path.relative_to(ROOT).as_posix() for path in sources()}


def docstrings(file: Path) -> list[str]:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, kinds)]
    return [text for node in nodes if (text := ast.get_docstring(node))]


def exists(name: str, beside: Path) -> bool:
    """Whether a file of this name is there: beside the one that names it, below it, or by its path or end of it."""
    return (beside.parent / name).exists() or any(file == name or file.endswith(f"/{name}") for file in ALL_FILES)


def test_no_files_import_each_other_in_a_circle(imports):
    assert architecture.circles(imports) == []


def test_a_circle_hidden_in_a_function_or_in_types_alone_would_be_found(tmp_path, monkeypatch):
    package = tmp_path / "house"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "above.py").write_text("def late():\n    from house import below\n    return below\n")
    typed = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from house.above import late\n"
    (package / "below.py").write_text(typed)
    monkeypatch.syspath_prepend(str(tmp_path))
    built = architecture.grimp.build_graph("house", cache_dir=None)
    assert architecture.circles(built) == [["house.above", "house.below"]]


def test_no_room_has_more_files_than_an_eye_takes_in():
    assert {room.name: room.files for room in architecture.rooms() if room.files > MOST_FILES_IN_A_ROOM} == {}


def test_frames_are_made_of_rows_by_the_one_function_that_is_quick_at_it():
    """pandas takes SQLAlchemy's own rows apart five times as slowly as tuples: pipeline.store.many_rows.frame_of."""
    slow = re.compile(r"DataFrame\(\s*\w+\.execute\(")
    files = [file for package in architecture.PACKAGES for file in (ROOT / package).rglob("*.py")]
    assert [file.name for file in files if slow.search(file.read_text(encoding="utf-8"))] == []
    assert slow.search("pd.DataFrame(\n    session.execute(statement).all(), columns=names)")


def rows_of(table: str) -> dict[str, list[str]]:
    """room -> the other cells of its row: files, lines, largest, circles, imports."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {name: cells for name, *cells in rows}


def test_the_architecture_document_tells_the_house_as_it_is():
    """Rooms, files, circles and imports to the letter; lines to a quarter, so that a sentence more asks for nothing."""
    told, house = rows_of(architecture.documented()), rows_of(architecture.table())
    assert list(told) == list(house), "run: make architecture"
    for room, (files, lines, _largest, circles, imports) in house.items():
        files_told, lines_told, _largest_told, circles_told, imports_told = told[room]
        if room != "all":  # the sums follow
            assert (files_told, circles_told, imports_told) == (files, circles, imports), f"{room}: make architecture"
        assert float(lines_told) == pytest.approx(float(lines), rel=0.25, abs=40), f"{room}: make architecture"


def test_every_file_named_in_a_docstring_is_there():
    wrong = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in sources()
        for text in docstrings(file)
        for name in _FILE.findall(text)
        if not exists(name, file)
    }
    assert wrong == set()


def named(word: str, room: str, modules: set[str]) -> str | None:
    """The module or room that a word of a flow picture names; None for what is neither ("the firm's page")."""
    name = word.strip().strip("`*").removesuffix(".py").replace("/", ".")
    parents = [room, *(room.rsplit(".", back)[0] for back in range(1, room.count(".") + 1))]
    for candidate in (*(f"{parent}.{name}" for parent in parents), name):
        if candidate in modules:
            return candidate
    return None


def arrows(text: str, room: str, modules: set[str]) -> list[tuple[str, str]]:
    """Pairs of neighbours in the flow pictures of a docstring: lines with arrows, several names between commas."""
    pairs = []
    for line in text.splitlines():
        steps = [[named(word, room, modules) for word in step.split(",")] for step in _ARROW.split(line.strip())]
        for left, right in pairwise(steps):
            pairs += [(one, other) for one in left for other in right if one and other]
    return pairs


def joined(imports, one: str, other: str) -> bool:
    """Whether one of the two, or anything in it, imports the other or anything in it."""
    inside = [{name, *imports.find_descendants(name)} for name in (one, other)]
    return any(
        imports.find_modules_directly_imported_by(name) & there
        for here, there in (inside, inside[::-1])
        for name in here
    )


def test_every_arrow_of_a_flow_picture_is_an_import(imports):
    modules, wrong, drawn = set(imports.modules), [], 0
    for module in sorted(modules):
        file = architecture.file_of(module)
        if file.name != "__init__.py":
            continue
        for text in docstrings(file):
            pairs = arrows(text, module, modules)
            drawn += len(pairs)
            wrong += [f"{module}: {one} - {other}" for one, other in pairs if not joined(imports, one, other)]
    assert wrong == []
    assert drawn > 60


def test_an_arrow_between_files_that_do_not_know_each_other_would_be_found(imports):
    modules = set(imports.modules)
    pairs = arrows("    windows.py ──► parse.py ──► nobody.py", "pipeline.rules.definition", modules)
    assert pairs == [("pipeline.rules.definition.windows", "pipeline.rules.definition.parse")]
    assert joined(imports, *pairs[0])
    assert not joined(imports, "pipeline.rules.definition.windows", "pipeline.rules.definition.units")


@pytest.mark.parametrize("package", ["pipeline", "scoring", "dashboard"])
def test_every_room_draws_its_flow_and_says_what_to_take_from_it(package):
    bare = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / package).rglob("__init__.py"))
        if "migrations" not in file.parts and len(next(iter(docstrings(file)), "")) < 60
    ]
    assert bare == []


def test_the_tests_stand_in_the_same_rooms_as_the_code():
    rooms = {room.name.replace(".", "/") for room in architecture.rooms()}
    folders = {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert folders - rooms <= {".", "bench", "browser"}


@pytest.mark.parametrize("document", ["README.md", "DECISIONS.md", "CHANGELOG.md", "docs", "data/rules/README.md"])
def test_documents_name_places_that_are_there(document):
    paths = [ROOT / document] if document.endswith(".md") else sorted((ROOT / document).glob("*.md"))
    places = re.compile(r"`((?:pipeline|scoring|dashboard|commands|data|tests|docs)/[\w./\-]*)`")
    missing = {
        f"{path.name}: {place}"
        for path in paths
        for place in places.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / place).exists() and not re.match(r"data/(goldseed|secret|demo)", place)
    }
    assert missing == set()


#: Loaded where they are used: no command waits for one that it does not need.
HEAVY = {"dash", "lightgbm", "matplotlib", "numba", "numpy", "openpyxl", "pandas", "plotly", "pyarrow", "scipy", "shap"}
HEAVY |= {"babel", "dash_ag_grid", "dash_mantine_components", "rapidfuzz", "sklearn", "sqlalchemy"}
HEAVY |= {"dask", "distributed", "docx", "docxtpl", "pypinyin", "weasyprint"}


def loads_something_heavy(module: str, imports, at_once: dict[str, set[str]]) -> bool:
    """Whether importing a module of ours loads a heavy library, by the imports that are done at once."""
    seen, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for other in at_once.get(name, ()):
            if other.split(".")[0] in HEAVY:
                return True
            waiting.append(other)
    return False


def top_level(module: str, modules: set[str]) -> set[str]:
    """What a module imports when it is loaded: modules of ours by their full names, others by their first word."""
    found = set()
    for node in ast.parse(architecture.file_of(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else node.module for name in names}
    return found


def test_what_is_imported_inside_functions_is_heavy(imports):
    """Everything else stands at the top of its file, where a reader looks for it."""
    modules = set(imports.modules)
    at_once = {module: top_level(module, modules) for module in modules}
    light = []
    for module in sorted(modules):
        tree = ast.parse(architecture.file_of(module).read_text(encoding="utf-8"))
        inside = [
            node
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        for node in inside:
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                full = {f"{node.module}.{alias.name}" for alias in node.names}
                names = {name if name in modules else str(node.module) for name in full}
            light += [
                f"{module}:{node.lineno} {name}"
                for name in sorted(names)
                if name.split(".")[0] not in HEAVY and not loads_something_heavy(name, imports, at_once)
            ]
    assert light == []
