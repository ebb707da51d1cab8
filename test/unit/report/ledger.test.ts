import { expect, test } from "vitest";
import { ledgerSentences } from "../../../src/report/ledger.ts";

test("both accounts, with every reason that has questions", () => {
  const ledger = {
    samples: 2560,
    view: 2351,
    empty: 40,
    policy_failure: 169,
    quarantined: 0,
    questions: 320,
    pairs: 291,
    dropped: { unanimous: 12, gap: 17, too_few: 0, something_new: 0 },
  };
  expect(ledgerSentences(ledger)).toEqual([
    "Every sample is accounted for: 2,560 = 2,351 with views + 40 without + 169 policy failures + 0 quarantined.",
    "Every question too: 320 = 291 pairs + 12 unanimous + 17 below the gap.",
  ]);
  expect(ledgerSentences({ ...ledger, samples: 0 })).toEqual(["291 pairs from the file that the recipe names."]);
  expect(ledgerSentences({ ...ledger, dropped: { something_new: 29 } })[1]).toContain("+ 29 something_new.");
});
