"""Running the service: one process, or several on one socket."""

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from multiprocessing.context import SpawnProcess
from types import FrameType

import uvicorn

from horde_model_reference.bootstrap import open_registry
from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.service.answer_memory import AnswerMemory
from horde_model_reference.service.app import create_app
from horde_model_reference.service.fast_lane import fast_lane_protocol
from horde_model_reference.service.logs import start_logging
from horde_model_reference.service.memory import return_freed_memory
from horde_model_reference.settings import Settings

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 10
_RESTART_PAUSE_SECONDS = 1.0
_TURN_SECONDS = 0.0001
"""How long a thread that computes keeps the interpreter while the event loop wants it.

With Python's usual 5 ms every read would wait that long while a change is applied or a search answered. More
turns cost the computing thread some percent.
"""

_log = logging.getLogger(__name__)


class AddressInUseError(RegistryError):
    """The address to listen on is taken or not this machine's."""


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise AddressInUseError where that can't be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise AddressInUseError(f"can't listen on {host}:{port}: {error.strerror or error}") from error
    listener.listen(_BACKLOG)
    return listener


def serve(settings: Settings, listener: socket.socket, *, workers: int) -> None:
    """Serve until told to end by SIGTERM or Ctrl-C."""
    if workers == 1:
        _work(settings, listener)
    else:
        _Supervisor(settings, listener, workers).run()


def _work(settings: Settings, listener: socket.socket) -> None:
    """Be one worker."""
    sys.setswitchinterval(_TURN_SECONDS)
    return_freed_memory()
    access_log = start_logging(settings.log_level, settings.log_format)
    memory = AnswerMemory()
    registry = open_registry(settings, on_change=memory.forget_all)
    app = create_app(registry, memory=memory, access_log=access_log)
    config = uvicorn.Config(
        app,
        http=fast_lane_protocol(memory, access_log),
        ws="none",
        log_config=None,
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        server_header=False,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        access_log.flush()
        registry.close()


def _work_for_parent(settings: Settings, listener: socket.socket) -> None:
    """Be one worker of several, and end with the process that started them, however that ends."""
    threading.Thread(target=_end_after_parent, name="parent-watch", daemon=True).start()
    _work(settings, listener)


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


class _Supervisor:
    """Keeps a number of workers on one socket alive."""

    def __init__(self, settings: Settings, listener: socket.socket, workers: int) -> None:
        self._settings = settings
        self._listener = listener
        self._workers = workers
        self._ending = threading.Event()
        self._context = multiprocessing.get_context("spawn")

    def run(self) -> None:
        """Start the workers, replace those that die, and end them all when told to."""
        start_logging(self._settings.log_level, self._settings.log_format)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        processes = [self._start() for _ in range(self._workers)]
        while not self._ending.wait(0.2):
            for index, process in enumerate(processes):
                if not process.is_alive():
                    _log.error("worker %s ended with %s; starting another", process.pid, process.exitcode)
                    time.sleep(_RESTART_PAUSE_SECONDS)
                    processes[index] = self._start()
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(_SHUTDOWN_SECONDS + 2)
            process.kill()

    def _start(self) -> SpawnProcess:
        process = self._context.Process(target=_work_for_parent, args=(self._settings, self._listener))
        process.start()
        return process

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending.set()
