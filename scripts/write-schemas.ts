import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RECIPE_SCHEMAS } from "../src/pipeline/index.ts";
import { jsonSchema } from "../src/recipe/needed.ts";

/** Writes configs/schema/*.json from the recipes' zod schemas. Run it after a schema changed, then the formatter. */
const folder = join(import.meta.dirname, "../configs/schema");
for (const [file, schema] of Object.entries(RECIPE_SCHEMAS)) {
  await writeFile(join(folder, file), `${JSON.stringify(jsonSchema(schema), null, 2)}\n`);
}
