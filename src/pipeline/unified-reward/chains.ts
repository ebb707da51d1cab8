import { placeIn } from "../../benchmark/pairwise-verdict.ts";
import type { JudgedRow } from "../../benchmark/rows.ts";
import { seedFor } from "../../seed.ts";

/** A sampled chain with its verdict, a line of chains.jsonl. */
export type Chain = JudgedRow;

/** What of a pair's chains can be learned from: those that ended by themselves. */
interface Sides {
  readonly right: readonly Chain[];
  readonly wrong: readonly Chain[];
  /** Share of right chains among all that could be measured. */
  readonly rightShare: number;
}

/** The chains of a pair by their verdict. What is equal counts once, as the draw that came first. */
export function sidesOf(chains: readonly Chain[]): Sides {
  const measured = chains.filter(({ status }) => status !== "quarantined");
  const right = measured.filter(({ status }) => status === "right");
  const wrong = measured.filter(({ status }) => status === "wrong");
  return {
    right: distinct(right.filter(ended)),
    wrong: distinct(wrong.filter(ended)),
    rightShare: measured.length === 0 ? 0 : right.length / measured.length,
  };
}

/** Behind a verdict a chain that was cut went on: its end would be taught wrong. */
function ended({ finish }: Chain): boolean {
  return finish === "stop";
}

/** Texts are equal where nothing but white space tells them apart. */
function distinct(chains: readonly Chain[]): Chain[] {
  const first = new Map<string, Chain>();
  for (const chain of chains) {
    const said = normalised(chain);
    if (!first.has(said)) first.set(said, chain);
  }
  return [...first.values()];
}

function normalised({ text }: Chain): string {
  return (text ?? "").trim().replace(/\s+/g, " ");
}

/** Chains by their pair. */
export function byItem(chains: readonly Chain[]): Map<string, Chain[]> {
  const all = new Map<string, Chain[]>();
  for (const chain of chains) {
    const own = all.get(chain.id);
    if (own) own.push(chain);
    else all.set(chain.id, [chain]);
  }
  return all;
}

/** Is a pair worth asking again? */
export function isWanting(chains: readonly Chain[], fill: "none" | "right" | "both"): boolean {
  if (fill === "none") return false;
  const { right, wrong } = sidesOf(chains);
  return right.length === 0 || (fill === "both" && wrong.length === 0);
}

export interface ChosenChain {
  readonly id: string;
  readonly chain: Chain;
}

export interface Chosen {
  readonly chains: readonly ChosenChain[];
  /** What became of every right chain. */
  readonly parts: Readonly<Record<string, number>>;
}

/**
 * The right chains that are learned from: of every pair at most `perItem` distinct ones, drawn by the seed; pairs that
 * are too easy are left out, and of the rest those come first of whose chains the fewest are right.
 * @param rows at most so many in all; null for all
 */
export function chooseRight(
  items: readonly { readonly id: string }[],
  chains: readonly Chain[],
  how: {
    readonly perItem: number;
    readonly maxRightShare: number;
    readonly rows: number | null;
    readonly seed: number;
  },
): Chosen {
  const parts = {
    trained: 0,
    "cut or equal to another": 0,
    "of a pair that is too easy": 0,
    "more than are wanted": 0,
  };
  const own = byItem(chains);
  const candidates: (ChosenChain & { readonly share: number; readonly hash: string })[] = [];
  for (const { id } of items) {
    const all = own.get(id) ?? [];
    const { right, rightShare: share } = sidesOf(all);
    const given = all.filter(({ status }) => status === "right").length;
    parts["cut or equal to another"] += given - right.length;
    if (share > how.maxRightShare) {
      parts["of a pair that is too easy"] += right.length;
      continue;
    }
    const drawn = inDrawnOrder(right, how.seed).slice(0, how.perItem);
    parts["more than are wanted"] += right.length - drawn.length;
    candidates.push(...drawn.map((chain) => ({ id, chain, share, hash: hashOf(chain, how.seed) })));
  }
  const hardest = candidates.toSorted((a, b) => a.share - b.share || (a.hash < b.hash ? -1 : 1));
  const taken = hardest.slice(0, how.rows ?? hardest.length);
  parts["more than are wanted"] += hardest.length - taken.length;
  parts.trained = taken.length;
  return { chains: taken, parts };
}

export interface Preferred {
  readonly id: string;
  readonly chosen: Chain;
  readonly rejected: Chain;
}

export interface Preferences {
  readonly preferred: readonly Preferred[];
  /** What became of every pair. */
  readonly parts: Readonly<Record<string, number>>;
}

/** How pairs become preferences. */
export interface Preferring {
  /** Preferences of a pair at most; no chain is used twice. */
  readonly perItem: number;
  /** As many that call the first better as the second. */
  readonly balanced: boolean;
  readonly seed: number;
}

/**
 * Right chains over wrong ones, joined by the pair that both judge: captions may repeat, pairs do not.
 *
 * A policy that is wrong more often about one place has more preferences for the other, and what DPO learns of them
 * first is to name that place. So where they are balanced, some of the place that has more are left out, by the seed.
 */
export function preferRight(
  items: readonly { readonly id: string }[],
  chosen: readonly Chain[],
  rejected: readonly Chain[],
  { perItem, balanced, seed }: Preferring,
): Preferences {
  const parts = { "with right chains only": 0, "with wrong chains only": 0, "with neither": 0 };
  const [ofChosen, ofRejected] = [byItem(chosen), byItem(rejected)];
  const preferred: Preferred[] = [];
  for (const { id } of items) {
    const right = inDrawnOrder(sidesOf(ofChosen.get(id) ?? []).right, seed);
    const wrong = inDrawnOrder(sidesOf(ofRejected.get(id) ?? []).wrong, seed);
    const pairs = Math.min(perItem, right.length, wrong.length);
    for (let at = 0; at < pairs; at++) preferred.push({ id, chosen: right[at]!, rejected: wrong[at]! });
    if (pairs > 0) continue;
    if (right.length > 0) parts["with right chains only"]++;
    else if (wrong.length > 0) parts["with wrong chains only"]++;
    else parts["with neither"]++;
  }
  const kept = balanced ? asManyOfEach(preferred, seed) : preferred;
  const [all, used] = [pairsOf(preferred), pairsOf(kept)];
  return {
    preferred: kept,
    parts: { "with a preference": used, "more than of the other place": all - used, ...parts },
  };
}

function pairsOf(preferred: readonly Preferred[]): number {
  return new Set(preferred.map(({ id }) => id)).size;
}

/** As many of one place as of the other, in their own order. */
function asManyOfEach(preferred: readonly Preferred[], seed: number): readonly Preferred[] {
  const all = preferred.map(({ chosen }) => chosen);
  const places = ([1, 2] as const).map((place) =>
    inDrawnOrder(
      all.filter(({ truth }) => placeIn(truth) === place),
      seed,
    ),
  );
  const most = Math.min(...places.map(({ length }) => length));
  const kept = new Set(places.flatMap((chains) => chains.slice(0, most)));
  return preferred.filter(({ chosen }) => kept.has(chosen));
}

function inDrawnOrder(chains: readonly Chain[], seed: number): Chain[] {
  const hashed = chains.map((chain) => ({ chain, hash: hashOf(chain, seed) }));
  return hashed.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ chain }) => chain);
}

function hashOf({ id, draw = 0 }: Chain, seed: number): string {
  return seedFor(seed, "chain", id, draw);
}
