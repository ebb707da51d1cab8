import { z } from "zod";
import { notify } from "./parts/notify.ts";
import { chunk, retries } from "./parts/operation.ts";
import { simulate } from "./parts/simulate.ts";
import { track } from "./parts/track.ts";

/** Letters of a name: it names a workflow and files. */
const LONGEST_NAME = 64;

/** What the recipe of every pipeline begins with. */
export const common = {
  $schema: z.string().optional().describe("For editors"),
  name: z
    .string()
    .max(LONGEST_NAME)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, - and _ are needed, a letter or digit first")
    .describe("The run's name: what a person types to find it again"),
  notify: notify.optional(),
  track: track.optional(),
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

/** The recipe under its name and a word behind it, for what is no run of its own: "pilot-check". */
export function named<R extends CommonRecipe>(recipe: R, word: string): R {
  const end = `-${word}`;
  return { ...recipe, name: `${recipe.name.slice(0, LONGEST_NAME - end.length)}${end}` };
}

/** What simulated backends pretend; undefined where none is. */
export type Simulate = CommonRecipe["simulate"];
