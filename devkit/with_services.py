"""python -m devkit.with_services COMMAND...: run it with throw-away services."""

import os
import subprocess
import sys

from . import embedded

with embedded.services("test", throwaway=True) as env:
    code = subprocess.run(sys.argv[1:], env={**os.environ, **env}).returncode
sys.exit(code)
