import { join } from "node:path";
import { readJson } from "../../../artifact/files.ts";
import { addAccounts } from "../../../contract/account.ts";
import type { LabeledRow, PairRow } from "../../../preference/rows.ts";
import { createAlbum } from "../../../report/html/cards.ts";
import { html } from "../../../report/html/html.ts";
import type { Section } from "../../../report/html/section.ts";
import type { Reported, Shown } from "../../pipeline.ts";
import { accountsOf } from "../contract/ledger.ts";
import { type IterationRow, iterationTable } from "../contract/rows.ts";
import { scoreRows } from "../evaluation/summary.ts";
import type { Recipe } from "../recipe/index.ts";
import { calibrationSection } from "./calibration.ts";
import { distributions, type Scores } from "./distributions.ts";
import { heldOut, type Step } from "./held-out.ts";
import { judgeAgain, type ScoredSample } from "./judged.ts";
import { learning } from "./learning.ts";
import { labeledRows, sampleName, sampleNames } from "../labeled.ts";
import { gallery, type ShownPair } from "./pairs.ts";
import { showIn } from "./pictures.ts";
import { readRounds, type Round } from "./rounds.ts";
import { spread, spreadNote } from "./sample.ts";
import { type Evaluation, readSource, type Source } from "./source.ts";

/** Pairs shown, and samples held against the scene, at most. */
const MOST_PAIRS = 400;
const MOST_JUDGED = 2000;

/** What only the loop can show: does it learn, scores, pairs, one question by every policy, and the judge. */
export async function report({ root, layout, trace, result }: Reported): Promise<Shown> {
  const recipe = trace.recipe as Recipe;
  const rounds = await readRounds(trace.folder);
  const source = await readSource(layout, trace);
  const steps = stepsOf(source, rounds, result?.tables[0]?.rows.map((row) => row["policy"]) ?? []);
  const rows = [...baseRow(steps), ...rounds];
  const read = await readAll(rounds, source);
  const images = join(root, recipe.data.image_root);
  const album = createAlbum();
  const show = showIn(album);
  const minGap = recipe.scoring.min_score_gap;
  const sections: (Section | null)[] = [
    learning(rows, source.floors),
    await heldOut({ steps, questions: source.questions, test: source.heldOut.test, images }, show),
    await gallery(read.pairs, read.allPairs, images, show),
    distributions(read.scores, minGap),
    await judge(read.samples, source, recipe, root),
  ];
  const found = sections.filter((section) => section !== null);
  return {
    tables: rows.length === 0 ? [] : [iterationTable(rows, source.floors)],
    measured: steps.map(({ title, evaluation }) => ({
      policy: title,
      benchmark: "views",
      rows: scoreRows(
        evaluation.rows.filter(({ question_id }) => source.heldOut.test.includes(question_id)),
        "test",
      ),
    })),
    accounts: addAccounts(rounds.flatMap(({ ledger }) => accountsOf(ledger.ledger))),
    sections: found.map((section, place) =>
      place === found.length - 1 ? { ...section, body: html`${section.body}${album.html()}` } : section,
    ),
  };
}

/** The base and every policy that an iteration made, each with the evaluation whose numbers the run tells. */
function stepsOf({ evaluations }: Source, rounds: readonly Round[], policies: readonly unknown[]): Step[] {
  const trained = new Set(rounds.map(({ policy }) => policy));
  const base = policies[0] ?? evaluations.find(({ policy }) => !trained.has(policy))?.policy;
  const all = [{ title: "base", policy: base, accuracy: undefined as number | undefined }].concat(
    rounds
      .filter(({ policy, decision }) => policy !== base && decision !== "no_pairs")
      .map(({ iteration, policy, score }) => ({
        title: `iteration ${iteration + 1}`,
        policy,
        accuracy: score?.accuracy?.mean,
      })),
  );
  return all.flatMap(({ title, policy, accuracy }) => {
    const own = evaluations.filter((each) => each.policy === policy);
    const same = (each: Evaluation): boolean => each.test.score.accuracy?.mean === accuracy;
    const evaluation = own.find(same) ?? own[0];
    return evaluation === undefined ? [] : [{ title, evaluation }];
  });
}

function baseRow([first]: readonly Step[]): IterationRow[] {
  if (first?.title !== "base") return [];
  const { policy, test } = first.evaluation;
  return [{ iteration: -1, pairs: 0, weak: 0, gap: null, loss: null, score: test.score, policy, decision: null }];
}

interface Read {
  readonly scores: readonly Scores[];
  readonly pairs: readonly ShownPair[];
  readonly allPairs: number;
  readonly samples: readonly ScoredSample[];
}

async function readAll(rounds: readonly Round[], { questions }: Source): Promise<Read> {
  const scores: Scores[] = [];
  const pairs: ShownPair[] = [];
  const samples: ScoredSample[] = [];
  let allPairs = 0;
  for (const { iteration, folder } of rounds) {
    const own = await readJson<PairRow[]>(join(folder, "dpo_pairs.json"));
    allPairs += own.length;
    const shown = spread(own, Math.ceil(MOST_PAIRS / rounds.length));
    const wanted = sampleNames(shown);
    const kept = new Map<string, LabeledRow>();
    const values: number[] = [];
    for await (const row of labeledRows(folder)) {
      const { question_id: question, rollout, score, status, instructions } = row;
      if (score !== null) values.push(score);
      if (score !== null && status === "view") samples.push({ question, score, instructions });
      const name = sampleName(question, rollout);
      if (wanted.has(name)) kept.set(name, row);
    }
    scores.push({ title: `iteration ${iteration + 1}`, scores: values, gaps: own.map(({ gap }) => gap) });
    for (const pair of shown) {
      pairs.push({
        pair: { ...pair, iteration },
        folder,
        question: questions.get(pair.question_id),
        chosen: kept.get(sampleName(pair.question_id, pair.chosen_rollout)),
        rejected: kept.get(sampleName(pair.question_id, pair.rejected_rollout)),
      });
    }
  }
  return { scores, pairs, allPairs, samples };
}

async function judge(
  samples: readonly ScoredSample[],
  source: Source,
  recipe: Recipe,
  root: string,
): Promise<Section | null> {
  // Whole questions, so that views for one question can be compared.
  const byQuestion = [...Map.groupBy(samples, ({ question }) => question).values()];
  const perQuestion = Math.max(1, samples.length / Math.max(1, byQuestion.length));
  const some = spread(byQuestion, Math.ceil(MOST_JUDGED / perQuestion)).flat();
  const judged = await judgeAgain(some, source.questions, recipe, root);
  if (judged === null || judged.length === 0) return null;
  return calibrationSection(judged, spreadNote(some.length, samples.length, "scored sample"));
}
