import { expect, test } from "vitest";
import { readGivenPair } from "../../../src/preference/given-pairs.ts";

const ROW = { id: 7, image: "a.png", prompt: "<image>\nWhat is behind?", chosen: "yes", rejected: "no" };

test("a row of the field's format, with a name instead of a list and white space after the marker", () => {
  expect(readGivenPair(ROW)).toMatchObject({
    pair: { id: "7", image: ["a.png"], system: "", prompt: "<image>What is behind?", policy: "", prompt_digest: "" },
  });
});

test("markers are added where a row leaves them out", () => {
  const read = readGivenPair({ ...ROW, image: ["a.png", "b.png"], prompt: "Compare." });
  expect(read).toMatchObject({ pair: { prompt: "<image><image>Compare." } });
});

test("what Snowball wrote keeps its provenance, and other fields are left behind", () => {
  const known = { policy: "abc", prompt_digest: "d", gap: 0.7, question_id: "q", iteration: 2, system: "You plan." };
  const read = readGivenPair({ ...ROW, ...known, note: "mine" });
  expect(read).toMatchObject({ pair: known });
  expect(read).not.toHaveProperty("pair.note");
});

test("a text that was cut says so; sampled ids are kept with what was sampled, and with nothing else", () => {
  const ends = { chosen_finish: "stop", rejected_finish: "length", chosen_ids: [3, 4], rejected_ids: null };
  const { pair } = readGivenPair({ ...ROW, ...ends, prompt_digest: "d" }) as { pair: object };
  expect(pair).toMatchObject({ rejected_finish: "length", chosen_ids: [3, 4] });
  for (const field of ["chosen_finish", "rejected_ids"]) expect(pair).not.toHaveProperty(field);

  const own = (readGivenPair({ ...ROW, ...ends }) as { pair: object }).pair;
  expect(own).toMatchObject({ rejected_finish: "length" });
  expect(own).not.toHaveProperty("chosen_ids");
  for (const field of ["chosen_finish", "rejected_finish", "chosen_ids", "rejected_ids"]) {
    expect(readGivenPair(ROW)).not.toHaveProperty(`pair.${field}`);
  }
});

test.each([
  [[], "it is not an object"],
  [{ ...ROW, id: undefined }, "id is missing"],
  [{ ...ROW, image: undefined }, "image is missing"],
  [{ ...ROW, image: ["a.png", ""] }, "image[1] is not a file name"],
  [{ ...ROW, chosen: " " }, "chosen is missing or empty"],
  [{ ...ROW, rejected: "yes" }, "the same text"],
  [{ ...ROW, system: 3 }, "system is no text"],
  [{ ...ROW, rejected_finish: "cut" }, 'rejected_finish is "cut"; "stop" (also when left out) or "length" is needed'],
  [{ ...ROW, chosen_ids: "3 4" }, "chosen_ids is no list of token ids"],
  [{ ...ROW, rejected_ids: [3, -1] }, "rejected_ids is no list of token ids"],
  [{ ...ROW, rejected: "<image> no" }, "rejected has the marker"],
  [{ ...ROW, image: ["a.png", "b.png"] }, "prompt has 1 markers <image>, but image names 2 files"],
  [{ ...ROW, prompt: "<image>Is <image> the same?" }, "after its text began"],
])("refused: %j", (row, problem) => {
  expect(readGivenPair(row)).toMatchObject({ problem: expect.stringContaining(problem) as string });
});
