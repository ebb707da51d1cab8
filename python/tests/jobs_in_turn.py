"""Trains several times in the same processes, which spares the tests the start of some. request: {jobs: [request]}."""

import gc

from accelerate.state import AcceleratorState

from runners.protocol import Body, Channel, run_job
from runners.train import train


def in_turn(request: Body, channel: Channel) -> None:
    for each in request["jobs"]:
        # What Accelerate and DeepSpeed keep of one training, the next would take for its own.
        AcceleratorState._reset_state(reset_partial_state=True)
        gc.collect()
        metrics = train(each, channel)
        if metrics is not None:
            channel.send({"event": "done", "metrics": metrics})


if __name__ == "__main__":
    run_job(in_turn)
