import { IMAGE_MARKER } from "../prompt/messages.ts";
import type { PairRow } from "./rows.ts";

/** A pair of the user's own, or the sentence that says what is wrong with its row. */
export type ReadPair = { readonly pair: PairRow } | { readonly id?: string; readonly problem: string };

/** The markers before the text, however they are spaced. */
const LEADING_MARKERS = /^(?:\s*<image>)*\s*/;

/** What our own pairs say of where they come from; the user's own may lack all of it. Nothing else is taken over. */
const PROVENANCE = {
  kind: "view_over_view",
  iteration: 0,
  question_id: "",
  chosen_rollout: 0,
  rejected_rollout: 0,
  chosen_score: 0,
  rejected_score: 0,
  gap: 0,
  weak: false,
  policy: "",
  prompt_digest: "",
} as const;

/**
 * Reads a row of the Qwen-VL-Series-Finetune preference format: {id, image: a name or a list of names, prompt, chosen,
 * rejected} and, where there is one, system. The image markers stand before the prompt's text, one per image, or are
 * left out altogether; white space around them is dropped. What Snowball itself wrote keeps its provenance.
 */
export function readGivenPair(value: unknown): ReadPair {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "it is not an object" };
  const row = value as Record<string, unknown>;
  const id = Number.isSafeInteger(row.id) ? String(row.id) : row.id;
  if (typeof id !== "string" || id === "") return { problem: "id is missing; a text or a whole number is needed" };
  const image: unknown = typeof row.image === "string" ? [row.image] : row.image;
  const problem =
    textProblem(row) ??
    endProblem(row) ??
    imageProblem(image) ??
    promptProblem(row.prompt as string, image as string[]);
  if (problem !== undefined) return { id, problem };
  const images = image as string[];
  const text = (row.prompt as string).replace(LEADING_MARKERS, "");
  const prompt = IMAGE_MARKER.repeat(images.length) + text;
  const { system, chosen, rejected } = row as { system?: string; chosen: string; rejected: string };
  const provenance = Object.entries(PROVENANCE).map(([field, absent]) => [field, row[field] ?? absent]);
  const pair = { id, image: images, system: system ?? "", prompt, chosen, rejected, ...Object.fromEntries(provenance) };
  return { pair: { ...pair, ...endsOf(row) } as PairRow };
}

/** How the texts ended, and of what Snowball sampled the ids: those of another tokenizer would be other texts. */
function endsOf(row: Record<string, unknown>): object {
  const cut = ["chosen_finish", "rejected_finish"].filter((field) => row[field] === "length");
  const sampled = row.prompt_digest ? ["chosen_ids", "rejected_ids"].filter((field) => given(row[field])) : [];
  return Object.fromEntries([...cut, ...sampled].map((field) => [field, row[field]]));
}

function endProblem(row: Record<string, unknown>): string | undefined {
  for (const side of ["chosen", "rejected"]) {
    const [finish, ids] = [row[`${side}_finish`], row[`${side}_ids`]];
    if (given(finish) && finish !== "stop" && finish !== "length") {
      return `${side}_finish is ${JSON.stringify(finish)}; "stop" (also when left out) or "length" is needed`;
    }
    if (
      given(ids) &&
      !(Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isSafeInteger(id) && id >= 0))
    ) {
      return `${side}_ids is no list of token ids`;
    }
  }
  return undefined;
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function textProblem({ prompt, chosen, rejected, system }: Record<string, unknown>): string | undefined {
  for (const [field, text] of Object.entries({ prompt, chosen, rejected })) {
    if (typeof text !== "string" || text.trim() === "") return `${field} is missing or empty; a text is needed`;
  }
  if (chosen === rejected) return "chosen and rejected are the same text; nothing can be preferred";
  if (system !== undefined && typeof system !== "string") return "system is no text";
  const marked = Object.entries({ chosen, rejected, system }).find(([, text]) => String(text).includes(IMAGE_MARKER));
  return marked && `${marked[0]} has the marker ${IMAGE_MARKER}; images belong before the prompt's text`;
}

function imageProblem(image: unknown): string | undefined {
  if (!Array.isArray(image)) return "image is missing; a file name or a list of them is needed";
  const at = image.findIndex((name) => typeof name !== "string" || name === "");
  return at < 0 ? undefined : `image[${at}] is not a file name`;
}

function promptProblem(prompt: string, images: readonly string[]): string | undefined {
  const leading = LEADING_MARKERS.exec(prompt)![0].split(IMAGE_MARKER).length - 1;
  const all = prompt.split(IMAGE_MARKER).length - 1;
  if (all > leading) return `prompt has the marker ${IMAGE_MARKER} after its text began; all markers stand before it`;
  if (leading > 0 && leading !== images.length) {
    return `prompt has ${leading} markers ${IMAGE_MARKER}, but image names ${images.length} files; one each is needed`;
  }
  return undefined;
}
