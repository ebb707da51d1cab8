import type { Changes } from "../pipeline/pipeline.ts";
import { changedFields } from "../recipe/differences.ts";

/** A recipe of trainings that follow one another. */
interface Chained {
  readonly stages: readonly string[];
}

/** What the fields of a chain's recipe mean to its stages. */
export interface ChainFields {
  /** Beginnings of fields that determine no result. */
  readonly inert: RegExp;
  /** Beginnings of fields that no training depends on. */
  readonly measured: RegExp;
  /** The first stage that a field changes; one that is none of `stages`, or absent, changes all of them. */
  stageOf(this: void, field: string, stages: readonly string[]): string | undefined;
}

/** What differs between two recipes of one run. A stage starts from the one before, so all that follow it are remade. */
export function chainChanges(before: Chained, after: Chained, { inert, measured, stageOf }: ChainFields): Changes {
  const { fields, counting } = changedFields(before, after, inert);
  const training = counting.filter((field) => !measured.test(field));
  return { fields, determines: counting.length > 0, redone: redone() };

  function redone(): string[] {
    if (counting.length === 0) return ["Nothing is done again: no result depends on what changed."];
    if (training.length === 0)
      return ["Done again: the answers that depend on what changed.", "Found in the store: every training."];
    const { stages } = after;
    const places = training.map((field) => stages.indexOf(stageOf(field, stages) ?? ""));
    const first = Math.max(0, Math.min(...places));
    const found = first === 0 ? [] : [`Found in the store: ${stages.slice(0, first).join(", ")}.`];
    return [`Done again: ${stages.slice(first).join(", ")}, with their answers.`, ...found];
  }
}

/** The stage whose block a field stands in. */
export function blockOf(field: string): string | undefined {
  return field.split(".")[0];
}
