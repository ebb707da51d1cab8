import type { Field } from "./fields.ts";

/** Something of every pipeline, by the pipeline's name; undefined where it has none. */
export type ByPipeline<T> = Readonly<Record<string, T | undefined>>;

export function mapped<T, R>(things: ByPipeline<T>, change: (thing: T) => R | undefined): ByPipeline<R> {
  const entries = Object.entries(things).map(
    ([pipeline, thing]) => [pipeline, thing === undefined ? undefined : change(thing)] as const,
  );
  return Object.fromEntries(entries);
}

/** Those that there are, by the pipeline's name. */
export function present<T>(things: ByPipeline<T>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(things).flatMap(([pipeline, thing]) => (thing === undefined ? [] : [[pipeline, thing]])),
  );
}

/** Names of all lists, each once, in an order that keeps that of every list where they agree. */
export function mergedNames(lists: readonly (readonly string[])[]): string[] {
  const merged: string[] = [];
  for (const list of lists) {
    let after = -1;
    for (const name of list) {
      const known = merged.indexOf(name);
      if (known < 0) merged.splice(after + 1, 0, name);
      after = known < 0 ? after + 1 : known;
    }
  }
  return merged;
}

/** What all say, or "`0.3`; in single-round `0.5`". Whoever says nothing is taken to agree; undefined when nobody does. */
export function agreed(said: ByPipeline<string>): string | undefined {
  const [[, first] = [], ...rest] = Object.entries(present(said));
  if (first === undefined) return undefined;
  const others = rest.filter(([, text]) => text !== first).map(([pipeline, text]) => `in ${pipeline} ${text}`);
  return [first, ...others].join("; ");
}

/** "Only in single-round"; undefined for what every pipeline has. */
export function onlyIn(things: ByPipeline<unknown>): string | undefined {
  const having = Object.keys(present(things));
  return having.length === Object.keys(things).length ? undefined : `Only in ${having.join(" and ")}`;
}

/** One line for a field of several pipelines. */
export function mergedField(name: string, fields: ByPipeline<Field>): Field {
  const said = (key: keyof Field) => agreed(mapped(fields, (field) => field[key]));
  return {
    name,
    takes: said("takes") ?? "",
    default: said("default") ?? "",
    meaning: [said("meaning"), onlyIn(fields)].filter((text) => text !== undefined).join(". "),
  };
}
