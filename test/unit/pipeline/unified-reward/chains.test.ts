import fc from "fast-check";
import { expect, test } from "vitest";
import { type Chain, chooseRight, isWanting, preferRight } from "../../../../src/pipeline/unified-reward/chains.ts";

const OF = { group: "g", type: "all", truth: "Image 1 is better", policy: "p", prompt_digest: "d" };

function chain(id: string, draw: number, status: Chain["status"], change: Partial<Chain> = {}): Chain {
  const said = { right: "Image 1 is better", wrong: "Image 2 is better", unparseable: null, quarantined: null }[status];
  const text = status === "quarantined" ? null : `<think>${id} ${draw}</think><answer>${said}</answer>`;
  return { ...OF, id, draw, status, said, text, finish: text === null ? null : "stop", ...change };
}

const HOW = { perItem: 1, maxRightShare: 1, rows: null, seed: 0 };
const items = ["easy", "hard", "hopeless"].map((id) => ({ id }));
const CHAINS = [
  chain("easy", 0, "right"),
  chain("easy", 1, "right"),
  chain("hard", 0, "wrong"),
  chain("hard", 1, "right"),
  chain("hopeless", 0, "wrong"),
  chain("hopeless", 1, "unparseable"),
];

test("of every pair one right chain is taken, the hardest pair first", () => {
  const { chains, parts } = chooseRight(items, CHAINS, HOW);
  expect(chains.map(({ id }) => id)).toEqual(["hard", "easy"]);
  expect(parts).toEqual({
    trained: 2,
    "cut or equal to another": 0,
    "of a pair that is too easy": 0,
    "more than are wanted": 1,
  });
});

test("what is too easy, cut, or said before is not learned from", () => {
  expect(chooseRight(items, CHAINS, { ...HOW, maxRightShare: 0.5 }).parts).toMatchObject({
    trained: 1,
    "of a pair that is too easy": 2,
  });
  expect(chooseRight(items, CHAINS, { ...HOW, rows: 1 }).chains.map(({ id }) => id)).toEqual(["hard"]);
  const said = { text: "<think>yes</think><answer>Image 1 is better</answer>" };
  const same = [
    chain("easy", 0, "right", said),
    chain("easy", 1, "right", { text: `${said.text}\n` }),
    chain("easy", 2, "right", { finish: "length" }),
  ];
  const { chains, parts } = chooseRight(items, same, { ...HOW, perItem: 9 });
  expect(chains.map(({ chain: { draw } }) => draw)).toEqual([0]);
  expect(parts).toMatchObject({ trained: 1, "cut or equal to another": 2 });
});

test("preferences are joined by the pair, and every pair is accounted for", () => {
  const { preferred, parts } = preferRight(items, CHAINS, CHAINS, { perItem: 2, balanced: false, seed: 0 });
  expect(preferred.map(({ id, chosen, rejected }) => [id, chosen.draw, rejected.draw])).toEqual([["hard", 1, 0]]);
  expect(parts).toEqual({
    "with a preference": 1,
    "more than of the other place": 0,
    "with right chains only": 1,
    "with wrong chains only": 1,
    "with neither": 0,
  });
  const other = [chain("hopeless", 0, "right", { policy: "q" })];
  expect(
    preferRight(items, other, CHAINS, { perItem: 1, balanced: false, seed: 0 }).preferred.map(({ id }) => id),
  ).toEqual(["hopeless"]);
});

test("balanced, as many preferences call the first better as the second, and what is left out is counted", () => {
  const second = { truth: "Image 2 is better" };
  const many = ["a", "b", "c", "d"].map((id) => ({ id }));
  const sampled = many.flatMap(({ id }) => {
    const change = id === "d" ? second : {};
    return [chain(id, 0, "right", change), chain(id, 1, "wrong", change)];
  });
  const { preferred, parts } = preferRight(many, sampled, sampled, { perItem: 1, balanced: true, seed: 0 });
  expect(preferred.map(({ chosen }) => chosen.truth)).toEqual(["Image 1 is better", "Image 2 is better"]);
  expect(parts).toMatchObject({ "with a preference": 2, "more than of the other place": 2 });
  const oneSided = preferRight(items, CHAINS, CHAINS, { perItem: 2, balanced: true, seed: 0 });
  expect(oneSided.preferred).toEqual([]);
  expect(oneSided.parts).toMatchObject({ "with a preference": 0, "more than of the other place": 1 });
});

/** The pairs that are asked again. */
function wanting(fill: "none" | "right" | "both"): string[] {
  return items
    .map(({ id }) => id)
    .filter((id) =>
      isWanting(
        CHAINS.filter((each) => each.id === id),
        fill,
      ),
    );
}

test("a pair is asked again where it lacks what is wanted", () => {
  expect(wanting("none")).toEqual([]);
  expect(wanting("right")).toEqual(["hopeless"]);
  expect(wanting("both")).toEqual(["easy", "hopeless"]);
});

const sum = (parts: Readonly<Record<string, number>>): number => Object.values(parts).reduce((a, b) => a + b, 0);

const anyChain = fc
  .tuple(
    fc.constantFrom("easy", "hard", "hopeless"),
    fc.nat(9),
    fc.constantFrom<Chain["status"]>("right", "wrong", "unparseable", "quarantined"),
    fc.constantFrom<Chain["finish"]>("stop", "length"),
    fc.boolean(),
  )
  .map(([id, draw, status, finish, repeats]) =>
    chain(id, draw, status, {
      ...(status !== "quarantined" && { finish }),
      ...(repeats && status === "right" && { text: "the same" }),
    }),
  );

test("whatever was sampled, every right chain and every pair is in one part, and no chain is preferred twice", () => {
  fc.assert(
    fc.property(
      fc.array(anyChain, { maxLength: 24 }),
      fc.nat(3),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, most, share) => {
        const how = { perItem: most + 1, maxRightShare: share, rows: most + 1, seed: 1 };
        const chosen = chooseRight(items, all, how);
        expect(sum(chosen.parts)).toBe(all.filter(({ status }) => status === "right").length);
        expect(chosen.chains.every((each) => each.chain.status === "right" && each.chain.finish === "stop")).toBe(true);
        const { preferred, parts } = preferRight(items, all, all, {
          perItem: most + 1,
          balanced: share < 0.5,
          seed: 1,
        });
        expect(sum(parts)).toBe(items.length);
        for (const { id, chosen: good, rejected } of preferred) {
          expect([good.id, rejected.id, good.status, rejected.status]).toEqual([id, id, "right", "wrong"]);
          expect(good.text).not.toBe(rejected.text);
        }
        expect(new Set(preferred.map(({ rejected }) => rejected)).size).toBe(preferred.length);
      },
    ),
  );
});
