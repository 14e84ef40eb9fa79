"""A search as a study of Optuna's, in its journal file: `optuna-dashboard` and Optuna's plots open it."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lea.search.samplers import Tried, finished
from lea.search.told import Told
from lea.study.filling import Values
from lea.study.spec import Search

NOBODY, NEVER = "search", "1970-01-01T00:00:00.000000"


def journal_of(name: str, search: Search, values: Mapping[int, Values], told: Mapping[int, Told]) -> str:
    """The text of the journal; the study has the run's name. Who wrote it and when is left out, so that a
    search that comes out the same has the same journal.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "journal.log"
        storage = JournalStorage(JournalFileBackend(str(file)))
        study = optuna.create_study(storage=storage, study_name=name, direction="minimize")
        for trial, one in told.items():
            study.add_trial(finished(search, Tried(values=values[trial], told=one)))
        lines = [json.loads(line) | {"worker_id": NOBODY} for line in file.read_text().splitlines()]
    for line in lines:
        line |= {key: NEVER for key in line if key.startswith("datetime")}
    return "".join(f"{json.dumps(line)}\n" for line in lines)
