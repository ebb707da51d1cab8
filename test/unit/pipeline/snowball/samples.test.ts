import { describe, expect, test } from "vitest";
import { abstentionShare, sampleLedger } from "../../../../src/pipeline/snowball/ledger/samples.ts";
import { checkThresholds } from "../../../../src/pipeline/snowball/ledger/thresholds.ts";
import { aSample } from "../../../support/rows.ts";

const rows = [
  aSample("a", 0, 0.5),
  aSample("a", 1, 0, "empty"),
  aSample("a", 2, -1, "policy_failure"),
  aSample("b", 0, null, "quarantined"),
  aSample("b", 1, null, "quarantined", { reason: "a view is missing" }),
  aSample("b", 2, null, "empty"),
];

test("2 questions × 3 = 1 view + 2 empty + 1 policy failure + 2 quarantined", () => {
  expect(sampleLedger(rows, 3, ["a", "b"])).toEqual({
    questions: 2,
    rollouts: 3,
    samples: 6,
    view: 1,
    empty: 2,
    policy_failure: 1,
    quarantined: 2,
    reasons: { "a black image": 1, "a view is missing": 1 },
  });
});

describe("what does not add up is named", () => {
  test.each([
    ["a missing sample", rows.slice(1), /Question "a" has 2 of its 3 samples/],
    ["a missing question", rows.slice(0, 3), /Question "b" has 0 of its 3 samples/],
    ["a sample twice", [...rows, rows[0]!], /Rollout 0 of question "a" was counted twice/],
    [
      "a rollout beyond K",
      [...rows, aSample("a", 3, 0)],
      /Question "a" has a rollout 3; 3 rollouts are numbered 0 to 2/,
    ],
    ["a stranger", [...rows, aSample("c", 0, 0)], /question "c", which is not in this shard/],
    ["no reason", [{ ...rows[3]!, reason: "" }, ...rows.slice(0, 3), ...rows.slice(4)], /quarantined without a reason/],
  ])("%s", (_name, wrong, message) => {
    expect(() => sampleLedger(wrong, 3, ["a", "b"])).toThrow(message);
  });
});

describe("thresholds", () => {
  const ledger = sampleLedger(rows, 3, ["a", "b"]);

  test("abstentions are counted among what was scored: 2 of 4", () => {
    expect(abstentionShare(ledger)).toBe(0.5);
    expect(abstentionShare({ view: 0, empty: 0, policy_failure: 0 })).toBe(0);
  });

  test("too many abstentions warn; exactly the threshold does not", () => {
    expect(checkThresholds(ledger, { max_quarantined_share: 1, max_abstention_warning: 0.3 })).toEqual([
      "50 % of the scored completions have no instructions (thresholds.max_abstention_warning is 30 %).",
    ]);
    expect(checkThresholds(ledger, { max_quarantined_share: 1, max_abstention_warning: 0.5 })).toEqual([]);
  });

  test("too many quarantined samples stop; exactly the threshold does not", () => {
    const most = { ...ledger, reasons: { rare: 1, often: 3 } };
    expect(() => checkThresholds(most, { max_quarantined_share: 0.33, max_abstention_warning: 1 })).toThrow(
      "2 of 6 samples are quarantined, more than thresholds.max_quarantined_share (0.33) allows; most often (3 times): often",
    );
    expect(checkThresholds(ledger, { max_quarantined_share: 1 / 3, max_abstention_warning: 1 })).toEqual([]);
  });
});
