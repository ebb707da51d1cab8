import { join } from "node:path";
import { readAllJsonLines, writeJsonLines } from "../../src/artifact/files.ts";
import { canonicalDigest } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { ShownAnswer } from "../../src/pipeline/pointer-selector/answers.ts";
import type { AnswerInput } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { inContext, pathsBelow } from "../../src/pipeline/pointer-selector/prompt.ts";
import { policyDigest } from "../../src/run/policy.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import type { StepContext } from "../step.ts";
import { greedy } from "./beams.ts";
import { askCritic, criticParams, givenTo, openGround } from "./ground.ts";
import type { Selection } from "./select.ts";

/** Raise when the meaning of an answer changes. */
const RESULT_VERSION = 1;

/**
 * Answers a chunk of the test questions, each behind the first `shots` of its chosen examples. The key is what is shown:
 * two methods that choose alike find one answer.
 */
export async function answerWithExamples(
  deps: ActivityDeps,
  context: StepContext,
  input: AnswerInput,
): Promise<ArtifactRef> {
  const opened = await openGround(deps, input);
  const { recipe, sets } = opened;
  const { chunk, shots, selections } = input;
  const pool = new Map(sets.pool.map((each) => [each.id, each]));
  const chosen = await readAllJsonLines<Selection>(join(await deps.store.open(selections), "selections.jsonl"));
  const reasons = new Map(chunk.poisoned?.map((each) => [each.place, each.reason]));
  const own = sets.test.slice(chunk.from, chunk.from + chunk.count).map((query, place) => ({
    query,
    place,
    examples: chosen[chunk.from + place]!.examples.slice(0, shots).map((id) => pool.get(id)!),
  }));
  const wanted = own.filter(({ place }) => !reasons.has(place) && (chunk.only ?? place) === place);
  const shown = wanted.map(({ query, examples }) => [
    query.id,
    inContext(query, examples, (each) => each.image_digests),
  ]);
  const lost = [...reasons.keys()].map((place) => own[place]!.query.id);
  const recipeOf = {
    step: "shown-answers",
    version: RESULT_VERSION,
    params: { ...criticParams(recipe), lost },
    inputs: [canonicalDigest(shown), policyDigest(input.critic)],
  };
  const given = givenTo(opened, input, new Set(wanted.flatMap(({ query, examples }) => [query, ...examples])));
  const build = onGiven(deps, context, given, async (folder, unchanged) => {
    const items = wanted.map(({ query, examples }) => ({
      messages: inContext(query, examples, pathsBelow(deps.root)),
      seeds: ["greedy"],
    }));
    const how = { ground: input, recipe, doing: "answer with examples", unchanged };
    const { replies, notes } = await askCritic(deps, context, how, async (vlm, options, fitted) => ({
      replies: await vlm.sample(items, greedy(recipe.critic.max_new_tokens), options),
      notes: fitted.notes(),
    }));
    const rows = wanted.map(({ query, examples }, at): ShownAnswer => {
      const { text } = replies[at]!.completions[0]!;
      return { id: query.id, examples: examples.map(({ id }) => id), text };
    });
    for (const [place, reason] of reasons) {
      const { query, examples } = own[place]!;
      rows.push({ id: query.id, examples: examples.map(({ id }) => id), text: null, reason });
    }
    return { rows: await writeJsonLines(join(folder, "answers.jsonl"), rows), ...notes };
  });
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
  return ref;
}
