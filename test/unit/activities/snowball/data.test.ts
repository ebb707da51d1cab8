import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { promptTexts } from "../../../../activities/snowball/data.ts";
import { temporaryFolder } from "../../../support/temporary.ts";
import { parsed, shortest, withFields } from "../../../support/recipe.ts";

const PROMPT = {
  system: "s.txt",
  template: "t.txt",
  answer: "a.txt",
  rate: "r.txt",
  rate_again: "r2.txt",
  similarity: "m.txt",
  similarity_again: "m2.txt",
};
const FILES = { "s.txt": "Plan.", "t.txt": "{question}", "a.txt": "{question} Answer." };

function texts(method: string, files: Readonly<Record<string, string>>) {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return promptTexts({ root }, parsed(withFields(shortest(), { scoring: { method }, prompt: PROMPT })));
}

test("a recipe's texts are those of its method alone: other files need not even be there", async () => {
  const asked = { system: "Plan.", template: "{question}", answer: "{question} Answer." };
  expect(await texts("confidence", FILES)).toStrictEqual(asked);
  const rate = { "r.txt": "{question} Rate.", "r2.txt": "{question} Again." };
  expect(await texts("both", { ...FILES, ...rate })).toStrictEqual({
    ...asked,
    rate: "{question} Rate.",
    rate_again: "{question} Again.",
  });
});

test("a file that is missing or says too little is refused by its field's name", async () => {
  await expect(texts("explicit", { ...FILES, "r.txt": "{question}" })).rejects.toThrow(
    'prompt.rate_again "r2.txt" cannot be read; name a text file.',
  );
  await expect(texts("gt_similarity", { ...FILES, "m.txt": "{truth} {answer}", "m2.txt": "{truth}" })).rejects.toThrow(
    "The file of prompt.similarity_again has no {answer}",
  );
});
