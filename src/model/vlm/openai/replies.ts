import { z } from "zod";
import { StepFailure } from "../../../failure.ts";
import type { ServerSpec } from "../../specs.ts";
import type { Completion } from "../backend.ts";
import type { Spelling } from "./spelling.ts";

const token = z.object({ token: z.string(), logprob: z.number() });
const choice = z.object({
  finish_reason: z.string(),
  message: z.object({
    content: z.string().nullable(),
    reasoning: z.string().nullish(),
    reasoning_content: z.string().nullish(),
  }),
  logprobs: z.object({ content: z.array(token).nullish() }).nullish(),
  token_ids: z.array(z.int().min(0)).nullish(),
});

/** What is read of an answer. Ids and the prompt's log-probabilities are vLLM's own. */
export const reply = z.object({
  model: z.string(),
  choices: z.array(choice).length(1),
  prompt_token_ids: z.array(z.int().min(0)).nullish(),
  prompt_logprobs: z.array(z.record(z.string(), z.object({ logprob: z.number() })).nullable()).nullish(),
});
export type Reply = z.output<typeof reply>;

/**
 * What was said, as every backend has it.
 * @throws {StepFailure} BadInput for an answer that lacks what is needed, or that somebody has cut words out of
 */
export function completionOf(
  address: string,
  { choices }: Reply,
  needs: ServerSpec["needs"],
  spelling: Spelling,
): Completion {
  const [said] = choices;
  const { message, logprobs, token_ids: ids } = said!;
  const text = message.content ?? "";
  const lacks = (what: string): StepFailure => new StepFailure("BadInput", `The server at ${address} ${what}.`);
  if (message.reasoning ?? message.reasoning_content)
    throw lacks("keeps what the model thinks apart from what it says; start it without a reasoning parser");
  const finish = finishOf(said!.finish_reason);
  if (finish === undefined) {
    throw lacks(`ended an answer as "${said!.finish_reason}"; what the model says is wanted whole, without tools`);
  }
  const given = logprobs?.content ?? undefined;
  if (needs === "text") {
    return {
      text,
      finish,
      tokens: ids?.length ?? given?.length ?? 0,
      mean_logprob: Number.NaN,
      retokenized_equal: false,
    };
  }
  if (given === undefined || (given.length === 0 && finish === "stop"))
    throw lacks("says no log-probabilities (logprobs); it has to for scores and for what is trained on");
  const ended = finish === "stop" && isEnd(text, given.at(-1)!.token) ? given.slice(0, -1) : given;
  const tokens = ended.length;
  const mean = tokens > 0 ? ended.reduce((sum, { logprob }) => sum + logprob, 0) / tokens : given[0]!.logprob;
  const completion = { text, finish, tokens, mean_logprob: mean };
  if (ids === undefined || ids === null || ids.length !== given.length) {
    if (needs === "ids") throw lacks("says no token ids (return_token_ids, as vLLM does); they are trained on");
    return { ...completion, retokenized_equal: false };
  }
  const own = ids.slice(0, tokens);
  const equal = isSame(spelling.encode(text), own);
  const usual = equal && (own.length === ids.length || ids.at(-1) === spelling.endId);
  return { ...completion, retokenized_equal: equal, ...(!usual && { ids }) };
}

/** A cut is the model's own; whatever else ended an answer is not. */
function finishOf(reason: string): Completion["finish"] | undefined {
  return reason === "stop" || reason === "length" ? reason : undefined;
}

/** Is this the end token, which is no part of the text? */
function isEnd(text: string, last: string): boolean {
  return last === "" || !text.endsWith(last);
}

/** Sum of the log-probabilities of the prompt's last tokens, which are these. @returns undefined where others stand there */
export function lastLogprobs({ prompt_token_ids: ids, prompt_logprobs: all }: Reply, wanted: readonly number[]) {
  if (!ids || !all || !isSame(ids.slice(-wanted.length), wanted)) return undefined;
  const found = wanted.map((id, at) => all[ids.length - wanted.length + at]?.[String(id)]?.logprob);
  return found.every((each) => each !== undefined) ? found.reduce((sum, each) => sum + each, 0) : undefined;
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((id, at) => id === others[at]);
}
