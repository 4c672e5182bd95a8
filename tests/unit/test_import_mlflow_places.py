"""MLflow's stores that are no single file: the folder mlruns of MLflow 2 and 3, URLs, and a server."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.kit.command_line import run
from tests.kit.importing import CANARY, DATA, load
from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.mlflow_store import Database, opened

FOLDER = DATA / "mlflow-2"
FLOP = {"flop_metric": "train/flops_cumulative"}
TRUTH = sorted([10**18, 15 * 10**17, 15 * 10**17, 3 * 10**17, 1000, 1001, 7])
STORES = ["mlruns-2.22", "mlruns-3.17", "mlflow-2.22.db"]


@pytest.fixture(params=["mlruns-2.22", "mlruns-3.17"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(FOLDER / request.param, tmp_path / "mlruns"))


def flops(place: object, **options: str) -> list[int]:
    rows = importers.rows(importers.by_name("mlflow"), str(place), schemas.compute, {**FLOP, **options})
    return sorted(int(str(row["flop"])) for row in rows)


def metric(store: Path, name: str = "train/flops_cumulative", values: int = 3) -> Path:
    """The file of the run that logged so many values."""
    return next(p for p in store.glob(f"*/*/metrics/{name}") if len(p.read_text().splitlines()) == values)


def refused(place: object, match: str, **options: str) -> ImporterError:
    with pytest.raises(ImporterError, match=match) as caught:
        flops(place, **options)
    assert CANARY not in caught.value.message + caught.value.help
    return caught.value


@pytest.mark.parametrize("name", STORES)
def test_stores_of_both_versions(name: str) -> None:
    """Deleted runs and experiments count; a parent without the metric is no fault."""
    for place in (FOLDER / name, f"{'sqlite:///' if name.endswith('db') else 'file://'}{FOLDER / name}"):
        assert flops(place) == TRUTH
    assert flops(FOLDER / name, experiment="train: 7b # x") == [1000, 1001]
    assert flops(FOLDER / name, experiment="gone") == [7]
    assert sum(int(row["flop"]) for row in load("mlflow", FOLDER / name, **FLOP)) == sum(TRUTH)


def test_a_folder_is_sealed_and_its_increase(tmp_path: Path, store: Path) -> None:
    run("keygen", "lab.example/x", "-o", tmp_path / "key")
    arguments = ("--set", "flop_metric=train/flops_cumulative", "--log", tmp_path / "log", "--key", tmp_path / "key")

    def seal(place: object) -> dict[str, Any]:
        done = run("seal", place, "--from", "mlflow", *arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return dict(json.loads(done.stdout))

    assert seal(f"file://{store}")["rows"] == "7"
    with metric(store).open("a") as file:
        file.write("1795000009000 5e+18 40\n")
    grown = seal(store)
    assert (grown["rows"], grown["passed_over"]) == ("1", "7")


def test_a_metric_without_steps(store: Path) -> None:
    """As early versions wrote lines, and as a log without step= does."""
    for form in ("{0} {1}", "{0} {1} 0"):
        lines = [line.split(" ") for line in metric(store).read_text().splitlines()]
        metric(store).write_text("".join(form.format(*line) + "\n" for line in lines))
        assert "--set order=time" in refused(store, "a step is there twice").help
        assert flops(store, order="time") == TRUTH


def test_a_line_with_a_data_set_and_lines_in_any_order(store: Path) -> None:
    lines = metric(store).read_text().splitlines()
    metric(store).write_text("".join(f"{line} data 0123abcd\n" for line in reversed(lines)))
    assert flops(store) == TRUTH


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (f"1 {CANARY} 1\n", "value 1 of the metric: is not a number"),
        (f"1 1.0 {CANARY}\n", "value 1 of the metric: is not a line of time, value and step"),
        (f"{CANARY}\n", "value 1 of the metric: is not a line"),
        ("1795000001000 1.0 1", "has no line end, so the file was cut"),
        ("1795000001000 nan 1\n", "is not a number"),
        ("1795000001000 inf 1\n", "is negative or infinite"),
        ("1795000001000 -1.0 1\n", "is negative or infinite"),
        ("1795000001000 0.5 1\n", "is not a whole number"),
        ("-1 1.0 1\n", "timestamp: is not a time"),
        ("1 1.0 1 data\n", "is not a line"),
        ("x" * 10 + "\n" * 3, "is not a line"),
    ],
)
def test_lines_that_are_refused(store: Path, data: str, match: str) -> None:
    metric(store).write_text(data)
    refused(store, match)


def test_files_of_a_gigabyte_are_refused_before_they_are_read(store: Path) -> None:
    """Files that are nothing but holes."""
    os.truncate(metric(store), 1 << 30)
    assert "mlruns itself" in refused(store, r"run \d \(\w+\), the metric, line \d: is longer than").help
    os.truncate(metric(store, values=2).parents[3] / "meta.yaml", 1 << 30)
    refused(store, "a meta.yaml: is longer than")


def meta(store: Path, old: str, new: str) -> None:
    """Change the meta.yaml of the run that has logged three values."""
    path = metric(store).parents[2] / "meta.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("status: 3", "status: 1", "status: the run has not ended"),
        ("status: 3", f"status: {CANARY}", "status: the run has not ended"),
        ("status: 3", "", "status: the run has not ended"),
        ("status: 3", "status: 3\nstatus: 1", "says status twice"),
        ("start_time: 1795000000000", "start_time: null", "start_time: is not a time"),
        ("run_id: ", "run_id: 0", "is that of another run"),
    ],
)
def test_runs_that_are_refused(store: Path, old: str, new: str, match: str) -> None:
    meta(store, old, new)
    refused(store, match)


def test_runs_that_go_on(store: Path) -> None:
    meta(store, "status: 3", "status: 1")
    assert "running=accept" in refused(store, "the run has not ended").help
    assert flops(store, running="accept") == TRUTH


def test_a_folder_that_is_no_store(store: Path, tmp_path: Path) -> None:
    assert "mlruns itself" in refused(tmp_path, "an experiment has runs|holds no experiment").help
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(empty, "holds no experiment")
    experiment = metric(store).parents[3]
    (experiment / "meta.yaml").unlink()
    refused(store, "an experiment has runs and no meta.yaml")
    with pytest.raises(ImporterError, match="No such file"):
        flops(tmp_path / "none")


def test_nothing_is_read_through_a_link_or_from_a_pipe(store: Path, tmp_path: Path) -> None:
    path = metric(store)
    shutil.move(path, tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    refused(store, "a metric: is a link")
    path.unlink()
    os.mkfifo(path)
    refused(store, "a metric: is not a regular file")
    path.unlink()
    shutil.move(tmp_path / "elsewhere", path)
    run_folder = path.parents[2]
    shutil.move(run_folder, tmp_path / "moved")
    run_folder.symlink_to(tmp_path / "moved")
    assert flops(store, without="skip") == [n for n in TRUTH if n < 10**18]  # a link is no run of the store


def test_a_metric_of_a_name_that_is_no_place_in_the_store(store: Path) -> None:
    """It is asked for by the name that MLflow has it under, and leads nowhere else."""
    (store / "0" / "secret").write_text("1 5.0 1\n")
    for name in ("../../secret", "/etc/passwd", "", "a//b", ".."):
        assert flops(store, flop_metric=name, without="skip") == []


def test_names_of_experiments(store: Path) -> None:
    """Long ones go on in another line; one in a form that is not read is refused where runs are chosen by it."""
    path = metric(store, values=2).parents[3] / "meta.yaml"
    text = path.read_text()
    path.write_text(text.replace("name: 'train: 7b # x'", "name: a very\n  long name"))
    assert flops(store, experiment="a very long name") == [1000, 1001]
    path.write_text(text.replace("name: 'train: 7b # x'", 'name: "a\\tb"'))
    assert flops(store) == TRUTH
    assert "only_run=ID" in refused(store, "has a name that cannot be read here", experiment="Default").help


# URLs


def test_urls_that_are_refused(tmp_path: Path) -> None:
    for url, match in (
        ("postgresql://host/mlflow", "a store is a database of sqlite, a folder mlruns, or an http URL"),
        (f"http://me:{CANARY}@host", "a URL with a name or password in it"),
        (f"file://{FOLDER / 'mlflow-2.22.db'}", "names a folder mlruns"),
    ):
        with pytest.raises(UsageError, match=match) as caught:
            flops(url)
        assert CANARY not in caught.value.message and caught.value.help
    with pytest.raises(UsageError, match="format csv is read from files"):
        list(importers.rows(importers.by_name("csv"), "http://host/x.csv", schemas.compute))
    with pytest.raises(ImporterError, match="No such file"):
        flops(f"sqlite:///{tmp_path / 'none.db'}")


# A server, which MLflow's client asks: here the client is made of the sqlite store


class Client:
    """What of MlflowClient is asked, in pages of two."""

    def __init__(self, *, tracking_uri: str) -> None:
        assert tracking_uri == "http://host:5000"
        self.path = FOLDER / "mlflow-2.22.db"

    def search_experiments(self, *, view_type: str, max_results: int, page_token: str | None) -> Any:
        assert view_type == "all"
        names = ["Default", "train: 7b # x", "gone"]
        every = [SimpleNamespace(experiment_id=str(number), name=name) for number, name in enumerate(names)]
        return page(every, page_token)

    def search_runs(self, ids: list[str], *, run_view_type: str, max_results: int, page_token: str | None) -> Any:
        assert run_view_type == "all"
        names = {"Default": "0", "train: 7b # x": "1", "gone": "2"}
        with self.path.open("rb") as file, closing(opened(file)) as database:
            store = Database(database)
            logging = store.logging(FLOP["flop_metric"])
            every = [
                SimpleNamespace(
                    info=SimpleNamespace(run_id=each.uuid, status=each.status, start_time=each.start, experiment_id=of),
                    data=SimpleNamespace(
                        metrics=dict.fromkeys([FLOP["flop_metric"]] if each.uuid in logging else []),
                        tags={"mlflow.parentRunId": each.parent} if each.parent else {},
                    ),
                )
                for each in store.runs()
                if (of := names[str(each.experiment)]) in ids
            ]
        return page(every, page_token)

    def get_metric_history(self, run_id: str, key: str) -> list[Any]:
        with self.path.open("rb") as file, closing(opened(file)) as database:
            store = Database(database)
            (one,) = (each for each in store.runs() if each.uuid == run_id)
            return [
                SimpleNamespace(step=each.step, timestamp=each.time, value=float(each.value))
                for each in store.points(one, key, "timestamp")
            ][::-1]


def page(every: list[Any], token: str | None) -> Any:
    at = int(token or 0)

    class Page(list[Any]):
        token = str(at + 2) if at + 2 < len(every) else None

    return Page(every[at : at + 2])


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[[type], None]:
    def installed(kind: type) -> None:
        made = SimpleNamespace(MlflowClient=kind, entities=SimpleNamespace(ViewType=SimpleNamespace(ALL="all")))
        monkeypatch.setitem(sys.modules, "mlflow", made)  # type: ignore[arg-type]

    return installed


def test_a_server_has_the_rows_of_its_store(client: Callable[[type], None]) -> None:
    client(Client)

    def rows(place: object) -> list[tuple[object, dict[str, object]]]:
        found = importers.rows(importers.by_name("mlflow"), str(place), schemas.compute, FLOP)
        return sorted((row.known.identity, dict(row)) for row in found)  # type: ignore[attr-defined]

    assert rows("http://host:5000") == rows(FOLDER / "mlflow-2.22.db")
    assert flops("http://host:5000", experiment="gone") == [7]


def test_a_server_that_fails(client: Callable[[type], None], monkeypatch: pytest.MonkeyPatch) -> None:
    class Fails(Client):
        def search_experiments(self, **_: object) -> Any:
            raise ConnectionError(CANARY)

    class Turns(Client):
        def search_experiments(self, **_: object) -> Any:
            return type("Page", (list,), {"token": "1"})()

    class Odd(Client):
        def get_metric_history(self, run_id: str, key: str) -> list[Any]:
            return [SimpleNamespace(step=None, timestamp=1, value=1.0)]

    for kind, match in (
        (Fails, r"as an MLflow server does .ConnectionError."),
        (Turns, "the same page"),
        (Odd, "no step"),
    ):
        client(kind)
        refused("http://host:5000", match)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UsageError, match="which is not installed") as caught:
        flops("http://host:5000")
    assert caught.value.help == "pip install mlflow-skinny"
