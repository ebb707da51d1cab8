import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plan as benchmark } from "../../../src/benchmark/plan.ts";
import { plan as reward } from "../../../src/reward/plan/index.ts";
import { FAULTS, judgePlan, PLAN_WEIGHTS } from "../../../src/reward/plan/judge.ts";
import { spoil } from "../../../src/reward/plan/negatives.ts";
import { parsePlan } from "../../../src/reward/plan/parse.ts";
import { ACTIONS } from "../../../src/reward/plan/actions.ts";
import { type Wanted, wantedOf } from "../../../src/reward/plan/truth.ts";
import { weighed } from "../../../src/reward/index.ts";

const RIGHT = "Navigate(table)\nPick(apple)\nNavigate(sink)\nPlace(sink)";
const things = ["table", "apple", "sink", "cup", "shelf"];
const TRUTH = JSON.stringify({ plan: RIGHT, things });
const wanted = wantedOf(TRUTH) as Wanted;
const near = (value: number): number => expect.closeTo(value, 10) as number;

function rewards(text: string): number[] {
  return judgePlan(text, wanted).taken.map(({ reward: each }) => each);
}

function metricsOf(text: string): object {
  return Object.fromEntries(
    Object.entries(benchmark.measures!).map(([name, measure]) => [name, measure({ truth: TRUTH, text, said: null })]),
  );
}

describe("reading", () => {
  test("an action a line, in the forms that people write", () => {
    const text = "1. Navigate to the table\n- Pick(the Apple)\n* place(apple, Kitchen_Sink).\n";
    const read = parsePlan(text, ACTIONS)!;
    expect(read.spurious).toBe(false);
    expect(read.actions.map(({ verb, args }) => [verb, ...args])).toEqual([
      ["Navigate", "table"],
      ["Pick", "apple"],
      ["Place", "apple", "kitchen sink"],
    ]);
    expect(read.actions.map(({ from, to }) => text.slice(from, to))).toEqual(text.trimEnd().split("\n"));
  });

  test("other text is spurious; without an action there is no plan", () => {
    expect(parsePlan(`Here is the plan:\n${RIGHT}`, ACTIONS)).toMatchObject({ spurious: true });
    for (const text of ["", "A", "I would pick the apple.", "\n\n"]) expect(parsePlan(text, ACTIONS)).toBeNull();
  });
});

describe("the process reward, by hand", () => {
  test("an action that is garbled is an action on nothing, and no mere text", () => {
    for (const garbled of ["Pick)", "2. pick", "Pick(apple", "Pick()"]) {
      const text = RIGHT.replace("Pick(apple)", garbled);
      expect(parsePlan(text, ACTIONS)!.actions[1]).toMatchObject({ verb: "Pick" });
      const { parts, reward: worth } = judgePlan(text, wanted);
      // Three of four actions are valid; steps 1, −1, .8 and −1; picked −.5, placed 1, navigated 1.
      expect(parts).toEqual({ format: 1, action: 0.5, transition: near(-0.05), task: near(0.5), efficiency: 0 });
      expect(worth).toBeLessThan(judgePlan(RIGHT.replace("Pick(apple)", "Pick(cup)"), wanted).reward);
    }
  });

  test("a right plan is worth 1", () => {
    const judged = judgePlan(RIGHT, wanted);
    expect(judged.parts).toEqual({ format: 1, action: 1, transition: 1, task: 1, efficiency: 1 });
    expect([judged.reward, judged.done, judged.fault]).toEqual([near(1), true, null]);
  });

  test("nothing readable is −1 in everything", () => {
    const judged = judgePlan("I do not know.", wanted);
    expect(Object.values(judged.parts)).toEqual([-1, -1, -1, -1, -1]);
    expect([judged.reward, judged.fault]).toEqual([-1, "format"]);
  });

  test("a step that cannot be done", () => {
    // Pick at INIT −1, Navigate 1, Place at AT −1: −1/3. Picked and placed 1, one navigation of two 0. Not done: efficiency 0.
    const judged = judgePlan("Pick(apple)\nNavigate(sink)\nPlace(sink)", wanted);
    expect(judged.parts).toEqual({ format: 1, action: 1, transition: near(-1 / 3), task: near(2 / 3), efficiency: 0 });
    expect(judged.reward).toBeCloseTo(0.1 + 0.25 - 0.25 / 3 + 0.5 / 3, 10);
    expect(judged.fault).toBe("state_transition");
  });

  test("the wrong object, and one that is not there", () => {
    const cup = judgePlan(RIGHT.replace("apple", "cup"), wanted);
    // (−.5 + 1 + 1) / 3.
    expect(cup.parts.task).toBeCloseTo(0.5, 10);
    expect([cup.fault, cup.parts.action, cup.done]).toEqual(["action", 1, false]);
    // Not valid: 3 of 4; illegal, so Navigate stays at the place (.8) and Place has nothing: (1 − 1 + .8 − 1) / 4.
    const gone = judgePlan(RIGHT.replace("apple", "unicorn"), wanted);
    expect(gone.parts).toMatchObject({ action: near(0.5), transition: near(-0.05) });
  });

  test.each([
    [4, 1],
    [5, 0.5],
    [6, 0.5],
    [8, 0],
    [9, -0.5],
  ])("%i steps that do the task have an efficiency of %f", (steps, worth) => {
    const walks = Array.from({ length: steps - 4 }, () => "Navigate(table)\n").join("");
    const judged = judgePlan(walks + RIGHT, wanted);
    expect([judged.done, judged.parts.efficiency]).toEqual([true, worth]);
    expect(judged.fault).toBe(steps === 4 ? null : "inefficient");
  });

  test("what is picked up where it is not is not moved from where it is", () => {
    for (const text of [RIGHT.replace("table", "sink"), "Navigate(sink)\nPick(apple)\nPlace(sink)"]) {
      const judged = judgePlan(text, wanted);
      // Legal for the machine; one navigation of two: (1 + 1 + 0) / 3.
      expect(judged.parts).toMatchObject({ action: 1, transition: 1, task: near(2 / 3), efficiency: 0 });
      expect([judged.done, judged.fault]).toEqual([false, "state_transition"]);
    }
  });

  test("a detour is a navigation that goes elsewhere", () => {
    // Two of three: (1 + 1 + 1/3) / 3.
    expect(judgePlan(`Navigate(shelf)\n${RIGHT}`, wanted).parts.task).toBeCloseTo(7 / 9, 10);
  });

  test("a short plan that does nothing is not efficient", () => {
    expect(judgePlan("Navigate(table)", wanted).parts.efficiency).toBe(0);
  });

  test("every step of the machine", () => {
    expect(rewards("Pick(apple)\nPlace(sink)\nNavigate(table)\nNavigate(sink)\nPlace(sink)\nPick(apple)")).toEqual([
      -1, -1, 1, 0.8, -1, 1,
    ]);
    expect(
      rewards(
        "Navigate(table)\nPick(apple)\nPick(cup)\nNavigate(sink)\nNavigate(table)\nPick(cup)\nPlace(table)\nPlace(sink)",
      ),
    ).toEqual([1, 1, -1, 1, 0.8, -1, 1, -1]);
    // Put down where it was picked up: at the beginning again.
    expect(rewards("Navigate(table)\nPick(apple)\nPlace(table)\nPick(apple)")).toEqual([1, 1, 1, -1]);
  });

  test("more actions are a table", () => {
    const more = { Open: { AT: { to: "AT", reward: 1 } } };
    const truth = JSON.stringify({ plan: "Navigate(shelf)\nOpen(shelf)\nPick(cup)", things, actions: more });
    const own = wantedOf(truth) as Wanted;
    expect(judgePlan("Navigate(shelf)\nOpen(shelf)\nPick(cup)", own).fault).toBeNull();
    expect(judgePlan("Navigate(shelf)\nPick(cup)", own).done).toBe(false);
    expect(judgePlan(RIGHT.replace("Pick", "Open"), wanted).fault).toBe("action");
  });

  test("a truth that cannot be one is refused", () => {
    expect(reward.problem({ truth: "Pick(apple)", kind: "plan" })).toContain(
      "action 1 cannot be done in the state INIT",
    );
    expect(reward.problem({ truth: "{", kind: "plan" })).toContain("no JSON");
    expect(reward.problem({ truth: "Hello", kind: "plan" })).toContain("that is none");
    expect(reward.problem({ truth: RIGHT, kind: "plan" })).toBeNull();
  });
});

describe("faults made by rule", () => {
  test.each(FAULTS)("%s, of a plan with a detour, too", (fault) => {
    const detour = wantedOf(JSON.stringify({ plan: `Navigate(shelf)\n${RIGHT}`, things })) as Wanted;
    for (const right of [wanted, detour]) expect(judgePlan(spoil(right, fault)!, right).fault).toBe(fault);
  });

  test("none where the rule does not bring it about", () => {
    const hands = { Wave: { INIT: { to: "INIT", reward: 1 } } } as const;
    const wave = wantedOf(JSON.stringify({ plan: "Wave(hand)", actions: hands })) as Wanted;
    expect(spoil(wave, "inefficient")).toBeNull();
  });
});

const line = fc.oneof(
  fc
    .tuple(fc.constantFrom("Navigate", "Pick", "Place", "Open"), fc.constantFrom(...things, "unicorn"))
    .map(([verb, what]) => `${verb}(${what})`),
  fc.constantFrom("", "So far so good.", "Pick"),
);

describe("credit", () => {
  test("adds up to the reward, whatever the plan", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = lines.join("\n");
        const { reward: whole, credits, parts } = reward.score({ truth: TRUTH, kind: "plan" }, text);
        expect(credits!.reduce((sum, each) => sum + each.credit, 0)).toBeCloseTo(whole, 10);
        expect(Math.abs(whole)).toBeLessThanOrEqual(1 + 1e-12);
        const named = Object.entries(PLAN_WEIGHTS).reduce((sum, [part, weight]) => sum + weight * parts[part]!, 0);
        expect(named).toBeCloseTo(whole, 10);
        const doubled = weighed({ plan: 2 }, { truth: TRUTH, kind: "plan" }, text);
        expect(
          (doubled.credits ?? [{ credit: doubled.reward }]).reduce((sum, { credit }) => sum + credit, 0),
        ).toBeCloseTo(2 * whole, 10);
      }),
    );
  });

  test("a wrong third action costs the third action, and nobody else by itself", () => {
    const wrong = RIGHT.replace("Navigate(sink)", "Navigate(unicorn)");
    const right = reward.score({ truth: TRUTH, kind: "plan" }, RIGHT).credits!;
    const [, ...now] = reward.score({ truth: TRUTH, kind: "plan" }, wrong).credits!;
    const lost = now.map(({ credit }, at) => right[at + 1]!.credit - credit);
    // Action 2 · .25 / 4, transition 2 · .25 / 4, navigation 2 · .25 / 3 / 2. That the task is not done is the whole text's loss.
    expect(lost).toEqual([near(0), near(0), near(0.125 + 0.125 + 0.25 / 3), near(0)]);
  });
});

describe("merit of navigations", () => {
  test.each([
    ["the last place first", `Navigate(sink)\nPick(apple)\nNavigate(sink)\nPlace(sink)`, [false, true]],
    ["there and there again", `Navigate(table)\n${RIGHT}`, [false, true, true]],
    ["there once more at the end", `${RIGHT}\nNavigate(sink)`, [true, true, false]],
    ["the last place before and after", `Navigate(sink)\n${RIGHT}`, [false, true, true]],
    ["nothing follows what would", "Navigate(sink)\nNavigate(table)", [true, true]],
  ])("%s", (_, text, walks) => {
    expect(judgePlan(text, wanted).walks).toEqual(walks);
  });

  test("whoever goes to the last place first has lost by that action, as whoever goes elsewhere", () => {
    const first = ["table", "sink", "shelf"].map((place) => {
      const text = RIGHT.replace("table", place);
      return reward.score({ truth: TRUTH, kind: "plan" }, text).credits![1]!.credit;
    });
    // Action .25 / 4, transition .25 / 4, navigation ±.25 / 3 / 2.
    expect(first).toEqual([near(0.125 + 0.25 / 6), near(0.125 - 0.25 / 6), near(0.125 - 0.25 / 6)]);
  });
});

describe("six metrics", () => {
  test("of a right plan, a faulty one and none", () => {
    expect(metricsOf(RIGHT)).toMatchObject({
      format_accuracy: 1,
      action_accuracy: 1,
      transition_accuracy: 1,
      task_completion: 1,
      steps: 4,
      h_prm: near(1),
    });
    expect(metricsOf("Pick(apple)\nNavigate(sink)")).toMatchObject({
      transition_accuracy: 0.5,
      task_completion: 0,
      steps: 2,
      "fault state_transition": 1,
    });
    expect(metricsOf("no")).toMatchObject({
      format_accuracy: 0,
      action_accuracy: 0,
      steps: 0,
      h_prm: -1,
      "fault format": 1,
    });
  });
});
