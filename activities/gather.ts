import { join } from "node:path";
import { joinJsonLines, readJson, writeJson, writeJsonLines } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { ChunkResult } from "../src/contract/chunk.ts";
import type { RunRef } from "../src/contract/run.ts";
import type { GatherInput } from "../src/contract/steps.ts";
import { fewAtATime, FILES_AT_ONCE } from "../src/few-at-a-time.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of an index changes. */
const RESULT_VERSION = 2;

/**
 * One index artifact for a span of chunks: rows.jsonl (the rows of the last link, in order) and chunks.json (the
 * artifacts of all links), so that history carries one reference and not hundreds.
 */
export async function gatherChunks(
  deps: ActivityDeps,
  _context: StepContext,
  { chunks, rows }: GatherInput,
): Promise<ArtifactRef> {
  const last = chunks.map(({ made }) => made[rows.link]!);
  const inputs = last.map((each) => each.sha256);
  const recipeOf = { step: "gather", version: RESULT_VERSION, params: { chunks: chunks.length, rows }, inputs };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const sources = await fewAtATime(last, FILES_AT_ONCE, async (each) => join(await deps.store.open(each), rows.file));
    await writeJson(join(folder, "chunks.json"), chunks);
    return { rows: await writeJsonLines(join(folder, "rows.jsonl"), joinJsonLines(sources)) };
  });
  return ref;
}

/** Joins the spans of a list that has several. */
export async function gatherSpans(
  deps: ActivityDeps,
  _context: StepContext,
  _run: RunRef,
  spans: readonly ArtifactRef[],
): Promise<ArtifactRef> {
  const inputs = spans.map((each) => each.sha256);
  const recipeOf = { step: "gather", version: RESULT_VERSION, params: { spans: spans.length }, inputs };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const folders = await fewAtATime(spans, FILES_AT_ONCE, (each) => deps.store.open(each));
    const chunks = await fewAtATime(folders, FILES_AT_ONCE, (each) =>
      readJson<ChunkResult[]>(join(each, "chunks.json")),
    );
    await writeJson(join(folder, "chunks.json"), chunks.flat());
    const sources = folders.map((each) => join(each, "rows.jsonl"));
    return { rows: await writeJsonLines(join(folder, "rows.jsonl"), joinJsonLines(sources)) };
  });
  return ref;
}
