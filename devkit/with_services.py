"""python -m devkit.with_services COMMAND...: run it with throw-away services."""

import os
import signal
import subprocess
import sys

from .services import services


def main(argv: list[str]) -> int:
    """Run the command in the services' environment; SIGTERM ends it, then the services."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with services("test", throwaway=True) as env:
        child = subprocess.Popen(argv, env={**os.environ, **env})
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child too
        return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
