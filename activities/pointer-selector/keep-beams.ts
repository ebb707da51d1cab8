import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { Account } from "../../src/contract/account.ts";
import { StepFailure } from "../../src/failure.ts";
import { type Beams, listedShape, pointedShape } from "../../src/pipeline/pointer-selector/beam-files.ts";
import type { KeepBeamsInput, KeptBeams } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import type { QueryBeams } from "./open.ts";

/** Raise when the meaning of what is kept changes. */
const RESULT_VERSION = 1;

/** Queries whose beams tell something, in the shapes that the field has for them, and where every query went. */
export async function keepBeams(
  { store }: ActivityDeps,
  _context: StepContext,
  { rows: ref }: KeepBeamsInput,
): Promise<KeptBeams> {
  const recipeOf = { step: "kept-beams", version: RESULT_VERSION, params: {}, inputs: [ref.sha256] };
  const { ref: beams } = await makeArtifact(store, recipeOf, async (folder) => {
    const all = await readAllJsonLines<QueryBeams>(join(await store.open(ref), "rows.jsonl"));
    const searched = all.flatMap((row) => ("beams" in row ? [row] : []));
    // Of equal scores none is better: nothing is to be learned from them.
    const telling = searched.filter(({ beams: own }) => own.some(({ score }) => score !== own[0]!.score));
    if (telling.length === 0) {
      const lost = all.find((row) => "reason" in row);
      const why = lost && "reason" in lost ? `; of "${lost.id}": ${lost.reason}` : "";
      throw new StepFailure("BadInput", `No query has beams of different scores, so nothing can be learned${why}.`);
    }
    const shapes: Beams = new Map(searched.map(({ id, beams: own }) => [id, own]));
    await writeJson(join(folder, "beams.json"), listedShape(shapes));
    await writeJson(join(folder, "rl_beams.json"), pointedShape(shapes));
    const account: Account = {
      of: "query",
      total: all.length,
      parts: {
        "with beams": telling.length,
        "with equal scores": searched.length - telling.length,
        quarantined: all.length - searched.length,
      },
    };
    await writeJson(join(folder, "account.json"), account);
    return { rows: await writeJsonLines(join(folder, "rows.jsonl"), telling) };
  });
  return { beams, account: await readJson<Account>(join(await store.open(beams), "account.json")) };
}
