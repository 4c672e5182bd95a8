"""The hashing of leaves and nodes and the search for nonces against hashlib, on every path the processor has."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from llvmlite import binding

from tests.kit.part import one_in
from zkcompliance.stark.commit import sha256
from zkcompliance.stark.commit.merkle import leaf_word
from zkcompliance.stark.field import twin

U32 = npt.NDArray[np.uint32]
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "field.json").read_text())


def sample(*shape: int) -> U32:
    return np.random.default_rng(list(shape)).integers(0, 2**32, shape, dtype=np.uint32)


@pytest.mark.parametrize("n", [1, 5, 16, 17, 100, 128, 129])
@pytest.mark.parametrize("s", [0, 4, 8])
def test_leaves(n: int, s: int) -> None:
    salts = sample(s, n)
    for width in range(71) if n in (5, 17) else (0, 1, 5, 6, 12, 13, 14, 15, 21, 22, 38, 48, 70):
        columns = sample(width, n)
        start = 1000 * width
        digests = sha256.hash_leaves(3, start, salts, columns)
        assert digests.shape == (8, n) and digests.dtype == np.uint32
        for j in sorted({0, n // 2, n - 1}):
            expected = twin.hash_leaf(3, start + j, salts[:, j].tolist(), columns[:, j].tolist())
            assert sha256.digest_bytes(digests, j) == expected


@pytest.mark.parametrize("m", [1, 5, 16, 17, 100, 5000])
def test_nodes(m: int) -> None:
    level = sample(8, 2 * m)
    parents = sha256.hash_nodes(level)
    for i in sorted({0, 1 % m, m // 2, m - 1}):
        left, right = (sha256.digest_bytes(level, 2 * i + side) for side in (0, 1))
        assert sha256.digest_bytes(parents, i) == twin.hash_node(left, right)


@pytest.mark.parametrize("m", [1, 5, 16, 17, 100, 128, 129, 5000])
def test_nodes_with_four_children(m: int) -> None:
    level = sample(8, 4 * m)
    parents = sha256.hash_quads(level)
    for i in sorted({0, 1 % m, m // 2, m - 1}):
        children = [sha256.digest_bytes(level, 4 * i + child) for child in range(4)]
        assert sha256.digest_bytes(parents, i) == twin.hash_quad(children)


@pytest.mark.parametrize("n", [0, 8, 24, 1024, 3072, 5 * 1024 + 8])
@pytest.mark.parametrize("s", [0, 4])
def test_subtrees(n: int, s: int) -> None:
    """Leaves up to level 3 at once are the three steps one after the other, and nothing beside them is written."""
    salts, columns = sample(s, n), sample(23, n)
    expected = sha256.hash_nodes(sha256.hash_quads(sha256.hash_leaves(2, 4096, salts, columns)))
    for out in (np.zeros((8, n // 8 + 9), np.uint32), np.zeros((8, 2 * n // 8 + 18), np.uint32)[:, ::2]):
        sha256.hash_subtrees(2, 4096, salts, columns, out, 5)
        assert (out[:, 5 : 5 + n // 8] == expected).all()
        assert not out[:, :5].any() and not out[:, 5 + n // 8 :].any()


@pytest.mark.parametrize("phase", range(5))
def test_first_bytes(phase: int) -> None:
    """What is hashed, written out: a leaf's first byte is its phase's and its block's of 2^24, its number the rest."""
    columns = sample(3, 4)
    first, starts = 0x80 + 8 * phase, (0, 2**24 - 1, 2**24, 2**27 - 4)
    words = ([first, 0, 0, 0], [first, 255, 255, 255], [first + 1, 0, 0, 0], [first + 7, 252, 255, 255])
    for start, word in zip(starts, map(bytes, words), strict=True):
        found = sha256.hash_leaves(phase, start, columns[:0], columns)
        assert sha256.digest_bytes(found, 0) == hashlib.sha256(word + columns[:, 0].astype("<u4").tobytes()).digest()
        assert leaf_word(phase, start) == word
    level = sample(8, 4)
    digests = b"".join(sha256.digest_bytes(level, i) for i in range(4))
    nodes, quads = sha256.hash_nodes(level), sha256.hash_quads(level)
    assert sha256.digest_bytes(nodes, 0) == hashlib.sha256(bytes([2, 0, 0, 0]) + digests[:64]).digest()
    assert sha256.digest_bytes(quads, 0) == hashlib.sha256(bytes([3, 0, 0, 0]) + digests).digest()
    nonce = sha256.grind(digests[:32], 6)
    assert hashlib.sha256(b"\x14" + digests[:32] + nonce.to_bytes(8, "little")).digest()[0] < 4


def test_many_leaves_in_threads_and_in_place() -> None:
    columns, salts = sample(20, 10_001), sample(4, 10_001)
    out = np.zeros((8, 10_001), np.uint32)
    assert sha256.hash_leaves(0, 2**27 - 10_001, salts, columns, out) is out
    for j in range(0, 10_001, 100):
        index = 2**27 - 10_001 + j
        expected = twin.hash_leaf(0, index, salts[:, j].tolist(), columns[:, j].tolist())
        assert sha256.digest_bytes(out, j) == expected


@pytest.mark.parametrize("bits", [0, 1, 4, 9, 13])
def test_grind(bits: int) -> None:
    for seed in range(4):
        state = bytes([seed]) * 32
        assert sha256.grind(state, bits) == twin.grind(state, bits)


def level_of(digests: list[bytes]) -> npt.NDArray[np.uint32]:
    """(8, n): 32-byte digests as an array of them."""
    return np.frombuffer(b"".join(digests), ">u4").reshape(-1, 8).T.astype(np.uint32, order="C")


def test_digest_conversions() -> None:
    given = [bytes(range(i, i + 32)) for i in range(5)]
    level = level_of(given)
    assert level.shape == (8, 5) and level.dtype == np.uint32 and level.flags.c_contiguous
    assert [sha256.digest_bytes(level, i) for i in range(5)] == given
    assert level_of([]).shape == (8, 0)


def test_known_answers() -> None:
    for case in VECTORS["leaves"]:
        salt, row = (np.array(case[key], np.uint32).reshape(-1, 1) for key in ("salt", "row"))
        digest = sha256.digest_bytes(sha256.hash_leaves(case["phase"], case["index"], salt, row), 0)
        assert digest.hex() == case["digest"]
        assert twin.hash_leaf(case["phase"], case["index"], case["salt"], case["row"]).hex() == case["digest"]
    node = VECTORS["node"]
    left, right = bytes.fromhex(node["left"]), bytes.fromhex(node["right"])
    level = level_of([left, right])
    assert sha256.digest_bytes(sha256.hash_nodes(level), 0).hex() == node["digest"] == twin.hash_node(left, right).hex()
    quad = VECTORS["quad"]
    children = [bytes.fromhex(child) for child in quad["children"]]
    digest = sha256.digest_bytes(sha256.hash_quads(level_of(children)), 0)
    assert digest.hex() == quad["digest"] == twin.hash_quad(children).hex()
    for case in VECTORS["grind"]:
        state = bytes.fromhex(case["state"])
        assert sha256.grind(state, case["bits"]) == case["nonce"]
        assert case["bits"] > 12 or twin.grind(state, case["bits"]) == case["nonce"]


@pytest.mark.parametrize("without", one_in(2, [("avx512",), ("sha",), ("avx512", "sha"), ("avx", "sha")], id=" ".join))
def test_without_some_instructions(without: tuple[str, ...]) -> None:
    """Each way of hashing, on a processor that has the others too: numba is told that it lacks some instructions."""
    features = binding.get_host_cpu_features()
    for name in features:
        features[name] = features[name] and not name.startswith(without)
    native = bool(features.get("sha")) and not features.get("avx512f")
    code = (
        "from zkcompliance.stark.native import target\n"
        f"target.tell(target.Target({binding.get_host_cpu_name()!r}, {features.flatten()!r}))\n"
        "import numpy as np\n"
        "from zkcompliance.stark.commit import sha256, sha256_emit\n"
        "from zkcompliance.stark.field import twin\n"
        f"assert sha256_emit.NATIVE == {native} and sha256_emit.WIDE == {bool(features.get('avx512f'))}\n"
        "columns = np.arange(30 * 150, dtype=np.uint32).reshape(30, 150) * np.uint32(2654435761)\n"
        "leaves = sha256.hash_leaves(1, 9, columns[:4], columns)\n"
        "for j in range(150):\n"
        "    expected = twin.hash_leaf(1, 9 + j, columns[:4, j].tolist(), columns[:, j].tolist())\n"
        "    assert sha256.digest_bytes(leaves, j) == expected\n"
        "made = [sha256.digest_bytes(leaves, j) for j in range(148)]\n"
        "level = np.frombuffer(b''.join(made), '>u4').reshape(-1, 8).T.astype(np.uint32, order='C')\n"
        "for j in range(74):\n"
        "    expected = twin.hash_node(*made[2 * j : 2 * j + 2])\n"
        "    assert sha256.digest_bytes(sha256.hash_nodes(level), j) == expected\n"
        "for j in range(37):\n"
        "    expected = twin.hash_quad(made[4 * j : 4 * j + 4])\n"
        "    assert sha256.digest_bytes(sha256.hash_quads(level), j) == expected\n"
        "assert sha256.grind(made[0], 9) == twin.grind(made[0], 9)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sha256.hash_leaves(0, 2**27 - 1, sample(0, 2), sample(3, 2)),
        lambda: sha256.hash_leaves(0, -1, sample(0, 2), sample(3, 2)),
        lambda: sha256.hash_leaves(5, 0, sample(0, 2), sample(3, 2)),
        lambda: sha256.hash_leaves(0, 0, sample(0, 3), sample(3, 2)),
        lambda: sha256.hash_leaves(0, 0, sample(0, 2), sample(3, 2).astype(np.int64)),
        lambda: sha256.hash_leaves(0, 0, sample(0, 2), sample(3, 2), np.empty((8, 3), np.uint32)),
        lambda: sha256.hash_subtrees(0, 0, sample(0, 9), sample(3, 9), np.empty((8, 9), np.uint32), 0),
        lambda: sha256.hash_subtrees(0, 0, sample(0, 16), sample(3, 16), np.empty((8, 2), np.uint32), 1),
        lambda: sha256.hash_subtrees(0, 0, sample(0, 16), sample(3, 16), np.empty((8, 2), np.int64), 0),
        lambda: sha256.hash_subtrees(5, 0, sample(0, 16), sample(3, 16), np.empty((8, 2), np.uint32), 0),
        lambda: sha256.hash_nodes(sample(8, 3)),
        lambda: sha256.hash_nodes(sample(7, 4)),
        lambda: sha256.hash_quads(sample(8, 6)),
        lambda: sha256.grind(b"short", 3),
        lambda: sha256.grind(bytes(32), 65),
    ],
)
def test_refusals(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        call()
