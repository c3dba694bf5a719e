"""The programs of examples/recipes."""

from programs.collection import Collection

RECIPES = Collection("recipes", group="programs")
program = RECIPES.program
