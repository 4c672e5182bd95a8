"""`zkcompliance seal INPUT… --log DIR --key KEY`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance import schemas
from zkcompliance.commands import console
from zkcompliance.commands.options import cluster_option, complete_schemas, json_option
from zkcompliance.edge.pairs import pairs
from zkcompliance.edge.shown import command as say
from zkcompliance.errors import LogError, UsageError
from zkcompliance.progress import Progress
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    from numpy.typing import NDArray

    from zkcompliance.commands.reading import Readers, Reading
    from zkcompliance.importers import Importer, Part
    from zkcompliance.importers.evidenced import Evidenced
    from zkcompliance.log.layout import Layout
    from zkcompliance.log.once import Input, Passed, Piece
    from zkcompliance.log.signer import SignerKey
    from zkcompliance.log.since import Older, Since
    from zkcompliance.prove.rollup import RolledUp


@click.command("seal")
@click.argument("inputs", nargs=-1, metavar="INPUT…")
@click.option(
    "--schema", "schema_name", metavar="NAME", shell_complete=complete_schemas,
    help="Schema of a new log; default the only one that the formats feed, else compute.",
)  # fmt: skip
@click.option("--from", "format_name", metavar="FORMAT", help="Format of the inputs; default by file name.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="An option of the format.")
@click.option(
    "--unit", "stated", multiple=True, metavar="COLUMN=UNIT",
    help="What a share column's bare numbers are in: ppm, percent or fraction.",
)  # fmt: skip
@click.option(
    "--map", "fields", multiple=True, metavar="COLUMN=FIELD",
    help="Of csv, jsonl, json or arrow: the field that is a column; fields that are none are left out.",
)  # fmt: skip
@click.option(
    "--choice", "choices", multiple=True, metavar="COLUMN=TEXT=VALUE",
    help="What a text of a mapped file stands for, e.g. 'category=Sev 1=critical_safety'.",
)  # fmt: skip
@click.option("--same", multiple=True, metavar="COLUMN=VALUE", help="What all rows of a mapped file have.")
@click.option("--number", "numbers", multiple=True, metavar="COLUMN=FIRST", help="Number its rows, from FIRST on.")
@click.option("--times", metavar="FORM", help="How its times are written: '%d/%m/%Y %H:%M', or ms; with --zone.")
@click.option("--zone", metavar="ZONE", help="Where they were shown: Europe/Berlin, or +02:00.")
@click.option("--log", "path", type=click.Path(path_type=Path), required=True, help="The log folder; made when new.")
@click.option("--key", "key_path", type=click.Path(path_type=Path), required=True, help="The log's private key file.")
@click.option("--profile", metavar="NAME", help="standard (default), fast or small; for a new log.")
@click.option("--again", is_flag=True, help="Seal rows of INPUT… even where they are sealed already.")
@click.option(
    "--since", metavar="TIME",
    help="Leave out rows older than this; last: than the newest that is sealed, if all of them are sealed.",
)  # fmt: skip
@click.option("--equal-rows", "equal", is_flag=True, help="Rows of one csv, jsonl or arrow file may be equal.")
@click.option("--keep-texts", "texts", is_flag=True, help="Keep the texts of ids in the log's private part.")
@click.option("--meterer", is_flag=True, help="INPUT… is what you measured of others: sources as it states them.")
@click.option(
    "--evidence", "evidence", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="What others signed: rows of it, or INPUT that it is about.",
)  # fmt: skip
@click.option(
    "--evidence-trust", "trusted", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Whose signatures are taken: a root or a key (PEM), a JWKS, AWS's keys, a revocation list.",
)  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Print the whole formula of the format.")
@click.option(
    "--beacon", type=click.Path(path_type=Path), help="A round of drand, as its HTTP API gives it, to seal with."
)
@click.option("--empty", is_flag=True, help="State that there are no rows; refused where there are some.")
@click.option("--follow", is_flag=True, help="Read INPUT again and again, and seal what is new of it.")
@click.option("--every", metavar="TIME", help="How often with --follow; default 1 h.")
@click.option("--roll-up", "rolled", type=click.Path(path_type=Path), help="Roll the log up in this folder too.")
@click.option("--roll-up-key", type=click.Path(path_type=Path), help="The roll-up's own private key file.")
@cluster_option
@json_option
def command(
    inputs: tuple[str, ...],
    schema_name: str | None,
    format_name: str | None,
    settings: tuple[str, ...],
    stated: tuple[str, ...],
    fields: tuple[str, ...],
    choices: tuple[str, ...],
    same: tuple[str, ...],
    numbers: tuple[str, ...],
    times: str | None,
    zone: str | None,
    path: Path,
    key_path: Path,
    profile: str | None,
    again: bool,
    since: str | None,
    equal: bool,
    texts: bool,
    meterer: bool,
    evidence: tuple[Path, ...],
    trusted: tuple[Path, ...],
    verbose: bool,
    beacon: Path | None,
    empty: bool,
    follow: bool,
    every: str | None,
    rolled: Path | None,
    roll_up_key: Path | None,
    cluster: str | None,
    as_json: bool,
) -> int:
    """Import the rows of INPUT…, append them to a log as one committed segment, and sign a new checkpoint.

    All inputs are sealed, or none is, and each once: where a seal was interrupted, run the same again. What is sealed
    already is passed over and said: a file with the same rows, and a job, step or sample whose row is the same. One
    that was changed is refused, and so is a file with two equal rows that nothing tells apart. Without inputs, rows
    that were appended earlier are sealed. Sealing nothing is refused, unless --empty says that it is meant: INPUT… have
    no rows, or are left out, and none wait to be sealed.

    --since leaves out older rows, and says how many of them are not sealed.

    With --roll-up what is sealed is rolled up at once, as `zkcompliance roll-up` does: run that where this is
    interrupted after the seal.

    With --cluster other processes read the files, commit to the segments and prove the roll-up; a new log is made
    before its rows are read, and stays where they are refused (docs/cluster.md).

    With --follow INPUT is a file of lines that something writes (jsonl, nanogpt, megatron, torchtitan): what is new of
    it is sealed every so often, and at the end, which SIGINT or SIGTERM is (docs/live.md).

    With --beacon the segments hold a public random number, which nobody knew before its moment: they were not made
    before. With a time stamp or cosignatures soon after (`zkcompliance timestamp`), a proof can show when. With
    --follow its file is read at each seal, for something else to fetch it anew: what is wrong is said, and the seal
    goes on without.

    A row's source is self_declared, and another is refused, as is a number of evidence: both are set where --evidence
    was checked, and stated only by whoever meters others' work (--meterer). Evidence of NVIDIA GPUs and tokens make
    rows of chips, a zipped trail of CloudTrail makes rows of compute, and a sigstore bundle backs the INPUT that it
    names (docs/provenance.md). The log keeps it in its private part.
    """
    from zkcompliance import importers
    from zkcompliance.attest.stamping import read_beacon
    from zkcompliance.commands.reading import Readers, Reading, fed
    from zkcompliance.importers.evidenced import Evidenced
    from zkcompliance.log import backing, files, keys, open_log
    from zkcompliance.log.layout import Layout, Settings
    from zkcompliance.log.writer import Writer, refuse_roll_up
    from zkcompliance.prove.growth import remark
    from zkcompliance.quantities import show_time

    if evidence and (follow or cluster is not None or empty):
        with_ = "--follow" if follow else "--empty" if empty else "--cluster"
        raise UsageError(f"--evidence does not go with {with_}: seal what it backs by itself")
    if follow:
        from zkcompliance.commands.follow import follow as followed

        context = click.get_current_context()
        return followed(context, inputs, schema_name, format_name, pairs(settings, "--set"), path, key_path, every)
    if every is not None:
        raise UsageError("--every is how often --follow reads: give both", help="zkcompliance seal --help")
    if (rolled is None) != (roll_up_key is None):
        raise UsageError("--roll-up and --roll-up-key go together: a roll-up is a log with a key of its own")
    sealing = None if beacon is None else read_beacon(beacon)
    key = keys.load_private(key_path)
    rolling = None if roll_up_key is None else keys.load_private(roll_up_key)
    chosen = [importers.by_name(format_name) if format_name else importers.guess(name) for name in inputs]
    options, units, columns = pairs(settings, "--set"), pairs(stated, "--unit"), pairs(fields, "--map")
    rules = importers.Rules.of(choices, pairs(same, "--same"), pairs(numbers, "--number"), times, zone)
    now = int(time.time())
    if sealing is not None and now - sealing.moment > _DAY:
        console.note(
            f"the round in {beacon} is of {show_time(sealing.moment)}, more than a day ago: of no row over a day later "
            "than that is it shown that it was not made up ahead of its time; fetch a round just before you seal"
        )
    evidenced = Evidenced.of(evidence, trusted, inputs, now)
    schema = schemas.by_name(schema_name or fed(chosen, evidenced.schemas))
    with files.reporting(path):
        there = path.exists()
    if there:
        existing = Settings.load(Layout(path))
        if schema_name is not None and schema.digest != existing.schema.digest:
            raise UsageError(
                f"{path} holds rows of schema {existing.schema.label}, not {schema.label}",
                help=schemas.other_version(existing.schema, schema),
            )
        if profile not in (None, existing.profile.name):
            raise UsageError(f"{path} was made with profile {existing.profile.name}, not {profile}")
        schema = existing.schema
    refuse_roll_up(path, schema)
    if rolled is not None and schemas.roll_up_of(schema) is None:
        raise UsageError(f"logs of {schema.label} are not rolled up", help="zkcompliance schemas")
    if since is not None and empty:
        raise UsageError("--empty states that there are no rows, and --since would leave some out: leave one out")
    chosen = [importers.mapped(each, columns, schema, rules) for each in chosen]
    evidenced.check(schema, options, frozenset(name for each in chosen for name in each.options))
    ours = {name for place in evidenced.makers for name in evidenced.pieces[place].options}
    for importer in {each.name: each for each in chosen}.values():
        own = {name: value for name, value in options.items() if name in importer.options or name not in ours}
        importer.check(schema, own)
        console.note(importer.told(own, whole=verbose))
    for piece in evidenced.pieces:
        console.note(f"{piece.name}: {piece.says}")
    made: RolledUp | None = None
    files_of = list(zip(chosen, inputs, strict=True))
    how = Reading(options, units, columns, rules, now, meterer, empty, texts)
    with _workers(cluster) as executor:
        with (
            console.progress() as report,
            _folder(path, schema, key, profile, stays=executor is not None) as folder,
            contextlib.ExitStack() as reading,
        ):
            if executor is None:
                console.warm_up(report)
            counted = _Counter(files_of, schema, how, evidenced, equal=equal)
            kept: set[str] | None = set() if texts else None
            passed: list[Passed] = []
            older: list[Older] = []
            start = None if since is None else _since(since, path, chosen)
            with Writer(folder, key) as writer:
                for what in writer.recovered:
                    console.note(f"{path}: {what}")
                if not inputs and not evidence and writer.recovered and not writer.pending_rows and not empty:
                    raise LogError(
                        f"{path}: nothing is left to seal: its rows were in the seal that was interrupted",
                        help=say("zkcompliance", "fsck", path),
                    )
                waiting = writer.pending_rows
                if waiting and not empty:
                    console.note(f"{number_of(waiting, 'row')} appended earlier are sealed too")
                before = writer.checkpoint.size
                if sealing is not None:
                    sealing.keep(folder)
                if executor is not None:
                    counted.readers = reading.enter_context(Readers(executor, Layout(folder), files_of, how, report))
                evidenced.numbers, pieces = backing.planned(Layout(folder), evidenced.kept)
                checkpoint = writer.seal_inputs(
                    counted.sources(report, Layout(folder), kept), again=again, empty=empty, passed=passed, since=start,
                    older=older, evidence=pieces if evidenced.pieces else 0, progress=report, executor=executor,
                    beacon=None if sealing is None else sealing.held,
                )  # fmt: skip
        for said in counted.said:
            console.note(said)
        for each in passed:
            console.note(_said(each))
        for left_out in older:
            console.note(_left_out(left_out, start))
        if rolled is not None and rolling is not None:
            made = _rolled_up(path, rolled, rolling, executor)
    log = open_log(path)
    if (sentence := remark(log)) is not None:
        console.note(sentence)
    left = sum(each.rows for each in passed)
    aside = sum(each.rows for each in older)
    sealed = waiting + counted.rows - left - aside
    if as_json:
        console.print_json(
            {
                "log": str(path), "origin": log.origin, "schema": log.schema.name, "profile": log.profile,
                "rows": str(sealed), "passed_over": str(left), "left_out": str(aside),
                "segments": list(range(before, checkpoint.size)), "size": checkpoint.size,
                "root": checkpoint.root.hex(), "checkpoint": log.checkpoint_note, "proofs_left": log.proofs_left(),
                **({} if made is None else {"rollup": str(made.file)}),
                **({} if sealing is None else {"not_before": str(sealing.moment), "beacon": sealing.beacon}),
            }
        )  # fmt: skip
        return 0
    console.print_fields(
        "sealed that there are no rows" if empty else f"sealed {number_of(sealed, 'row')}",
        {
            "log": f"{path} ({log.origin})",
            "segments": f"{checkpoint.size} in all, {checkpoint.size - before} new",
            "root": checkpoint.root.hex(),
            "proofs left": f"{log.proofs_left()} per segment",
            **({} if sealing is None else {"not before": f"{show_time(sealing.moment)}, by {sealing.beacon}"}),
            **({} if made is None else {"roll-up": f"{made.file}, of all of it"}),
        },
    )
    return 0


_DAY = 86400  # seconds that a row may be ahead of its segment's round (rows-sealed-promptly-SCHEMA)


def _workers(cluster: str | None) -> contextlib.AbstractContextManager[Executor | None]:
    """Those that --cluster names; None without it, and then nothing of clusters is loaded."""
    if cluster is None:
        return contextlib.nullcontext()
    from zkcompliance.prove.cluster import connected

    return connected(cluster)


def _rolled_up(path: Path, rolled: Path, key: SignerKey, executor: Executor | None) -> RolledUp:
    from zkcompliance.commands.roll_up import bound_now
    from zkcompliance.prove.rollup import roll_up

    with console.progress() as report:
        return roll_up(path, rolled, key, context=bound_now(), progress=report, executor=executor)


class _Counter:
    """The inputs' rows as limbs, one file after the other, counted. readers: other processes that read them, if any."""

    def __init__(
        self,
        files: list[tuple[Importer, str]],
        schema: schemas.Schema,
        how: Reading,
        evidenced: Evidenced,
        *,
        equal: bool,
    ) -> None:
        self.rows = 0
        self._evidenced = evidenced
        self.said: list[str] = []
        self.readers: Readers | None = None
        self._files, self._schema, self._how, self._equal = files, schema, how, equal

    def sources(self, report: Progress, layout: Layout, kept: set[str] | None) -> Iterator[Input]:
        """Each input. Rows of formats that feed any schema have no identity but what they say.

        kept: where texts of ids are gathered, which are kept in the log when all inputs were read, before it is sealed.
        """
        from zkcompliance.log import backing, texts
        from zkcompliance.log.once import Input

        for number, (importer, name) in enumerate(self._files):
            chunks = self._chunks(number, report, kept)
            yield Input(name, chunks, not importer.schemas and not self._equal)
        for place in self._evidenced.makers:
            yield Input(self._evidenced.pieces[place].name, self._made(place, report, kept), not self._equal)
        backing.keep(layout, self._evidenced.kept)
        if kept is not None:
            texts.keep(layout, (text for text in kept if text and not text.startswith("0x")))

    def _made(self, place: int, report: Progress, kept: set[str] | None) -> Iterator[NDArray[np.uint32]]:
        for part in self._evidenced.made(place, self._schema, self._how.options, self._how.now, kept):
            self.rows += part.columns.shape[1]
            report("import rows", self.rows, 0)
            yield part.columns

    def _chunks(self, number: int, report: Progress, kept: set[str] | None) -> Iterator[NDArray[np.uint32] | Piece]:
        from zkcompliance.log.once import Piece
        from zkcompliance.log.records import Record

        importer, name = self._files[number]
        told: list[str] = []

        def here() -> Iterator[Part]:
            parts = self._how.parts(importer, name, self._schema, kept, told)
            return self._evidenced.backed(name, self._schema, parts)

        for part in here() if self.readers is None else self.readers.parts(number, kept, told, here):
            self.rows += part.columns.shape[1]
            report("import rows", self.rows, 0)
            records = [Record.of(importer.name, *each) for each in part.records]
            yield Piece(part.columns, records) if records else part.columns
        self.said += [f"{name}: {sentence}" for sentence in told]


def _said(passed: Passed) -> str:
    """The sentence about rows that were passed over."""
    one = passed.rows == 1
    rows = f"{passed.rows:,} row{' is' if one else 's are'}"
    where = "there twice" if passed.segment is None else f"sealed already, in the seal of segment {passed.segment}"
    return f"{passed.name}: {rows} {where}; not sealed again"


def _since(text: str, path: Path, chosen: list[Importer]) -> Since:
    """What --since says. UsageError for what is no time, and for `last` where nobody can tell what is sealed."""
    from zkcompliance.log import open_log
    from zkcompliance.log.since import Since, newest
    from zkcompliance.quantities import parse_time

    if text != "last":
        return Since(parse_time(text))
    if not path.exists():
        raise UsageError(f"--since last: there is no log at {path} yet", help="leave --since out")
    for importer in chosen:
        if not importer.schemas:
            raise UsageError(
                f"--since last: rows of {importer.name} say nothing of what they are of, so that nobody can tell which "
                "are sealed",
                help="say from when on they are to be sealed: --since TIME",
            )
    return newest(open_log(path))


def _left_out(older: Older, since: Since | None) -> str:
    """The sentence about rows that were left out as older."""
    when = "" if since is None else f" older than {since.text}"
    rows = f"{older.name}: {older.rows:,} row{' is' if older.rows == 1 else 's are'}{when}; left out"
    if older.unsealed is None:
        return f"{rows}, and nobody can tell whether sealed already"
    return f"{rows}, {older.unsealed:,} of them not sealed" if older.unsealed else f"{rows}, all sealed already"


@contextlib.contextmanager
def _folder(path: Path, schema: schemas.Schema, key: SignerKey, profile: str | None, *, stays: bool) -> Iterator[Path]:
    """The log folder to write in: an existing one itself; a new one beside its place, moved there at the end.

    stays: a new one is made in its place at once, and stays where nothing is sealed in it: who is killed goes on there.
    """
    from zkcompliance.log.creation import building, create_log
    from zkcompliance.outputs import places

    if path.exists():
        yield path
        return
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is not a folder", help=say("mkdir", "-p", path.parent))
    places.outside_logs(path)
    if stays:
        create_log(path, schema, key, profile or "standard")
        yield path
        return
    with building(path, schema, key, profile or "standard") as hidden:
        yield hidden
