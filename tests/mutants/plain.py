"""Source that says the same without decorators, and without lambdas in tables: what mutmut can change.

`@clause(TABLE, "S1")` before a function becomes `name = clause(TABLE, "S1")(name)` behind it, likewise for methods;
caches are left out, because they would answer for a mutant that is never asked; a lambda of the module becomes a
function of its own. Owns nothing but this translation.
"""

from __future__ import annotations

import ast

CACHES = ("lru_cache", "cache")


class _Plain(ast.NodeTransformer):
    def __init__(self) -> None:
        self.inside = 0  # functions around the node
        self.hoisted: list[ast.stmt] = []

    def visit_Module(self, node: ast.Module) -> ast.Module:
        body: list[ast.stmt] = []
        for part in node.body:
            found = self._part(part)
            body += [*self.hoisted, *found]
            self.hoisted = []
        node.body = body
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.body = [part for inner in node.body for part in self._part(inner)]
        return node

    def _part(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.FunctionDef):
            return self._function(node)
        found = self.visit(node)
        return [found]

    def _function(self, node: ast.FunctionDef) -> list[ast.stmt]:
        decorators, node.decorator_list = node.decorator_list, []
        self.inside += 1
        self.generic_visit(node)
        self.inside -= 1
        body: list[ast.stmt] = [node]
        for decorator in reversed(decorators):
            if _name(decorator) not in CACHES:
                call = ast.Call(decorator, [ast.Name(node.name, ast.Load())], [])
                body.append(ast.Assign([ast.Name(node.name, ast.Store())], call))
        return body

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        if self.inside:
            return node
        name = f"_lambda_{node.lineno}_{node.col_offset}"
        self.hoisted.append(
            ast.FunctionDef(name=name, args=node.args, body=[ast.Return(node.body)], decorator_list=[], returns=None)
        )
        return ast.Name(name, ast.Load())


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def plain(source: str) -> str:
    """The same module without decorated functions and without lambdas outside of functions."""
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(ast.parse(source)))) + "\n"
