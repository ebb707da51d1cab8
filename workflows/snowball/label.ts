import { ParentClosePolicy, continueAsNew, executeChild, setHandler, workflowInfo } from "@temporalio/workflow";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { RoleProgress } from "../../src/contract/progress.ts";
import type { Role } from "../../src/contract/queues.ts";
import type { ChunkRef, RunPlan } from "../../src/contract/run.ts";
import type { ChunkResult, RolloutSource } from "../../src/contract/steps.ts";
import { rolesQuery } from "../stages/board.ts";
import { inWindow, isolating } from "../stages/chunks.ts";
import { type Steps, stepsOf } from "../stages/steps.ts";

/** Chunks between two index artifacts: bounds the history of one execution and the references held in memory. */
const SPAN = 100;

export interface LabelInput {
  readonly plan: RunPlan;
  readonly set: ChunkRef["set"];
  /** Shard number; −1 for the held-out set. */
  readonly shard: number;
  readonly source: RolloutSource;
  readonly policy: PolicyRef;
  /** What people call this pass: "iteration 2", "base policy". */
  readonly title: string;
  /** Carried through continue-as-new. */
  readonly spans?: readonly ArtifactRef[];
  readonly nextChunk?: number;
}

/**
 * Streams the chunks of a shard (or of the held-out questions) through rollout → imagine → score: while chunk 3 is
 * scored, chunk 4 is imagined and chunk 5 rolled out. Returns the index artifact of everything judged.
 *
 * A child workflow, so that a shard of thousands of chunks has a history of its own.
 */
export async function labelShard(input: LabelInput): Promise<ArtifactRef> {
  const { plan } = input;
  const steps = stepsOf(plan.retries);
  const sizes = sizesOf(input);
  const progress = countRoles(input, sizes);
  setHandler(rolesQuery, () => progress.roles(), { description: "How far each role is with the chunks" });

  const spans = [...(input.spans ?? [])];
  let next = input.nextChunk ?? 0;
  while (next < sizes.length) {
    const chunks = sizes.slice(next, next + SPAN).map((questions, offset): ChunkRef => {
      return { set: input.set, shard: input.shard, index: next + offset, of: sizes.length, questions };
    });
    const results =
      plan.schedule === "stream"
        ? await stream(steps, input, chunks, progress.count)
        : await staged(steps, input, chunks, progress.count);
    const summary = `gather · ${input.title} · ${results.length} chunks`;
    spans.push(await steps.control.gatherChunks.executeWithOptions({ summary }, [plan.run, results]));
    next += chunks.length;
    if (workflowInfo().continueAsNewSuggested && next < sizes.length) {
      await continueAsNew<typeof labelShard>({ ...input, spans, nextChunk: next });
    }
  }
  const [only, ...more] = spans;
  return only !== undefined && more.length === 0 ? only : steps.control.gatherSpans(plan.run, spans);
}

/** Questions per chunk of what is labelled. The gate needs val too, but no reference arm. */
function sizesOf({ plan, set, shard, source }: LabelInput): readonly number[] {
  if (set === "shard") return plan.shards[shard] ?? [];
  return source === "reference" ? plan.heldOut.slice(0, plan.testChunks) : plan.heldOut;
}

/** Every chunk goes on to the next role as soon as it can. */
function stream(steps: Steps, input: LabelInput, chunks: ChunkRef[], count: Count): Promise<ChunkResult[]> {
  return inWindow(chunks.length, input.plan.window, async (index) => {
    const rolled = await rollout(steps, input, at(chunks, index));
    count("rollout", rolled.chunk);
    const imagined = await imagine(steps, input, rolled.chunk, rolled.value);
    count("imagine", imagined.chunk);
    const judged = await judge(steps, input, imagined.chunk, rolled.value, imagined.value);
    count("score", judged.chunk);
    return { chunk: judged.chunk, rollouts: rolled.value, views: imagined.value, judged: judged.value };
  });
}

/** All of one role before the next: for hosts with fewer devices than roles, where swapping models costs more than waiting. */
async function staged(steps: Steps, input: LabelInput, chunks: ChunkRef[], count: Count): Promise<ChunkResult[]> {
  const { window } = input.plan;
  const rolled = await inWindow(chunks.length, window, async (index) => {
    const done = await rollout(steps, input, at(chunks, index));
    count("rollout", done.chunk);
    return done;
  });
  const imagined = await inWindow(chunks.length, window, async (index) => {
    const { chunk, value } = at(rolled, index);
    const done = await imagine(steps, input, chunk, value);
    count("imagine", done.chunk);
    return done;
  });
  return inWindow(chunks.length, window, async (index) => {
    const rollouts = at(rolled, index).value;
    const { chunk, value: views } = at(imagined, index);
    const done = await judge(steps, input, chunk, rollouts, views);
    count("score", done.chunk);
    return { chunk: done.chunk, rollouts, views, judged: done.value };
  });
}

function rollout(steps: Steps, input: LabelInput, chunk: ChunkRef) {
  const { plan, policy, source } = input;
  return isolating(chunk, (each) => {
    const args: Parameters<typeof steps.rollout.rolloutChunk> = [{ run: plan.run, chunk: each, policy, source }];
    const summary = summaryOf("rollout", input, each);
    return source === "reference"
      ? steps.control.referenceRollouts.executeWithOptions({ summary }, args)
      : steps.rollout.rolloutChunk.executeWithOptions({ summary }, args);
  });
}

function imagine(steps: Steps, input: LabelInput, chunk: ChunkRef, rollouts: ArtifactRef) {
  return isolating(chunk, (each) =>
    steps.imagine.imagineChunk.executeWithOptions({ summary: summaryOf("imagine", input, each) }, [
      { run: input.plan.run, chunk: each, rollouts },
    ]),
  );
}

function judge(steps: Steps, input: LabelInput, chunk: ChunkRef, rollouts: ArtifactRef, views: ArtifactRef) {
  const step = input.set === "shard" ? steps.score.scoreChunk : steps.score.answerChunk;
  return isolating(chunk, (each) =>
    step.executeWithOptions({ summary: summaryOf("score", input, each) }, [
      { run: input.plan.run, chunk: each, rollouts, views },
    ]),
  );
}

function summaryOf(role: Role, input: LabelInput, chunk: ChunkRef): string {
  const what = chunk.only === undefined ? `${chunk.questions} questions` : `question ${chunk.only + 1} alone`;
  return `${role} · ${input.title} · chunk ${chunk.index + 1} of ${chunk.of} · ${what}`;
}

type Count = (role: Role, chunk: ChunkRef) => void;

function countRoles(input: LabelInput, sizes: readonly number[]) {
  const perQuestion =
    input.source === "sampled" ? input.plan.numRollouts : input.source === "reference" ? input.plan.referenceViews : 1;
  const sum = (each: readonly number[]): number => each.reduce((a, b) => a + b, 0) * perQuestion;
  const total = sum(sizes);
  const before = sum(sizes.slice(0, input.nextChunk ?? 0));
  const done: Partial<Record<Role, number>> = { rollout: before, imagine: before, score: before };
  return {
    count: (role: Role, chunk: ChunkRef): void => {
      done[role] = (done[role] ?? 0) + chunk.questions * perQuestion;
    },
    roles: (): Partial<Record<Role, RoleProgress>> =>
      Object.fromEntries(Object.entries(done).map(([role, value]) => [role, { done: value, total }])),
  };
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no chunk ${index} among ${list.length}`);
  return item;
}

/** Starts the child that labels, and waits for it. Its id is the run's name and the pass, for the UI's list. */
export function labelInChild(input: LabelInput, id: string): Promise<ArtifactRef> {
  return executeChild(labelShard, {
    workflowId: id,
    args: [input],
    staticSummary: input.title,
    // A terminated run must not leave a child that holds devices: the child cancels its steps and waits for them.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // The store decides what is done, so a child left over from a lost parent is replaced, not waited for.
    workflowIdReusePolicy: "TERMINATE_IF_RUNNING",
  });
}
