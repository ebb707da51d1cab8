import { StepFailure } from "../../../failure.ts";
import type { AnswerLogprob } from "../backend.ts";
import type { Chat } from "./chat.ts";
import type { Graph } from "./graph.ts";
import { argmax, logProbability } from "./logits.ts";

/** A prompt as the graph reads it. */
export interface Prompt {
  readonly ids: readonly number[];
  readonly images: readonly Uint8Array[];
}

/** A greedy completion under way: token ids without the end token, and their log-probabilities. */
export interface Draft {
  readonly ids: number[];
  readonly logprobs: number[];
  endLogprob?: number;
}

/** Greedy completions: the whole batch again for every token, until each row has said its end token. */
export async function complete(
  graph: Graph,
  chat: Chat,
  prompts: readonly Prompt[],
  limit: number,
  signal: AbortSignal,
): Promise<Draft[]> {
  const drafts = prompts.map((): Draft => ({ ids: [], logprobs: [] }));
  let alive = [...drafts.keys()];
  for (let index = 0; index < limit && alive.length > 0; index++) {
    signal.throwIfAborted();
    const rows = alive.map((place) => [...prompts[place]!.ids, ...drafts[place]!.ids]);
    const logits = await graph.run(
      rows,
      alive.flatMap((place) => prompts[place]!.images),
    );
    alive = alive.filter((place, row) => {
      const after = logits.after(row, rows[row]!.length - 1);
      const token = argmax(after, chat.unspeakable);
      const logprob = finite(logProbability(after, token));
      const draft = drafts[place]!;
      if (token === chat.endId) {
        draft.endLogprob = logprob;
        return false;
      }
      draft.ids.push(token);
      draft.logprobs.push(logprob);
      return true;
    });
  }
  return drafts;
}

/** Log-probabilities of given answers, in one forward pass. */
export async function score(
  graph: Graph,
  prompts: readonly Prompt[],
  answers: readonly number[][],
): Promise<AnswerLogprob[]> {
  const rows = prompts.map((prompt, place) => [...prompt.ids, ...answers[place]!]);
  const logits = await graph.run(
    rows,
    prompts.flatMap((prompt) => prompt.images),
  );
  return answers.map((ids, row) => {
    const start = prompts[row]!.ids.length - 1;
    const sum = ids.reduce(
      (total, id, index) => total + finite(logProbability(logits.after(row, start + index), id)),
      0,
    );
    return { tokens: ids.length, mean_logprob: sum / ids.length, sum_logprob: sum };
  });
}

function finite(logprob: number): number {
  if (Number.isFinite(logprob)) return logprob;
  throw new StepFailure("ChildError", "The onnx graph's logits are not finite: its weights are broken.");
}
