import { readImageNames } from "../dataset/image-names.ts";
import { behindMarkers, isTorn, markerIn } from "../prompt/markers.ts";
import { IMAGE_MARKER } from "../prompt/messages.ts";
import { asPlainPair } from "./pair-shapes.ts";
import type { PairRow } from "./rows.ts";

/** A pair of the user's own, or the sentence that says what is wrong with its row. */
export type ReadPair = { readonly pair: PairRow } | { readonly id?: string; readonly problem: string };

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

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads a row of the Qwen-VL-Series-Finetune preference format: {image: a name or a list of names, prompt, chosen,
 * rejected} and, where there are any, id and system; or of another trainer (see asPlainPair). The image markers stand
 * before the prompt's text, one per image, or are left out altogether; white space around them is dropped. What Snowball
 * itself wrote is taken as it is, whatever its texts hold: a policy may have said anything.
 * @param number the row's place in its file, counted from 1: its id, where it has none
 */
export function readGivenPair(value: unknown, number: number): ReadPair {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "it is not an object" };
  const row: Row = asPlainPair(value as Row);
  const id = idOf(row, number);
  if (id === undefined) return { problem: "id is neither a text nor a whole number" };
  if (typeof row["problem"] === "string") return { id, problem: row["problem"] };
  const end = endProblem(row);
  if (end !== undefined) return { id, problem: end };
  const read = isOurs(row) ? ourTexts(row) : theirTexts(row);
  if (typeof read === "string") return { id, problem: read };
  const provenance = Object.entries(PROVENANCE).map(([field, absent]) => [field, row[field] ?? absent]);
  return { pair: { id, ...read, ...Object.fromEntries(provenance), ...endsOf(row) } as PairRow };
}

/** A whole pair of the user's own, whose texts were looked at already; its images stand before the prompt. */
export function givenPair({
  id,
  image,
  prompt,
  chosen,
  rejected,
}: Pick<PairRow, "id" | "image" | "prompt" | "chosen" | "rejected">): PairRow {
  const marked = IMAGE_MARKER.repeat(image.length) + prompt;
  return { id, image, system: "", prompt: marked, chosen, rejected, ...PROVENANCE };
}

/** How the texts ended, and of what Snowball sampled the ids: those of another tokenizer would be other texts. */
function endsOf(row: Row): object {
  const cut = ["chosen_finish", "rejected_finish"].filter((field) => row[field] === "length");
  const sampled = row["prompt_digest"] ? ["chosen_ids", "rejected_ids"].filter((field) => given(row[field])) : [];
  return Object.fromEntries([...cut, ...sampled].map((field) => [field, row[field]]));
}

function endProblem(row: Row): string | undefined {
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

function idOf({ id }: Row, number: number): string | undefined {
  if (id === undefined || id === null) return String(number);
  if (typeof id === "bigint" || (typeof id === "number" && Number.isSafeInteger(id))) return String(id);
  return typeof id === "string" && id !== "" && !isTorn(id) ? id : undefined;
}

type Texts = Pick<PairRow, "image" | "system" | "prompt" | "chosen" | "rejected">;

/** Whoever sampled it is in it, and what prompt the policy saw. */
function isOurs({ policy, prompt_digest: prompt }: Row): boolean {
  return typeof policy === "string" && policy !== "" && typeof prompt === "string" && prompt !== "";
}

function ourTexts(row: Row): Texts | string {
  const { image, system, prompt, chosen, rejected } = row;
  if (!Array.isArray(image) || image.some((name) => typeof name !== "string")) return "image is no list of file names";
  const wrong = Object.entries({ system, prompt, chosen, rejected }).find(([, text]) => typeof text !== "string");
  if (wrong) return `${wrong[0]} is no text`;
  const texts = { image, system, prompt, chosen, rejected } as Texts;
  const markers = IMAGE_MARKER.repeat(texts.image.length);
  return texts.prompt.startsWith(markers) ? texts : `prompt needs ${IMAGE_MARKER} once per image, before its text`;
}

function theirTexts(row: Row): Texts | string {
  const problem = textProblem(row);
  if (problem !== undefined) return problem;
  const { system, prompt, chosen, rejected } = row as {
    system?: string | null;
    prompt: string;
    chosen: string;
    rejected: string;
  };
  const images = imagesOf(row["image"]);
  if (typeof images === "string") return images;
  const read = behindMarkers(prompt, images.length);
  if ("problem" in read) return `prompt ${read.problem}`;
  const marker = markerIn(read.text);
  if (marker !== undefined) return `prompt has the marker ${marker}; ${BARE}`;
  return {
    image: images,
    system: system ?? "",
    prompt: IMAGE_MARKER.repeat(images.length) + read.text,
    chosen,
    rejected,
  };
}

const BARE = "the text alone is needed, without images or a chat template in it";

function textProblem({ prompt, chosen, rejected, system }: Row): string | undefined {
  for (const [field, text] of Object.entries({ prompt, chosen, rejected })) {
    if (typeof text !== "string" || text.trim() === "") return `${field} is missing or empty; a text is needed`;
  }
  if (chosen === rejected) return "chosen and rejected are the same text; nothing can be preferred";
  if (system !== undefined && system !== null && typeof system !== "string") return "system is no text";
  for (const [field, text] of Object.entries({ prompt, chosen, rejected, system }) as [string, string | undefined][]) {
    if (isTorn(text ?? "")) return `${field} has half a character in it`;
    const marker = field === "prompt" ? undefined : markerIn(text ?? "");
    if (marker !== undefined) return `${field} has the marker ${marker}; ${BARE}`;
  }
  return undefined;
}

/** A pair may be about no image at all. */
function imagesOf(image: unknown): readonly string[] | string {
  if (Array.isArray(image) && image.length === 0) return [];
  const read = readImageNames("image", image);
  return "problem" in read ? read.problem : read.names;
}
