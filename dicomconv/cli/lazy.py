"""A group of commands each of which is loaded when it is called, so that --help and every command start fast."""

import importlib
from typing import ClassVar

import click


class LazyGroup(click.Group):
    """Lists its commands without loading them. `prefix`: of the modules; `offered`: what each command does, by name."""

    prefix: ClassVar[str]
    offered: ClassVar[dict[str, str]]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(self.offered)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, loaded now."""
        if cmd_name not in self.offered:
            return None
        command: click.Command = importlib.import_module(f"{self.prefix}{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in --help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.offered.items()))
