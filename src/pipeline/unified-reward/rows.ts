import { pairwise } from "../../benchmark/pairwise.ts";
import type { Demonstration } from "../../dataset/sets/example.ts";
import type { ImportedQuestion } from "../../dataset/question.ts";
import type { Message } from "../../model/vlm/backend.ts";
import { givenPair } from "../../preference/given-pairs.ts";
import type { PairRow } from "../../preference/rows.ts";
import type { SftRow } from "../../training/sft.ts";
import type { ChosenChain, Preferred } from "./chains.ts";

/** A chain of the user's own, which nobody has sampled. */
export function demonstrationRow({ id, image, system, prompt, answer }: Demonstration): SftRow {
  return { id, image, policy: "", system: system ?? null, prompt, answer };
}

/** A right chain of a policy's own, behind what the policy was asked. */
export function chainRow(item: ImportedQuestion, { chain }: ChosenChain, settings: unknown): SftRow {
  const { id, draw = 0, policy, text } = chain;
  return {
    id: `${id}/${draw}`,
    image: item.images,
    policy,
    system: null,
    prompt: promptOf(item, settings),
    answer: text!,
  };
}

/** A right chain over a wrong one. The prompt is there once: both answer it. */
export function preferenceRow(item: ImportedQuestion, { id, chosen, rejected }: Preferred, settings: unknown): PairRow {
  const texts = { chosen: chosen.text!, rejected: rejected.text! };
  const row = givenPair({
    id: `${id}/${chosen.draw}-${rejected.draw}`,
    image: item.images,
    prompt: promptOf(item, settings),
    ...texts,
  });
  const [chosenDraw, rejectedDraw] = [chosen.draw ?? 0, rejected.draw ?? 0];
  return {
    ...row,
    question_id: id,
    chosen_rollout: chosenDraw,
    rejected_rollout: rejectedDraw,
    policy: rejected.policy,
  };
}

/** The text that a policy sees behind a pair's images. */
function promptOf(item: ImportedQuestion, settings: unknown): string {
  const messages = pairwise.ask(item, item.images, pairwise.settings.parse(settings));
  return messages.flatMap(textsOf).join("");
}

function textsOf({ content }: Message): string[] {
  return content.flatMap((part) => (part.type === "text" ? [part.text] : []));
}
