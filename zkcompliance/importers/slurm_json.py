"""`sacct --json` of Slurm 22.05 (dbv0.0.38), streaming. Other versions: export with sacct -P -D."""

from __future__ import annotations

from collections.abc import Iterator

from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import whole
from zkcompliance.importers.json_stream import JsonStream, Source, as_list, as_object
from zkcompliance.importers.slurm_model import Attempt, JobRow

_KNOWN = ("openapi/dbv0.0.38",)


def json_attempts(source: Source, running: str) -> Iterator[tuple[str, Attempt]]:
    """(place, attempt) of each job. `meta` has to come before `jobs`: it names the version."""
    stream = JsonStream(source)
    version = False
    listed = False
    for member in stream.members():
        if member == "meta":
            _check_version(stream.value())
            version = True
        elif member == "errors":
            if stream.value() != []:
                raise ImporterError("errors: sacct reported errors, so jobs may be missing")
        elif member == "jobs":
            if not version:
                raise ImporterError("jobs: come before meta.plugin, so their version is not known", help=_HELP)
            listed = True
            for position in stream.items():
                where = f"job {position + 1}"
                attempt = _attempt(as_object(stream.value(), where), where, running)
                if attempt is not None:
                    yield where, attempt
    stream.finish()
    if not listed:
        raise ImporterError("holds no member jobs")


_HELP = "export with sacct -P -D"


def _check_version(meta: object) -> None:
    plugin = as_object(as_object(meta, "meta").get("plugin"), "meta.plugin")
    kind = plugin.get("data_parser", plugin.get("type"))
    if kind not in _KNOWN:
        shown = settings.shown(kind, r"(openapi|data_parser)/[a-z]{0,9}[0-9.]{0,9}")
        raise ImporterError(f"meta.plugin: version {shown} is not known, only {', '.join(_KNOWN)}", help=_HELP)


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ImporterError(f"{where}: is not a text")
    return value


def _attempt(job: dict[str, object], where: str, running: str) -> Attempt | None:
    time = as_object(job.get("time"), f"{where}, time")
    state = _text(as_object(job.get("state"), f"{where}, state").get("current"), f"{where}, state.current")

    def moment(name: str) -> int | None:
        value = time.get(name)
        return whole(value, f"{where}, time.{name}") or None if value is not None else None

    submit = moment("submission")
    if submit is None:
        raise ImporterError(f"{where}, time.submission: is missing")
    tres = as_object(job.get("tres"), f"{where}, tres")
    row = JobRow(
        state=state, elapsed=whole(time.get("elapsed"), f"{where}, time.elapsed"), start=moment("start"),
        end=moment("end"), job=str(whole(job.get("job_id"), f"{where}, job_id")), submit=submit,
        cluster=_text(job.get("cluster"), f"{where}, cluster"), account=_text(job.get("account"), f"{where}, account"),
        name=_text(job.get("name"), f"{where}, name"), tres=_tres(tres.get("allocated"), f"{where}, tres.allocated"),
        suspended=whole(time.get("suspended"), f"{where}, time.suspended"),
    )  # fmt: skip
    return Attempt.judged(row, where, running)


def _tres(entries: object, where: str) -> dict[str, int]:
    """The gres entries as in AllocTRES: `gres/gpu`, `gres/gpu:TYPE` → count."""
    counts: dict[str, int] = {}
    for entry in (as_object(item, where) for item in as_list(entries, where)):
        if entry.get("type") == "gres":
            key = f"gres/{_text(entry.get('name'), where)}"
            if key in counts:
                raise ImporterError(f"{where}: a resource is there twice")
            counts[key] = whole(entry.get("count"), f"{where}, count")
    return counts
