import { z } from "zod";
import { chunk, retries } from "./parts/operation.ts";
import { simulate } from "./parts/simulate.ts";

/** What the recipe of every pipeline begins with. */
export const common = {
  $schema: z.string().optional().describe("For editors"),
  name: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, - and _ are needed, a letter or digit first")
    .describe("The run's name: what a person types to find it again"),
  seed: z.int().min(0).default(0).describe("All noise and every split derive from it"),
};

/** How a run works, whatever it does. */
export const operation = {
  chunk: chunk.prefault({}),
  retries: retries.prefault({}),
  simulate: simulate.optional(),
};

/** What of a recipe the shared rooms look at. */
export type CommonRecipe = { readonly pipeline: string } & z.output<z.ZodObject<typeof common & typeof operation>>;

/** What simulated backends pretend; undefined where none is. */
export type Simulate = CommonRecipe["simulate"];
