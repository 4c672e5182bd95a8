"""What a key file remembers: one log, its newest generation, and nothing of folders that never appeared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zkcompliance import schemas
from zkcompliance.errors import KeyFileError
from zkcompliance.log import keybook, keys
from zkcompliance.log.keybook import Held
from zkcompliance.log.layout import Layout
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.writer import Writer, create_log

ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture
def key(tmp_path: Path) -> SignerKey:
    keys.generate(tmp_path / "key", "lab.example/x")
    return keys.load_private(tmp_path / "key")


def book(key: SignerKey) -> list[str]:
    assert key.file is not None
    return keybook.path_of(key.file).read_text().splitlines()[1:]


def test_a_claim_counts_when_the_folder_is_there(key: SignerKey, tmp_path: Path) -> None:
    keybook.claim(key, Held(ONE, 1), tmp_path / "log")
    assert book(key) == ["signs nothing", f"making {ONE} 1 {tmp_path / 'log'}"]
    keybook.claim(key, Held(OTHER, 1), tmp_path / "log")  # the first never appeared
    with pytest.raises(KeyFileError, match="signs another log"), keybook.appearing(key, Held(ONE, 1)):
        pytest.fail("it appeared")
    with keybook.appearing(key, Held(OTHER, 1)):
        pass
    assert book(key) == [f"signs {OTHER} 1"]
    with pytest.raises(KeyFileError, match="signs another log"):
        keybook.claim(key, Held(ONE, 1), tmp_path / "log")


def test_a_killed_creation_that_got_its_place_counts(key: SignerKey, tmp_path: Path) -> None:
    """The rename was done, and the key's file does not say so yet."""
    create_log(tmp_path / "log", schemas.compute, key)
    held = Held(keybook.id_of(Layout(tmp_path / "log")), 1)
    assert key.file is not None
    keybook.path_of(key.file).write_text(f"zkcompliance-key-1\nsigns nothing\nmaking {held.text} {tmp_path / 'log'}\n")
    with pytest.raises(KeyFileError, match="signs another log"):
        create_log(tmp_path / "second", schemas.compute, key)
    assert not (tmp_path / "second").exists()


def test_generations_go_forward_only(key: SignerKey, tmp_path: Path) -> None:
    for generation in (1, 2):
        keybook.claim(key, Held(ONE, generation), tmp_path / "log")
        with keybook.appearing(key, Held(ONE, generation)):
            pass
    for generation in (1, 2):
        with pytest.raises(KeyFileError, match="generation 2"):
            keybook.claim(key, Held(ONE, generation), tmp_path / "log")
    with pytest.raises(KeyFileError, match="generation 1 is closed"):
        keybook.hold(key, Held(ONE, 1))
    keybook.hold(key, Held(ONE, 2))


def test_what_will_not_appear_is_forgotten(key: SignerKey, tmp_path: Path) -> None:
    keybook.claim(key, Held(ONE, 1), tmp_path / "log")
    keybook.forget(key, Held(ONE, 1))
    assert key.file is not None and not keybook.path_of(key.file).exists()
    keybook.hold(key, Held(ONE, 1))
    keybook.claim(key, Held(ONE, 2), tmp_path / "log")
    keybook.forget(key, Held(ONE, 2))
    assert book(key) == [f"signs {ONE} 1"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data.replace(b"signs", b"sings"),
        lambda data: data.replace(b" 1\n", b" 01\n"),
        lambda data: data.replace(b" 1\n", b" 0\n"),
        lambda data: b"",
        lambda data: b"\xff" * 40,
    ],
)
def test_a_damaged_book_is_refused(key: SignerKey, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    create_log(tmp_path / "log", schemas.compute, key)
    assert key.file is not None
    path = keybook.path_of(key.file)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(KeyFileError, match="is damaged"):
        Writer(tmp_path / "log", key)


def test_a_key_without_its_book_takes_up_the_log_that_it_signs(key: SignerKey, tmp_path: Path) -> None:
    create_log(tmp_path / "log", schemas.compute, key)
    assert key.file is not None
    keybook.path_of(key.file).unlink()
    Writer(tmp_path / "log", key).close()
    with pytest.raises(KeyFileError, match="signs another log"):
        create_log(tmp_path / "second", schemas.compute, key)
    assert keybook.path_of(key.file).stat().st_mode & 0o777 == 0o600
