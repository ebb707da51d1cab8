/** One thing that is wrong with a recipe. */
export interface Problem {
  /** Where: ["scoring", "min_score_gap"]; empty for the recipe as a whole. */
  readonly path: readonly PropertyKey[];
  /** One sentence, the field's name included. */
  readonly message: string;
}

/** "training.loss_type[1]" as a person writes it. */
export function fieldName(path: readonly PropertyKey[]): string {
  let name = "";
  for (const part of path) {
    if (typeof part === "number") name += `[${part}]`;
    else name += name === "" ? String(part) : `.${String(part)}`;
  }
  return name;
}
