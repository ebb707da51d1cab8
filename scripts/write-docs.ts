import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recipeMarkdown } from "./docs/markdown.ts";

/** Writes docs/recipe.md from the recipes' zod schemas. Run it after a schema changed. */
await writeFile(join(import.meta.dirname, "../docs/recipe.md"), await recipeMarkdown());
