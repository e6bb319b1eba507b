"""Days between two days, counted by the database."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class days_between(FunctionElement[int]):  # noqa: N801 - written as SQL's other functions are
    """How many days after the first day the second is; negative before it."""

    type = Integer()
    inherit_cache = True


@compiles(days_between)
def _subtract(element: days_between, compiler: SQLCompiler, **kwargs: Any) -> str:
    first, second = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"({second} - {first})"


@compiles(days_between, "sqlite")
def _subtract_texts(element: days_between, compiler: SQLCompiler, **kwargs: Any) -> str:
    first, second = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"CAST(julianday({second}) - julianday({first}) AS INTEGER)"
