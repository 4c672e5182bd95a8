"""`zkcompliance cosign LOG --witness URL… --trust FILE`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import json_option
from zkcompliance.edge import exchange, regular
from zkcompliance.edge.shown import command as shown_command
from zkcompliance.errors import QuorumUnmet, UsageError
from zkcompliance.limits import MAX_WITNESSES
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    import ssl
    from urllib.parse import SplitResult

    from zkcompliance.cosigning.asking import Address, Answered
    from zkcompliance.cosigning.collecting import Collected
    from zkcompliance.log.cosignature import CosignerKey
    from zkcompliance.log.trust import TrustPolicy

SILENT_SECONDS = 10.0  # without a byte
_KEYED = re.compile(r"(.+?)=(https?://.*)", re.DOTALL)


@click.command("cosign")
@click.argument("log", type=click.Path(path_type=Path), metavar="LOG")
@click.option(
    "--witness", "witnesses", multiple=True, metavar="[PUB=]URL",
    help="Whom to ask, besides those to whom the trust policy gives a URL; PUB: the file of its public key.",
)  # fmt: skip
@click.option(
    "--trust", type=click.Path(path_type=Path), metavar="FILE",
    help="A trust policy (C2SP tlog-policy): the witnesses' keys, and how many have to sign.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.IntRange(1, 3600), default=30, show_default=True, metavar="SECONDS",
    help="How long all of it may take.",
)  # fmt: skip
@click.option(
    "--ca", type=click.Path(path_type=Path), metavar="FILE",
    help="Whose certificates are taken of https witnesses (PEM), in place of those that this machine trusts.",
)  # fmt: skip
@json_option
def command(
    log: Path, witnesses: tuple[str, ...], trust: Path | None, timeout: int, ca: Path | None, as_json: bool
) -> int:
    """Have the newest checkpoint of LOG cosigned by witnesses (C2SP tlog-witness), and keep what they sign in LOG.

    All are asked at once, again where they do not answer, until enough have signed: the quorum of the trust policy, or
    everybody where there is none. What has come is kept also when this is stopped, and travels with every proof until
    the next seal. No private key is needed, and the log may be written meanwhile. Where the log goes on in another
    folder, that one is used, when the witnesses have been shown how LOG ended.

    Exit status 0 when enough have signed, 1 when not: what each of them answered is said.
    """
    from zkcompliance.cosigning.asking import Asking
    from zkcompliance.cosigning.collecting import collect, show_how_it_ended
    from zkcompliance.log import successor
    from zkcompliance.log.trust import load_trust

    policy = None if trust is None else load_trust(trust)
    addresses = _addresses(witnesses, policy)
    context, until = _context(ca), time.monotonic() + timeout
    *closed, newest = successor.folders(log)
    for before in closed[-1:]:
        show_how_it_ended(before, addresses, Asking(time.monotonic() + timeout / 3, SILENT_SECONDS, context))
    if closed:
        console.note(f"{log} is closed: the log goes on in {newest}, which is used")
    tell = _tell if not as_json else lambda answered: None
    collected = collect(newest, addresses, Asking(until, SILENT_SECONDS, context), policy, tell)
    _print(newest, collected, as_json)
    if collected.unmet:
        words = "; ".join(f"{each.url} {each.said}" for each in collected.answers if not each.lines)
        error = QuorumUnmet(
            f"{collected.unmet}{': ' if words else ''}{words}",
            help=f"{shown_command('zkcompliance', 'cosign', log)} …  # again: what was signed is kept",
        )
        return console.report_error(error)  # its document is printed already
    return 0


def _addresses(witnesses: Sequence[str], policy: TrustPolicy | None) -> list[Address]:
    """Whom to ask, each URL once. UsageError."""
    from zkcompliance.cosigning.asking import Address
    from zkcompliance.log.public_keys import load_cosigner_public

    named: dict[str, list[CosignerKey]] = {}
    if policy is not None:
        for name, url in policy.urls.items():
            named.setdefault(url, []).append(policy.witnesses[name])
    for text in witnesses:
        keyed = None if text.startswith(("http://", "https://")) else _KEYED.fullmatch(text)
        if keyed is not None:
            named.setdefault(keyed[2], []).append(load_cosigner_public(keyed[1]))
        elif text not in named:
            if policy is None or not policy.witnesses:
                raise UsageError(
                    f"{text}: nothing says which key this witness has",
                    help="--witness witness.key.pub=https://…, or --trust FILE with its key",
                )
            named[text] = list(policy.witnesses.values())
    if not named:
        raise UsageError("nobody is asked", help="--witness witness.key.pub=https://…, or --trust FILE with URLs")
    if len(named) > MAX_WITNESSES:
        raise UsageError(f"at most {MAX_WITNESSES} witnesses are asked at once")
    return [Address(url, _parts(url), tuple(dict.fromkeys(keys))) for url, keys in named.items()]


def _parts(url: str) -> SplitResult:
    parts = exchange.parse_url(url)
    if parts is None:
        raise UsageError(f"{url} is not https://HOST[:PORT][/PATH], or http:// of this machine (localhost)")
    return parts


def _context(ca: Path | None) -> ssl.SSLContext | None:
    if ca is None:
        return None
    try:
        return exchange.trusting(ca)
    except OSError as error:
        raise UsageError(f"{ca}: {regular.reason(error)}", help="--ca takes certificates in PEM") from None


def _tell(answered: Answered) -> None:
    console.note(f"{answered.url}: {answered.said}")


def _print(log: Path, collected: Collected, as_json: bool) -> None:
    from zkcompliance.log.note import parse

    checkpoint = collected.checkpoint
    if as_json:
        console.print_json(
            {
                "log": str(log), "origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex(),
                "enough": not collected.unmet, "unmet": collected.unmet,
                "witnesses": [_document(each) for each in collected.answers], "note": collected.note,
            }
        )  # fmt: skip
        return
    others = _names(each.name for each in parse(collected.note).signatures if each.name != checkpoint.name)
    console.print_fields(
        "not cosigned by enough" if collected.unmet else "cosigned",
        {
            "log": f"{log} ({checkpoint.origin})",
            "checkpoint": f"{number_of(checkpoint.size, 'segment')}, root {checkpoint.root.hex()}",
            "cosigned by": ", ".join(sorted(others)) or "nobody",
        },
    )


def _names(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _document(answered: Answered) -> dict[str, object]:
    return {"url": answered.url, "signed": bool(answered.lines), "said": answered.said}
