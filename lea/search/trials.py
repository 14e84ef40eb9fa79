"""Which trials a search has, and in which order they come to be: by batches of its sampler."""

from collections.abc import Mapping

from lea import registry
from lea.search.samplers import Sampler, Tried
from lea.search.told import Told
from lea.study.filling import Values, batches
from lea.study.seeds import derive
from lea.study.spec import Search


def values_of_trials(
    search: Search, seed: int, told: Mapping[int, Told], trial: int | None = None
) -> dict[int, Values]:
    """The values of all trials, or of those up to one's batch; `told`: what those of earlier batches came
    to.
    """
    sampler: Sampler = registry.load("sampler", search.sampler.name)(**search.sampler.options)
    found: dict[int, Values] = {}
    for number, batch in enumerate(batches(search)):
        past = [Tried(values=found[one], told=told[one]) for one in found]
        its_seed = derive(seed, "search", number)
        found |= zip(batch, sampler.draw(search, len(batch), its_seed, past), strict=True)
        if trial is not None and trial in batch:
            break
    return found
