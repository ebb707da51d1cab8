import { join } from "node:path";
import { writeJson } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { Account } from "../../src/contract/account.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import { StepFailure } from "../../src/failure.ts";
import { chooseRight, preferRight, type Preferences } from "../../src/pipeline/unified-reward/chains.ts";
import type { ChooseChainsInput, MadeRows, PairChainsInput } from "../../src/pipeline/unified-reward/contract/plan.ts";
import { chainRow, preferenceRow } from "../../src/pipeline/unified-reward/rows.ts";
import { IMAGES_FILE, imageDigests, type TrainRow } from "../../src/training/algorithm.ts";
import { algorithmOf } from "../../src/training/index.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { chainsIn, pairsIn } from "./chains.ts";

/** Raise when the meaning of a row that is made of chains changes. */
const CHOSEN_VERSION = 1;
const PAIRED_VERSION = 2;

/** The right chains as rows of SFT, the hardest pairs first. @throws {StepFailure} ThresholdExceeded where there are none */
export async function chooseChains(
  deps: ActivityDeps,
  _context: StepContext,
  { sampling, chains, choosing }: ChooseChainsInput,
): Promise<MadeRows> {
  const { pairs, draws } = sampling;
  const items = await pairsIn(deps, pairs.items);
  const chosen = chooseRight(items, await chainsIn(deps, chains), { ...choosing, seed: draws.seed });
  const account = accountOf("right chain", chosen.parts);
  if (chosen.chains.length === 0) {
    throw nothing(`No right chain is left to learn from (${partsOf(account)})`);
  }
  const known = new Map(items.map((each) => [each.id, each]));
  const rows = chosen.chains.map((each) => chainRow(known.get(each.id)!, each, pairs.settings));
  const params = { choosing, seed: draws.seed, settings: pairs.settings };
  const recipeOf = {
    step: "choose-chains",
    version: CHOSEN_VERSION,
    params,
    inputs: [pairs.items.sha256, chains.sha256],
  };
  return { ref: await keep(deps, recipeOf, { algorithm: "sft", rows, items, account }), account };
}

/** Right chains over wrong ones as rows of DPO. @throws {StepFailure} ThresholdExceeded where no pair has both */
export async function pairChains(
  deps: ActivityDeps,
  _context: StepContext,
  { sampling, chosen, rejected, perItem, balanced }: PairChainsInput,
): Promise<MadeRows> {
  const { pairs, draws } = sampling;
  const items = await pairsIn(deps, pairs.items);
  const how = { perItem, balanced, seed: draws.seed };
  const found = preferRight(items, await chainsIn(deps, chosen), await chainsIn(deps, rejected), how);
  const account = accountOf("pair for preferences", found.parts);
  if (found.preferred.length === 0) throw nothing(`${lacking(found.parts)} (${partsOf(account)})`);
  const known = new Map(items.map((each) => [each.id, each]));
  const rows = found.preferred.map((each) => preferenceRow(known.get(each.id)!, each, pairs.settings));
  const inputs = [pairs.items.sha256, chosen.sha256, rejected.sha256];
  const recipeOf = {
    step: "pair-chains",
    version: PAIRED_VERSION,
    params: { ...how, settings: pairs.settings },
    inputs,
  };
  return { ref: await keep(deps, recipeOf, { algorithm: "dpo", rows, items, account }), account };
}

function lacking({ "more than of the other place": oneSided }: Preferences["parts"]): string {
  if (!oneSided) return "No pair has a right and a wrong chain";
  return "All preferences call the same place better, so DPO would learn the place (dpo.balanced: false takes them as they are)";
}

interface Made {
  readonly algorithm: string;
  readonly rows: readonly TrainRow[];
  readonly items: readonly ImportedQuestion[];
  readonly account: Account;
}

async function keep(
  { store }: ActivityDeps,
  recipeOf: Parameters<typeof makeArtifact>[1],
  { algorithm, rows, items, account }: Made,
): Promise<MadeRows["ref"]> {
  const digests = new Map(
    items.flatMap((each) => each.images.map((name, at) => [name, each.image_digests[at]!] as const)),
  );
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    await writeJson(join(folder, algorithmOf(algorithm).files.rows), rows);
    await writeJson(
      join(folder, IMAGES_FILE),
      imageDigests(rows, (name) => digests.get(name)),
    );
    await writeJson(join(folder, "account.json"), account);
    return { rows: rows.length };
  });
  return ref;
}

function accountOf(of: string, parts: Readonly<Record<string, number>>): Account {
  return { of, total: Object.values(parts).reduce((sum, part) => sum + part, 0), parts };
}

function partsOf({ parts }: Account): string {
  return Object.entries(parts)
    .map(([name, part]) => `${part} ${name}`)
    .join(", ");
}

function nothing(what: string): StepFailure {
  return new StepFailure(
    "ThresholdExceeded",
    `${what}; more sampling.samples or sampling.max_rounds, or more chains for the cold start, are needed.`,
  );
}
