"""Which kinds of syntax nodes and functions may occur in ordinary SQL. Anything else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import unsupported

if TYPE_CHECKING:
    from dev.emulator.versions import Version

_QUERIES: tuple[type[exp.Expr], ...] = (
    exp.CTE,
    exp.Delete,
    exp.Distinct,
    exp.Except,
    exp.From,
    exp.Group,
    exp.Having,
    exp.Insert,
    exp.Intersect,
    exp.Join,
    exp.Limit,
    exp.Lock,
    exp.Offset,
    exp.OnConflict,
    exp.Order,
    exp.Ordered,
    exp.Returning,
    exp.Schema,
    exp.Select,
    exp.Subquery,
    exp.Table,
    exp.TableAlias,
    exp.Union,
    exp.Unnest,
    exp.Update,
    exp.Values,
    exp.Where,
    exp.With,
)
_EXPRESSIONS: tuple[type[exp.Expr], ...] = (
    exp.Add,
    exp.Alias,
    exp.All,
    exp.And,
    exp.Any,
    exp.Array,
    exp.Between,
    exp.Boolean,
    exp.Bracket,
    exp.Case,
    exp.Cast,
    exp.Column,
    exp.DPipe,
    exp.DataType,
    exp.DataTypeParam,
    exp.Dot,
    exp.EQ,
    exp.Exists,
    exp.Filter,
    exp.GT,
    exp.GTE,
    exp.ILike,
    exp.Identifier,
    exp.If,
    exp.In,
    exp.Interval,
    exp.Is,
    exp.JSONExtract,
    exp.JSONExtractScalar,
    exp.JSONPath,
    exp.JSONPathKey,
    exp.JSONPathRoot,
    exp.LT,
    exp.LTE,
    exp.Like,
    exp.Literal,
    exp.Mod,
    exp.Mul,
    exp.NEQ,
    exp.Neg,
    exp.Not,
    exp.Null,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Or,
    exp.Paren,
    exp.RegexpILike,
    exp.RegexpLike,
    exp.Star,
    exp.Sub,
    exp.Tuple,
    exp.Var,
)
_DEFINITIONS: tuple[type[exp.Expr], ...] = (
    exp.CheckColumnConstraint,
    exp.ColumnConstraint,
    exp.ColumnDef,
    exp.Constraint,
    exp.Create,
    exp.DefaultColumnConstraint,
    exp.Drop,
    exp.Index,
    exp.IndexParameters,
    exp.NotNullColumnConstraint,
    exp.PrimaryKey,
    exp.PrimaryKeyColumnConstraint,
    exp.UniqueColumnConstraint,
)
# Functions that sqlglot knows. EXTRACT, and `/` above, are missing: CockroachDB's have other types.
_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    exp.Abs,
    exp.ArrayAgg,
    exp.ArrayContainedBy,
    exp.ArrayContainsAll,
    exp.ArrayOverlaps,
    exp.Coalesce,
    exp.Concat,
    exp.Count,
    exp.CurrentCatalog,
    exp.CurrentDatabase,
    exp.CurrentSchema,
    exp.CurrentTimestamp,
    exp.CurrentUser,
    exp.CurrentVersion,
    exp.Explode,
    exp.GenerateSeries,
    exp.ExplodingGenerateSeries,
    exp.Greatest,
    exp.GroupConcat,
    exp.Least,
    exp.Length,
    exp.Lower,
    exp.Max,
    exp.Min,
    exp.Nullif,
    exp.Rand,
    exp.Replace,
    exp.SessionUser,
    exp.SplitPart,
    exp.Substring,
    exp.Sum,
    exp.Trim,
    exp.Upper,
    exp.Uuid,
)
NODES = frozenset((*_QUERIES, *_EXPRESSIONS, *_DEFINITIONS, *_FUNCTIONS))

# Functions that sqlglot does not know, by their qualifier.
NAMED_FUNCTIONS = {
    "": {
        "array_length",
        "array_to_string",
        "bool_or",
        "bool_and",
        "cardinality",
        "clock_timestamp",
        "current_database",
        "current_schema",
        "gen_random_uuid",
        "pg_advisory_lock",
        "pg_advisory_unlock",
        "pg_advisory_unlock_all",
        "pg_has_role",
        "pg_sleep",
        "pg_try_advisory_lock",
        "statement_timestamp",
        "to_jsonb",
        "version",
    },
    "crdb_internal": {
        "cluster_id",
        "increment_feature_counter",
        "is_admin",
        "node_executable_version",
    },
    "pg_catalog": {
        "array_to_string",
        "current_database",
        "current_schema",
        "pg_encoding_to_char",
        "pg_get_userbyid",
        "pg_has_role",
        "version",
    },
}
# Functions of PostgreSQL that CockroachDB got late; here they take one key.
LOCKS_IN_TRANSACTIONS = {"pg_advisory_xact_lock", "pg_try_advisory_xact_lock"}

TYPES = frozenset(
    {
        exp.DType.ARRAY,
        exp.DType.BIGINT,
        exp.DType.BOOLEAN,
        exp.DType.DATE,
        exp.DType.DECIMAL,
        exp.DType.DOUBLE,
        exp.DType.FLOAT,
        exp.DType.INT,
        exp.DType.INTERVAL,
        exp.DType.JSONB,
        exp.DType.SMALLINT,
        exp.DType.TEXT,
        exp.DType.TIMESTAMP,
        exp.DType.TIMESTAMPTZ,
        exp.DType.UUID,
        exp.DType.VARBINARY,
        exp.DType.VARCHAR,
    }
)


def check(tree: exp.Expr, version: Version) -> None:
    """Refuse a statement that holds anything outside the allow-list.

    Args:
        tree: The statement.
        version: Whose functions there are.

    Raises:
        SqlError: Code 0A000, or 42883 for a function that CockroachDB lacks as well.
    """
    _check_top(tree)
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            _check_function(node, version)
        elif type(node) not in NODES:
            raise unsupported(f"{_spoken(node)} in a statement")
        elif isinstance(node, exp.DataType) and node.this not in TYPES:
            raise unsupported(f"the type {node.sql('postgres')}")
        elif isinstance(node, exp.Dot) and not isinstance(node.expression, exp.Anonymous):
            raise unsupported(f"the expression {node.sql('postgres')}")
        elif isinstance(node, exp.Table) and node.args.get("only"):
            raise unsupported("ONLY")


def _check_top(tree: exp.Expr) -> None:
    if isinstance(tree, exp.Create) and (
        tree.args["kind"] not in ("TABLE", "INDEX")
        or tree.args.get("replace")
        or tree.args.get("concurrently")
        or tree.args.get("properties")
    ):
        raise unsupported(f"this form of CREATE {tree.args['kind']}")
    if isinstance(tree, exp.Drop) and tree.args["kind"] != "TABLE":
        raise unsupported(f"DROP {tree.args['kind']}")


def _check_function(node: exp.Anonymous, version: Version) -> None:
    name = node.name.lower()
    qualifier = ""
    if isinstance(node.parent, exp.Dot):
        qualifier = node.parent.this.sql("postgres").lower()
    if name in LOCKS_IN_TRANSACTIONS and qualifier in {"", "pg_catalog"}:
        if not version.locks_in_transactions:
            raise SqlError(f"unknown function: {name}()", sqlstate="42883")
        if len(node.expressions) != 1:
            raise unsupported(f"{name}() with several keys")
        return
    if name not in NAMED_FUNCTIONS.get(qualifier, set()):
        shown = f"{qualifier}.{name}" if qualifier else name
        raise unsupported(f"the function {shown}()")
    owned = [argument.name for argument in node.expressions]
    if name == "pg_get_userbyid" and owned != ["datdba"]:
        raise unsupported("the owner of anything but a database")


def _spoken(node: exp.Expr) -> str:
    return type(node).__name__
