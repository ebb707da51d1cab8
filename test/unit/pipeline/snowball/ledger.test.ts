import * as fc from "fast-check";
import { expect, test } from "vitest";
import { imbalance } from "../../../../src/contract/account.ts";
import { accountsOf, type Ledger } from "../../../../src/pipeline/snowball/contract/ledger.ts";
import { checkLedger, joinLedger } from "../../../../src/pipeline/snowball/ledger/ledger.ts";
import { questionLedger } from "../../../../src/pipeline/snowball/ledger/questions.ts";
import { sampleLedger } from "../../../../src/pipeline/snowball/ledger/samples.ts";
import { selectPairs } from "../../../../src/preference/pairs.ts";
import type { SampleStatus } from "../../../../src/preference/rows.ts";
import { aQuestion, aSample, questionsById } from "../../../support/rows.ts";

const balanced: Ledger = {
  samples: 2560,
  view: 2351,
  empty: 40,
  policy_failure: 169,
  quarantined: 0,
  questions: 320,
  pairs: 291,
  dropped: { unanimous: 12, gap: 17 },
};
const settings = { min_score_gap: 0.3, below_gap: "keep", tie_floor: 0.02, max_failure_pair_share: 0.25 } as const;
const context = { iteration: 0, system: "", prompt: () => "" };

test("320 questions × 8 = 2,560, and 320 = 291 pairs + 12 + 17: balanced", () => {
  expect(() => checkLedger(balanced, 8)).not.toThrow();
});

test.each<[string, Partial<Ledger>, RegExp]>([
  ["a lost sample", { view: 2350 }, /2350 with views \+ 40 without \+ 169 policy failures \+ 0 quarantined = 2559/],
  ["too few samples for the questions", { samples: 2559, view: 2350 }, /320 questions × 8 = 2560, 2559 were counted/],
  ["a lost question", { pairs: 290 }, /320 questions, but 290 pairs \+ 29 dropped = 319/],
])("%s is an imbalance", (_name, wrong, message) => {
  expect(() => checkLedger({ ...balanced, ...wrong }, 8)).toThrow(message);
});

test("a ledger is two accounts, in people's words, without the reasons for which nothing was dropped", () => {
  const accounts = accountsOf({ ...balanced, dropped: { ...balanced.dropped, too_few: 0, something_new: 0 } });
  expect(accounts).toEqual([
    {
      of: "sample",
      total: 2560,
      parts: { "with views": 2351, without: 40, "policy failures": 169, quarantined: 0 },
    },
    { of: "question", total: 320, parts: { pairs: 291, unanimous: 12, "below the gap": 17 } },
  ]);
  expect(accounts.map(imbalance)).toEqual([0, 0]);
});

test("kinds and weak pairs are counted", () => {
  const questions = questionsById(aQuestion("a"), aQuestion("b"), aQuestion("c"));
  const rows = [
    aSample("a", 0, 0.5),
    aSample("a", 1, 0.25),
    aSample("b", 0, 0.5),
    aSample("b", 1, 0, "empty"),
    aSample("c", 0, 0.5),
    aSample("c", 1, 0.5),
  ];
  expect(questionLedger(selectPairs(rows, questions, settings, context), [...questions.keys()])).toEqual({
    questions: 3,
    pairs: 2,
    weak: 1,
    kinds: { view_over_view: 1, view_over_empty: 1, empty_over_view: 0, over_policy_failure: 0 },
    dropped: { unanimous: 1, gap: 0, too_few: 0, quarantined: 0, failure_share: 0 },
  });
});

test("whatever happened to the samples of a shard, its ledger balances", () => {
  const ids = ["a", "b", "c"];
  const questions = questionsById(...ids.map((id) => aQuestion(id)));
  const status = fc.constantFrom<SampleStatus>("view", "empty", "policy_failure", "quarantined");
  const sample = fc.record({ status, score: fc.constantFrom(-0.5, 0, 0.1, 0.5) });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 12, maxLength: 12 }), (drawn) => {
      const rows = drawn.map(({ status, score }, place) =>
        aSample(ids[place % 3]!, Math.floor(place / 3), status === "quarantined" ? null : score, status),
      );
      const selection = selectPairs(rows, questions, settings, context);
      expect(() =>
        checkLedger(joinLedger(sampleLedger(rows, 4, ids), questionLedger(selection, ids)), 4),
      ).not.toThrow();
    }),
  );
});
