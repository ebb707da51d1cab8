import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Method, SelectorScoreSteps, SelectorSteps } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { trainingTable } from "../../src/pipeline/pointer-selector/contract/table.ts";
import { fanOut, inChild } from "../stages/fan-out.ts";
import { controlSteps, roleSteps } from "../stages/steps.ts";
import { fanning, type Passing } from "./beams.ts";
import { groundOf, type Selecting } from "./selector.ts";

/** Chooses examples for the test questions by a method, answers with each number of them, and shows the table. */
export async function answerBy(selecting: Selecting, method: Method): Promise<void> {
  const { plan, board, embeddings, account } = selecting;
  const { shots: all, counts, chunk } = plan.own;
  const ground = groundOf(selecting);
  const { selectExamples, compareMethods } = controlSteps<SelectorSteps>(plan.limits);
  board.stage({ name: "measure", doing: `answering with examples chosen by ${method.name}` });
  const summary = `choose · ${method.name}`;
  const selections = await selectExamples.executeWithOptions({ summary }, [{ ...ground, embeddings, method }]);
  for (const shots of all) {
    const child = `${plan.run.name}/${method.name}/${shots}`;
    const title = `${method.name} · ${shots}-shot`;
    const pass = { ...ground, selections, shots, limits: plan.limits, title, items: counts.test, chunking: chunk };
    const answers = await board.following(child, () => inChild(answersWithExamples, child, pass));
    selecting.answered = [...selecting.answered, { method: method.name, shots, answers }];
  }
  const input = { ...ground, answered: selecting.answered };
  const { table, accounts } = await compareMethods.executeWithOptions({ summary: "compare the methods" }, [input]);
  const trained = selecting.trained.length === 0 ? [] : [trainingTable(selecting.trained)];
  board.set({ tables: [table, ...trained], accounts: [account, ...accounts] });
  await selecting.track();
}

interface AnswerAll extends Passing {
  readonly selections: ArtifactRef;
  readonly shots: number;
}

/** Answers every test question behind its chosen examples: the child workflow of a pass. */
export function answersWithExamples(input: AnswerAll): Promise<ArtifactRef> {
  const { run, examples, critic, selections, shots, limits } = input;
  const { answerWithExamples } = roleSteps<SelectorScoreSteps>("score", limits);
  return fanOut(input, { ...fanning(input, "question"), rows: { link: "answer", file: "answers.jsonl" } }, [
    {
      name: "answer",
      unitsPerItem: 1,
      step: (chunk, _, summary) =>
        answerWithExamples.executeWithOptions({ summary }, [{ run, examples, critic, selections, shots, chunk }]),
    },
  ]);
}
