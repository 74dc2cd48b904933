"""`OnceEach`: a command that refuses an option given twice, of which the parser would keep the last."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from newstance.errors import UsageError

__all__ = ["OnceEach", "once_each"]


class OnceEach(TyperCommand):
    """A command whose options with a value are given once each, but for those that may be repeated."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words after the command's name.

        Raises:
            UsageError: an option with one value is given more than once.
        """
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        seen = set()
        for parameter in order:
            one = parameter.param_type_name == "option" and not (parameter.multiple or parameter.is_flag)  # type: ignore[attr-defined]
            if one and parameter.name in seen:
                raise UsageError("is given more than once; give it once", field=max(parameter.opts, key=len))
            seen.add(parameter.name)
        return super().parse_args(ctx, args)


def once_each(*apps: typer.Typer) -> None:
    """Make all commands of the applications such commands."""
    for app in apps:
        for command in app.registered_commands:
            command.cls = OnceEach
