import { join } from "node:path";
import { namesIn } from "../../../artifact/disk.ts";
import type { ArtifactRef } from "../../../contract/artifact.ts";
import { readIfThere, type RunTrace } from "../../../run/trace.ts";
import type { Shards } from "../files.ts";
import type { Recipe } from "../recipe/index.ts";

/** What the folder of a run of the loop says about what the run is made of. */
export interface LoopTrace {
  readonly recipe: Recipe;
  readonly shards: Shards;
  /** Absolute. */
  readonly folder: string;
  /** Digests of its policies, the base included, of a complete run; null of any other. */
  readonly policies: ReadonlySet<string> | null;
  /** Keys of the artifacts that its iterations name. */
  readonly named: readonly string[];
}

const NOTHING: Shards = { shards: [], held_out: { val: [], test: [] } };

export async function readLoop({ folder, recipe }: RunTrace): Promise<LoopTrace> {
  const shards = (await readIfThere<Shards>(join(folder, "shards.json"))) ?? NOTHING;
  const iterations = (await namesIn(folder)).filter((each) => /^iter_\d+$/.test(each));
  const summaries = await Promise.all(
    iterations.map((each) => readIfThere<Summary>(join(folder, each, "summary.json"))),
  );
  const written = summaries.filter((each) => each !== null);
  const final = await readIfThere<Final>(join(folder, "final_status.json"));
  return {
    recipe: recipe as Recipe,
    shards,
    folder,
    policies: final && new Set([...digestsOf(final), ...written.map((each) => each.policy)]),
    named: written.flatMap(({ artifacts }) => Object.values(artifacts).flatMap((ref) => (ref ? [ref.key] : []))),
  };
}

interface Summary {
  readonly policy: string;
  readonly artifacts: Readonly<Record<string, ArtifactRef | null>>;
}

/** final_status.json, of this version and of the one before it had tables. */
interface Final {
  readonly tables?: readonly { readonly rows: readonly { readonly policy?: string }[] }[];
  readonly digest?: string | null;
  readonly table?: readonly { readonly policy: string }[];
  readonly policy_digest?: string;
}

function digestsOf({ tables = [], digest, table = [], policy_digest: older }: Final): string[] {
  const rows = [...tables.flatMap((each) => each.rows), ...table];
  return [...rows.map((row) => row.policy), digest, older].filter((each) => typeof each === "string");
}
