import { expect, test } from "vitest";
import { selectPairs } from "../../../src/preference/pairs.ts";
import type { LabeledRow } from "../../../src/preference/rows.ts";
import { aQuestion, aSample, questionsById } from "../../support/rows.ts";

const rules = { min_score_gap: 0.3, below_gap: "keep", tie_floor: 0.02 } as const;
const context = { iteration: 0, system: "", prompt: () => "" };
const ids = ["a", "b", "c", "d"];
const questions = questionsById(...ids.map((id) => aQuestion(id)));

function select(rows: readonly LabeledRow[], share: number) {
  const { pairs, dropped } = selectPairs(rows, questions, { ...rules, max_failure_pair_share: share }, context);
  return { kinds: pairs.map((pair) => [pair.question_id, pair.kind, pair.gap]), dropped: dropped.failure_share };
}

/** Best sample, a second valid one (if any), and a failure. */
function three(id: string, best: number, second: number | null): LabeledRow[] {
  const valid = second === null ? [] : [aSample(id, 1, second)];
  return [aSample(id, 0, best), ...valid, aSample(id, 2, -1, "policy_failure")];
}

test("within the share nothing changes", () => {
  const rows = [...three("a", 0.5, 0), ...three("b", 0.5, null), ...three("c", 0.5, null), ...three("d", 0.5, 0.25)];
  expect(select(rows, 1).kinds.map(([, kind]) => kind)).toEqual(Array(4).fill("over_policy_failure"));
});

test("failures are replaced by the worst valid sample, largest new gap first, and only as many as needed", () => {
  const rows = [...three("a", 0.5, 0.25), ...three("b", 0.5, 0), ...three("c", 0.5, -0.5), ...three("d", 0.5, 0.4375)];
  expect(select(rows, 0.25)).toEqual({
    kinds: [
      ["a", "view_over_view", 0.25],
      ["b", "view_over_view", 0.5],
      ["c", "view_over_view", 1],
      ["d", "over_policy_failure", 1.5],
    ],
    dropped: 0,
  });
});

test("what cannot be replaced is dropped, smallest gap first, until the share of what is left holds", () => {
  // Three valid pairs allow one over a failure at .25: 1 of 4.
  const valid = ["a", "b", "c"].flatMap((id) => [aSample(id, 0, 0.5), aSample(id, 1, 0)]);
  expect(select([...valid, ...three("d", 0.5, null)], 0.25)).toMatchObject({ dropped: 0 });
  const two = ["a", "b"].flatMap((id) => [aSample(id, 0, 0.5), aSample(id, 1, 0)]);
  // Two valid pairs allow none at .25 (1 of 3 is too many), but one at .4.
  const rows = [...two, ...three("c", 0.75, null), ...three("d", 0.5, null)];
  expect(select(rows, 0.25)).toMatchObject({ dropped: 2 });
  expect(select(rows, 0.4)).toEqual({
    kinds: [
      ["a", "view_over_view", 0.5],
      ["b", "view_over_view", 0.5],
      ["c", "over_policy_failure", 1.75],
    ],
    dropped: 1,
  });
});

test("a replacement obeys the other rules: under the tie floor it is none", () => {
  const rows = [...three("a", 0.5, 0.49), aSample("b", 0, 0.5), aSample("b", 1, 0)];
  expect(select(rows, 0.25)).toMatchObject({ kinds: [["b", "view_over_view", 0.5]], dropped: 1 });
});
