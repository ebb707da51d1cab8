import { join } from "node:path";
import { joinJsonLines, readJson, writeJson, writeJsonLines } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { RunRef } from "../src/contract/run.ts";
import type { ChunkResult } from "../src/contract/steps.ts";
import { fewAtATime, FILES_AT_ONCE } from "../src/few-at-a-time.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

const RESULT_VERSION = 1;

/**
 * One index artifact for a span of chunks: judged.jsonl (their rows, in order) and chunks.json (their artifacts),
 * so that history carries one reference and not hundreds.
 */
export async function gatherChunks(
  deps: ActivityDeps,
  _context: StepContext,
  _run: RunRef,
  chunks: readonly ChunkResult[],
): Promise<ArtifactRef> {
  const inputs = chunks.map((each) => each.judged.sha256);
  const recipeOf = { step: "gather", version: RESULT_VERSION, params: { chunks: chunks.length }, inputs };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const sources = await fewAtATime(chunks, FILES_AT_ONCE, (each) => judgedFile(deps, each.judged));
    await writeJson(join(folder, "chunks.json"), chunks);
    return { rows: await writeJsonLines(join(folder, "judged.jsonl"), joinJsonLines(sources)) };
  });
  return ref;
}

/** Joins the spans of a shard that has several. */
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
    const sources = folders.map((each) => join(each, "judged.jsonl"));
    return { rows: await writeJsonLines(join(folder, "judged.jsonl"), joinJsonLines(sources)) };
  });
  return ref;
}

async function judgedFile(deps: ActivityDeps, judged: ArtifactRef): Promise<string> {
  const step = judged.key.startsWith("score-") ? "labeled.jsonl" : "answers.jsonl";
  return join(await deps.store.open(judged), step);
}
