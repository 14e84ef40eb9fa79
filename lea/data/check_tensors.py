"""What is wrong with weights, snapshots or the state of a job, in sentences, or what they hold."""

from pathlib import Path

from lea.seals import header_of, read_content

WANTED = "tensors of this project"


def check_tensors(path: Path) -> list[str]:
    """What is wrong with tensors of ours: bytes that changed, and values of weights that are no numbers."""
    from lea.checkpoint import not_finite, read_tensors  # with torch, which no other kind of file needs

    tensors, record = read_tensors(path, WANTED)
    if "state" in record:  # of which some part may say with an infinity that it has not begun
        return []
    return [f"{path}: {problem}; delete the file, and rerun" for problem in not_finite(tensors)]


def describe_tensors(path: Path) -> str:
    """Whose tensors they are."""
    record = header_of(read_content(path, WANTED)).record
    what = "the state of a job" if "state" in record else record.get("output", "tensors")
    return f"{what} of run {record.get('id')}, seed {record.get('seed')}"
