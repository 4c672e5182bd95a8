"""Sealing a table: determinism, masks, the tag, the cache, what is refused."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import ROWS, SCHEMA
from zkcompliance.errors import LogCorrupt, MalformedError, ParametersRejected, UsageError
from zkcompliance.stark.commit.cache import KEPT_LOG2
from zkcompliance.stark.commit.entry import ENTRY_BYTES, Entry
from zkcompliance.stark.commit.keystream import Keystream
from zkcompliance.stark.commit.table import SealedTable, commit, masked_coefficients, room
from zkcompliance.stark.field.babybear import P, root_of_unity
from zkcompliance.stark.field.twin import evaluate
from zkcompliance.stark.profiles import PROFILES, SMALL, STANDARD, log_mask
from zkcompliance.verify.codec import Reader
from zkcompliance.verify.statement import STANDARD as VERIFIER_STANDARD
from zkcompliance.verify.statement import read_entry


def test_same_arguments_same_entry() -> None:
    columns = support.table(ROWS)
    a = commit(columns, support.seed("a"), "standard", SCHEMA.digest)
    assert a == commit(columns, support.seed("a"), "standard", SCHEMA.digest)
    other = commit(columns, support.seed("b"), "standard", SCHEMA.digest)
    assert a.root != other.root and a.tag != other.tag
    columns[0, 7] = 1
    assert commit(columns, support.seed("a"), "standard", SCHEMA.digest).root != a.root


@pytest.mark.parametrize("k", [3, KEPT_LOG2])
def test_a_table_that_gives_its_memory_up_has_the_same_entry(k: int, tmp_path: Path) -> None:
    """And keeps the same files beside it."""
    columns = np.random.default_rng(k).integers(0, 1 << 16, (3, 1 << k), dtype=np.uint32)
    whole = room(3, k, "standard")
    assert not whole.any()
    front = whole[:, : 1 << k]
    front[:] = columns
    made = [
        commit(given, support.seed("a"), "standard", SCHEMA.digest, cache=tmp_path / name, out=out)
        for name, given, out in (("apart", columns, None), ("within", front, whole))
    ]
    assert made[0] == made[1]
    kept = [
        {path.suffixes[0]: path.read_bytes() for path in tmp_path.glob(f"{name}.*")} for name in ("apart", "within")
    ]
    assert kept[0] == kept[1] and len(kept[0]) == (3 if k >= KEPT_LOG2 else 0)


def test_entry_bytes_are_the_verifiers() -> None:
    entry = support.seal(support.table(ROWS)).entry
    data = entry.encode()
    assert len(data) == ENTRY_BYTES and Entry.decode(data) == entry
    theirs = read_entry(Reader(data, MalformedError), VERIFIER_STANDARD)
    assert theirs.encode() == data and theirs.tag_challenge() == entry.tag_challenge()
    at = ENTRY_BYTES - 72 - 4  # the last word of the tag
    large = data[:at] + P.to_bytes(4, "little") + data[at + 4 :]
    round_only = data[: at + 4] + b"\1" + data[at + 5 :]
    for wrong in (data[:-1], data + b"\0", b"x" + data[1:], large, data[:-33] + b"x" + data[-32:], round_only):
        with pytest.raises(MalformedError):
            Entry.decode(wrong)


@pytest.mark.parametrize(
    ("rows", "size", "start", "count"), [(8, 1 << 17, 40, 8), (4, 64, 77, 7), (3, 10, 12, 5), (1, 4, 1, 3)]
)
def test_scattered_words_of_a_keystream_are_those_of_the_whole(rows: int, size: int, start: int, count: int) -> None:
    stream = Keystream(support.seed("stream"))
    block, offset = divmod(start, size)
    whole = stream.words("salt", (block + 1) * rows * size).reshape(-1, rows, size)
    assert (stream.columns("salt", rows, size, start, count) == whole[block, :, offset : offset + count]).all()


@pytest.mark.parametrize("masks", [1, 5, 8, 20])
def test_masked_columns_keep_their_rows(masks: int) -> None:
    """T + Z_H·r agrees with T on H, for masks shorter and longer than the table."""
    rng = np.random.default_rng(masks)
    values = rng.integers(0, P, (3, 8), dtype=np.uint32)
    found = masked_coefficients(values, rng.integers(0, P, (3, masks), dtype=np.uint32))
    assert found.shape == (3, 8 + masks) and found.max() < P
    for row, coefficients in zip(values, found, strict=True):
        assert [evaluate([int(c) for c in coefficients], pow(root_of_unity(3), i, P)) for i in range(8)] == [
            int(x) for x in row
        ]
    assert not (found[:, -1] == 0).any()


def test_tag_is_the_combination_at_z0() -> None:
    sealed = support.seal(support.table(ROWS))
    z0, weights = sealed.entry.tag_challenge()
    polynomials = support.log_polynomials(sealed)
    total = support.ext.ZERO
    for row, weight in zip(polynomials[:3], weights, strict=False):
        value = support.ext.ZERO
        for c in reversed([int(x) for x in row]):
            value = support.ext.add(support.ext.mul(value, z0), support.ext.embed(c))
        total = support.ext.add(total, support.ext.mul(weight, value))
    rest = np.zeros((6, polynomials.shape[1]), np.uint32)
    support.vector.combine_into(rest, polynomials[3:], np.array(weights[3:], np.uint32))
    assert support.ext.add(total, support.vector.evaluate_ext(rest, z0)) == sealed.entry.tag
    assert polynomials.shape[1] == 8 + log_mask(3, 13)


def test_tag_challenge_is_the_specifications() -> None:
    """State and blocks written out: 0x15 ‖ header ‖ root, and 0x16 ‖ state ‖ u32(j); z0 first, then every λ_c."""
    entry = support.seal(support.table(ROWS)).entry
    assert entry.header[:6] == b"zkcs\x02\0" and len(entry.header) == 43
    state = sha256(b"\x15" + entry.header + entry.root).digest()
    blocks = b"".join(sha256(b"\x16" + state + j.to_bytes(4, "little")).digest() for j in range(60))
    words = [int.from_bytes(blocks[i : i + 4], "little") & 0x7FFFFFFF for i in range(0, len(blocks), 4)]
    drawn = [w for w in words if w < P]
    z0, weights = entry.tag_challenge()
    assert [*z0, *(c for weight in weights for c in weight)] == drawn[: 6 + 6 * entry.width]
    assert len(set(weights)) == entry.width and entry.tag_point() == z0


@pytest.mark.parametrize("indices", [[0], [2, 3, 7], [1, 2, 3, 5, 6, 8, 9, 10, 11]])
def test_columns_combined_before_they_are_transformed(indices: list[int]) -> None:
    """Σ e_c·T̂_c from rows and masks is that of the polynomials."""
    sealed = support.seal(support.table(ROWS))
    weights = [support.random_ext(f"weight {c}") for c in indices]
    plain = support.vector.combine(support.log_polynomials(sealed)[indices], np.array(weights, np.uint32))
    assert (sealed.combined(indices, weights) == plain).all()


def test_cache_gives_the_same_and_is_checked(tmp_path: Path) -> None:
    columns, seed = support.table(ROWS, KEPT_LOG2), support.seed("cached")
    entry = commit(columns, seed, "standard", SCHEMA.digest, cache=tmp_path / "t")
    fresh = SealedTable(columns, seed, entry, STANDARD).extension()
    cached = SealedTable(columns, seed, entry, STANDARD, tmp_path / "t").extension()
    assert (np.asarray(cached.rows) == fresh.rows).all() and (cached.tag == fresh.tag).all()
    table = SealedTable(columns, seed, entry, STANDARD, tmp_path / "t")
    assert table.rows(16, 8) == SealedTable(columns, seed, entry, STANDARD).rows(16, 8)
    damaged = np.load(tmp_path / "t.tag.npy")
    damaged[0, 0] ^= 1
    np.save(tmp_path / "t.tag.npy", damaged)
    again = SealedTable(columns, seed, entry, STANDARD, tmp_path / "t").extension()
    assert (again.tag == fresh.tag).all()  # rebuilt


def test_no_domain_is_larger_than_the_fields() -> None:
    """κ ≤ 21, and κ ≤ 27 − b: F has a subgroup of order 2^27 and no larger one of such an order."""
    assert {profile.max_capacity for profile in PROFILES} == {21}
    tall = replace(SMALL, log_blowup=8)
    assert tall.max_capacity == 19 and tall.capacity(18) == 18
    with pytest.raises(ParametersRejected, match=r"up to 2\^19"):
        tall.capacity(19 + 1)
    root_of_unity(tall.max_capacity + tall.log_blowup)


def test_rows_that_are_not_the_sealed_ones() -> None:
    entry = support.seal(support.table(ROWS)).entry
    other = SealedTable(support.table(ROWS[:2]), support.seed("log"), entry, STANDARD)
    with pytest.raises(LogCorrupt):
        other.extension()


@pytest.mark.parametrize(
    "columns",
    [
        np.zeros((3, 7), np.uint32),
        np.zeros(8, np.uint32),
        np.zeros((3, 8), np.int64),
        np.zeros((0, 8), np.uint32),
        np.full((3, 8), P, np.uint32),
    ],
)
def test_refused_tables(columns: np.ndarray) -> None:
    with pytest.raises(UsageError):
        commit(columns, support.seed("x"), "standard", bytes(32))
