#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from pathlib import Path


def find_running_servers() -> None:
    """Use the servers that bin/demo has started here, unless the environment names others."""
    written = Path(__file__).resolve().parent / "var" / "env"
    if "DATABASE_URL" not in os.environ and written.exists():
        lines = written.read_text().splitlines()
        os.environ.update(dict(line.split("=", 1) for line in lines))


if __name__ == "__main__":
    find_running_servers()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ekyam.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
