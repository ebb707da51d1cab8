import { z } from "zod";
import { snowballRecipe } from "./pipelines/snowball.ts";

/** A pipeline's recipe as editors check it: the file below configs/schema/, and what it is generated from. */
export const RECIPE_SCHEMAS = { "snowball.json": snowballRecipe };

/** The JSON Schema of a recipe as it is written by hand: fields with a default may be absent. */
export function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: "input" });
}
