"""Published files, which parts name in FILES, `{option}` what an option says: where they lie, and how missing
ones are fetched.
"""

from dataclasses import dataclass
from pathlib import Path

from lea import registry
from lea.study.spec import Part, canonical
from lea.study.study import output_name


@dataclass(frozen=True, slots=True)
class Originals:
    """The files of a part. They lie in a folder of its name, or of what it says in FOLDER."""

    kind: str
    part: Part
    data_folder: str

    @property
    def name(self) -> str:
        """Of their folder."""
        name: str = registry.constant(self.kind, self.part.name, "FOLDER", output_name(self.part.name))
        return name

    @property
    def folder(self) -> str:
        """Where they lie."""
        return str(Path(self.data_folder, self.name))

    @property
    def files(self) -> list[str]:
        """All of them; most parts read none."""
        files: tuple[str, ...] = registry.constant(self.kind, self.part.name, "FILES", ())
        return [str(Path(self.folder, one.format(**self.part.options))) for one in files]

    @property
    def missing(self) -> list[str]:
        """Those that are not on disk."""
        return [one for one in self.files if not Path(one).exists()]

    @property
    def spec(self) -> str:
        """The part, which can fetch them."""
        return canonical(self.part)
