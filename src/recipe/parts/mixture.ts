import { z } from "zod";
import { DATA_SETS, type DataSetName } from "../../dataset/sets/index.ts";
import type { Problem } from "../problems.ts";
import { source } from "./data.ts";
import { label, path } from "./fields.ts";

const set = z
  .strictObject({
    name: label.optional().describe("What accounts call it; its format when absent"),
    format: z.enum(Object.keys(DATA_SETS) as DataSetName[]).describe("Whose rows they are; docs/data.md"),
    path: path.describe("A JSON array, JSON Lines or parquet, relative to the worker's root"),
    image_root: source.shape.image_root.describe("Where the rows' image names start, relative to the worker's root"),
    max_image_pixels: source.shape.max_image_pixels,
    weight: z
      .number()
      .min(0)
      .optional()
      .describe("Its share of the mixture, over the sum of all; for all sets or none"),
    limit: z.int().min(1).optional().describe("Use at most so many of its rows, chosen by the seed"),
    bad_rows: z
      .enum(["refuse", "leave_out"])
      .default("refuse")
      .describe("leave_out: rows that cannot be used, an image never fetched among them, are counted and listed"),
  })
  .describe("One set of rows");

/** Several sets of rows as one, for a block of a recipe. */
export const mixture = {
  data: z.array(set).min(1).describe("What it learns from"),
  rows: z.int().min(1).optional().describe("Rows of the mixture; as many as the weights allow when absent"),
};

export type Mixture = z.output<z.ZodObject<typeof mixture>>;
export type SetBlock = Mixture["data"][number];

/** What a set of rows is called in accounts and ids. */
export function setName({ name, format }: { readonly name?: string | undefined; readonly format: string }): string {
  return name ?? format;
}

/** Problems between the sets of a mixture. @param path of the list in its recipe: ["sft", "data"] */
export function mixtureProblems(data: readonly SetBlock[], path: readonly string[]): Problem[] {
  const names = data.map(setName);
  return data.flatMap((each, place): Problem[] => {
    const at = `${path.join(".")}[${place}]`;
    const problems: Problem[] = [];
    if (names.indexOf(setName(each)) < place) {
      const message = `${at} is called ${setName(each)}, which is taken; a name of its own is needed.`;
      problems.push({ path: [...path, place, "name"], message });
    }
    if (each.weight === undefined && data.some(({ weight }) => weight !== undefined)) {
      const message = `${at} has no weight, but another set has; all or none need one.`;
      problems.push({ path: [...path, place], message });
    }
    return problems;
  });
}
