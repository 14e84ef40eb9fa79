"""A search as a study of Optuna's, in its journal file: `optuna-dashboard` and Optuna's plots open it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from lea.search.samplers import Tried, finished
from lea.search.told import Told
from lea.study.filling import Values
from lea.study.spec import Search


def journal_of(name: str, search: Search, values: Mapping[int, Values], told: Mapping[int, Told]) -> str:
    """The text of the journal; the study has the run's name."""
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
        return file.read_text()
