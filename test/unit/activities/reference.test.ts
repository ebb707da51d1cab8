import { expect, test } from "vitest";
import { type Findings, withFindings } from "../../../activities/reference.ts";
import { algorithmOf } from "../../../src/training/index.ts";
import { settingsProblems } from "../../../src/training/rules.ts";

const row = (id: string) => ({ id, image: [], policy: "" });
const found = (...ids: string[]): Findings => ({
  rows: ids.map((id) => ({ id, tokens: "t", chosen: -3, rejected: -4 })),
  refs: [],
});
const dpo = algorithmOf("dpo");

test("each row gets what the reference found of it, and no other's", () => {
  expect(withFindings([row("a"), row("b")], null)).toEqual([row("a"), row("b")]);
  expect(withFindings([row("a")], found("a"))).toEqual([
    { ...row("a"), reference: { tokens: "t", chosen: -3, rejected: -4 } },
  ]);
  expect(() => withFindings([row("a"), row("b")], found("b", "a"))).toThrow('asked about other rows than "a"');
  expect(() => withFindings([row("a")], found("a", "b"))).toThrow("asked about 2 rows; nothing was trained");
});

test("a reference that is asked once is in the key of what is trained, one that is asked always was there before", () => {
  const live = dpo.settings.parse({ backend: "trl", sft_only: false });
  const cached = dpo.settings.parse({ backend: "trl", sft_only: false, reference: "cached" });
  expect([dpo.cached!(live), dpo.cached!(cached)]).toEqual([null, "runners.reference"]);
  expect(dpo.keyed(live)).not.toHaveProperty("reference");
  expect(dpo.keyed(cached)).toMatchObject({ reference: "cached" });
});

test("a base in four bits is a reference as long as it trains, and not before", () => {
  const own = dpo.settings.parse({ backend: "trl", sft_only: false, reference: "cached", tuning: "qlora" });
  expect(settingsProblems(own as never, ["training"], dpo.rules as never)).toMatchObject([
    { path: ["training", "reference"], message: expect.stringContaining("live is needed") as string },
  ]);
});
