"""What every model server does: one load, then requests in order, each closed by a result or a typed failure."""

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable

from runners.failure import Failure, device_is_lost
from runners.protocol import Body, Channel, field, open_channel, report, requests

Progress = Callable[[int, int], None]


class ModelServer(ABC):
    """One loaded model and the digest of what it serves."""

    def __init__(self) -> None:
        self.serving: str | None = None
        # Set by a request that broke what was loaded: the server ends once it has said so.
        self.over = False
        self._on_gpu = False
        # By operation, the micro-batch that fitted where a larger one did not: to find that out takes minutes.
        self._fits: dict[str, int] = {}

    @abstractmethod
    def load(self, request: Body) -> None:
        """Claims the device and loads the checkpoint."""

    @abstractmethod
    def work(self, operation: str, request: Body, progress: Progress) -> tuple[list[Body], int]:
        """The results of a request and the micro-batch that they ended with; called only after `load`."""

    def serve(self) -> None:
        """Answers requests in order until stdin closes."""
        channel = open_channel()
        for request in requests(channel):
            channel.send(self._answer(request, channel))
            if self.over:
                os._exit(1)

    def _answer(self, request: Body, channel: Channel) -> Body:
        number = request.get("id")
        try:
            body = self._run(request, lambda done, total: channel.send({"id": number, "progress": [done, total]}))
        except Exception as error:  # noqa: BLE001 - reported, typed; a server outlives a request that fails
            failure = report(error)
            if device_is_lost(error):
                # It would fail every later request too. A server that dies is started again, and what killed it is
                # looked for; not in good order, which would wait for the GPU.
                sys.stderr.write(f"{failure}; this server ends.\n")
                sys.stderr.flush()
                os._exit(1)
            body = {"ok": False, "error": {"type": failure.kind, "message": str(failure)}}
        return {"id": number, "serving": self.serving, **body}

    def _run(self, request: Body, progress: Progress) -> Body:
        operation = field(request, "op", str)
        if operation == "load":
            if self.serving is not None:
                raise Failure(
                    "BadInput", "This server has loaded its checkpoint already; start another for another one."
                )
            serving = field(request, "serving", str)
            self.load(request)
            self.serving = serving
            self._on_gpu = request.get("device") != "cpu"
            return {"ok": True, "result": {}}
        if self.serving is None:
            raise Failure("BadInput", f'"{operation}" came before a checkpoint was loaded.')
        asked = field(request, "micro_batch", int)
        size = min(asked, self._fits.get(operation, asked))
        result, fitted = self.work(operation, {**request, "micro_batch": size}, progress)
        # On a CPU each request starts from what was asked: its results shall not depend on those before it.
        if fitted < size and self._on_gpu:
            self._fits[operation] = fitted
        return {"ok": True, "result": result, "notes": {"micro_batch": fitted}}
