import { describe, expect, test } from "vitest";
import { readGivenPair } from "../../../src/preference/given-pairs.ts";

const ROW = { id: 7, image: "a.png", prompt: "<image>\nWhat is behind?", chosen: "yes", rejected: "no" };
const read = (row: unknown) => readGivenPair(row, 12);

test("a row of the field's format, with a name instead of a list and white space after the marker", () => {
  expect(read(ROW)).toMatchObject({
    pair: { id: "7", image: ["a.png"], system: "", prompt: "<image>What is behind?", policy: "", prompt_digest: "" },
  });
  expect(read({ ...ROW, id: 1234567890123456789n })).toMatchObject({ pair: { id: "1234567890123456789" } });
});

test("the seed of the field's format has no id: the row's number is it", () => {
  const { id: _, ...seed } = ROW;
  expect(read(seed)).toMatchObject({ pair: { id: "12", prompt: "<image>What is behind?" } });
  expect(read({ ...seed, id: null, image: [], prompt: "What?" })).toMatchObject({ pair: { id: "12", image: [] } });
});

test("markers are added where a row leaves them out", () => {
  const pair = read({ ...ROW, image: ["a.png", "b.png"], prompt: "Compare." });
  expect(pair).toMatchObject({ pair: { prompt: "<image><image>Compare." } });
});

const OURS = { policy: "abc", prompt_digest: "d", gap: 0.7, question_id: "q", iteration: 2, system: "You plan." };

test("what Snowball wrote keeps its provenance, and other fields are left behind", () => {
  const pair = read({ ...ROW, ...OURS, image: ["a.png"], note: "mine" });
  expect(pair).toMatchObject({ pair: OURS });
  expect(pair).not.toHaveProperty("pair.note");
});

test("what Snowball wrote is read back whatever its texts hold", () => {
  const said = {
    prompt: "<image> \n two spaces and <|im_start|>",
    chosen: "<image> <|vision_start|> \ud83d",
    rejected: "",
  };
  expect(read({ ...ROW, ...OURS, ...said, image: ["a.png"] })).toMatchObject({ pair: said });
  expect(read({ ...ROW, ...OURS, image: ["a.png"], rejected: null })).toMatchObject({ problem: "rejected is no text" });
});

test("a text that was cut says so; sampled ids are kept with what was sampled, and with nothing else", () => {
  const ends = { chosen_finish: "stop", rejected_finish: "length", chosen_ids: [3, 4], rejected_ids: null };
  const { pair } = read({ ...ROW, ...ends, prompt_digest: "d" }) as { pair: object };
  expect(pair).toMatchObject({ rejected_finish: "length", chosen_ids: [3, 4] });
  for (const field of ["chosen_finish", "rejected_ids"]) expect(pair).not.toHaveProperty(field);

  const own = (read({ ...ROW, ...ends }) as { pair: object }).pair;
  expect(own).toMatchObject({ rejected_finish: "length" });
  expect(own).not.toHaveProperty("chosen_ids");
  for (const field of ["chosen_finish", "rejected_finish", "chosen_ids", "rejected_ids"]) {
    expect(read(ROW)).not.toHaveProperty(`pair.${field}`);
  }
});

test.each([
  [[], "it is not an object"],
  [{ ...ROW, id: [] }, "id is neither a text nor a whole number"],
  [{ ...ROW, image: undefined }, "image is missing"],
  [{ ...ROW, image: ["a.png", ""] }, "image[1] is not a file name"],
  [{ ...ROW, image: ["../a.png"] }, 'image[0] "../a.png" leaves image_root'],
  [{ ...ROW, image: [{ bytes: new Uint8Array(9) }] }, "image[0] holds an image itself"],
  [{ ...ROW, chosen: " " }, "chosen is missing or empty"],
  [{ ...ROW, rejected: "yes" }, "the same text"],
  [{ ...ROW, system: 3 }, "system is no text"],
  [{ ...ROW, rejected_finish: "cut" }, 'rejected_finish is "cut"; "stop" (also when left out) or "length" is needed'],
  [{ ...ROW, chosen_ids: "3 4" }, "chosen_ids is no list of token ids"],
  [{ ...ROW, rejected_ids: [3, -1] }, "rejected_ids is no list of token ids"],
  [{ ...ROW, rejected: "<image> no" }, "rejected has the marker <image>; the text alone is needed"],
  [{ ...ROW, chosen: "yes<|im_end|>" }, "chosen has the marker <|im_end|>; the text alone is needed"],
  [{ ...ROW, chosen: "a <|image_pad|>" }, "chosen has the marker <|image_pad|>"],
  [
    { ...ROW, prompt: "<|im_start|>user\nWhat?<|im_end|>" },
    "prompt has the marker <|im_start|>; the text alone is needed",
  ],
  [{ ...ROW, chosen: "cut \ud83d" }, "chosen has half a character in it"],
  [{ ...ROW, image: ["a.png", "b.png"] }, "prompt has 1 marker <image>, but its row names 2 images"],
  [{ ...ROW, prompt: "<image>Is <image> the same?" }, "after its text began"],
])("refused: %j", (row, problem) => {
  expect(read(row)).toMatchObject({ problem: expect.stringContaining(problem) as string });
});

const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const READ = {
  pair: expect.objectContaining({
    id: "12",
    image: ["a.png"],
    system: "Be short.",
    prompt: "<image>What is behind?",
    chosen: "yes",
    rejected: "no",
  }) as object,
};

describe("rows of other trainers", () => {
  const images = ["a.png"];
  const conversations = [{ from: "human", value: "<image>What is behind?" }];
  const system = { role: "system", content: "Be short." };
  const messages = [system, user("<image>What is behind?"), assistant("yes")];
  const parts = [{ type: "image" }, { type: "text", text: "What is behind?" }];
  const said = (text: string) => [assistant([{ type: "text", text }])];

  test.each<[string, object]>([
    [
      "LLaMA-Factory, sharegpt",
      {
        conversations,
        system: "Be short.",
        chosen: { from: "gpt", value: "yes" },
        rejected: { from: "gpt", value: "no" },
        images,
      },
    ],
    [
      "LLaMA-Factory, messages",
      { messages: messages.slice(0, 2), chosen: assistant("yes"), rejected: assistant("no"), images },
    ],
    [
      "LLaMA-Factory, alpaca",
      { instruction: "<image>What is", input: "behind?", system: "Be short.", chosen: "yes", rejected: "no", images },
    ],
    ["ms-swift", { messages, rejected_response: "no", images }],
    [
      "ms-swift, both conversations",
      { messages, rejected_messages: [...messages.slice(0, 2), assistant("no")], images: [{ path: "a.png" }] },
    ],
    ["TRL", { prompt: messages.slice(0, 2), chosen: [assistant("yes")], rejected: [assistant("no")], images }],
    ["TRL, parts", { prompt: [system, user(parts)], chosen: said("yes"), rejected: said("no"), images }],
    ["TRL, prompt inside", { chosen: messages, rejected: [...messages.slice(0, 2), assistant("no")], images }],
    [
      "the seed, with images and a question",
      { images, question: "<image>What is behind?", system: "Be short.", chosen: "yes", rejected: "no" },
    ],
  ])("%s", (name, row) => {
    const wanted = name.includes("alpaca") ? "<image>What is\nbehind?" : "<image>What is behind?";
    expect(read(row)).toEqual({
      pair: expect.objectContaining({ ...(READ.pair as { sample: object }).sample, prompt: wanted }) as object,
    });
  });

  const TWICE = [...messages, user("And left?")];
  test.each<[object, string]>([
    [
      { messages: [...TWICE, assistant("a box")], rejected_response: "no", images },
      "it is a row of ms-swift, but its conversation is not one turn of the user; one question and its two answers are needed",
    ],
    [{ messages: "x", rejected_response: "no" }, "a row of ms-swift, but messages is no list of turns"],
    [
      { messages, rejected_messages: [user("<image>Another?"), assistant("no")] },
      "ms-swift, but its two answers are not to the same question",
    ],
    [{ conversations, images }, "a row of LLaMA-Factory, but chosen is missing"],
    [
      { instruction: "x", history: [["a", "b"]], chosen: "yes", rejected: "no" },
      "a row of LLaMA-Factory, but it has a history",
    ],
    [
      { prompt: TWICE, chosen: [assistant("yes")], rejected: [assistant("no")], images },
      "it is a row of TRL, but its conversation is not one turn of the user",
    ],
    [
      { prompt: [{ role: "tool", content: "x" }], chosen: [], rejected: [] },
      'a row of TRL, but prompt has a turn of "tool" that cannot be read',
    ],
    [
      { prompt: messages.slice(0, 2), chosen: messages, rejected: said("no"), images },
      "an answer of it is not one turn of the assistant",
    ],
  ])("refused with the format's name: %j", (row, problem) => {
    expect(read(row)).toMatchObject({ problem: expect.stringContaining(problem) as string });
  });
});
