"""`make bench`: every benchmark, or `make bench ARGS="recompute --scale 0.1"` for one of them."""

import subprocess
import sys
from pathlib import Path


def names() -> list[str]:
    """The modules of this folder that can be run."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [
        f.stem
        for f in files
        if f.stem != "__main__" and 'if __name__ == "__main__"' in f.read_text()
    ]


def main(argv: list[str]) -> int:
    """Run them one after the other; the number of those that failed."""
    chosen, options = (argv[:1], argv[1:]) if argv else (names(), [])
    failed = 0
    for name in chosen:
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        failed += subprocess.run(command).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
