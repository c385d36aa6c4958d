"""The monitor remembers, decides and owns every task; it knows watchers and notifiers, they do not know it."""

__version__ = "0.1.0"


def main() -> None:
    """Run the command line; imports nothing heavy before it knows which command was asked for."""
    from monitor.cli import main as run

    run()
