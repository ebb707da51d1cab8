import { z } from "zod";

/** The JSON Schema of a recipe as it is written by hand: fields with a default may be absent. */
export function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: "input" });
}
