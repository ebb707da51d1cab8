import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recipePages } from "./docs/markdown.ts";

/** Writes docs/recipes from the recipes' zod schemas. Run it after a schema changed. */
const folder = join(import.meta.dirname, "../docs/recipes");
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
for (const [name, text] of Object.entries(await recipePages())) await writeFile(join(folder, name), text);
