import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Account } from "../../src/contract/account.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Row } from "../../src/contract/table.ts";
import type {
  Answered,
  Ground,
  SelectorOwn,
  SelectorSteps,
  SelectorTrainSteps,
  StageName,
  StageSelector,
} from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { closeRun } from "../stages/close.ts";
import { inChild } from "../stages/fan-out.ts";
import type { Opened } from "../stages/open.ts";
import { controlSteps, ownTrainSteps } from "../stages/steps.ts";
import { beamsOfQueries } from "./beams.ts";

/** Where the run stands: the examples as vectors, the beams, the newest selector, and what was answered so far. */
export interface Selecting extends Opened<SelectorOwn> {
  readonly embeddings: ArtifactRef;
  readonly beams: ArtifactRef;
  readonly account: Account;
  selectors: readonly StageSelector[];
  answered: readonly Answered[];
  trained: readonly Row[];
}

/** What every step is told. */
export function groundOf({ plan }: Opened<SelectorOwn>): Ground {
  const { examples, critic } = plan.own;
  return { run: plan.run, examples, critic };
}

export async function embed(opened: Opened<SelectorOwn>): Promise<Opened<SelectorOwn> & Pick<Selecting, "embeddings">> {
  opened.board.stage({ name: "embed", doing: "embedding pictures and questions", title: "" });
  const { embedExamples } = ownTrainSteps<SelectorTrainSteps>(opened.plan.limits);
  const input = { ...groundOf(opened), encoder: opened.plan.own.encoder };
  const embeddings = await embedExamples.executeWithOptions({ summary: "embed the examples" }, [input]);
  return { ...opened, embeddings };
}

/** Beams of every query: searched by a child, or those of a given file. */
export async function findBeams(opened: Opened<SelectorOwn> & Pick<Selecting, "embeddings">): Promise<Selecting> {
  const { plan, board, embeddings } = opened;
  const { given } = plan.own;
  board.stage({ name: "beams", doing: given ? "reading the given beams" : "searching beams", title: "" });
  const ground = groundOf(opened);
  const child = `${plan.run.name}/beams`;
  const { counts, chunk } = plan.own;
  const search = { ...ground, embeddings, limits: plan.limits, title: "beams", items: counts.queries, chunking: chunk };
  const rows = given ?? (await board.following(child, () => inChild(beamsOfQueries, child, search)));
  const { keepBeams } = controlSteps<SelectorSteps>(plan.limits);
  const { beams, account } = await keepBeams.executeWithOptions({ summary: "keep the beams" }, [{ ...ground, rows }]);
  board.set({ accounts: [account] });
  return { ...opened, beams, account, selectors: [], answered: [], trained: [] };
}

/** Trains the selector further by one stage. */
export async function trainStage(selecting: Selecting, stage: StageName): Promise<ArtifactRef> {
  const { stages } = selecting.plan.own;
  const at = stages.indexOf(stage);
  const title = `stage ${at + 1} of ${stages.length} (${stage})`;
  selecting.board.stage({ name: "train", doing: `training by ${stage.toUpperCase()}`, title, at, of: stages.length });
  const { embeddings, beams, selectors } = selecting;
  const init = selectors.at(-1)?.selector ?? null;
  const { trainSelector } = ownTrainSteps<SelectorTrainSteps>(selecting.plan.limits);
  const input = { ...groundOf(selecting), stage, embeddings, beams, init };
  const { selector, metrics } = await trainSelector.executeWithOptions({ summary: `train · ${title}` }, [input]);
  selecting.selectors = [...selectors, { stage, selector }];
  selecting.trained = [...selecting.trained, { stage, ...metrics, selector: selector.sha256 }];
  return selector;
}

export async function closeSelector(selecting: Selecting): Promise<RunResult> {
  const { plan, embeddings, beams, answered, selectors } = selecting;
  const { showSelector } = controlSteps<SelectorSteps>(plan.limits);
  const { encoder } = plan.own;
  const view = { ...groundOf(selecting), folder: plan.folder, encoder, embeddings, beams, answered, selectors };
  await showSelector.executeWithOptions({ summary: "show in the run folder" }, [view]);
  const files = { Selector: `${plan.folder}/final` };
  return closeRun(selecting, { pipeline: "pointer-selector", policy: null, digest: null, files, final: "selector" });
}
