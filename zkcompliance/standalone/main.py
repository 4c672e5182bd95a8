"""`zkcompliance-verify.pyz FILE …`: decides what `zkcompliance verify` does, with its options, words and statuses."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from zkcompliance.edge.ending import say, status_of
from zkcompliance.edge.shown import columns, error_lines
from zkcompliance.errors import InternalError, RequirementNotShown, Unsupported, UsageError, ZkComplianceError
from zkcompliance.policy.verdict import Verdict
from zkcompliance.report import FORMATS, refused
from zkcompliance.standalone.once import Helped, Parser
from zkcompliance.version import VERSION

if TYPE_CHECKING:
    from zkcompliance.decide import Request
    from zkcompliance.outputs import Outputs

HELP = "python3 -I -S zkcompliance-verify.pyz --help"
ABOUT = "Decides what `zkcompliance verify` does, with its options, words and exit statuses."
_ROWS = "is about a request, or rows that are opened, which this one file does not check: it has no library for that"
_SIGNS = "signs a verdict, and this one file holds no private key"
_JOINT = "judges several labs together, which this one file does not"
_ELSEWHERE = {  # options of the installed program alone, why, and which of them may be repeated
    "--request": _ROWS, "--openings": _ROWS, "--rows-as": _ROWS, "--evidence-to": _ROWS, "--sign": _SIGNS,
    "--verifier": _SIGNS, "--sign-as": _SIGNS, "--joint": _JOINT,
}  # fmt: skip
_REPEATED = ("--request", "--openings", "--sign")
_SHORT = {"-p": "--param", "-o": "--output"}
EPILOG = (
    "Exit status: 0 accepted; 1 rejected or a requirement not met; 2 usage or malformed input, or an output that "
    "cannot be written; 3 --state shows that a log was forked or rolled back; 4 nothing to decide it by; 70 internal "
    "error."
)


def parser() -> Parser:
    """The options of `zkcompliance verify`."""
    made = Parser(HELP, prog="zkcompliance-verify.pyz", description=ABOUT, epilog=EPILOG)
    made.add_argument("file", metavar="FILE", help="the proof file, or policy bundle")
    made.add_argument("--policy", help="what must be proved: a ready-made policy's id, or a .toml file")
    made.add_argument(
        "--claim-file", dest="claim_files", action="append", default=[], metavar="FILE",
        help="the card (.json) of a claim of your own that the policy names",
    )  # fmt: skip
    made.add_argument("--claim", help="the one claim that must be proved: an id, or a card (.json)")
    made.add_argument("-p", "--param", dest="params", action="append", default=[], metavar="NAME=VALUE")
    made.add_argument(
        "--log-key", dest="log_keys", action="append", default=[], metavar="[LOG=]PUB",
        help="the public key file of a log; again for each log that goes by one name",
    )  # fmt: skip
    made.add_argument(
        "--subject",
        metavar="NAME=MODEL",
        help="the model: NAME=PATH, NAME=sha256:HEX, NAME=tree:HEX, NAME=signature:FILE",
    )
    made.add_argument("--context", help="the reference or nonce that the proof must be bound to")
    made.add_argument(
        "--drawn", metavar="TIME", help="when you drew that reference: no proof that states an earlier time is taken"
    )
    made.add_argument("--rehearsal", action="store_true", help="take a rehearsal, and nothing else; with --at its time")
    made.add_argument("--trust", metavar="FILE", help="a C2SP tlog-policy: who must have cosigned")
    made.add_argument("--state", metavar="FILE", help="a file that remembers what was seen of each log, and since when")
    made.add_argument(
        "--roll-up", dest="roll_ups", action="append", default=[], metavar="FILE",
        help="the roll-up file of a log: shows for which log it stands",
    )  # fmt: skip
    made.add_argument(
        "--lineage", dest="lineages", action="append", default=[], metavar="[LOG=]FILE",
        help="a log's lineage: shows that its generations, sealed again, have the same rows",
    )  # fmt: skip
    made.add_argument(
        "--new-key", dest="new_keys", action="append", default=[], metavar="LOG",
        help="take a key of this log that --state has not seen: you have asked the lab",
    )  # fmt: skip
    for name in _ELSEWHERE:
        action = "append" if name in _REPEATED else "store"
        made.add_argument(name, action=action, metavar="X", help="of the installed program alone")
    for name in ("--recognised", "--withdrawn"):
        made.add_argument(name, action="append", default=[], metavar="FILE", help="of the installed program alone")
    made.add_argument("--at", metavar="TIME", help="judge as of this time, such as 2026-08-02; now if it is not given")
    made.add_argument("--attestation", metavar="FILE", help="an attestation that must be about this FILE")
    made.add_argument("--attestation-key", metavar="PEM", help="the public key that must have signed it")
    made.add_argument("--format", choices=("text", *FORMATS), default="text", help="what to print the verdict as")
    made.add_argument(
        "-o", "--output", metavar="FILE",
        help="the file to write it to instead of printing it: new, or an earlier one of that format",
    )  # fmt: skip
    made.add_argument("--json", dest="as_json", action="store_true", help="the same as --format json")
    made.add_argument("--version", action="version", version=f"%(prog)s, version {VERSION}", help="say which this is")
    return made


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run, and leave with the exit status; an error is one line on stderr, and its remedy another."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks changes no verdict
    sys.exit(status_of(lambda: run(given), lambda error: _refused(error, given)))


def run(arguments: list[str]) -> int:
    """Judge and print; the exit status of the first thing that is not met."""
    from zkcompliance.decide import Request
    from zkcompliance.policy.proofs import open_proof

    try:
        options = vars(parser().parse_args(_joined(arguments)))
    except Helped:
        return 0
    for name, reason in _ELSEWHERE.items():
        if options.pop(name.removeprefix("--").replace("-", "_")):
            raise Unsupported(
                f"{name} {reason}", help="verify with the installed program: python3 -m pip install zkcompliance"
            )
    file, form, as_json = options.pop("file"), options.pop("format"), options.pop("as_json")
    form, output = refused.two_formats(form, as_json, HELP), options.pop("output")
    texts: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in options.items()}
    request, opened = Request(**texts), None
    outputs = None if output is None else _outputs(Path(output), form, Path(file), request)
    try:
        with open_proof(Path(file)) as opened:
            verdict = request.decide(opened, clock=int(time.time()))
    except Exception as fault:
        if form == "text":
            raise
        why = fault if isinstance(fault, ZkComplianceError) else InternalError.of(fault)
        verdict = refused.verdict(why, file=opened, at=texts["at"], clock=int(time.time()), policy=request.named())
    if outputs is None:
        sys.stdout.write(_written(verdict, form, columns(sys.stdout)))
    else:
        outputs.write({Path(output): _written(verdict, form, None).encode(errors="backslashreplace")})
    if verdict.error is not None:
        return report(verdict.error)
    error = next((finding.error for finding in verdict.findings if finding.error is not None), None)
    if error is None and not verdict.accepted:
        error = RequirementNotShown("nothing in the file was judged")
    return 0 if error is None else report(error)


def _joined(arguments: list[str]) -> list[str]:
    """Options, each with its value in one text, then files: values may begin with a dash or an equals sign."""
    made = parser()
    takes = {text for action in made._actions if action.nargs is None for text in action.option_strings}
    options: list[str] = []
    files: list[str] = []
    left = iter(arguments)
    for each in left:
        if each == "--":
            files += left
        elif each in takes:
            value = next(left, None)
            if value == "--":  # which argparse would leave out
                raise UsageError(f"{each} takes no -- as its value", help=HELP)
            options.append(each if value is None else f"{_SHORT.get(each, each)}={value}")
        elif each[:2] in _SHORT:
            options.append(f"{_SHORT[each[:2]]}={each[2:]}")
        else:
            (options if each.startswith("-") and each != "-" else files).append(each)
    made.refuse_repeated(options)
    return [*options, "--", *files]


def _outputs(output: Path, form: str, file: Path, request: Request) -> Outputs:
    from zkcompliance.outputs import Outputs, kinds

    return Outputs({output: kinds.VERDICTS[form]}, read=[file, *request.reads()], closed=request.model())


def _written(verdict: Verdict, form: str, width: int | None) -> str:
    if form == "text":
        from zkcompliance.standalone.plain import text

        return text(verdict, width)
    from zkcompliance.report import write

    return write(verdict, form)


def _refused(error: ZkComplianceError, arguments: list[str]) -> int:
    form = refused.form_of(arguments)
    if form != "text":
        verdict = refused.verdict(error, file=None, at=refused.at_of(arguments), clock=int(time.time()))
        sys.stdout.write(_written(verdict, form, None))
    return report(error)


def report(error: ZkComplianceError) -> int:
    """One line that says what and why, one with the remedy, on stderr; the exit status."""
    say(error_lines(error, columns(sys.stderr)))
    return error.exit_status
