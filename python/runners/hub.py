"""Fetches files of a data set from the hub.

    python -m runners.hub request.json

request: {repo, revision, patterns: ["data/train-*.parquet", ...], output, limit: rows or null}.
Writes the files under output/ by their names in the repository, and source.json beside them: {repo, revision, files:
[{name, bytes, sha256}]}, with the commit that the revision named. What is there whole is not fetched again. Where a
limit is given, parquet files are fetched in their order until they have that many rows together.
"""

import fnmatch
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.failure import Failure
from runners.growth import tell_growth
from runners.protocol import Body, Channel, field, optional, run_job

if TYPE_CHECKING:
    from huggingface_hub.hf_api import DatasetInfo

READ = 1 << 20
NOT_FOUND = 404


def main() -> None:
    """Runs the job named on the command line."""
    run_job(fetch)


def fetch(request: Body, channel: Channel) -> dict[str, float]:
    """Fetches what the patterns name; the metrics are how many files and bytes there are."""
    repo, revision = field(request, "repo", str), field(request, "revision", str)
    output = Path(field(request, "output", str))
    output.mkdir(parents=True, exist_ok=True)
    limit = optional(request, "limit", int)
    tell_growth(channel, [output])

    import httpx
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        info = _info(repo, revision)
        names = _wanted(info, field(request, "patterns", list))
        files: list[dict[str, Any]] = []
        rows = 0
        for place, name in enumerate(names):
            if limit is not None and rows >= limit:
                break
            path = _download(repo, str(info.sha), name, output)
            files.append({"name": name, "bytes": path.stat().st_size, "sha256": _sha256(path)})
            rows += _rows(path)
            channel.send({"event": "progress", "step": place + 1, "total": len(names), "metrics": {}})
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status == NOT_FOUND:
            raise Failure("BadInput", f"The hub has no data set {repo} that this user may see.") from error
        raise Failure("Infrastructure", f"The hub answers with the status {status} for {repo}; try again.") from error
    except (httpx.TransportError, LocalEntryNotFoundError, ConnectionError) as error:
        raise Failure(
            "Infrastructure",
            f"The hub cannot be reached for {repo} ({_why(error)}); type it again where there is a network, or fetch "
            "the files elsewhere and give them with --from.",
        ) from error
    source = {"repo": repo, "revision": info.sha, "files": files}
    draft = output / "source.json.part"
    draft.write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")
    draft.rename(output / "source.json")
    return {"files": len(files), "bytes": sum(each["bytes"] for each in files)}


def _info(repo: str, revision: str) -> "DatasetInfo":
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        return HfApi().dataset_info(repo, revision=revision, timeout=30)
    except GatedRepoError as error:
        raise Failure(
            "BadInput", f"{repo} is open to people who agreed to its terms; do so, and set HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise Failure("BadInput", f"The hub has no data set {repo} that this user may see.") from error
    except RevisionNotFoundError as error:
        raise Failure("BadInput", f"{repo} has no revision {revision!r}.") from error


def _wanted(info: "DatasetInfo", patterns: list[str]) -> list[str]:
    """The names that the patterns mean, pattern by pattern, each once."""
    names = sorted(each.rfilename for each in info.siblings or [])
    found = dict.fromkeys(name for pattern in patterns for name in fnmatch.filter(names, pattern))
    if not found:
        raise Failure("BadInput", f"{info.id} has no file called {' or '.join(patterns)} at {info.sha}.")
    return list(found)


def _download(repo: str, commit: str, name: str, output: Path) -> Path:
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(repo, name, repo_type="dataset", revision=commit, local_dir=output))


def _rows(path: Path) -> int:
    """How many rows a parquet file has; 0 for others, whose rows nobody has counted."""
    if path.suffix != ".parquet":
        return 0
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    return int(pq.ParquetFile(path).metadata.num_rows)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(READ):
            digest.update(part)
    return digest.hexdigest()


def _why(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


if __name__ == "__main__":
    main()
