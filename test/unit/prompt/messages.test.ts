import { expect, test } from "vitest";
import {
  answerMessages,
  IMAGE_MARKER,
  pairMessages,
  pairPrompt,
  plannerMessages,
  ratingMessages,
  similarityMessages,
} from "../../../src/prompt/messages.ts";
import { fillTemplate } from "../../../src/prompt/template.ts";
import { aQuestion } from "../../support/rows.ts";

const texts = {
  system: "You plan views.\n",
  template: "{question} At most {max_instructions}.\n",
  answer: "{question} Answer.\n",
};
const question = aQuestion("q1", { images: ["a.png", "b.png"], question: "What is behind {question}?" });

test("the planner sees the system prompt, the images in order, then the filled template", () => {
  expect(plannerMessages(question, ["/data/a.png", "/data/b.png"], texts, 5)).toEqual([
    { role: "system", content: [{ type: "text", text: "You plan views." }] },
    {
      role: "user",
      content: [
        { type: "image", image: "/data/a.png" },
        { type: "image", image: "/data/b.png" },
        { type: "text", text: "What is behind {question}? At most 5." },
      ],
    },
  ]);
});

test("the critic sees given images, then views, then the question, and no system prompt", () => {
  expect(answerMessages(question, ["/data/a.png", "/views/0.png"], texts)).toEqual([
    {
      role: "user",
      content: [
        { type: "image", image: "/data/a.png" },
        { type: "image", image: "/views/0.png" },
        { type: "text", text: "What is behind {question}? Answer." },
      ],
    },
  ]);
});

test("for a rating the critic sees what it sees for an answer, and is asked otherwise", () => {
  expect(ratingMessages(question, ["/data/a.png", "/views/0.png"], "{question} Rate it.\n")).toEqual(
    answerMessages(question, ["/data/a.png", "/views/0.png"], { answer: "{question} Rate it." }),
  );
});

test("for a similarity it sees no image, and an answer cannot smuggle in the truth", () => {
  expect(similarityMessages(question, "red box", "{truth}", "{question} True: {truth}. Given: {answer}.\n")).toEqual([
    {
      role: "user",
      content: [{ type: "text", text: "What is behind {question}? True: red box. Given: {truth}." }],
    },
  ]);
});

test("a pair's prompt gives back the planner's user turn when its leading markers are taken off", () => {
  const prompt = pairPrompt(question, texts, 5);
  const [, user] = plannerMessages(question, question.images, texts, 5);
  const markers = IMAGE_MARKER.repeat(question.images.length);
  expect(prompt.startsWith(markers)).toBe(true);
  const text = prompt.slice(markers.length);
  expect(user!.content).toEqual([
    ...question.images.map((image) => ({ type: "image", image })),
    { type: "text", text },
  ]);
});

test("braces that are no placeholder stay, and a value is not filled in again", () => {
  expect(fillTemplate('{"a": {b}} {x} {y} {constructor}', { x: "{y}", y: "2" })).toBe('{"a": {b}} {y} 2 {constructor}');
});

test("a preference row asks what the planner was asked; one without a system text has no system turn", () => {
  const images = ["/data/a.png", "/data/b.png"];
  const prompt = pairPrompt(question, texts, 5);
  expect(pairMessages("You plan views.", prompt, images)).toEqual(plannerMessages(question, images, texts, 5));
  expect(pairMessages("", prompt, images)).toEqual(plannerMessages(question, images, texts, 5).slice(1));
});
