import { z } from "zod";
import { PIPELINES } from "../pipeline/index.ts";

/** A pipeline's recipe as editors check it: the file below configs/schema/, and what it is generated from. */
export const RECIPE_SCHEMAS = Object.fromEntries(
  Object.entries(PIPELINES).map(([name, schema]) => [`${name}.json`, schema]),
);

/** The JSON Schema of a recipe as it is written by hand: fields with a default may be absent. */
export function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: "input" });
}
