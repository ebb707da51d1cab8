import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { Chunk } from "../../src/contract/chunk.ts";
import type { QuestionList, SnowballPlan, SnowballRun } from "../../src/pipeline/snowball/contract/plan.ts";
import type {
  ImagineSteps,
  RolloutSource,
  RolloutSteps,
  ScoreSteps,
  SnowballSteps,
} from "../../src/pipeline/snowball/contract/steps.ts";
import { type Carried, fanOut, type Link } from "../stages/fan-out.ts";
import { controlSteps, roleSteps } from "../stages/steps.ts";

/** Which questions go through the roles, for whom. */
export interface LabelInput extends Carried, Pick<SnowballPlan, "limits"> {
  readonly run: SnowballRun;
  readonly list: QuestionList;
  readonly questions: number;
  readonly perChunk: number;
  readonly window: number;
  readonly schedule: "stream" | "staged";
  readonly source: RolloutSource;
  /** Completions of a question. */
  readonly completions: number;
  readonly policy: PolicyRef;
  /** What people call this pass: "iteration 2 of 5 (iter_1)", "evaluate base policy". */
  readonly title: string;
}

/**
 * Streams the questions of a shard (or those held out) through rollout → imagine → score (or answer): the child workflow
 * of a pass. Returns the index artifact of everything judged.
 */
export function labelQuestions(input: LabelInput): Promise<ArtifactRef> {
  const { run, limits, title, questions: items, perChunk, window, schedule, list } = input;
  const file = list.set === "shard" ? "labeled.jsonl" : "answers.jsonl";
  const how = { run, limits, title, items, perChunk, window, schedule, of: "question", rows: { link: "score", file } };
  return fanOut(input, how, linksOf(input));
}

function linksOf({ run, list, limits, policy, source, completions: unitsPerItem }: LabelInput): Link[] {
  const own = controlSteps<SnowballSteps>(limits);
  const { rolloutChunk } = roleSteps<RolloutSteps>("rollout", limits);
  const { imagineChunk } = roleSteps<ImagineSteps>("imagine", limits);
  const { scoreChunk, answerChunk } = roleSteps<ScoreSteps>("score", limits);
  const rollout = source === "reference" ? own.referenceRollouts : rolloutChunk;
  const judge = list.set === "shard" ? scoreChunk : answerChunk;
  const of = (chunk: Chunk) => ({ run, list, chunk });
  return [
    {
      name: "rollout",
      unitsPerItem,
      step: (chunk, _, summary) => rollout.executeWithOptions({ summary }, [{ ...of(chunk), policy, source }]),
    },
    {
      name: "imagine",
      unitsPerItem,
      step: (chunk, made, summary) =>
        imagineChunk.executeWithOptions({ summary }, [{ ...of(chunk), rollouts: made["rollout"]! }]),
    },
    {
      name: "score",
      unitsPerItem,
      step: (chunk, made, summary) =>
        judge.executeWithOptions({ summary }, [{ ...of(chunk), rollouts: made["rollout"]!, views: made["imagine"]! }]),
    },
  ];
}
