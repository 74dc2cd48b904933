from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from newstance.errors import OutputError
from newstance.files import whole_file, whole_folder, write_together

needs_posix = pytest.mark.skipif(os.name != "posix", reason="modes, folders that are synced, named pipes")


def write(path: Path) -> None:
    with whole_file(path) as place:
        place.write_text("newer")


def test_a_link_stays_one_and_folders_on_the_way_are_made(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "new" / "folder" / "there.txt")
    write(tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["there.txt"]
    assert (tmp_path / "link.txt").read_text() == "newer"


@needs_posix
def test_the_new_file_has_the_mode_of_the_older_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("older")
    (tmp_path / "a.txt").chmod(0o600)
    write(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o600


@needs_posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_private_file_stays_private_while_it_is_written(tmp_path: Path, mode: int) -> None:
    (tmp_path / "a.txt").write_text("older")
    (tmp_path / "a.txt").chmod(mode)
    with whole_file(tmp_path / "a.txt") as place:
        place.write_text("newer")
        assert place.stat().st_mode & 0o077 & ~mode == 0
    assert (tmp_path / "a.txt").read_text() == "newer" and (tmp_path / "a.txt").stat().st_mode & 0o777 == mode


def test_an_error_in_the_block_leaves_the_older_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("older")
    with pytest.raises(OutputError, match=r"a\.txt: cannot be written: No space left"), whole_file(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a.txt") as place:
        place.write_text(str(1 // 0))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "older")]


def test_an_error_while_clearing_away_does_not_hide_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OutputError, match="No space left"), whole_file(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")


@needs_posix
def test_a_folder_that_cannot_be_synced_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    write(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "newer"


def fail_to_sync_folders(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr("os.fsync", fail)


@needs_posix
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EACCES])
def test_a_system_that_syncs_no_folders_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    fail_to_sync_folders(monkeypatch, code)
    write(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "newer"


@needs_posix
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_folder_whose_sync_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    fail_to_sync_folders(monkeypatch, code)
    (tmp_path / "a.txt").write_text("older", encoding="utf-8")
    with pytest.raises(OutputError, match=rf"a\.txt: cannot be written: {os.strerror(code)}"):
        write(tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "newer", "only its name may not be safe"


@needs_posix
def test_a_pipe_is_written_and_stays_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()), daemon=True)
    reader.start()
    write(tmp_path / "pipe")
    reader.join(timeout=10)
    assert read == ["newer"] and (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="names of open descriptors")
@pytest.mark.parametrize("linked", [False, True])
def test_an_open_pipe_is_written_by_the_name_of_its_descriptor(tmp_path: Path, linked: bool) -> None:
    source, sink = os.pipe()
    with os.fdopen(source) as reading:
        path = Path(f"/dev/fd/{sink}")
        if linked:
            (tmp_path / "out.txt").symlink_to(path)
            path = tmp_path / "out.txt"
        try:
            write(path)
        finally:
            os.close(sink)
        assert reading.read() == "newer"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="files without a name can be opened")
def test_an_open_file_that_has_lost_its_name_is_written(tmp_path: Path) -> None:
    with (tmp_path / "gone.txt").open("w+") as file:
        (tmp_path / "gone.txt").unlink()
        write(Path(f"/proc/self/fd/{file.fileno()}"))
        assert file.read() == "newer"
    assert list(tmp_path.iterdir()) == []


@needs_posix
@pytest.mark.parametrize("function", ["os.fsync", "shutil.copymode"])
def test_of_files_that_go_together_none_is_new_before_all_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    (tmp_path / "a.txt").write_text("older")
    (tmp_path / "b.txt").write_text("older")
    calls = 0

    def fail_at_the_second(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as patch:
        patch.setattr(function, fail_at_the_second)
        with pytest.raises(OutputError, match=r"b\.txt: cannot be written: Disk quota exceeded"):
            write_together({tmp_path / "a.txt": b"newer", tmp_path / "b.txt": b"newer"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "older", "b.txt": "older"}
    write_together({tmp_path / "a.txt": b"newer", tmp_path / "b.txt": b"newer"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "newer", "b.txt": "newer"}


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path, there: bool) -> None:
    out = tmp_path / "new" / "out"
    if there:
        out.mkdir(parents=True)
    with pytest.raises(OutputError, match=r"new/out: cannot be written: No space left"), whole_folder(out) as folder:
        (folder / "one.txt").write_text("1")
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match=r"new/out: too large"), whole_folder(out) as folder:
        raise OutputError("too large", path=folder / "one.txt")
    assert [path.name for path in tmp_path.rglob("*")] == ["new"] + ["out"] * there
    with whole_folder(out) as folder:
        (folder / "one.txt").write_text("1")
        assert not (out / "one.txt").exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new", "one.txt", "out"]


@needs_posix
def test_an_empty_folder_is_filled_and_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(out)
    before = out.stat()
    with whole_folder(tmp_path / "link") as folder:
        (folder / "one.txt").write_text("1")
    assert (tmp_path / "link").is_symlink() and [path.name for path in out.iterdir()] == ["one.txt"]
    assert (out.stat().st_ino, out.stat().st_mode) == (before.st_ino, before.st_mode)
    (out / "one.txt").unlink()
    monkeypatch.chdir(out)
    with whole_folder(".") as folder:
        (folder / "two.txt").write_text("2")
    assert [path.name for path in Path().iterdir()] == ["two.txt"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    with pytest.raises(OutputError, match=r"file/out: cannot be written: Not a directory"), whole_folder(out):
        pass
