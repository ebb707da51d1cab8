import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { selectPairs } from "../../../src/preference/pairs.ts";
import type { LabeledRow, SampleStatus } from "../../../src/preference/rows.ts";
import { aQuestion, aSample, questionsById } from "../../support/rows.ts";

const rules = { min_score_gap: 0.3, below_gap: "keep", tie_floor: 0.02, max_failure_pair_share: 1 } as const;
const context = { iteration: 2, system: "system", prompt: (question: { id: string }) => `<image>${question.id}?` };
const one = questionsById(aQuestion("q"));

function pairsOf(rows: readonly LabeledRow[], more: Partial<typeof rules> | { below_gap: "drop" } = {}) {
  return selectPairs(rows, one, { ...rules, ...more }, context);
}

test("best over worst, with everything that says where it came from", () => {
  const { pairs, dropped, gapQuantiles } = pairsOf([
    aSample("q", 0, 0.1),
    aSample("q", 1, 0.75),
    aSample("q", 2, -0.25),
  ]);
  expect(pairs).toEqual([
    {
      id: "iter_2/q",
      image: ["q.png"],
      system: "system",
      prompt: "<image>q?",
      chosen: "text 1",
      rejected: "text 2",
      kind: "view_over_view",
      iteration: 2,
      question_id: "q",
      chosen_rollout: 1,
      rejected_rollout: 2,
      chosen_score: 0.75,
      rejected_score: -0.25,
      gap: 1,
      weak: false,
      policy: "base",
      prompt_digest: "prompt of q",
    },
  ]);
  expect(dropped).toEqual({ unanimous: 0, gap: 0, too_few: 0, quarantined: 0, failure_share: 0 });
  expect(gapQuantiles).toMatchObject({ n: 1, min: 1, p50: 1, max: 1 });
});

test("a pair says which text was cut, and carries sampled ids where a text does not give them", () => {
  const cut = aSample("q", 1, -1, "policy_failure", { finish: "length" });
  const [pair] = pairsOf([aSample("q", 0, 0.5, "view", { retokenized_equal: false, ids: [7, 8] }), cut]).pairs;
  expect(pair).toMatchObject({ rejected_finish: "length", chosen_ids: [7, 8] });
  for (const field of ["chosen_finish", "rejected_ids"]) expect(pair).not.toHaveProperty(field);
});

test("ties go to the lower rollout index, whatever the order of the rows", () => {
  const rows = [aSample("q", 3, 0.5), aSample("q", 1, 0.5), aSample("q", 4, -0.5), aSample("q", 2, -0.5)];
  expect(pairsOf(rows).pairs[0]).toMatchObject({ chosen_rollout: 1, rejected_rollout: 2 });
});

describe("gaps", () => {
  test.each([
    ["0.3 is not weak, though 0.7 − 0.4 < 0.3", 0.7, 0.4, false],
    ["0.29 is weak", 0.79, 0.5, true],
    ["the tie floor itself is a weak pair, though 0.12 − 0.1 < 0.02", 0.12, 0.1, true],
  ])("%s", (_name, high, low, weak) => {
    expect(pairsOf([aSample("q", 0, high), aSample("q", 1, low)]).pairs).toMatchObject([{ weak }]);
  });

  test("below_gap: drop leaves weak pairs out and counts them", () => {
    const { pairs, dropped } = pairsOf([aSample("q", 0, 0.5), aSample("q", 1, 0.3)], { below_gap: "drop" });
    expect(pairs).toEqual([]);
    expect(dropped.gap).toBe(1);
  });

  test("a gap under the tie floor is a tie", () => {
    expect(pairsOf([aSample("q", 0, 0.515), aSample("q", 1, 0.5)]).dropped.gap).toBe(1);
  });
});

describe("questions without a pair", () => {
  test.each<[string, LabeledRow[], string]>([
    ["equal scores", [aSample("q", 0, 0.5), aSample("q", 1, 0.5)], "unanimous"],
    [
      "policy failures only",
      [aSample("q", 0, -1, "policy_failure"), aSample("q", 1, -1, "policy_failure")],
      "unanimous",
    ],
    [
      "equal texts with other scores",
      [aSample("q", 0, 0.5, "view", { text: "t" }), aSample("q", 1, 0, "view", { text: "t" })],
      "unanimous",
    ],
    ["one scored sample", [aSample("q", 0, 0.5), aSample("q", 1, null, "quarantined")], "too_few"],
    ["an empty plan that is left out", [aSample("q", 0, 0.5), aSample("q", 1, null, "empty")], "too_few"],
    ["nothing measured", [aSample("q", 0, null, "quarantined"), aSample("q", 1, null, "quarantined")], "quarantined"],
    ["no sample", [], "too_few"],
  ])("%s", (_name, rows, reason) => {
    const { pairs, dropped } = pairsOf(rows);
    expect(pairs).toEqual([]);
    expect(dropped).toEqual({ unanimous: 0, gap: 0, too_few: 0, quarantined: 0, failure_share: 0, [reason]: 1 });
  });
});

describe("kinds", () => {
  test.each<[SampleStatus, number, SampleStatus, number, string]>([
    ["view", 0.5, "view", -0.5, "view_over_view"],
    ["view", 0.5, "empty", 0, "view_over_empty"],
    ["empty", 0, "view", -0.5, "empty_over_view"],
    ["view", 0.5, "policy_failure", -1, "over_policy_failure"],
    ["empty", 0, "policy_failure", -1, "over_policy_failure"],
  ])("%s %d against %s %d is %s", (better, high, worse, low, kind) => {
    expect(pairsOf([aSample("q", 0, low, worse), aSample("q", 1, high, better)]).pairs).toMatchObject([{ kind }]);
  });

  test("a quarantined sample is in no pair", () => {
    const rows = [aSample("q", 0, null, "quarantined"), aSample("q", 1, 0.5), aSample("q", 2, -0.5)];
    expect(pairsOf(rows).pairs).toMatchObject([{ chosen_rollout: 1, rejected_rollout: 2 }]);
  });
});

test("a policy failure is never chosen, not even with the best score (as after a shuffle)", () => {
  const rows = [aSample("q", 0, 0.9, "policy_failure"), aSample("q", 1, 0.5), aSample("q", 2, -0.5)];
  expect(pairsOf(rows).pairs).toMatchObject([{ chosen_rollout: 1, rejected_rollout: 2 }]);
});

test("a sample of a question that is not in the shard is an imbalance", () => {
  expect(() => pairsOf([aSample("other", 0, 1)])).toThrow(/"other", which is not in this shard/);
});

test("for any samples: one pair or one reason a question, and no pair breaks a rule", () => {
  const sample = fc.record({
    id: fc.constantFrom("q0", "q1", "q2", "q3"),
    status: fc.constantFrom<SampleStatus>("view", "empty", "policy_failure", "quarantined"),
    score: fc.constantFrom(-0.6, -0.01, 0, 0.3, 0.31, 0.9),
    text: fc.constantFrom("a", "b", "c"),
  });
  const questions = questionsById(...["q0", "q1", "q2", "q3"].map((id) => aQuestion(id)));
  const share = fc.constantFrom(0, 0.25, 0.5, 1);
  fc.assert(
    fc.property(
      fc.array(sample, { maxLength: 30 }),
      share,
      fc.constantFrom("keep", "drop"),
      (drawn, max, below_gap) => {
        const rows = drawn.map(({ id, status, score, text }, rollout) => {
          const fixed = { view: score, empty: 0, policy_failure: -1, quarantined: null }[status];
          return aSample(id, rollout, fixed, status, { text });
        });
        const settings = { ...rules, below_gap, max_failure_pair_share: max } as const;
        const { pairs, dropped } = selectPairs(rows, questions, settings, context);
        expect(pairs.length + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(questions.size);
        for (const pair of pairs) {
          const of = (rollout: number): LabeledRow => rows[rollout]!;
          expect(of(pair.chosen_rollout)).toMatchObject({ question_id: pair.question_id, score: pair.chosen_score });
          expect(of(pair.chosen_rollout).status).not.toBe("policy_failure");
          expect(pair.chosen).not.toBe(pair.rejected);
          expect(pair.gap).toBeGreaterThanOrEqual(0.02);
          expect(pair.weak).toBe(pair.gap < 0.3 - 1e-9);
          expect(below_gap === "drop" && pair.weak).toBe(false);
        }
        const overFailure = pairs.filter((pair) => pair.kind === "over_policy_failure").length;
        expect(overFailure).toBeLessThanOrEqual(max * pairs.length);
        expect(selectPairs(rows.toReversed(), questions, settings, context).pairs).toEqual(pairs);
      },
    ),
  );
});
