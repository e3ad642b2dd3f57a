"""The bench of sizes: which commands rest on which, what is told of one that did not end, what follows from figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import report, size_report, sizes
from bench.steps import DONE, FAILED, LIMIT, Measured
from bench.synthetic_firms import Table


def done(seconds: float, peak_mb: float = 100.0) -> dict[str, Any]:
    return {"ended": DONE, "seconds": seconds, "processor": seconds / 2, "peak_mb": peak_mb}


def size(name: str, firms: int, steps: dict[str, Any], load: dict[str, Any] | None = None) -> dict[str, Any]:
    """What sizes.py measures, of one database on a machine of two cores and 8 GB."""
    on: dict[str, Any] = {"steps": steps, "megabytes": 12, "to_sql": done(1.5)}
    machine = {"cores": 2, "processor": "P", "python": "3.11", "load": 0.0, "memory_mb": 8000}
    return {
        "size": name,
        "firms": firms,
        "limit": 300.0,
        "trained_on": None,
        "machine": machine,
        "tables": {"rows": 10 * firms, "megabytes": 3},
        "databases": {"SQLite": on | ({"load": load} if load else {})},
        "left_out": {},
    }


def load(p95_of_20: int, p95_of_50: int, *, unanswered: tuple[str, ...] = ()) -> dict[str, Any]:
    def crowd(clicks: int, p95: int) -> dict[str, Any]:
        waits = {"clicks": clicks, "clicks_a_second": clicks / 20, "median_ms": 20, "p95_ms": p95}
        memory = [[0.0, 300.0, 310.0], [1.0, 340.0, 355.0], [2.0, 335.0, 355.0]]
        return {**waits, "unanswered": list(unanswered), "processor": clicks * 0.02, "memory": memory}

    return {
        "ended": DONE,
        "ready": 2.0,
        "workers": 2,
        "people": {"20": crowd(380, p95_of_20), "50": crowd(900, p95_of_50)},
    }


def tables_in(folder: Path) -> list[Table]:
    sources = ("hnte_annual", "tax", "survey", None)
    return [Table(folder / f"{source}.csv", source, 1_000) for source in sources]


def ends(step: sizes.Step, bad: dict[str, str]) -> Measured:
    return Measured(1.0, 0.5, 80.0, bad.get(step.name, DONE), "")


def test_every_step_of_a_year_is_tried_where_all_goes_well(tmp_path: Path):
    steps = sizes.steps_of(tables_in(tmp_path), [], tmp_path / "few.csv")
    tried: list[str] = []

    def run(step: sizes.Step) -> Measured:
        tried.append(step.command[0] if isinstance(step.command[0], str) else "")
        return ends(step, {})

    found = sizes.run_steps(steps, run)
    assert {one["ended"] for one in found.values()} == {DONE}
    imports = ["import", "import", "import", "import-events"]
    assert tried == [
        "status",
        *imports,
        "train",
        "models",
        "score",
        "rules",
        "pools",
        "pools",
        "lists",
        "import",
        "status",
    ]


def test_what_rests_on_a_stopped_step_is_left_out_and_says_on_which_and_the_rest_is_measured(tmp_path: Path):
    steps = sizes.steps_of(tables_in(tmp_path), [], tmp_path / "few.csv")
    found = sizes.run_steps(steps, lambda step: ends(step, {"train": LIMIT}))
    assert found["train"]["ended"] == LIMIT
    assert found["models promote"] == {"ended": "left out", "rests_on": "train"}
    assert found["score"] == {"ended": "left out", "rests_on": "models promote"}
    assert found["pools propose"] == {"ended": "left out", "rests_on": "score"}
    assert found["rules check"]["ended"] == found["lists rebuild"]["ended"] == found["status"]["ended"] == DONE


def test_without_training_on_all_the_model_comes_from_a_cohort_of_its_own(tmp_path: Path):
    steps = {step.name: step for step in sizes.steps_of(tables_in(tmp_path), tables_in(tmp_path), tmp_path / "few.csv")}
    assert steps["train"].command[-2:] == ("--cohort", sizes.SAMPLE)
    brought = [step for step in steps.values() if step.command[0] != "train" and sizes.SAMPLE in step.command]
    assert [step.command[0] for step in brought] == ["import", "import", "import", "import-events"]
    assert "--cohort" not in steps["score"].command


def test_a_stopped_and_a_failed_step_have_no_figures_in_the_table():
    steps = {
        "score": done(12.0, 345.0),
        "train": {"ended": LIMIT, "seconds": 300.2, "processor": 290.0, "peak_mb": 900.0},
        "status": {
            "ended": FAILED,
            "seconds": 0.2,
            "processor": 0.1,
            "peak_mb": 20.0,
            "said": "Traceback\nno | such file",
        },
        "pools propose": {"ended": "left out", "rests_on": "train"},
    }
    lines = {
        line.split("|")[1].strip(): line
        for line in size_report.size_tables(size("city", 2_200, steps)).splitlines()
        if "|" in line
    }
    assert "12.0 s | 6.0 s | 345 MB" in lines["score"]
    assert "stopped at its limit, after 300 s" in lines["train"]
    assert "900" not in lines["train"]
    assert "failed: no / such file" in lines["status"]
    assert "left out, for it rests on: train" in lines["pools propose"]
    assert len({line.count("|") for line in lines.values()}) == 1


def test_people_are_reckoned_from_the_processor_time_of_a_click():
    """20 ms a click: two cores at 70 % answer 70 clicks a second, of 700 people who click every ten seconds."""
    text = size_report.capacity([size("city", 2_200, {"score": done(60.0)}, load(300, 900))])
    assert "up to 50 people" in text
    assert "70 clicks a second: about 700 people" in text


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (load(300, 1_001), "up to 20 people"),
        (load(1_001, 2_000), "20 people who click once a second already wait"),
        (load(300, 900, unanswered=("firm",)), "20 people who click once a second already wait"),
    ],
)
def test_a_crowd_that_waits_or_gets_no_answer_is_not_carried(found: dict[str, Any], said: str):
    assert said in size_report.capacity([size("city", 2_200, {"score": done(60.0)}, found)])


def test_firms_are_reckoned_on_a_straight_line_through_two_sizes():
    """1,000 firms more take 100 s and 10 MB more: 6,000 MB at 590,000 firms beyond 100 MB, 28,800 s at 288,000."""
    few = size("city", 1_000, {"train": done(60.0, 50.0), "score": done(40.0, 110.0)})
    many = size("province", 11_000, {"train": done(660.0, 60.0), "score": done(440.0, 210.0)})
    text = size_report.capacity([many, few])
    assert (
        "11,000 firms come through all commands of a year in 18 minutes; the largest memory is 210 MB (score)" in text
    )
    assert "about 590,000 firms fill 75% of 8 GB and about 280,000 firms take a night of 8 hours" in text


def test_from_one_size_no_other_is_concluded_and_from_a_stopped_year_none():
    text = size_report.capacity([size("city", 2_200, {"score": done(60.0)})])
    assert "2,200 firms come through" in text
    assert "straight line" not in text
    stopped = {"train": {"ended": LIMIT, "seconds": 300.0, "processor": 1.0, "peak_mb": 1.0}}
    assert size_report.capacity([size("city", 2_200, stopped)]).endswith("No size came to the end of all its commands.")
    assert size_report.capacity([]) == ""


def test_a_busy_machine_and_a_server_that_is_not_counted_are_owned_up_to():
    quiet = size("city", 2_200, {"score": done(60.0)})
    assert "busy with something else" not in size_report.capacity([quiet])
    busy = quiet | {"machine": quiet["machine"] | {"load": 1.6}}
    assert "Up to 1.6 cores were busy with something else" in size_report.capacity([busy])
    assert "server" not in size_report.capacity([quiet])
    assert "own server" in size_report.capacity([quiet | {"databases": {"PostgreSQL": quiet["databases"]["SQLite"]}}])


def test_memory_that_does_not_grow_is_no_bound():
    few, many = (size("s", firms, {"score": done(firms / 100, 150.0)}) for firms in (1_000, 10_000))
    text = size_report.capacity([few, many])
    assert "fill" not in text
    assert "take a night" in text


PAGE = """# Speed
<!-- begin size city -->
old city
<!-- end size city -->
<!-- begin pages -->
old pages
<!-- end pages -->
"""


def run_report(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> str:
    """docs/speed.md, a stand-in for it, after the report."""
    page = folder / "speed.md"
    page.write_text(PAGE)
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "ROOT", folder)
    monkeypatch.setattr("sys.argv", ["report", str(folder), *arguments])
    report.main()
    return page.read_text()


def test_the_report_writes_what_was_measured_and_leaves_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = size("city", 2_200, {"score": done(12.0)}, load(300, 900))
    (tmp_path / "size-city.json").write_text(json.dumps(found))
    page = run_report(monkeypatch, tmp_path)
    assert "old city" not in page
    assert "| score | 12.0 s | 6.0 s | 100 MB |" in page
    assert "old pages" in page


def test_a_report_of_one_part_leaves_what_others_measured_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, firms in (("city", 2_200), ("province", 75_000)):
        (tmp_path / f"size-{name}.json").write_text(json.dumps(size(name, firms, {"score": done(12.0)})))
    assert "old city" in run_report(monkeypatch, tmp_path, "--only", "size-province")
    assert "old city" not in run_report(monkeypatch, tmp_path, "--only", "size-city")


def test_a_report_of_nothing_says_so_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert run_report(monkeypatch, tmp_path) == PAGE
    assert "Nothing is measured yet" in capsys.readouterr().out
