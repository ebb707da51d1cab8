import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { StepFailure } from "../../../failure.ts";
import type { Message } from "../backend.ts";

/** sha256 of the one chat template that is rendered here; the toy checkpoints carry it. */
const TEMPLATE_SHA256 = "b995a3507ccc873f403a75cdb9338f03c6668fc1398059c1a4683344275420a8";

const IMAGE_TOKEN = "<|image_pad|>";
const VIDEO_TOKEN = "<|video_pad|>";
const END_TOKEN = "<|im_end|>";
const PAD_TOKEN = "<|endoftext|>";

export interface Chat {
  readonly endId: number;
  readonly padId: number;
  /** They stand for images and videos, so no completion may contain them. */
  readonly unspeakable: readonly number[];
  /** Token ids of a conversation, up to where the assistant begins to speak. */
  encodePrompt(messages: readonly Message[]): number[];
  encode(text: string): number[];
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
  const tokenizer = new Tokenizer(JSON.parse(tokenizerFile!) as object, JSON.parse(config!) as object);
  const idOf = (token: string): number => {
    const id = tokenizer.token_to_id(token);
    if (id === undefined) throw new StepFailure("BadInput", `The tokenizer in ${folder} does not know ${token}.`);
    return id;
  };
  const imageId = idOf(IMAGE_TOKEN);
  const encode = (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;

  return {
    endId: idOf(END_TOKEN),
    padId: idOf(PAD_TOKEN),
    unspeakable: [imageId, idOf(VIDEO_TOKEN)],
    encode,
    encodePrompt(messages) {
      const ids = encode(render(messages, imageTokens));
      const images = messages.flatMap((message) => message.content).filter((part) => part.type === "image").length;
      // A question that spells out an image token has more placeholders than images.
      if (ids.filter((id) => id === imageId).length !== images * imageTokens) {
        throw new StepFailure(
          "BadInput",
          `A prompt with ${images} images says "${IMAGE_TOKEN}" in its text; it cannot be encoded.`,
        );
      }
      return ids;
    },
    // The library refuses to decode nothing.
    decode: (ids) =>
      ids.length === 0
        ? ""
        : tokenizer.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
  };
}

function render(messages: readonly Message[], imageTokens: number): string {
  const image = `<|vision_start|>${IMAGE_TOKEN.repeat(imageTokens)}<|vision_end|>`;
  const turns = messages.map(({ role, content }) => {
    const said = content.map((part) => (part.type === "image" ? image : part.text)).join("");
    return `<|im_start|>${role}\n${said}${END_TOKEN}\n`;
  });
  return `${turns.join("")}<|im_start|>assistant\n`;
}
