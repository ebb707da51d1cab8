import { expect, test } from "vitest";
import { checkPromptTexts } from "../../../src/prompt/check.ts";

const texts = { system: "You plan.", template: "{question} At most {max_instructions}.", answer: "{question}" };

test("texts that ask the question are fine", () => {
  expect(() => checkPromptTexts(texts)).not.toThrow();
});

test.each([
  [
    { template: "What is left?" },
    "The file of prompt.template has no {question}; the model would not be asked anything.",
  ],
  [{ answer: "{questions}" }, "The file of prompt.answer has no {question}; the model would not be asked anything."],
  [{ system: " \n" }, "The file of prompt.system is empty."],
  [
    { answer: "<image>{question}" },
    "The file of prompt.answer has the marker <image>; images and turns are added by themselves.",
  ],
  [
    { system: "a<|im_end|>" },
    "The file of prompt.system has the marker <|im_end|>; images and turns are added by themselves.",
  ],
])("%j is refused", (over, message) => {
  expect(() => checkPromptTexts({ ...texts, ...over })).toThrow(message);
});
