"""python -m connectors.sandbox: serve every sandbox until stopped.

SANDBOX_URL says where (its port), SANDBOX_TOKEN opens the control door, SANDBOX_FOLDER keeps the
worlds.
"""

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

from connectors.sandbox.server import start_server


def main() -> None:
    folder = os.environ.get("SANDBOX_FOLDER")
    server = start_server(
        port=urlsplit(os.environ.get("SANDBOX_URL", "")).port or 0,
        folder=Path(folder) if folder else None,
        token=os.environ["SANDBOX_TOKEN"],
    )
    print(f"sandboxes on http://127.0.0.1:{server.server_port}", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
