import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Account, accountSentences, addAccounts, imbalance } from "../../../src/contract/account.ts";

const samples: Account = { of: "sample", total: 2560, parts: { "with views": 2351, without: 40, failures: 169 } };

test("an account is a sentence; one of nothing is none", () => {
  expect(accountSentences([samples, { of: "question", total: 0, parts: {} }])).toEqual([
    "Every sample is accounted for: 2,560 = 2,351 with views + 40 without + 169 failures.",
  ]);
});

test("what is missing is the imbalance", () => {
  expect(imbalance(samples)).toBe(0);
  expect(imbalance({ ...samples, total: 2561 })).toBe(1);
});

const sum = (all: readonly Account[]) => all.reduce((total, each) => total + imbalance(each), 0);

test("accounts of the same things add up, part by part, and balance as before", () => {
  const other: Account = { of: "sample", total: 3, parts: { without: 1, lost: 2 } };
  const question: Account = { of: "question", total: 1, parts: { pairs: 1 } };
  expect(addAccounts([samples, question, other])).toEqual([
    { of: "sample", total: 2563, parts: { "with views": 2351, without: 41, failures: 169, lost: 2 } },
    question,
  ]);
  const account = fc.record({
    of: fc.constantFrom("a", "b"),
    total: fc.nat(100),
    parts: fc.dictionary(fc.constantFrom("x", "y", "z"), fc.nat(100)),
  });
  fc.assert(
    fc.property(fc.array(account), (accounts) => {
      expect(sum(addAccounts(accounts))).toBe(sum(accounts));
    }),
  );
});
