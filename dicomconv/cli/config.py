"""--config: defaults for any flag from a TOML file, at its top for all commands, or under the name of one."""

import importlib
import tomllib
from pathlib import Path
from typing import Any

import click

from dicomconv.cli import COMMANDS


def read_config(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Take defaults from the file; flags on the command line win. An unknown name is a usage error that names it."""
    if path is None:
        return
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise click.UsageError(f"--config {path}: cannot be read as TOML ({type(error).__name__})") from None
    command = ctx.command.name or ""
    flags = _flags(ctx.command)
    for_all = {name: value for name, value in settings.items() if name not in COMMANDS}
    for_this = settings.get(command, {})
    if not isinstance(for_this, dict):
        raise click.UsageError(f"--config {path}: {command} is a command: what is below [{command}] is for it")
    for name, value in {**for_all, **for_this}.items():
        option = flags.get(name.replace("_", "-"))
        if option is not None:
            ctx.default_map = {**(ctx.default_map or {}), option.name or name: _value(option, value)}
        elif name not in for_all or not _is_flag_of_any(name):
            raise click.UsageError(f"--config {path}: {command} has no flag --{name}")


def _flags(command: click.Command) -> dict[str, click.Option]:
    options = [option for option in command.params if isinstance(option, click.Option)]
    return {name.lstrip("-"): option for option in options for name in (*option.opts, *option.secondary_opts)}


def _is_flag_of_any(name: str) -> bool:
    modules = (importlib.import_module(f"dicomconv.cli.{command}") for command in COMMANDS)
    return any(name.replace("_", "-") in _flags(module.command) for module in modules)


def _value(option: click.Option, value: Any) -> Any:
    """A TOML value as the command line would give it: one of several as a list, numbers as their digits.

    A list of numbers is one value, such as a window: [40, 400] is 40,400.
    """
    if option.multiple:
        numbers = isinstance(value, list) and all(isinstance(one, (int, float)) for one in value)
        return [_single(one) for one in (value if isinstance(value, list) and not numbers else [value])]
    return _single(value)


def _single(value: Any) -> Any:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, bool) else str(value)
