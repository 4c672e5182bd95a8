"""A log that was put back from a backup: its ledgers may count too little, and its checkpoint may be an old one.

`prove` never spends the last units of a segment: they are kept for the proof of rows-unchanged of the one refresh or
compact that closes its generation. So whatever proofs left since the backup, that proof is still covered, once. The
mark stays in the folder; the next generation, which has other seeds and ledgers of its own, does not have it.
"""

from __future__ import annotations

from pathlib import Path

from zkcompliance.log import files, moving, successor
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.writer_lock import held


def mark(path: str | Path) -> None:
    """From now on nothing is sealed or proved here before a refresh. Durable; nothing where it is marked already.

    LogError where there is no log, or where it goes on elsewhere; LogBusy while somebody writes it.
    """
    layout = Layout(Path(path))
    Settings.load(layout)
    moving.finish(layout.root)
    successor.require_open(layout, restored=True)
    with held(layout), files.reporting(layout.root):
        files.replace(layout.restored, b"", files.PRIVATE)
