"""A job of several processes that says who it is, in place of a step, and waits."""

import os
import time

from runners.protocol import Body, Channel, run_job


def wait(_request: Body, channel: Channel) -> None:
    channel.send({"event": "progress", "step": os.getpid(), "total": 0, "metrics": {}})
    time.sleep(600)


if __name__ == "__main__":
    run_job(wait)
