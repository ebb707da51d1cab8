import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseRecipe } from "../../../src/pipeline/parse.ts";
import { differences } from "../../../src/recipe/differences.ts";
import type { Step } from "../../../src/pipeline/snowball/change/effects.ts";
import { changeTexts, redoneLines } from "../../../src/pipeline/snowball/change/told.ts";
import { openingLines, partingLines } from "../../../src/report/session.ts";

const file = "configs/snowball.simulated.yaml";
const recipe = parseRecipe(readFileSync(file, "utf8"), file);
const opening = { how: "started", where: null, changes: null, ui: null } as const;
const beta = { field: "training.beta", change: "0.1 → 0.2", effect: { step: "train", iteration: 0 } } as const;

const changes = { fields: changeTexts([beta]), determines: true, redone: redoneLines([beta]) };

test("fields that differ, by their full names", () => {
  const before = { name: "a", training: { beta: 0.1, loss_type: ["sigmoid"] }, chunk: { questions: 2 } };
  const after = {
    name: "a",
    training: { beta: 0.2, loss_type: ["sigmoid", "sft"], save_steps: 5 },
    chunk: { questions: 2 },
  };
  expect(differences(before, after)).toEqual([
    "training.beta 0.1 → 0.2",
    'training.loss_type ["sigmoid"] → ["sigmoid","sft"]',
    "training.save_steps (absent) → 5",
  ]);
  expect(differences(recipe, structuredClone(recipe))).toEqual([]);
});

test("how a run begins", () => {
  expect(openingLines(recipe, { ...opening, ui: "http://localhost:8233/namespaces/default" })).toEqual([
    "Snowball  simulated   5 iterations · K 4 · LoRA r64",
    "  Temporal UI  http://localhost:8233/namespaces/default/workflows/simulated",
  ]);
  expect(openingLines(recipe, { ...opening, how: "attached", where: "iteration 3 of 5 (iter_2)" })).toEqual([
    "Going on with simulated: iteration 3 of 5 (iter_2). Nothing finished is done again.",
  ]);
  const changed = openingLines(recipe, { ...opening, how: "attached", changes });
  expect(changed[0]).toBe("Going on with simulated. Nothing finished is done again.");
  expect(changed[1]).toContain(
    "keeps the recipe that it was started with: this one differs in training.beta 0.1 → 0.2.",
  );
  const finished = openingLines(recipe, { ...opening, how: "finished", changes });
  expect(finished).toEqual([
    "simulated is complete already; --anew runs it again.",
    "It was run with another recipe: this one differs in training.beta 0.1 → 0.2. With --anew:",
    "  Done again: the training of iteration 1 (iter_0), and what comes out differently because of it.",
    "  Found in the store, as far as it was made: rollouts, views, scores and pairs of iteration 1 (iter_0).",
  ]);
});

test("what a change does again", () => {
  const lines = (step: Step, iteration = 0) => redoneLines([{ ...beta, effect: { step, iteration } }]);
  expect(redoneLines([{ ...beta, effect: null }])).toEqual([
    "Nothing is done again: no step's result depends on what changed.",
  ]);
  expect(lines("questions")).toEqual(["Done again: everything; the questions of every iteration change."]);
  expect(lines("train", 2)).toEqual([
    "Done again: the training of iteration 3 (iter_2), and what comes out differently because of it.",
    "Found in the store, as far as it was made: all of the iterations before and rollouts, views, scores and pairs of iteration 3 (iter_2).",
  ]);
  // The earliest of several counts.
  const both = redoneLines([beta, { ...beta, effect: { step: "rollout", iteration: 0 } }]);
  expect(both[0]).toBe(
    "Done again: rollouts of iteration 1 (iter_0) and the evaluation of the base, and what comes out differently because of it.",
  );
});

test("after ^C: only what this command started is stopped", () => {
  const session = { name: "demo", command: "run demo.yaml", own: true };
  expect(partingLines(session).at(-1)).toBe(
    "Go on:   bin/snowball run demo.yaml          Cancel:  bin/snowball cancel demo",
  );
  expect(partingLines({ ...session, own: false })).toEqual([
    "Stopped watching. The run goes on.   Watch again: bin/snowball status demo --follow",
  ]);
});
