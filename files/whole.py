"""`whole_file`, `whole_folder` and `write_together`: files and folders are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from newstance.errors import OutputError

__all__ = ["WholeFile", "sync_folder", "whole_file", "whole_folder", "write_together"]


#: What systems answer that sync no folders, or not this one; any other error means that names may be lost.
_UNSYNCED = (
    errno.EINVAL,
    errno.EBADF,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EACCES,
    errno.EPERM,
)


class WholeFile:
    """A file that is being written beside its place, so that a reader never sees half of it.

    A link stays one, and what it leads to is written. Folders on the way are made. A pipe or a device, which nothing
    can take the place of, is written itself, also by way of a link such as `/dev/stdout` where that leads to one.

    Attributes:
        temporary: the path to write to, until `finish` or `discard`.
    """

    def __init__(self, path: str | Path, *, sync: bool = True) -> None:
        """Name the temporary file, and make it where it will take the place of another, so that nobody else reads it.

        Args:
            path: the file's place.
            sync: whether a file that is finished survives a power cut, at the price of two waits for the disk; for
                many files that can be made again it need not.

        Raises:
            OSError: the folder or the temporary file cannot be made.
        """
        self._sync = sync
        self.temporary = Path(path)
        self._place = Path(os.path.realpath(path)) if self.temporary.is_symlink() else self.temporary
        # What an open descriptor leads to, as /dev/stdout does, may have no name, and then only its link can be opened.
        self._beside = self._place.is_file() or not self.temporary.exists()
        if self._beside:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self.temporary = self._place.with_name(f".{self._place.name}.{os.getpid()}.tmp")
            if self._place.exists():  # what is there may be private, and its mode comes only with `finish`
                self.temporary.touch(mode=0o600)

    def finish(self) -> None:
        """Give what was written, and closed, its name, and the mode of the file that it takes the place of.

        Raises:
            OSError: it cannot be done; `discard` is still to be called.
        """
        self.settle()
        self.rename()
        self.sync_name()

    def settle(self) -> None:
        """Do all of `finish` that may fail for want of space or rights, while the older file still has the name."""
        if not self._beside:
            return
        if self._sync:
            with self.temporary.open("r+b") as file:  # Windows syncs only what may be written
                os.fsync(file.fileno())
        if self._place.exists():
            shutil.copymode(self._place, self.temporary)

    def rename(self) -> None:
        """Take the name, as `finish` does after `settle`."""
        if self._beside:
            self.temporary.replace(self._place)

    def sync_name(self) -> None:
        """See to it that the name survives a power cut, as `finish` does at its end."""
        if self._beside and self._sync:
            sync_folder(self._place.parent)

    def discard(self) -> None:
        """Remove what has not been finished; that it cannot be removed is no error beside the one before."""
        if self._beside:
            with contextlib.suppress(OSError):
                self.temporary.unlink(missing_ok=True)


@contextmanager
def whole_file(path: str | Path, *, sync: bool = True) -> Iterator[Path]:
    """Give the place of a temporary file, which takes the name of `path` when the block ends without an error.

    After an error nothing of it stays, and an older file is left as it was; but where only the folder could not be
    synced, the new file stands there and may not survive a power cut. See `WholeFile`.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        file = WholeFile(path, sync=sync)
        try:
            yield file.temporary
            file.finish()
        finally:
            file.discard()
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", path=path) from error


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give the place of a new folder, which takes the name of `path` when the block ends without an error.

    After an error nothing of it stays; after a kill it lies there as `.NAME.PROCESS.tmp`. Folders on the way are made.
    An empty folder of the name stays, as it may be a mount, or a link to one: the new one is made in it, and what that
    holds is moved up when it is whole. Files are not synced: after a power cut some may be empty.

    Args:
        path: where nothing lies, or an empty folder.

    Raises:
        OutputError: the folder, or a file in it, cannot be written; names `path`.
    """
    try:
        place = Path(os.path.realpath(path))
        there = place.is_dir()
        temporary = (place if there else place.parent) / f".{place.name}.{os.getpid()}.tmp"
        temporary.mkdir(parents=True)
        try:
            yield temporary
            if there:
                for entry in list(temporary.iterdir()):
                    entry.rename(place / entry.name)
            else:
                temporary.rename(place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", path=path) from error
    except OutputError as error:  # of a file in it, by a name that is gone
        raise OutputError(error.message, path=path) from error


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files that mean something only together: none takes its name before all of them are on the disk.

    After an error before that, such as a full disk, every older file is left as it was. The names are taken one after
    another, as they are given: a kill in between leaves the first files new and the others as they were, and beside
    those, as `.NAME.PROCESS.tmp`, what was to take their place.

    Raises:
        OutputError: a file cannot be written; names it.
    """
    files: dict[Path, WholeFile] = {}
    path = next(iter(contents))
    try:
        try:
            for path, data in contents.items():
                files[path] = WholeFile(path)
                files[path].temporary.write_bytes(data)
            for step in (WholeFile.settle, WholeFile.rename, WholeFile.sync_name):
                for path, file in files.items():  # noqa: B007 - an error names it
                    step(file)
        finally:
            for file in files.values():
                file.discard()
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", path=path) from error


def sync_folder(folder: Path) -> None:
    """Make sure that names given to files survive a power cut; where folders cannot be synced, nothing is done.

    Raises:
        OSError: syncing was tried and failed, as on a broken disk.
    """
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # a folder may be open to writing and not to reading
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSYNCED:
            raise
    finally:
        os.close(descriptor)
