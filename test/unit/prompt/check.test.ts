import { expect, test } from "vitest";
import { checkPromptTexts } from "../../../src/prompt/check.ts";
import { configText } from "../../support/recipe.ts";

const texts = { system: "You plan.", template: "{question} At most {max_instructions}.", answer: "{question}" };

test("texts that ask the question are fine", () => {
  expect(() => checkPromptTexts(texts)).not.toThrow();
});

test.each(["critic", "toy"])("the shipped texts of %s ask for what they are meant for, each in two wordings", (who) => {
  const text = (name: string) => configText(`prompts/${who}.${name}.txt`);
  const asks = { rate: text("rate"), rate_again: text("rate_again") };
  const compares = { similarity: text("similarity"), similarity_again: text("similarity_again") };
  expect(() => checkPromptTexts({ ...texts, answer: text("answer"), ...asks, ...compares })).not.toThrow();
  expect(new Set([...Object.values(asks), ...Object.values(compares)]).size).toBe(4);
});

test.each([
  [
    { template: "What is left?" },
    "The file of prompt.template has no {question}; the model would not be asked anything.",
  ],
  [{ answer: "{questions}" }, "The file of prompt.answer has no {question}; the model would not be asked anything."],
  [{ rate: "Rate it." }, "The file of prompt.rate has no {question}; the model would not be asked anything."],
  [{ rate_again: "" }, "The file of prompt.rate_again has no {question}; the model would not be asked anything."],
  [
    { similarity: "{answer}?" },
    "The file of prompt.similarity has no {truth}; there would be nothing to compare with.",
  ],
  [
    { similarity_again: "{question} {truth}" },
    "The file of prompt.similarity_again has no {answer}; there would be nothing to judge.",
  ],
  [
    { similarity: "{truth} {answer} <|image_pad|>" },
    "The file of prompt.similarity has the marker <|image_pad|>; images and turns are added by themselves.",
  ],
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
