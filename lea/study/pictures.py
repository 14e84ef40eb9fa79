"""A user's own pictures as planning sees them: `train/<class>/` and `test/<class>/` of PNG and JPEG files.

Enters a folder; leaves its pictures, all that is wrong with it in sentences, and a digest that changes with
it. Nothing is decoded: of a picture the first bytes are read, and no more than its size and time once a table
was made of it. What was seen then stands beside the table, in a file that Snakemake does not know.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lea import registry
from lea.files import whole
from lea.study.spec import Dataset

SPLITS = ("train", "test")
SUFFIXES = (".png", ".jpg", ".jpeg")
HEAD = 33  # bytes: a PNG's signature and its first chunk, which says how many bits a value has
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
DEEP = "values of 16 bits; expected 8; convert it"

Files = list["os.DirEntry[str]"]


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of each split by class, sorted by name, and what is wrong with them."""

    classes: Mapping[str, Mapping[str, Files]]
    faults: list[str]
    pictures: bool  # each file is one

    @property
    def files(self) -> Files:
        """All of them, those for training first."""
        return [file for names in self.classes.values() for files in names.values() for file in files]

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures each split has; of other files that is not known."""
        counts = {split: sum(map(len, names.values())) for split, names in self.classes.items()}
        return counts if self.pictures else {}


class Seen(NamedTuple):
    """What is known of a picture of which a table was made."""

    size: int
    time: int  # nanoseconds
    content: str  # a digest


Known = Mapping[str, Seen]  # by path
NOTHING = Seen(-1, -1, "")


def list_folder(dataset: Dataset) -> Listing:
    """The files of a data set from a user's folder, which its option `path` names."""
    path = Path(str(dataset.origin.options.get("path")))
    of_pictures = registry.constant("dataset", dataset.origin.name, "PICTURES", False)
    return list_pictures(path) if of_pictures else list_files(path)


def list_pictures(path: Path) -> Listing:
    """The pictures of a folder, class by class, by their names alone."""
    if not path.is_dir():
        lacking = f"{path}: no such folder; expected one with train and test inside; correct the path"
        return Listing({}, [lacking], True)
    faults: list[str] = []
    classes = {split: _of_split(path / split, faults) for split in SPLITS}
    train, test = (set(classes[split]) for split in SPLITS)
    for name in sorted(train ^ test) if train and test else ():
        lacking, other = ("test", "train") if name in train else ("train", "test")
        faults.append(
            f"{path / lacking / name}: no such folder, but {other} has it; "
            "expected the same classes in train and test; add the class here or remove it there"
        )
    return Listing(classes, faults, True)


def list_files(path: Path) -> Listing:
    """All files of the two splits, for readers that lay them out in their own way."""
    lacking = [path / split for split in SPLITS if not (path / split).is_dir()]
    faults = [f"{one}: no such folder; expected train and test inside; correct the path" for one in lacking]
    return Listing({split: {"": list(_below(path / split))} for split in SPLITS}, faults, False)


def _of_split(folder: Path, faults: list[str]) -> dict[str, Files]:
    if not folder.is_dir():
        faults.append(f"{folder}: no such folder; expected one with a folder for each class; make it")
        return {}
    entries = _shown(folder, faults)
    if not entries:
        faults.append(f"{folder}: empty; expected a folder for each class; make them")
    for entry in entries:
        if not entry.is_dir():
            faults.append(
                f"{entry.path}: a file; expected only folders here, one for each class; move it into one"
            )
    return {entry.name: _of_class(entry.path, faults) for entry in entries if entry.is_dir()}


def _of_class(folder: str, faults: list[str]) -> Files:
    entries = _shown(folder, faults)
    pictures = [one for one in entries if one.name.lower().endswith(SUFFIXES) and one.is_file()]
    if not entries:
        expected = "expected at least one of this class; add some or remove the folder"
        faults.append(f"{folder}: no pictures; {expected}")
    elif len(pictures) < len(entries):
        kept = {one.name for one in pictures}
        expected = f"expected only {', '.join(SUFFIXES)} files; convert or remove it"
        faults += [f"{one.path}: not a picture; {expected}" for one in entries if one.name not in kept]
    return pictures


def _shown(folder: Path | str, faults: list[str]) -> Files:
    """What a folder holds, sorted by name, hidden files left out."""
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        faults.append(f"{folder}: cannot be read: {error.strerror}; let it be read")
        return []
    return sorted(shown, key=lambda entry: entry.name)


def _below(folder: Path | str) -> Iterator["os.DirEntry[str]"]:
    for entry in _shown(folder, []):
        if entry.is_dir():
            yield from _below(entry.path)
        else:
            yield entry


def head_fault(head: bytes) -> str | None:
    """What the first bytes of a file say against it."""
    if head.startswith(PNG):
        return DEEP if head[12:16] == b"IHDR" and head[24:25] == b"\x10" else None
    if head.startswith(JPEG):
        return None
    said = f"it begins with {head[:8]!r}" if head else "an empty file"
    return f"unreadable ({said}); expected a PNG or JPEG file; replace or remove it"


def look(listing: Listing, table: Path) -> tuple[str, list[str]]:
    """A digest that changes with the files' names and contents, and what the first bytes say against those
    that the table is not made of.

    A file counts as known by its size and time. One that has another time is read, and keeps the known one if
    it has the known content: copies run nothing again.
    """
    known = _known(table)
    sound = known if table.exists() else {}
    seen, faults = hashlib.blake2b(digest_size=8), []
    for file in listing.files:
        try:
            now, old = _now(file), known.get(file.path)
            if old and old.size == now.size and old.time != now.time and old.content == content(file.path):
                now = old
            if listing.pictures and now[:2] != sound.get(file.path, NOTHING)[:2]:
                fault = head_fault(_head(file.path))
                faults += [f"{file.path}: {fault}"] if fault else []
        except OSError as error:
            faults.append(f"{file.path}: cannot be read: {error.strerror}; let it be read, or remove it")
            continue
        seen.update(json.dumps([file.path, *now[:2]]).encode())
    return seen.hexdigest(), faults


def remember(listing: Listing, table: Path) -> None:
    """Note beside a table what its files are. A known content keeps its time, by which it goes on being
    known.
    """
    known, seen = _known(table), {}
    for file in listing.files:
        with suppress(FileNotFoundError):  # removed meanwhile: the next plan makes another table
            now, old = _now(file), known.get(file.path, NOTHING)
            if now[:2] != old[:2]:
                now = now._replace(content=content(file.path))
            seen[file.path] = old if now[:2] == old[:2] or now.content == old.content else now
    with whole(_note(table)) as aside:
        aside.write_text(json.dumps(seen), encoding="utf-8")


def content(path: str) -> str:
    """A digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _now(file: "os.DirEntry[str]") -> Seen:
    found = file.stat()
    return Seen(found.st_size, found.st_mtime_ns, "")


def _head(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)  # a file object takes twice the time
    try:
        return os.read(descriptor, HEAD)
    finally:
        os.close(descriptor)


def _known(table: Path) -> Known:
    with suppress(OSError, ValueError, TypeError, AttributeError):  # a damaged one is none
        written = json.loads(_note(table).read_text(encoding="utf-8"))
        return {path: Seen(*seen) for path, seen in written.items()}
    return {}


def _note(table: Path) -> Path:
    return table.with_name(f".{table.name}.pictures")
