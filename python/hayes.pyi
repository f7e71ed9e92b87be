"""Scripts that talk to cellular modems."""

from datetime import timedelta
from typing import Any

__version__: str

class HayesError(Exception):
    """What was wrong. The fields of a failure, as they stand in results, are attributes."""

    code: str
    message: str
    help: str | None
    script: str | None
    line: int | None
    column: int | None
    sent: str | None
    answer: list[str]
    result: str | None

class ScriptError(HayesError):
    """The script has errors, or is given a value that it does not know."""

class PortError(HayesError):
    """The port could not be opened."""

class CommandError(HayesError):
    """The modem refused a command, or did not answer it."""

class Modem:
    """A modem at an open port: `/dev/ttyUSB2`, `tcp://host:port`, `sim:bg96`."""

    def __init__(self, port: str, *, baud: int = 115200) -> None: ...
    def at(self, command: str) -> list[str]:
        """Sends a command, waits for its answer, and returns its lines."""
    def run(
        self,
        script: str,
        *,
        secrets: dict[str, str] | None = None,
        plan: bool = False,
        yes: bool = False,
        timeout: timedelta | None = None,
        **values: object,
    ) -> dict[str, Any]:
        """Runs a script, a file's or the library's, and returns its result: `status`, `report`, `failure` and the rest of a
        line of `hayes run --json`."""
    def run_text(
        self,
        text: str,
        *,
        secrets: dict[str, str] | None = None,
        plan: bool = False,
        yes: bool = False,
        timeout: timedelta | None = None,
        **values: object,
    ) -> dict[str, Any]:
        """Runs a text as a script."""
    def cancel(self) -> None:
        """Ends what another thread runs on this modem, as Ctrl-C does: `finally` blocks still run."""
    def close(self) -> None:
        """Closes the port."""
    def __enter__(self) -> Modem: ...
    def __exit__(self, *what: object) -> None: ...

def run(
    script: str,
    port: str,
    *,
    baud: int = 115200,
    secrets: dict[str, str] | None = None,
    plan: bool = False,
    yes: bool = False,
    timeout: timedelta | None = None,
    **values: object,
) -> dict[str, Any]:
    """Opens a port, runs a script on it, and returns its result."""

def check(text: str, name: str = "<text>") -> list[dict[str, Any]]:
    """What `hayes check` finds in a text."""

def explain(text: str) -> str:
    """What a command, an answer, an error or a URC means."""
