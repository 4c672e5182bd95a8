"""`sacct --json` of Slurm 22.05 (dbv0.0.38) and of 23.02 to 25.11 (data_parser 0.0.39 to 0.0.43), streaming.

A number is bare, or an object with `set`, `infinite` and `number`; a state is a text, or a list of them. Each form is
read where it stands, so `meta`, which names the version, may come before the jobs or after them.
"""

from __future__ import annotations

from collections.abc import Iterator

from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import whole
from zkcompliance.importers.json_stream import JsonStream, Source, as_list, as_object
from zkcompliance.importers.slurm_gpus import counts
from zkcompliance.importers.slurm_model import GOING_ON, WAITING, Attempt, JobRow, naming

_KNOWN = ("openapi/dbv0.0.38", *(f"data_parser/v0.0.{minor}" for minor in range(39, 44)))
_HELP = "export with sacct -P -D"


def json_attempts(source: Source, running: str, trusted: bool) -> Iterator[tuple[str, Attempt]]:
    """(place, attempt) of each job. Without `meta`, which names the version, all is refused at the end."""
    stream = JsonStream(source)
    version = False
    listed = False
    for member in stream.members():
        if member == "meta":
            _check_version(stream.value())
            version = True
        elif member == "errors":
            if stream.value() != []:
                raise ImporterError("errors: sacct reported errors, so jobs may be missing", help=_HELP)
        elif member == "jobs":
            listed = True
            for position in stream.items():
                where = f"job {position + 1}"
                job = as_object(stream.value(), where)
                with naming(str(job.get("job_id"))):
                    attempt = _attempt(job, where, running, trusted)
                if attempt is not None:
                    yield where, attempt
    stream.finish()
    if not listed:
        raise ImporterError("holds no member jobs", help=_HELP)
    if not version:
        raise ImporterError("meta.plugin: is missing, so the version of the jobs is not known", help=_HELP)


def _check_version(meta: object) -> None:
    plugin = as_object(as_object(meta, "meta").get("plugin"), "meta.plugin")
    kind = plugin.get("data_parser", plugin.get("type"))
    if kind not in _KNOWN:
        shown = settings.shown(kind, r"(openapi|data_parser)/[a-z]{0,9}[0-9.]{0,9}")
        raise ImporterError(f"meta.plugin: version {shown} is not known, only {', '.join(_KNOWN)}", help=_HELP)


def _number(value: object, where: str) -> int | None:
    """A whole number ≥ 0, bare or as an object; None for one that is not set."""
    if value is None:
        return None
    if isinstance(value, dict):
        if value.get("infinite") is True:
            raise ImporterError(f"{where}: is infinite", help=_HELP)
        if value.get("set") is False:
            return None
        value = value.get("number")
    return whole(value, where)


def _state(value: object, where: str) -> str:
    """The state of a job: a text, or the one of a list that says whether it goes on."""
    if not isinstance(value, list):
        return _text(value, where)
    states = [_text(each, where) for each in value]
    going = [each for each in states if each in GOING_ON | WAITING]
    if going or len(states) == 1:
        return (going or states)[0]
    raise ImporterError(f"{where}: is not one state", help=_HELP)


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ImporterError(f"{where}: is not a text")
    return value


def _attempt(job: dict[str, object], where: str, running: str, trusted: bool) -> Attempt | None:
    time = as_object(job.get("time"), f"{where}, time")
    state = _state(as_object(job.get("state"), f"{where}, state").get("current"), f"{where}, state.current")

    def moment(name: str) -> int | None:
        return _number(time.get(name), f"{where}, time.{name}") or None

    submit = moment("submission")
    if submit is None:
        raise ImporterError(f"{where}, time.submission: is missing", help=_HELP)
    tres = as_object(job.get("tres"), f"{where}, tres")
    row = JobRow(
        state=state, elapsed=_amount(time, "elapsed", f"{where}, time."), start=moment("start"),
        end=moment("end"), job=str(_amount(job, "job_id", f"{where}, ")), submit=submit,
        cluster=_text(job.get("cluster"), f"{where}, cluster"), account=_text(job.get("account"), f"{where}, account"),
        name=_text(job.get("name"), f"{where}, name"), tres=_tres(tres.get("allocated"), f"{where}, tres.allocated"),
        suspended=_amount(time, "suspended", f"{where}, time."),
    )  # fmt: skip
    return Attempt.judged(row, where, running, trusted)


def _tres(entries: object, where: str) -> dict[str, int | None]:
    """The gres entries as in AllocTRES: `gres/gpu`, `gres/gpu:TYPE` → count."""
    objects = [as_object(item, where) for item in as_list(entries, where)]
    gres = [entry for entry in objects if entry.get("type") == "gres"]
    return counts(
        ((f"gres/{_text(entry.get('name'), where)}", str(_amount(entry, "count", f"{where}, "))) for entry in gres),
        where,
    )


def _amount(of: dict[str, object], name: str, place: str) -> int:
    found = _number(of.get(name), f"{place}{name}")
    if found is None:
        raise ImporterError(f"{place}{name}: is missing", help=_HELP)
    return found
