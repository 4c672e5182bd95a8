"""The unit and the manifest of docs/live.md: systemd's own check, where there is one, and what names what."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.kit.doc_blocks import ROOT

ANALYZE = shutil.which("systemd-analyze")


def fragment(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", (ROOT / "docs/live.md").read_text("utf-8"), re.M | re.S)
    return str(found)


@pytest.mark.skipif(ANALYZE is None, reason="NOT RUN: there is no systemd-analyze")
@pytest.mark.parametrize(("damage", "taken"), [("", True), ("KillMode=never-ever\n", False)])
def test_the_unit(tmp_path: Path, damage: str, taken: bool) -> None:
    """Whatever systemd does not know it says, and it says nothing of this one."""
    text = fragment("ini fragment systemd").replace("/opt/zkcompliance/bin/zkcompliance", sys.executable)
    assert sys.executable in text
    unit = tmp_path / "zkcompliance-watch.service"
    unit.write_text(text.replace("[Install]", f"{damage}[Install]"))
    done = subprocess.run([str(ANALYZE), "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    about = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (not about and done.returncode == 0) is taken, done.stderr


def test_the_manifest() -> None:
    """What its parts call each other; `kubernetes-validate --strict` took it, with the schema of 1.37."""
    found = yaml.safe_load(fragment("yaml fragment kubernetes"))
    spec = found["spec"]
    pod = spec["template"]
    assert found["kind"] == "StatefulSet" and spec["replicas"] == 1, "one writer of a log"
    assert spec["selector"]["matchLabels"] == pod["metadata"]["labels"]
    (container,) = pod["spec"]["containers"]
    (volume,) = container["volumeMounts"]
    assert [each["metadata"]["name"] for each in spec["volumeClaimTemplates"]] == [volume["name"]]
    assert container["args"][:2] == ["zkcompliance", "watch"]
    assert container["args"][2].startswith(volume["mountPath"] + "/")
