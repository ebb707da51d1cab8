import { IMAGE_MARKER } from "../prompt/messages.ts";

/** A row as the seed of the field has it; or the sentence that says why it cannot be told as one. */
export type PlainPair = Readonly<Record<string, unknown>> | { readonly problem: string };

type Row = Readonly<Record<string, unknown>>;

/** A turn of a conversation, its images marked in its text. */
export interface Turn {
  readonly role: string;
  readonly text: string;
}

/** What people call who speaks, and what it is here. */
const ROLES: Readonly<Record<string, string>> = {
  system: "system",
  user: "user",
  human: "user",
  assistant: "assistant",
  gpt: "assistant",
};

/**
 * Tells a preference row of another trainer as {image, system, prompt, chosen, rejected}. Known by their shape are those
 * of LLaMA-Factory (conversations or instruction, with chosen and rejected), of ms-swift (messages that end in the chosen
 * answer, with rejected_response or rejected_messages) and of TRL (lists of turns in chosen and rejected). One question
 * and its two answers are read, with or without a system text.
 * @returns the row itself where it has none of these shapes
 */
export function asPlainPair(row: Row): PlainPair {
  if ("rejected_response" in row || "rejected_messages" in row) return told("ms-swift", row, ofSwift);
  if ("conversations" in row || (Array.isArray(row["messages"]) && "chosen" in row)) {
    return told("LLaMA-Factory", row, ofFactory);
  }
  if (typeof row["instruction"] === "string" && row["prompt"] === undefined)
    return told("LLaMA-Factory", row, ofAlpaca);
  if (Array.isArray(row["chosen"]) || Array.isArray(row["prompt"])) return told("TRL", row, ofTrl);
  // Some call the prompt a question, and several images images.
  return { ...row, image: row["image"] ?? row["images"], prompt: row["prompt"] ?? row["question"] };
}

/** The turns before the answers, and the two answers; a text says why there are none. */
type Told = { readonly before: readonly Turn[]; readonly answers: readonly [Turn[], Turn[]] } | string;

function told(format: string, row: Row, read: (row: Row) => Told): PlainPair {
  const found = read(row);
  const pair = typeof found === "string" ? found : plain(found.before, found.answers);
  if (typeof pair === "string") {
    return { problem: `it is a row of ${format}, but ${pair}; one question and its two answers are needed` };
  }
  const system = pair.system === undefined ? row["system"] : pair.system;
  const { id } = row;
  const image = row["images"] ?? row["image"] ?? [];
  return { ...(id !== undefined && { id }), image, ...(system !== undefined && { system }), ...pair.texts };
}

function plain(before: readonly Turn[], [chosen, rejected]: readonly [Turn[], Turn[]]) {
  const [first] = before;
  const system = first?.role === "system" ? first.text : undefined;
  const asked = system === undefined ? before : before.slice(1);
  if (asked.length !== 1 || asked[0]!.role !== "user") return "its conversation is not one turn of the user";
  for (const answer of [chosen, rejected]) {
    if (answer.length !== 1 || answer[0]!.role !== "assistant")
      return "an answer of it is not one turn of the assistant";
  }
  return { system, texts: { prompt: asked[0]!.text, chosen: chosen[0]!.text, rejected: rejected[0]!.text } };
}

function ofSwift(row: Row): Told {
  const messages = turnsOf(row["messages"]);
  if (typeof messages === "string") return `messages ${messages}`;
  const before = messages.slice(0, -1);
  const chosen = messages.slice(-1);
  if (typeof row["rejected_response"] === "string") {
    return { before, answers: [chosen, [{ role: "assistant", text: row["rejected_response"] }]] };
  }
  const rejected = turnsOf(row["rejected_messages"]);
  if (typeof rejected === "string") return `rejected_messages ${rejected}`;
  if (!alike(before, rejected.slice(0, -1))) return "its two answers are not to the same question";
  return { before, answers: [chosen, rejected.slice(-1)] };
}

function ofFactory(row: Row): Told {
  const before = turnsOf(row["conversations"] ?? row["messages"]);
  return typeof before === "string" ? `its conversation ${before}` : withAnswers(row, before);
}

function ofAlpaca(row: Row): Told {
  if (Array.isArray(row["history"]) && row["history"].length > 0) return "it has a history";
  const parts = [row["instruction"], row["input"]].filter((part) => typeof part === "string" && part !== "");
  return withAnswers(row, [{ role: "user", text: parts.join("\n") }]);
}

function ofTrl(row: Row): Told {
  if (row["prompt"] === undefined) {
    const [chosen, rejected] = [turnsOf(row["chosen"]), turnsOf(row["rejected"])];
    if (typeof chosen === "string") return `chosen ${chosen}`;
    if (typeof rejected === "string") return `rejected ${rejected}`;
    if (!alike(chosen.slice(0, -1), rejected.slice(0, -1))) return "its two answers are not to the same question";
    return { before: chosen.slice(0, -1), answers: [chosen.slice(-1), rejected.slice(-1)] };
  }
  const { prompt } = row;
  const before = typeof prompt === "string" ? [{ role: "user", text: prompt }] : turnsOf(prompt);
  return typeof before === "string" ? `prompt ${before}` : withAnswers(row, before);
}

function withAnswers(row: Row, before: readonly Turn[]): Told {
  const answers = ["chosen", "rejected"].map((side) => {
    const said = row[side];
    if (said === undefined) return "is missing";
    return typeof said === "string"
      ? [{ role: "assistant", text: said }]
      : turnsOf(Array.isArray(said) ? said : [said]);
  });
  const [chosen, rejected] = answers;
  if (typeof chosen === "string") return `chosen ${chosen}`;
  if (typeof rejected === "string") return `rejected ${rejected}`;
  return { before, answers: [chosen!, rejected!] };
}

/** Turns as {role, content} or {from, value}; a text says what is wrong with them. */
export function turnsOf(value: unknown): Turn[] | string {
  if (!Array.isArray(value)) return "is no list of turns";
  const turns: Turn[] = [];
  for (const each of value as readonly unknown[]) {
    const turn = (typeof each === "object" && each !== null ? each : {}) as Row;
    const who = turn["role"] ?? turn["from"];
    const role = typeof who === "string" ? ROLES[who] : undefined;
    const text = textOf(turn["content"] ?? turn["value"]);
    if (role === undefined || text === undefined)
      return `has a turn of ${JSON.stringify(who ?? null)} that cannot be read`;
    turns.push({ role, text });
  }
  return turns;
}

/** A turn's text; of parts, images are marked where they stand. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const parts = (content as readonly Row[]).map((part) =>
    part["type"] === "image"
      ? IMAGE_MARKER
      : part["type"] === "text" && typeof part["text"] === "string"
        ? part["text"]
        : undefined,
  );
  return parts.includes(undefined) ? undefined : parts.join("");
}

function alike(some: readonly Turn[], others: readonly Turn[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
