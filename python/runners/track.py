"""Shows runs to a tracker: Weights & Biases, or trackio on this host. A request has all of them, every time."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from runners.failure import Failure
from runners.protocol import Body, Channel, field, run_job

# Seconds until a service that does not answer counts as down.
PATIENCE_S = 30


def main() -> None:
    """The job: a request file, one line when all is shown."""
    run_job(track)


def track(request: Body, channel: Channel) -> dict[str, float]:
    """Shows every run of the request; `folder` is where this host keeps what a tracker needs of its own."""
    show = {"wandb": to_wandb, "trackio": to_trackio}[field(request, "to", str)]
    runs = field(request, "runs", list)
    for run in runs:
        try:
            show(field(request, "project", str), run, Path(field(request, "folder", str)))
        except Exception as error:
            # Named here: what is said of other runners' errors needs torch, which this environment has not.
            told = f"{request['to']} did not take {run['name']} ({first_line(error)})"
            advice = "look whether it can be reached; what is shown next has all of it."
            raise Failure("Infrastructure", f"{told}; {advice}") from error
        channel.send({"event": "alive"})
    return {"runs": float(len(runs))}


def to_wandb(project: str, run: Body, folder: Path) -> None:
    """A run of the same id goes on, and steps that the service has are left out. Offline there is nobody to ask, so the
    run's own files are written anew; `wandb sync` sends them later."""
    import wandb

    own = folder / run["id"]
    sent = own / "sent"
    if says(sent, run):
        return
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    settings = wandb.Settings(
        silent=True,
        console="off",
        init_timeout=PATIENCE_S,
        disable_git=True,
        disable_code=True,
        x_disable_stats=True,
        x_disable_meta=True,
    )
    named = {"project": project, "id": run["id"], "name": run["name"], "group": run["group"]}
    tracked = wandb.init(**named, resume="allow", dir=own, settings=settings)
    have = tracked.step
    for row in rows_of(run, lambda picture: wandb.Image(picture["file"], caption=picture["caption"])):
        if row["step"] >= have:
            tracked.log(row["values"], step=row["step"])
    for table in run["tables"]:
        tracked.summary[table["name"]] = wandb.Table(columns=table["columns"], data=table["rows"])
    tracked.summary.update(run["summary"])
    tracked.finish()
    sent.write_text(digest_of(run), encoding="utf-8")


def to_trackio(project: str, run: Body, _folder: Path) -> None:
    """Its database lies on this host, and what was written beside it: a run that has changed is written anew."""
    import trackio

    written = Path(trackio.TRACKIO_DIR) / ".snowball" / project / run["id"]
    before = [each for each in trackio.Api().runs(project) if each.name == run["name"]] if is_known(project) else []
    if before and says(written, run):
        return
    written.unlink(missing_ok=True)
    for each in before:
        each.delete()
    shutil.rmtree(trackio.get_project_media_path(project=project, run=run["name"]), ignore_errors=True)
    tracked = trackio.init(
        project=project,
        name=run["name"],
        group=run["group"],
        resume="never",
        embed=False,
        auto_log_gpu=False,
        auto_log_cpu=False,
    )
    rows = rows_of(run, lambda picture: trackio.Image(picture["file"], caption=picture["caption"]))
    # It keeps nothing without a step.
    if rows:
        rows[-1]["values"] |= run["summary"]
        rows[-1]["values"] |= {f"{each['name']} so far": trackio.Markdown(each["markdown"]) for each in run["tables"]}
    for row in rows:
        tracked.log(row["values"], step=row["step"])
    tracked.finish()
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(digest_of(run), encoding="utf-8")


def says(mark: Path, run: Body) -> bool:
    """Was the run shown as it is now, to its end?"""
    return mark.is_file() and mark.read_text(encoding="utf-8") == digest_of(run)


def digest_of(run: Body) -> str:
    """Of all that is shown of a run."""
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()


def is_known(project: str) -> bool:
    """Is there a database of the project? Its runs cannot be asked for before."""
    from trackio.sqlite_storage import SQLiteStorage

    return Path(SQLiteStorage.get_project_db_path(project)).exists()


def rows_of(run: Body, image: Any) -> list[Body]:
    """Numbers by step; the pictures are beside those of the last."""
    rows: list[Body] = [{"step": row["step"], "values": dict(row["values"])} for row in run["rows"]]
    pictures = {picture["name"]: image(picture) for picture in run["pictures"]}
    if pictures and not rows:
        rows = [{"step": 0, "values": {}}]
    if pictures:
        rows[-1]["values"] |= pictures
    return rows


def first_line(error: Exception) -> str:
    """Of what a library said."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


if __name__ == "__main__":
    main()
