import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { StepFailure } from "../../../failure.ts";
import type { Message } from "../backend.ts";

/** sha256 of the one chat template that is rendered here; the toy checkpoints carry it. */
const TEMPLATE_SHA256 = "b995a3507ccc873f403a75cdb9338f03c6668fc1398059c1a4683344275420a8";

const TOKENS = {
  start: "<|im_start|>",
  end: "<|im_end|>",
  pad: "<|endoftext|>",
  vision: "<|vision_start|>",
  visionEnd: "<|vision_end|>",
  image: "<|image_pad|>",
  video: "<|video_pad|>",
} as const;

export interface Chat {
  readonly endId: number;
  readonly padId: number;
  /** They stand for images and videos, so no completion may contain them. */
  readonly unspeakable: readonly number[];
  /** Token ids of a conversation, up to where the assistant begins to speak. Control tokens in its texts are text. */
  encodePrompt(messages: readonly Message[]): number[];
  /** Token ids of a text that somebody wrote: what it spells out is text. */
  encodeText(text: string): number[];
  /** Token ids of what a model said, in which a control token is one. */
  encodeSaid(text: string): number[];
  decode(ids: readonly number[]): string;
}

/**
 * The tokenizer and the chat template of a checkpoint's folder.
 * @param imageTokens language tokens that stand for one image
 */
export async function openChat(folder: string, imageTokens: number): Promise<Chat> {
  const [tokenizerFile, config, template] = await Promise.all(
    ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"].map((name) =>
      readFile(join(folder, name), "utf8"),
    ),
  );
  const sha256 = createHash("sha256").update(template!).digest("hex");
  if (sha256 !== TEMPLATE_SHA256) {
    throw new StepFailure(
      "BadInput",
      `The onnx backend renders the toy models' chat template alone, and ${folder} has another one.`,
    );
  }
  const [tokens, settings] = [JSON.parse(tokenizerFile!) as TokenizerFile, JSON.parse(config!) as object];
  const tokenizer = new Tokenizer(tokens, settings);
  // It knows no control token, so that none is found in a text.
  const speller = new Tokenizer(
    { ...tokens, added_tokens: tokens.added_tokens.filter(({ special }) => !special) },
    settings,
  );
  const idOf = (token: string): number => {
    const id = tokenizer.token_to_id(token);
    if (id === undefined) throw new StepFailure("BadInput", `The tokenizer in ${folder} does not know ${token}.`);
    return id;
  };
  const ids = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, idOf(token)])) as Ids;
  const encodeText = (text: string): number[] => encodeWith(speller, text);

  return {
    endId: ids.end,
    padId: ids.pad,
    unspeakable: [ids.image, ids.video],
    encodeText,
    encodeSaid: (text) => encodeWith(tokenizer, text),
    encodePrompt: (messages) =>
      render(messages, ids, imageTokens).flatMap((part) => (typeof part === "number" ? part : encodeText(part))),
    // The library refuses to decode nothing.
    decode: (said) =>
      said.length === 0
        ? ""
        : tokenizer.decode([...said], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
  };
}

type Ids = Readonly<Record<keyof typeof TOKENS, number>>;

/** What is read of tokenizer.json. */
interface TokenizerFile {
  readonly added_tokens: readonly { readonly special: boolean }[];
}

function encodeWith(tokenizer: Tokenizer, text: string): number[] {
  return tokenizer.encode(text, { add_special_tokens: false }).ids;
}

/** The chat template: its control tokens as ids and, between two of them, all that is text. */
function render(messages: readonly Message[], ids: Ids, imageTokens: number): (number | string)[] {
  const image = [ids.vision, ...Array<number>(imageTokens).fill(ids.image), ids.visionEnd];
  const parts = messages.flatMap(({ role, content }): (number | string)[] => [
    ids.start,
    `${role}\n`,
    ...content.flatMap((part): (number | string)[] => (part.type === "image" ? image : [part.text])),
    ids.end,
    "\n",
  ]);
  return joined([...parts, ids.start, "assistant\n"]);
}

/** Texts that stand next to each other are one: a token may span them. */
function joined(parts: readonly (number | string)[]): (number | string)[] {
  const all: (number | string)[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (typeof part === "string" && typeof last === "string") all[all.length - 1] = last + part;
    else all.push(part);
  }
  return all;
}
