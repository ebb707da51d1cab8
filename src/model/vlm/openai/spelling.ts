import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { StepFailure } from "../../../failure.ts";

/** A checkpoint's tokenizer, for what a server says of tokens. */
export interface Spelling {
  /** The token that usually ends what is said. */
  readonly endId: number;
  /** Token ids of a text, in which a control token is one. */
  encode(text: string): number[];
  /** A control token that a text spells out: a server would take it for one. */
  spelt(text: string): string | undefined;
}

/** @throws {StepFailure} BadInput where the folder has no tokenizer.json, or no end token */
export async function openSpelling(folder: string): Promise<Spelling> {
  const [tokens, settings] = await Promise.all(
    ["tokenizer.json", "tokenizer_config.json"].map(async (name) => {
      const text = await readFile(join(folder, name), "utf8").catch((cause: unknown) => {
        throw new StepFailure("BadInput", `${folder} has no ${name}, which backend openai reads; fetch it again.`, {
          cause,
        });
      });
      return JSON.parse(text) as object;
    }),
  );
  const tokenizer = new Tokenizer(tokens!, settings!);
  const { eos_token: eos } = settings as { eos_token?: string | { content: string } };
  const endId = tokenizer.token_to_id((typeof eos === "string" ? eos : eos?.content) ?? "");
  if (endId === undefined) {
    throw new StepFailure("BadInput", `${join(folder, "tokenizer_config.json")} names no eos_token; fetch it again.`);
  }
  const { added_tokens: added = [] } = tokens as { added_tokens?: { content: string; special: boolean }[] };
  const control = added.filter(({ special }) => special).map(({ content }) => content);
  return {
    endId,
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    spelt: (text) => control.find((token) => text.includes(token)),
  };
}
