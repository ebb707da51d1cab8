import {
  continueAsNew,
  defineQuery,
  executeChild,
  ParentClosePolicy,
  setHandler,
  type Workflow,
  workflowInfo,
} from "@temporalio/workflow";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import { type Chunk, chunkCount, chunkOf, type ChunkResult } from "../../src/contract/chunk.ts";
import type { StreamProgress } from "../../src/contract/progress.ts";
import type { GatherInput } from "../../src/contract/steps.ts";
import type { RunRef, StepLimits } from "../../src/contract/run.ts";
import { isolating } from "./isolate.ts";
import { controlSteps } from "./steps.ts";
import { inWindow } from "./window.ts";

/** Chunks between two index artifacts: bounds the history of one execution and the references held in memory. */
const SPAN = 100;

/** How far a child is with its chunks. */
export const countsQuery = defineQuery<StreamProgress>("counts");

/** Artifacts of a chunk by the link that made them. */
export type Made = Readonly<Record<string, ArtifactRef>>;

/** What every chunk goes through, one link after the other. */
export interface Link {
  readonly name: string;
  /** What of an item the link's count counts: K samples of a question, one answer. */
  readonly unitsPerItem: number;
  readonly step: (chunk: Chunk, made: Made, summary: string) => Promise<ArtifactRef>;
}

/** What a child that fans out carries through continue-as-new, beside its own input. */
export interface Carried {
  readonly spans?: readonly ArtifactRef[];
  readonly nextChunk?: number;
}

export interface FanOut {
  readonly run: RunRef;
  readonly limits: StepLimits;
  /** What people call it: "iteration 2 of 5 (iter_1)". */
  readonly title: string;
  readonly items: number;
  readonly perChunk: number;
  readonly window: number;
  /** stream: a chunk goes on as soon as it can; staged: one link for all chunks, then the next. */
  readonly schedule: "stream" | "staged";
  /** What an item is, for summaries: "question". */
  readonly of: string;
  readonly rows: GatherInput["rows"];
}

/**
 * Streams the chunks of a list through links: while chunk 3 is in its last link, chunk 4 is in the one before. Returns
 * the index artifact of everything (rows.jsonl and chunks.json).
 *
 * Called by a workflow of its own, so that a list of thousands of chunks has a history of its own, which continues as
 * new under the same `input`.
 */
export async function fanOut(input: Carried, how: FanOut, links: readonly Link[]): Promise<ArtifactRef> {
  const { run, limits, title, items, perChunk, rows } = how;
  const steps = controlSteps(limits);
  const total = chunkCount(items, perChunk);
  let next = input.nextChunk ?? 0;
  const progress = countItems(how, links, Math.min(next * perChunk, items));
  setHandler(countsQuery, progress.read, { description: "How far each link is with the chunks" });

  const spans = [...(input.spans ?? [])];
  while (next < total) {
    const first = next;
    const size = Math.min(SPAN, total - first);
    const chunks = Array.from({ length: size }, (_, place) => chunkOf(items, perChunk, first + place));
    const passed = how.schedule === "stream" ? stream : staged;
    const results = await passed(how, chunks, links, progress.add);
    const summary = `gather · ${title} · ${size} chunks`;
    spans.push(await steps.gatherChunks.executeWithOptions({ summary }, [{ run, chunks: results, rows }]));
    next += size;
    if (workflowInfo().continueAsNewSuggested && next < total) {
      await continueAsNew<Workflow>({ ...input, spans, nextChunk: next });
    }
  }
  const [only, ...more] = spans;
  return only !== undefined && more.length === 0 ? only : steps.gatherSpans(run, spans);
}

type Passed = (
  how: FanOut,
  chunks: readonly Chunk[],
  links: readonly Link[],
  count: (link: Link, chunk: Chunk) => void,
) => Promise<ChunkResult[]>;

/** Every chunk goes on to the next link as soon as it can. */
const stream: Passed = (how, chunks, links, count) =>
  inWindow(chunks.length, how.window, async (place) => {
    let at: ChunkResult = { chunk: chunks[place]!, made: {} };
    for (const link of links) at = await passLink(how, link, at, count);
    return at;
  });

/** One link for all chunks, then the next: right where links share a device, because models are swapped once. */
const staged: Passed = async (how, chunks, links, count) => {
  let all: ChunkResult[] = chunks.map((chunk) => ({ chunk, made: {} }));
  for (const link of links) {
    const before = all;
    all = await inWindow(before.length, how.window, (place) => passLink(how, link, before[place]!, count));
  }
  return all;
};

async function passLink(
  { title, of }: FanOut,
  link: Link,
  { chunk, made }: ChunkResult,
  count: (link: Link, chunk: Chunk) => void,
): Promise<ChunkResult> {
  const passed = await isolating(chunk, (each) => {
    const what = each.only === undefined ? `${each.count} ${of}s` : `${of} ${each.only + 1} alone`;
    return link.step(each, made, `${link.name} · ${title} · chunk ${each.index + 1} of ${each.of} · ${what}`);
  });
  count(link, chunk);
  return { chunk: passed.chunk, made: { ...made, [link.name]: passed.value } };
}

function countItems({ title, items }: FanOut, links: readonly Link[], before: number) {
  const done = new Map(links.map((link) => [link, before]));
  return {
    add: (link: Link, chunk: Chunk): void => void done.set(link, (done.get(link) ?? 0) + chunk.count),
    read: (): StreamProgress => ({
      title,
      counts: Object.fromEntries(
        links.map((link) => [
          link.name,
          { done: (done.get(link) ?? 0) * link.unitsPerItem, total: items * link.unitsPerItem },
        ]),
      ),
    }),
  };
}

/** Starts a child that fans out, and waits for it. Its id is the run's name and the pass, for the UI's list. */
export function inChild<Input extends { readonly title: string }>(
  child: (input: Input) => Promise<ArtifactRef>,
  id: string,
  input: Input,
): Promise<ArtifactRef> {
  return executeChild(child, {
    workflowId: id,
    args: [input],
    staticSummary: input.title,
    // A terminated run must not leave a child that holds devices: the child cancels its steps and waits for them.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // The store decides what is done, so a child left over from a lost parent is replaced, not waited for.
    workflowIdReusePolicy: "TERMINATE_IF_RUNNING",
  });
}
